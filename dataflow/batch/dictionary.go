package batch

import (
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// concatCoded concatenates columns of different dictionaries. The new dictionary
// has the values that rows use, each once, in the order of their first use.
//
// array.Concatenate will not do: beside a null it overwrites the codes of other
// rows where a code is wider than a byte, and it takes -0 and 0 for one value.
func concatCoded(parts []arrow.Array, alloc memory.Allocator) (arrow.Array, error) {
	t := parts[0].DataType().(*arrow.DictionaryType)
	rows := 0
	for _, p := range parts {
		rows += p.Len()
	}
	width := t.IndexType.(arrow.FixedWidthDataType).BitWidth() / 8
	codes := newBuffer(rows*width, alloc)
	defer codes.Release()
	valid := newBuffer(int(bitutil.BytesForBits(int64(rows))), alloc)
	defer valid.Release()
	clear(codes.Bytes())
	clear(valid.Bytes())

	all := valueSet{byBytes: map[string]int{}}
	var used []arrow.Array
	defer func() { releaseAll(used) }()
	at, nulls := 0, 0
	for _, p := range parts {
		d := p.(*array.Dictionary)
		first := all.n
		rowsUsed := all.code(d, func(i, code int) {
			bitutil.SetBit(valid.Bytes(), at+i)
			putCode(codes.Bytes()[(at+i)*width:(at+i+1)*width], code)
		})
		if all.n > first {
			values, err := TakeArray(d.Dictionary(), rowsUsed, alloc)
			if err != nil {
				return nil, err
			}
			used = append(used, values)
		}
		at += d.Len()
		nulls += d.NullN()
	}
	if all.n > codesMost(t.IndexType) {
		return nil, fmt.Errorf("a dictionary of %d values does not fit codes of type %s", all.n, t.IndexType)
	}
	if len(used) == 0 { // every row is null
		none, err := TakeArray(parts[0].(*array.Dictionary).Dictionary(), nil, alloc)
		if err != nil {
			return nil, err
		}
		used = append(used, none)
	}
	values, err := array.Concatenate(used, alloc)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	data := array.NewDataWithDictionary(t, rows, []*memory.Buffer{valid, codes}, nulls, 0, values.Data().(*array.Data))
	defer data.Release()
	return array.MakeFromData(data), nil
}

// valueSet gives values of several dictionaries of one type new codes.
type valueSet struct {
	n       int
	byBytes map[string]int
}

// code calls put with the new code of each row of d that is not null, and
// returns which values of its dictionary are new, in the order of their codes.
func (s *valueSet) code(d *array.Dictionary, put func(i, code int)) []int32 {
	var fresh []int32
	bytes := valueBytes(d.Dictionary())
	codes := make(map[int]int, min(d.Len(), d.Dictionary().Len()))
	for i := range d.Len() {
		if d.IsNull(i) {
			continue
		}
		old := d.GetValueIndex(i)
		code, ok := codes[old]
		if !ok {
			code, ok = s.n, false
			var key string
			if bytes != nil {
				key = bytes(old)
				if c, seen := s.byBytes[key]; seen {
					code, ok = c, true
				}
			}
			if !ok {
				fresh = append(fresh, int32(old))
				s.n++
				if bytes != nil {
					s.byBytes[key] = code
				}
			}
			codes[old] = code
		}
		put(i, code)
	}
	return fresh
}

// valueBytes returns a function that gives the bytes of value i, with a mark
// before them that sets them apart from null; nil where the type has no simple
// form.
func valueBytes(values arrow.Array) func(i int) string {
	d := values.Data()
	var at func(i int) []byte
	switch t := d.DataType().(type) {
	case *arrow.StringType, *arrow.BinaryType:
		offsets, b := arrow.Int32Traits.CastFromBytes(bytesOf(d.Buffers()[1])), bytesOf(d.Buffers()[2])
		at = func(i int) []byte { return b[offsets[d.Offset()+i]:offsets[d.Offset()+i+1]] }
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		offsets, b := arrow.Int64Traits.CastFromBytes(bytesOf(d.Buffers()[1])), bytesOf(d.Buffers()[2])
		at = func(i int) []byte { return b[offsets[d.Offset()+i]:offsets[d.Offset()+i+1]] }
	case *arrow.DictionaryType, arrow.ExtensionType:
		return nil
	case arrow.FixedWidthDataType:
		if len(d.Buffers()) != 2 || len(d.Children()) != 0 || t.BitWidth()%8 != 0 {
			return nil
		}
		w, b := t.BitWidth()/8, bytesOf(d.Buffers()[1])
		at = func(i int) []byte { return b[(d.Offset()+i)*w : (d.Offset()+i+1)*w] }
	default:
		return nil
	}
	return func(i int) string {
		if values.IsNull(i) {
			return ""
		}
		return "=" + string(at(i))
	}
}

// codesMost is how many codes an index type has.
func codesMost(t arrow.DataType) int {
	n := t.(arrow.FixedWidthDataType).BitWidth()
	if arrow.IsSignedInteger(t.ID()) {
		n--
	}
	return 1 << min(n, bits.UintSize-2)
}

// putCode writes a code in the machine's byte order.
func putCode(to []byte, code int) {
	switch len(to) {
	case 1:
		to[0] = byte(code)
	case 2:
		arrow.Uint16Traits.CastFromBytes(to)[0] = uint16(code)
	case 4:
		arrow.Uint32Traits.CastFromBytes(to)[0] = uint32(code)
	case 8:
		arrow.Uint64Traits.CastFromBytes(to)[0] = uint64(code)
	}
}
