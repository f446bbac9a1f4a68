package hashtab

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// KeyType is the type in which keys of a column of type t come out: a
// dictionary's value type, otherwise t. A type that cannot be a key is an error.
func KeyType(t arrow.DataType) (arrow.DataType, error) {
	out := t
	if d, ok := t.(*arrow.DictionaryType); ok {
		out = d.ValueType
	}
	if isBytes(out) || widthOf(out) >= 0 {
		return out, nil
	}
	return nil, fmt.Errorf("a column of type %s cannot be a key", t)
}

func isBytes(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return true
	}
	return false
}

// widthOf is the size in bits of a key of fixed width, -1 for any other type.
func widthOf(t arrow.DataType) int {
	switch t.ID() {
	case arrow.NULL:
		return 0
	case arrow.BOOL, arrow.INT8, arrow.UINT8, arrow.INT16, arrow.UINT16, arrow.INT32, arrow.UINT32, arrow.INT64, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP,
		arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.DECIMAL128, arrow.DECIMAL256:
		return t.(arrow.FixedWidthDataType).BitWidth()
	}
	return -1
}

// field is where a key column stands in the words of a row.
type field struct {
	typ   arrow.DataType // as it comes out
	bytes bool           // interned: the words hold the number of the value
	bits  int            // 0 to 256
	word  int            // where it begins; a field of 64 bits or less lies in one word
	shift uint
	null  place // the bit that says that it is null; not for interned ones, which have a number for null
}

type place struct {
	word  int
	shift uint
}

// layOut places the columns in words, the widest first, so that none is cut, and
// then the null bits.
func layOut(types []arrow.DataType) (fields []field, words int) {
	fields = make([]field, len(types))
	order := make([]int, len(types))
	for i, t := range types {
		order[i] = i
		fields[i] = field{typ: t, bits: widthOf(t)}
		if isBytes(t) {
			fields[i].bytes, fields[i].bits = true, 32
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return fields[b].bits - fields[a].bits })
	var used []uint // bits of each word
	take := func(bits uint) place {
		for w := range used {
			if used[w]+bits <= 64 {
				used[w] += bits
				return place{w, used[w] - bits}
			}
		}
		used = append(used, bits)
		return place{len(used) - 1, 0}
	}
	for _, i := range order {
		f := &fields[i]
		if f.bits > 64 {
			f.word = len(used)
			for range f.bits / 64 {
				used = append(used, 64)
			}
			continue
		}
		at := take(uint(f.bits))
		f.word, f.shift = at.word, at.shift
	}
	for i := range fields {
		if !fields[i].bytes {
			fields[i].null = take(1)
		}
	}
	return fields, len(used)
}

// mask is the bits of a field of up to 64 bits, where it stands.
func (f *field) mask() uint64 {
	if f.bits >= 64 {
		return ^uint64(0)
	}
	return (1<<f.bits - 1) << f.shift
}
