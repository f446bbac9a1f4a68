package data

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// groupK is the number of values of the small keys of g1.
const groupK = 100

// groupTable is g1; one value in nullOne is null, none where that is 0.
//
// Values of v3 are written as R's fwrite does, which made the benchmark's own
// files: with as many of the six decimals as are needed.
func groupTable(name, about string, nullOne uint64) Table {
	text, whole := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	return Table{
		Name: name, About: about, rowBytes: 51,
		Schema: arrow.NewSchema([]arrow.Field{
			column("id1", text), column("id2", text), column("id3", text),
			column("id4", whole), column("id5", whole), column("id6", whole),
			column("v1", whole), column("v2", whole), column("v3", arrow.PrimitiveTypes.Float64),
		}, nil),
		Text: Layout{Delimiter: ',', Header: true, Decimals: map[string]Decimals{"v3": {Places: 6, Trim: true}}},
		begin: func(rows int64, _, _ uint64) filler {
			return func(b *block, d *dice, _ int64, n int) { fillGroups(b, d, rows, nullOne, n) }
		},
	}
}

// fillGroups fills one column after another.
func fillGroups(b *block, d *dice, rows int64, nullOne uint64, n int) {
	many := uint64(max(rows/groupK, 1))
	fillIDs(&b.columns[0], d, groupK, 3, n)
	fillIDs(&b.columns[1], d, groupK, 3, n)
	fillIDs(&b.columns[2], d, many, 10, n)
	for i, most := range []uint64{groupK, groupK, many, 5, 15} {
		to := &b.columns[3+i]
		for range n {
			to.whole = append(to.whole, int64(1+d.below(most)))
		}
	}
	v3 := &b.columns[8]
	for range n {
		v3.real = append(v3.real, float64(d.below(100_000_001))/1e6)
	}
	if nullOne == 0 {
		return
	}
	for i := range b.columns {
		for r := range n {
			if d.oneIn(nullOne) {
				b.columns[i].nulls = append(b.columns[i].nulls, int32(r))
			}
		}
	}
}

// fillIDs writes id and so many digits.
func fillIDs(to *values, d *dice, most uint64, digits, n int) {
	text := fmt.Appendf(nil, "id%0*d", digits, 0)
	for range n {
		v := 1 + d.below(most)
		for i := len(text) - 1; i >= 2; i-- {
			text[i] = '0' + byte(v%10)
			v /= 10
		}
		to.text = append(to.text, text...)
		to.end()
	}
}
