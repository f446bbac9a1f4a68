package operators

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
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
	case *arrow.Decimal128Type:
		return 2
	case *arrow.Decimal256Type:
		return 4
	}
	if plaincol.KindOf(t) != plaincol.Other || ofText(t) {
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
	switch plaincol.Words(words, col, from, rows) {
	case plaincol.Signed:
		for i := range words {
			words[i] ^= signBit
		}
	case plaincol.Float:
		floatOrder(words)
	case plaincol.Other:
		loadOtherOrder(col, w, from, rows, words)
	}
}

func loadOtherOrder(col arrow.Array, w, from int, rows []int32, words []uint64) {
	switch col.DataType().(type) {
	case *arrow.Decimal128Type:
		v := plaincol.Values[[2]uint64](col)
		for i := range words {
			words[i] = v[plaincol.RowAt(i, from, rows)][1-w]
		}
	case *arrow.Decimal256Type:
		v := plaincol.Values[[4]uint64](col)
		for i := range words {
			words[i] = v[plaincol.RowAt(i, from, rows)][3-w]
		}
	default:
		if !ofText(col.DataType()) {
			panic(fmt.Sprintf("operators: a key of type %s, which has no order", col.DataType()))
		}
		text := textOf(col)
		for i := range words {
			words[i] = textOrder(text.value(plaincol.RowAt(i, from, rows)))
		}
		return
	}
	if w == 0 {
		for i := range words {
			words[i] ^= signBit
		}
	}
}

// floatOrder makes order words of the bits of floats.
func floatOrder(words []uint64) {
	for i, x := range words {
		switch magnitude := x << 1; {
		case magnitude == 0:
			words[i] = signBit
		case magnitude > 0x7ff<<53:
			words[i] = math.MaxUint64
		default:
			words[i] = x ^ (uint64(int64(x)>>63) | signBit)
		}
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
