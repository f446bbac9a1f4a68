package hashtab

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// The canonical NaNs, of each width.
const (
	nan16 = 0x7e00
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// loadWords writes the values of rows from, from+1, … of a column of up to 64 bits,
// or of the rows listed, as words: signed integers with their sign, all else with
// zeros above. What stands at null rows means nothing.
func loadWords(dst []uint64, arr arrow.Array, from int, rows []int32) {
	switch arr.DataType().ID() {
	case arrow.NULL:
	case arrow.BOOL:
		raw, first := plaincol.Cast[byte](arr.Data().Buffers()[1]), arr.Data().Offset()
		for i := range dst {
			at := first + plaincol.RowAt(i, from, rows)
			dst[i] = uint64(raw[at>>3] >> (at & 7) & 1)
		}
	case arrow.INT8:
		extend(dst, plaincol.Values[int8](arr), from, rows)
	case arrow.UINT8:
		extend(dst, plaincol.Values[uint8](arr), from, rows)
	case arrow.INT16:
		extend(dst, plaincol.Values[int16](arr), from, rows)
	case arrow.UINT16:
		extend(dst, plaincol.Values[uint16](arr), from, rows)
	case arrow.INT32, arrow.DATE32, arrow.TIME32, arrow.INTERVAL_MONTHS:
		extend(dst, plaincol.Values[int32](arr), from, rows)
	case arrow.UINT32:
		extend(dst, plaincol.Values[uint32](arr), from, rows)
	case arrow.FLOAT16:
		extend(dst, plaincol.Values[uint16](arr), from, rows)
		normalise(dst, 16, 0x7c00, nan16)
	case arrow.FLOAT32:
		extend(dst, plaincol.Values[uint32](arr), from, rows)
		normalise(dst, 32, 0x7f800000, nan32)
	case arrow.FLOAT64:
		extend(dst, plaincol.Values[uint64](arr), from, rows)
		normalise(dst, 64, 0x7ff0000000000000, nan64)
	default:
		extend(dst, plaincol.Values[uint64](arr), from, rows)
	}
}

func extend[T int8 | uint8 | int16 | uint16 | int32 | uint32 | uint64](dst []uint64, src []T, from int, rows []int32) {
	if rows == nil {
		src = src[from : from+len(dst)]
		for i, v := range src {
			dst[i] = uint64(v)
		}
		return
	}
	rows = rows[:len(dst)]
	for i, r := range rows {
		dst[i] = uint64(src[r])
	}
}

// normalise makes one of all NaNs and one of both zeros, for floats of so many bits.
func normalise(words []uint64, width uint, infinity, nan uint64) {
	magnitude := uint64(1)<<(width-1) - 1
	for i, w := range words {
		if m := w & magnitude; m == 0 {
			words[i] = 0
		} else if m > infinity {
			words[i] = nan
		}
	}
}

// markNulls writes mark to dst[i] where row from+i of arr is null. Columns of type
// null have no validity and are not looked at.
func markNulls[T any](dst []T, mark T, arr arrow.Array, from int) {
	valid := validity(arr, from)
	if valid == nil {
		return
	}
	for i := 0; i < len(dst); i += 64 {
		for null := valid.nulls(i, len(dst)-i); null != 0; null &= null - 1 {
			dst[i+bits.TrailingZeros64(null)] = mark
		}
	}
}

// bitmap is the validity of rows from a bit on.
type bitmap struct {
	bits []byte
	from int
}

func (b *bitmap) at(i int) bool {
	i += b.from
	return b.bits[i>>3]>>(i&7)&1 != 0
}

// nulls are the rows i to i+63, of which there are n, that are null: a bit each.
func (b *bitmap) nulls(i, n int) uint64 {
	at := b.from + i
	from, shift := at>>3, at&7
	var w uint64
	if from+9 <= len(b.bits) {
		w = binary.LittleEndian.Uint64(b.bits[from:])>>shift | uint64(b.bits[from+8])<<1<<(63-shift)
	} else {
		for j := range min(n, 64) {
			w |= uint64(b.bits[(at+j)>>3]>>((at+j)&7)&1) << j
		}
	}
	w = ^w
	if n < 64 {
		w &= 1<<n - 1
	}
	return w
}

// loadNullable is loadWords of the rows of a column or, where it is a dictionary, of
// its values by the codes in rows; null rows get mark.
func loadNullable(dst []uint64, mark uint64, arr, values arrow.Array, from int, rows []int32) {
	if values.DataType().ID() == arrow.NULL || rows != nil && values.Len() == 0 {
		for i := range dst {
			dst[i] = mark
		}
		return
	}
	if rows == nil {
		loadWords(dst, arr, from, nil)
	} else {
		loadWords(dst, values, 0, rows)
		plaincol.MarkNulls(dst, mark, values, 0, rows)
	}
	markNulls(dst, mark, arr, from)
}

// codesOf are the codes of rows from, from+1, … of arr, n of them; null for those that
// are null, of which the codes mean nothing. They are the column's own where they can
// be, otherwise in scratch.
func codesOf(scratch []int32, null int32, arr *array.Dictionary, from, n int) []int32 {
	if own := ownCodes(arr, from, n); own != nil && arr.NullN() == 0 {
		return own
	}
	plaincol.Codes(scratch[:n], arr, from, nil)
	markNulls(scratch[:n], null, arr, from)
	return scratch[:n]
}

// valueRows are the rows that rows from, from+1, … of arr, n of them, have in its
// dictionary, of so many values; any of them for null ones. They are the column's own
// codes where they can be, otherwise in scratch.
func valueRows(scratch []int32, values int, arr *array.Dictionary, from, n int) []int32 {
	// Codes that are in order are to stay so: those of its null rows are within it.
	if own := ownCodes(arr, from, n); isRun(own) && own[0] >= 0 && int(own[0])+n <= values {
		return own
	}
	return codesOf(scratch, 0, arr, from, n)
}

// ownCodes are the codes of rows as they stand in arr, nil where they are of another
// width.
func ownCodes(arr *array.Dictionary, from, n int) []int32 {
	switch arr.DataType().(*arrow.DictionaryType).IndexType.ID() {
	case arrow.INT32, arrow.UINT32:
		return plaincol.Values[int32](arr)[from : from+n]
	}
	return nil
}

// isRun says whether rows are k, k+1, k+2, …
func isRun(rows []int32) bool {
	n := len(rows)
	if n == 0 || int(rows[n-1])-int(rows[0]) != n-1 {
		return false
	}
	other, next := int32(0), rows[0]
	for _, r := range rows {
		other |= r ^ next
		next++
	}
	return other == 0
}
