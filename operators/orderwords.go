package operators

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// A value's order words are one, two or four unsigned integers that compare,
// first to last, as the values do:
//
//	unsigned integers, bool    the value
//	signed ones, times, dates  the value with its sign bit flipped
//	floats                     the bits, all flipped where negative, else the sign
//	                           flipped; -0 as 0; NaN above all
//	decimals                   the limbs, highest first, the highest with its sign
//	                           bit flipped
//	strings, bytes             the first eight bytes, zeros behind a shorter one:
//	                           equal words do not mean equal strings
//
// Nulls have none; they are told apart beforehand.

const signBit = 1 << 63

// orderWords is how many order words the values of a plain type have; 0: the
// type has no order here.
func orderWords(t arrow.DataType) int {
	switch t.(type) {
	case *arrow.BooleanType,
		*arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type,
		*arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type,
		*arrow.Date32Type, *arrow.Date64Type, *arrow.Time32Type, *arrow.Time64Type, *arrow.TimestampType, *arrow.DurationType:
		return 1
	case *arrow.Decimal128Type:
		return 2
	case *arrow.Decimal256Type:
		return 4
	}
	if ofText(t) {
		return 1
	}
	return 0
}

// ofText says that a plain type's order words are only the beginning of its values.
func ofText(t arrow.DataType) bool {
	switch t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.FixedSizeBinaryType:
		return true
	}
	return false
}

// loadOrder writes order word w of rows of a plain column to words: of row
// rows[i], or from+i where rows is nil. What it writes for nulls means nothing.
func loadOrder(col arrow.Array, w, from int, rows []int32, words []uint64) {
	switch a := col.(type) {
	case *array.Boolean:
		orderBits(a.Data(), from, rows, words)
	case *array.Int8:
		orderSigned(a.Int8Values(), from, rows, words)
	case *array.Int16:
		orderSigned(a.Int16Values(), from, rows, words)
	case *array.Int32:
		orderSigned(a.Int32Values(), from, rows, words)
	case *array.Int64:
		orderSigned(a.Int64Values(), from, rows, words)
	case *array.Uint8:
		orderUnsigned(a.Uint8Values(), from, rows, words)
	case *array.Uint16:
		orderUnsigned(a.Uint16Values(), from, rows, words)
	case *array.Uint32:
		orderUnsigned(a.Uint32Values(), from, rows, words)
	case *array.Uint64:
		orderUnsigned(a.Uint64Values(), from, rows, words)
	case *array.Date32:
		orderSigned(a.Date32Values(), from, rows, words)
	case *array.Date64:
		orderSigned(a.Date64Values(), from, rows, words)
	case *array.Time32:
		orderSigned(a.Time32Values(), from, rows, words)
	case *array.Time64:
		orderSigned(a.Time64Values(), from, rows, words)
	case *array.Timestamp:
		orderSigned(a.TimestampValues(), from, rows, words)
	case *array.Duration:
		orderSigned(a.DurationValues(), from, rows, words)
	case *array.Float16:
		orderFloat16s(a.Values(), from, rows, words)
	case *array.Float32:
		orderFloats(a.Float32Values(), from, rows, words)
	case *array.Float64:
		orderFloats(a.Float64Values(), from, rows, words)
	case *array.Decimal128:
		orderDecimal128s(a.Values(), w, from, rows, words)
	case *array.Decimal256:
		orderDecimal256s(a.Values(), w, from, rows, words)
	default:
		if !ofText(col.DataType()) {
			panic(fmt.Sprintf("operators: a key of type %s, which has no order", col.DataType()))
		}
		text := textOf(col)
		orderTexts(&text, from, rows, words)
	}
}

func orderSigned[T ~int8 | ~int16 | ~int32 | ~int64](v []T, from int, rows []int32, words []uint64) {
	if rows == nil {
		for i, x := range v[from : from+len(words)] {
			words[i] = uint64(x) ^ signBit
		}
		return
	}
	for i, r := range rows {
		words[i] = uint64(v[r]) ^ signBit
	}
}

func orderUnsigned[T uint8 | uint16 | uint32 | uint64](v []T, from int, rows []int32, words []uint64) {
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

func orderFloats[T float32 | float64](v []T, from int, rows []int32, words []uint64) {
	if rows == nil {
		for i, x := range v[from : from+len(words)] {
			words[i] = floatOrder(float64(x))
		}
		return
	}
	for i, r := range rows {
		words[i] = floatOrder(float64(v[r]))
	}
}

func floatOrder(x float64) uint64 {
	if x != x {
		return math.MaxUint64
	}
	bits := math.Float64bits(x + 0) // -0 + 0 is 0
	return bits ^ (uint64(int64(bits)>>63) | signBit)
}

func orderFloat16s(v []float16.Num, from int, rows []int32, words []uint64) {
	for i := range words {
		words[i] = floatOrder(float64(v[rowAt(i, from, rows)].Float32()))
	}
}

func orderBits(d arrow.ArrayData, from int, rows []int32, words []uint64) {
	bits := bufferBytes(d, 1)
	for i := range words {
		words[i] = uint64(one(bitutil.BitIsSet(bits, d.Offset()+rowAt(i, from, rows))))
	}
}

func orderDecimal128s(v []decimal128.Num, w, from int, rows []int32, words []uint64) {
	for i := range words {
		x := v[rowAt(i, from, rows)]
		if w == 0 {
			words[i] = uint64(x.HighBits()) ^ signBit
		} else {
			words[i] = x.LowBits()
		}
	}
}

func orderDecimal256s(v []decimal256.Num, w, from int, rows []int32, words []uint64) {
	flip := uint64(0)
	if w == 0 {
		flip = signBit
	}
	for i := range words {
		words[i] = v[rowAt(i, from, rows)].Array()[3-w] ^ flip
	}
}

func orderTexts(text *textColumn, from int, rows []int32, words []uint64) {
	for i := range words {
		words[i] = textOrder(text.value(rowAt(i, from, rows)))
	}
}

func textOrder(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var w uint64
	for i, c := range b {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}

func rowAt(i, from int, rows []int32) int {
	if rows == nil {
		return from + i
	}
	return int(rows[i])
}

func bufferBytes(d arrow.ArrayData, i int) []byte {
	if b := d.Buffers()[i]; b != nil {
		return b.Bytes()
	}
	return nil
}
