package plaincol

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// The functions of this file read rows from, from+1, … of a column or, where rows is not
// nil, the rows that it lists.

// Kind says what the 64 bits of a value mean.
type Kind uint8

// The kinds of [Words].
const (
	Other    Kind = iota // the type has no words
	Unsigned             // an unsigned integer, or 0 and 1 for a bool
	Signed               // a signed integer in two's complement: integers, dates, times, durations
	Float                // the bits of a float64
)

// KindOf is the kind of the values of a plain type.
func KindOf(t arrow.DataType) Kind {
	switch t.ID() {
	case arrow.BOOL, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return Unsigned
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64,
		arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		return Signed
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return Float
	}
	return Other
}

// Words writes each row as 64 bits and returns what they are; what it writes for
// nulls means nothing.
func Words(dst []uint64, col arrow.Array, from int, rows []int32) Kind {
	switch col.DataType().ID() {
	case arrow.BOOL:
		boolWords(dst, col, from, rows)
	case arrow.INT8:
		convert(dst, Values[int8](col), from, rows)
	case arrow.INT16:
		convert(dst, Values[int16](col), from, rows)
	case arrow.INT32, arrow.DATE32, arrow.TIME32:
		convert(dst, Values[int32](col), from, rows)
	case arrow.INT64, arrow.DATE64, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		convert(dst, Values[int64](col), from, rows)
	case arrow.UINT8:
		convert(dst, Values[uint8](col), from, rows)
	case arrow.UINT16:
		convert(dst, Values[uint16](col), from, rows)
	case arrow.UINT32:
		convert(dst, Values[uint32](col), from, rows)
	case arrow.UINT64:
		convert(dst, Values[uint64](col), from, rows)
	case arrow.FLOAT16:
		v := col.(*array.Float16).Values()
		for i := range dst {
			dst[i] = math.Float64bits(float64(HalfFloat(v[RowAt(i, from, rows)])))
		}
	case arrow.FLOAT32:
		v := Values[float32](col)
		for i := range dst {
			dst[i] = math.Float64bits(float64(v[RowAt(i, from, rows)]))
		}
	case arrow.FLOAT64:
		convert(dst, Values[uint64](col), from, rows)
	default:
		return Other
	}
	return KindOf(col.DataType())
}

// convert writes rows of v as values of another width; signed ones keep their sign.
func convert[D int32 | uint64, T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](dst []D, v []T, from int, rows []int32) {
	if rows == nil {
		v = v[from : from+len(dst)]
		for i := range dst {
			dst[i] = D(v[i])
		}
		return
	}
	rows = rows[:len(dst)]
	for i := range dst {
		dst[i] = D(v[rows[i]])
	}
}

func boolWords(dst []uint64, col arrow.Array, from int, rows []int32) {
	bits, first := Cast[byte](col.Data().Buffers()[1]), col.Data().Offset()
	for i := range dst {
		at := first + RowAt(i, from, rows)
		dst[i] = uint64(bits[at>>3] >> (at & 7) & 1)
	}
}

// RowAt is the row that is read to place i.
func RowAt(i, from int, rows []int32) int {
	if rows == nil {
		return from + i
	}
	return int(rows[i])
}

// Codes writes the codes of a dictionary column, of any width. Those of nulls are
// any.
func Codes(dst []int32, col *array.Dictionary, from int, rows []int32) {
	switch col.DataType().(*arrow.DictionaryType).IndexType.ID() {
	case arrow.INT8:
		convert(dst, Values[int8](col), from, rows)
	case arrow.UINT8:
		convert(dst, Values[uint8](col), from, rows)
	case arrow.INT16:
		convert(dst, Values[int16](col), from, rows)
	case arrow.UINT16:
		convert(dst, Values[uint16](col), from, rows)
	case arrow.INT32, arrow.UINT32:
		convert(dst, Values[int32](col), from, rows)
	case arrow.INT64, arrow.UINT64:
		convert(dst, Values[int64](col), from, rows)
	}
}

// MarkNulls writes mark to dst[i] where the row is null. Nulls of a dictionary's values
// are not seen, nor those of types without a validity.
func MarkNulls[T any](dst []T, mark T, col arrow.Array, from int, rows []int32) {
	valid, first := col.NullBitmapBytes(), col.Data().Offset()
	if col.NullN() == 0 || len(valid) == 0 {
		return
	}
	for i := range dst {
		if at := first + RowAt(i, from, rows); valid[at>>3]>>(at&7)&1 == 0 {
			dst[i] = mark
		}
	}
}
