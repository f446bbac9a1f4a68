package hashtab

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// view is a value of bytes in two words:
//
//	up to 12 bytes   length(4) bytes(4)   bytes(8)
//	more             length(4) prefix(4)  place of the value(8)
//	null             ffffffff  0          0
//
// The place is an offset to the input's bytes for a value that is looked up, and
// one in the arena for one that is stored.
type view = [2]uint64

const inlineBytes = 12

var nullView = view{math.MaxUint32, 0}

// isLong says whether the first word is that of a value that is not inline.
func isLong(w uint64) bool { return int32(w) > inlineBytes }

// masks[n] keeps the first n bytes of the 12 of a view.
var masks = func() (m [inlineBytes + 1]view) {
	for n := range m {
		for i := range n {
			if i < 4 {
				m[n][0] |= 0xff << (32 + 8*i)
			} else {
				m[n][1] |= 0xff << (8 * (i - 4))
			}
		}
	}
	return m
}()

// viewsOf writes the views of the values that offsets cut data into, and their
// hashes; len(offsets) == len(dst)+1. It says whether any is long.
func viewsOf[O int32 | int64](dst []view, hash []uint64, offsets []O, data []byte) (long bool, err error) {
	offsets, hash = offsets[:len(dst)+1], hash[:len(dst)]
	next := int(offsets[0])
	for i := range dst {
		from, to := next, int(offsets[i+1])
		next = to
		if n := to - from; n <= inlineBytes && from+12 <= len(data) {
			b, m, v := data[from:from+12], &masks[n], &dst[i]
			first := uint64(n) | uint64(binary.LittleEndian.Uint32(b))<<32&m[0]
			rest := binary.LittleEndian.Uint64(b[4:]) & m[1]
			v[0], v[1], hash[i] = first, rest, fold(first^seed0, rest^seed1)
			continue
		} else if n > inlineBytes && n <= math.MaxInt32 {
			b := data[from:to]
			dst[i][0], dst[i][1], hash[i] = uint64(n)|uint64(binary.LittleEndian.Uint32(b))<<32, uint64(from), hashLong(b)
			long = true
			continue
		}
		if dst[i], err = viewAt(data, from, to); err != nil {
			return long, err
		}
		hash[i] = hashView(dst[i], data)
	}
	return long, nil
}

// viewsAt is viewsOf for the rows listed.
func viewsAt[O int32 | int64](dst []view, hash []uint64, offsets []O, data []byte, rows []int32) (long bool, err error) {
	hash = hash[:len(dst)]
	for i, r := range rows[:len(dst)] {
		from, to := int(offsets[r]), int(offsets[r+1])
		if dst[i], err = viewAt(data, from, to); err != nil {
			return long, err
		}
		hash[i] = hashView(dst[i], data)
		long = long || to-from > inlineBytes
	}
	return long, nil
}

// viewAt is the view of data[from:to].
func viewAt(data []byte, from, to int) (view, error) {
	n := to - from
	if n > math.MaxInt32 {
		return view{}, fmt.Errorf("a key of %d bytes: at most %d fit", n, math.MaxInt32)
	}
	if n > inlineBytes {
		return view{uint64(n) | uint64(binary.LittleEndian.Uint32(data[from:]))<<32, uint64(from)}, nil
	}
	var b [16]byte
	copy(b[4:], data[from:to])
	binary.LittleEndian.PutUint32(b[:], uint32(n))
	return view{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}, nil
}

// loadViews writes the views of rows from, from+1, … of arr, which is of a type that
// is viewed, or of the rows listed, and their hashes; it returns the bytes that long
// ones lie in, and whether there are any. What stands at null rows means nothing.
func loadViews(dst []view, hash []uint64, arr arrow.Array, from int, rows []int32) (data []byte, long bool, err error) {
	bufs := arr.Data().Buffers()
	switch t := arr.DataType().(type) {
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		data = plaincol.Cast[byte](bufs[2])
		if offsets := plaincol.Offsets[int64](arr); rows == nil {
			long, err = viewsOf(dst, hash, offsets[from:], data)
		} else {
			long, err = viewsAt(dst, hash, offsets, data, rows)
		}
	case *arrow.StringType, *arrow.BinaryType:
		data = plaincol.Cast[byte](bufs[2])
		if offsets := plaincol.Offsets[int32](arr); rows == nil {
			long, err = viewsOf(dst, hash, offsets[from:], data)
		} else {
			long, err = viewsAt(dst, hash, offsets, data, rows)
		}
	case arrow.FixedWidthDataType:
		data = plaincol.Cast[byte](bufs[1])
		width, first := t.BitWidth()/8, arr.Data().Offset()
		for i := range dst {
			at := (first + plaincol.RowAt(i, from, rows)) * width
			if dst[i], err = viewAt(data, at, at+width); err != nil {
				return nil, false, err
			}
			hash[i] = hashView(dst[i], data)
		}
		long = width > inlineBytes
	}
	return data, long, err
}

// loadNullableViews is loadViews of the rows of a column or, where it is a dictionary,
// of its values by the codes in rows; null rows get nullView. arr may be nil where rows
// are listed and none is null by its code.
func loadNullableViews(dst []view, hash []uint64, arr, values arrow.Array, from int, rows []int32) (data []byte, long bool, err error) {
	if rows != nil && values.Len() == 0 {
		for i := range dst {
			dst[i], hash[i] = nullView, nullHash
		}
		return nil, false, nil
	}
	if rows == nil {
		data, long, err = loadViews(dst, hash, arr, from, nil)
	} else if isRun(rows) { // a dictionary of a batch's own values
		if data, long, err = loadViews(dst, hash, values, int(rows[0]), nil); err == nil {
			markNulls(dst, nullView, values, int(rows[0]))
			markNulls(hash, nullHash, values, int(rows[0]))
		}
	} else if data, long, err = loadViews(dst, hash, values, 0, rows); err == nil {
		plaincol.MarkNulls(dst, nullView, values, 0, rows)
		plaincol.MarkNulls(hash, nullHash, values, 0, rows)
	}
	if err == nil && arr != nil {
		markNulls(dst, nullView, arr, from)
		markNulls(hash, nullHash, arr, from)
	}
	return data, long, err
}

// hashView is the hash of a value, which lies in data where it is long.
func hashView(v view, data []byte) uint64 {
	if isLong(v[0]) {
		return hashLong(data[v[1] : v[1]+uint64(uint32(v[0]))])
	}
	return fold(v[0]^seed0, v[1]^seed1)
}

func isLarge(t arrow.DataType) bool {
	return t.ID() == arrow.LARGE_STRING || t.ID() == arrow.LARGE_BINARY
}

// validity is the validity of arr from a row on, nil where no row is null.
func validity(arr arrow.Array, from int) *bitmap {
	if arr.NullN() == 0 || arr.DataType().ID() == arrow.NULL {
		return nil
	}
	return &bitmap{arr.NullBitmapBytes(), arr.Data().Offset() + from}
}

// unpackView writes an inline value to buf[4:].
func unpackView(buf *[16]byte, v view) {
	binary.LittleEndian.PutUint64(buf[:], v[0])
	binary.LittleEndian.PutUint64(buf[8:], v[1])
}

// putView writes an inline value and zeros behind it, 16 bytes in all.
func putView(dst []byte, v view) {
	binary.LittleEndian.PutUint64(dst, v[0]>>32|v[1]<<32)
	binary.LittleEndian.PutUint64(dst[8:], v[1]>>32)
}
