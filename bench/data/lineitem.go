package data

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// The numbers of the TPC-H specification (revision 3.0.1), clause 4.2.3: a scale of
// 1 has 6,000,000 lines (of dbgen: 6,001,215), 200,000 parts and 10,000 suppliers.
const (
	scaleLines     = 6_000_000
	scaleParts     = 200_000
	scaleSuppliers = 10_000
	groupLines     = 28 // of seven orders, which have one line to seven
)

var (
	firstOrder = day(1992, 1, 1)
	lastOrder  = day(1998, 12, 31) - 151
	today      = day(1995, 6, 17) // the specification's CURRENTDATE
)

func day(year int, month time.Month, of int) int64 {
	return time.Date(year, month, of, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// lineitemTable is TPC-H's lineitem, by the distributions of its specification, as
// CSV. Prices are floats of two decimals. What differs: the orders' numbers of
// lines are 1 to 7 in an order drawn for each seven orders, so that a block can be made by
// itself, and a comment is a few words of thirty-two.
func lineitemTable() Table {
	text, whole, money, date := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Date32
	cents := Decimals{Places: 2}
	return Table{
		Name: "lineitem", About: "TPC-H lineitem; scale 1 is 6e6 rows", rowBytes: 125,
		Schema: arrow.NewSchema([]arrow.Field{
			column("l_orderkey", whole), column("l_partkey", whole), column("l_suppkey", whole), column("l_linenumber", whole),
			column("l_quantity", money), column("l_extendedprice", money), column("l_discount", money), column("l_tax", money),
			column("l_returnflag", text), column("l_linestatus", text),
			column("l_shipdate", date), column("l_commitdate", date), column("l_receiptdate", date),
			column("l_shipinstruct", text), column("l_shipmode", text), column("l_comment", text),
		}, nil),
		Text: Layout{Delimiter: ',', Header: true, Decimals: map[string]Decimals{
			"l_quantity": cents, "l_extendedprice": cents, "l_discount": cents, "l_tax": cents}},
		begin: func(rows int64, _, _ uint64) filler {
			scale := func(of int64) int64 { return max(of*rows/scaleLines, 1) }
			l := lines{parts: scale(scaleParts), suppliers: scale(scaleSuppliers)}
			return l.fill
		},
	}
}

// lines are what blocks of one table have in common.
type lines struct{ parts, suppliers int64 }

// order is what the lines of an order share.
type order struct{ key, date int64 }

func (l lines) fill(b *block, d *dice, first int64, n int) {
	number := first / groupLines * 7 // of the order, from 0
	sizes := [7]int64{1, 2, 3, 4, 5, 6, 7}
	for done := 0; done < n; {
		for i := len(sizes) - 1; i > 0; i-- {
			j := d.below(uint64(i + 1))
			sizes[i], sizes[j] = sizes[j], sizes[i]
		}
		for _, size := range sizes {
			o := order{key: number/8*32 + number%8 + 1, date: d.between(firstOrder, lastOrder)} // of 32 keys the first eight are used
			number++
			for line := int64(1); line <= size && done < n; line++ {
				l.line(b.columns, d, o, line)
				done++
			}
		}
	}
}

var (
	instructions = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	modes        = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"}
	remarks      = []string{
		"furiously", "quickly", "slyly", "carefully", "blithely", "even", "final", "ironic", "regular", "special", "express",
		"bold", "silent", "unusual", "pending", "packages", "deposits", "requests", "accounts", "theodolites", "foxes", "ideas",
		"instructions", "pinto beans", "platelets", "sleep", "haggle", "nag", "wake", "cajole", "above the", "among the",
	}
)

// line appends one line, its columns by the clause's formulas.
func (l lines) line(to []values, d *dice, o order, number int64) {
	part := d.between(1, l.parts)
	supplier := (part+d.between(0, 3)*(l.suppliers/4+(part-1)/l.suppliers))%l.suppliers + 1
	quantity := d.between(1, 50)
	retail := 90_000 + part/10%20_001 + 100*(part%1_000) // cents
	shipped := o.date + d.between(1, 121)
	received := shipped + d.between(1, 30)
	flag, status := "N", "F"
	if shipped > today {
		status = "O"
	}
	if received <= today {
		flag = "R"
		if d.oneIn(2) {
			flag = "A"
		}
	}
	for i, v := range [...]int64{o.key, part, supplier, number} {
		to[i].whole = append(to[i].whole, v)
	}
	for i, v := range [...]float64{float64(quantity), float64(quantity*retail) / 100, float64(d.below(11)) / 100, float64(d.below(9)) / 100} {
		to[4+i].real = append(to[4+i].real, v)
	}
	for i, v := range [...]int64{shipped, o.date + d.between(30, 90), received} {
		to[10+i].date = append(to[10+i].date, arrow.Date32(v))
	}
	for i, v := range [...]string{8: flag, 9: status, 13: instructions[d.below(uint64(len(instructions)))], 14: modes[d.below(uint64(len(modes)))]} {
		if v != "" {
			to[i].text = append(to[i].text, v...)
			to[i].end()
		}
	}
	comment := &to[15]
	for i := range d.between(2, 4) {
		if i > 0 {
			comment.text = append(comment.text, ' ')
		}
		comment.text = append(comment.text, remarks[d.below(uint64(len(remarks)))]...)
	}
	comment.end()
}
