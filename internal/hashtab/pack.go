package hashtab

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// pack writes the keys of n rows from one on to planes of t.rows words each, and
// returns those. Where a value has no code the layout is widened first.
func (t *Table) pack(keys []arrow.Array, from, n int) ([]uint64, error) {
	if len(t.fields) == 1 {
		if f := &t.fields[0]; f.raw && !f.nulls {
			if words, nulls := t.load(keys[0], from, n); len(nulls) == 0 {
				return words, nil
			}
		}
	}
	for {
		for w := range t.packed.width {
			clear(t.words[w*t.rows:][:n])
		}
		c := 0
		for ; c < len(t.fields); c++ {
			if f := &t.fields[c]; f.text {
				if uint(bits.Len(uint(t.textsEnd(c)-1))) > f.bits {
					break
				}
				packIDs(t.words[f.at.word*t.rows:], t.ids[c][:n], f.at.shift)
			} else if !t.packColumn(f, keys[c], from, n) {
				break
			}
		}
		if c == len(t.fields) {
			return t.words, nil
		}
		if err := t.widen(c, keys, from, n); err != nil {
			return nil, err
		}
	}
}

// load is the values of rows from, from+1, … of a column of numbers and which of them
// are null; both are valid until the next call.
func (t *Table) load(arr arrow.Array, from, n int) (values []uint64, nulls []int32) {
	nulls = t.miss[:0]
	dict, coded := arr.(*array.Dictionary)
	typ := arr.DataType()
	if coded {
		typ = dict.Dictionary().DataType()
	}
	if typ.ID() == arrow.NULL || coded && dict.Dictionary().Len() == 0 {
		nulls = t.miss[:n]
		for i := range nulls {
			nulls[i] = int32(i)
		}
		return t.column[:n], nulls
	}
	valid := validity(arr, from)
	values = t.column[:n]
	switch {
	case coded:
		code := valueRows(t.code, dict.Dictionary().Len(), dict, from, n)
		loadWords(values, dict.Dictionary(), 0, code)
		if inner := validity(dict.Dictionary(), 0); inner != nil {
			for i, k := range code {
				if !inner.at(int(k)) || valid != nil && !valid.at(i) {
					nulls = append(nulls, int32(i))
				}
			}
			return values, nulls
		}
	case valid == nil && isWord(typ):
		return plaincol.Values[uint64](arr)[from : from+n], nil
	default:
		loadWords(values, arr, from, nil)
	}
	if valid != nil {
		for i := 0; i < n; i += 64 {
			for null := valid.nulls(i, n-i); null != 0; null &= null - 1 {
				nulls = append(nulls, int32(i+bits.TrailingZeros64(null)))
			}
		}
	}
	return values, nulls
}

// isWord says whether values of a type stand in memory as words.
func isWord(t arrow.DataType) bool { return widthOf(t) == 64 && t.ID() != arrow.FLOAT64 }

// addRows adds the values that are not null, in the order that flip makes.
func (s *span) addRows(values []uint64, nulls []int32, flip uint64) {
	s.null = s.null || len(nulls) > 0
	for i, v := range values {
		if len(nulls) > 0 && nulls[0] == int32(i) {
			nulls = nulls[1:]
			continue
		}
		s.add(v ^ flip)
	}
}

// packColumn adds the codes of a column of numbers to the planes, and says whether
// all values had one.
func (t *Table) packColumn(f *field, arr arrow.Array, from, n int) bool {
	values, nulls := t.load(arr, from, n)
	if len(nulls) > 0 && f.raw && !f.nulls {
		return false
	}
	plane := t.words[f.at.word*t.rows:][:n]
	switch {
	case len(nulls) == n:
	case f.raw:
		copy(plane, values)
	case f.bits == 0:
		return false
	default:
		for _, i := range nulls {
			values[i] = f.low
		}
		if packCodes(plane, values, f.low, f.at.shift) > f.last() {
			return false
		}
	}
	if len(nulls) == 0 {
		return true
	}
	mask := ^(f.mask() << f.at.shift)
	for _, i := range nulls {
		plane[i] &= mask
	}
	if f.raw {
		plane = t.words[f.nullAt.word*t.rows:][:n]
		for _, i := range nulls {
			plane[i] |= 1 << f.nullAt.shift
		}
	}
	return true
}

// packCodes adds value - low + 1 and returns the greatest distance from low.
func packCodes(plane, values []uint64, low uint64, shift uint) (most uint64) {
	plane = plane[:len(values)]
	for i, v := range values {
		d := v - low
		most = max(most, d)
		plane[i] |= (d + 1) << (shift & 63)
	}
	return most
}

// packIDs adds the numbers of interned values.
func packIDs(plane []uint64, ids []int32, shift uint) {
	plane = plane[:len(ids)]
	for i, id := range ids {
		plane[i] |= uint64(uint32(id)) << (shift & 63)
	}
}
