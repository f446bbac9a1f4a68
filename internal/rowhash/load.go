package rowhash

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// load writes the words of rows of col that is no dictionary: of row rows[i], or
// from+i where rows is nil.
func load(col arrow.Array, from int, rows []int32, words []uint64) {
	switch a := col.(type) {
	case *array.Null:
		fill(words, nullWord)
		return
	case *array.Boolean:
		loadBits(a.Data(), from, rows, words)
	case *array.Int8:
		loadInts(a.Int8Values(), from, rows, words)
	case *array.Int16:
		loadInts(a.Int16Values(), from, rows, words)
	case *array.Int32:
		loadInts(a.Int32Values(), from, rows, words)
	case *array.Int64:
		loadInts(a.Int64Values(), from, rows, words)
	case *array.Uint8:
		loadInts(a.Uint8Values(), from, rows, words)
	case *array.Uint16:
		loadInts(a.Uint16Values(), from, rows, words)
	case *array.Uint32:
		loadInts(a.Uint32Values(), from, rows, words)
	case *array.Uint64:
		loadInts(a.Uint64Values(), from, rows, words)
	case *array.Date32:
		loadInts(a.Date32Values(), from, rows, words)
	case *array.Date64:
		loadInts(a.Date64Values(), from, rows, words)
	case *array.Time32:
		loadInts(a.Time32Values(), from, rows, words)
	case *array.Time64:
		loadInts(a.Time64Values(), from, rows, words)
	case *array.Timestamp:
		loadInts(a.TimestampValues(), from, rows, words)
	case *array.Duration:
		loadInts(a.DurationValues(), from, rows, words)
	case *array.Float16:
		loadFloat16s(a.Values(), from, rows, words)
	case *array.Float32:
		loadFloats(a.Float32Values(), from, rows, words)
	case *array.Float64:
		loadFloats(a.Float64Values(), from, rows, words)
	case *array.Decimal128:
		loadDecimal128s(a.Values(), from, rows, words)
	case *array.Decimal256:
		loadDecimal256s(a.Values(), from, rows, words)
	case *array.String:
		loadStrings(offsets[int32](a.Data()), values(a.Data(), 2), from, rows, words)
	case *array.Binary:
		loadStrings(offsets[int32](a.Data()), values(a.Data(), 2), from, rows, words)
	case *array.LargeString:
		loadStrings(offsets[int64](a.Data()), values(a.Data(), 2), from, rows, words)
	case *array.LargeBinary:
		loadStrings(offsets[int64](a.Data()), values(a.Data(), 2), from, rows, words)
	case *array.FixedSizeBinary:
		size := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
		loadFixed(values(a.Data(), 1)[a.Data().Offset()*size:], size, from, rows, words)
	default:
		panic(fmt.Sprintf("rowhash: a column of type %s, which Supports denies", col.DataType()))
	}
	setNulls(col, from, rows, words, nullWord)
}

// setNulls sets the words of null rows.
func setNulls(col arrow.Array, from int, rows []int32, words []uint64, to uint64) {
	if col.NullN() == 0 {
		return
	}
	valid, offset := col.NullBitmapBytes(), col.Data().Offset()
	if len(valid) == 0 {
		return
	}
	if rows == nil {
		for i := range words {
			if !bitutil.BitIsSet(valid, offset+from+i) {
				words[i] = to
			}
		}
		return
	}
	for i, r := range rows {
		if !bitutil.BitIsSet(valid, offset+int(r)) {
			words[i] = to
		}
	}
}

func loadInts[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](v []T, from int, rows []int32, words []uint64) {
	if rows == nil {
		for i, x := range v[from : from+len(words)] {
			words[i] = uint64(x)
		}
		return
	}
	for i, r := range rows {
		words[i] = uint64(v[r])
	}
}

func loadFloats[T float32 | float64](v []T, from int, rows []int32, words []uint64) {
	if rows == nil {
		for i, x := range v[from : from+len(words)] {
			words[i] = floatWord(float64(x))
		}
		return
	}
	for i, r := range rows {
		words[i] = floatWord(float64(v[r]))
	}
}

// floatWord is the bits of x, with one NaN and one zero.
func floatWord(x float64) uint64 {
	if x != x {
		return 0x7ff8000000000001
	}
	return math.Float64bits(x + 0) // -0 + 0 is 0
}

func loadFloat16s(v []float16.Num, from int, rows []int32, words []uint64) {
	for i := range words {
		words[i] = floatWord(float64(v[at(i, from, rows)].Float32()))
	}
}

func loadBits(d arrow.ArrayData, from int, rows []int32, words []uint64) {
	bits := values(d, 1)
	for i := range words {
		j := d.Offset() + at(i, from, rows)
		words[i] = uint64(bits[j>>3] >> (j & 7) & 1)
	}
}

func loadDecimal128s(v []decimal128.Num, from int, rows []int32, words []uint64) {
	for i := range words {
		x := v[at(i, from, rows)]
		words[i] = Mix(x.LowBits(), uint64(x.HighBits()))
	}
}

func loadDecimal256s(v []decimal256.Num, from int, rows []int32, words []uint64) {
	for i := range words {
		x := v[at(i, from, rows)].Array()
		words[i] = Mix(Mix(x[0], x[1]), Mix(x[2], x[3]))
	}
}

func loadStrings[O int32 | int64](offsets []O, bytes []byte, from int, rows []int32, words []uint64) {
	if rows == nil {
		offsets = offsets[from : from+len(words)+1]
		begin := offsets[0]
		for i, end := range offsets[1:] {
			words[i] = Bytes(bytes[begin:end])
			begin = end
		}
		return
	}
	for i, r := range rows {
		words[i] = Bytes(bytes[offsets[r]:offsets[r+1]])
	}
}

func loadFixed(bytes []byte, size, from int, rows []int32, words []uint64) {
	for i := range words {
		j := at(i, from, rows) * size
		words[i] = Bytes(bytes[j : j+size])
	}
}

func at(i, from int, rows []int32) int {
	if rows == nil {
		return from + i
	}
	return int(rows[i])
}

func values(d arrow.ArrayData, buffer int) []byte {
	if b := d.Buffers()[buffer]; b != nil {
		return b.Bytes()
	}
	return nil
}

// offsets are those of the rows of a column of strings, one more than rows.
func offsets[O int32 | int64](d arrow.ArrayData) []O {
	if d.Len() == 0 {
		return make([]O, 1)
	}
	var zero O
	b := values(d, 1)
	if _, ok := any(zero).(int32); ok {
		return any(arrow.Int32Traits.CastFromBytes(b)).([]O)[d.Offset():]
	}
	return any(arrow.Int64Traits.CastFromBytes(b)).([]O)[d.Offset():]
}
