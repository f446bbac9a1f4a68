package ipcio

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// The loops of this file look at what a file says of places in other buffers,
// before anything follows it there. Each returns the first bad row, or -1.

// badOffset checks that offsets do not descend, and stay between 0 and limit.
func badOffset[O int32 | int64](offsets []O, limit int64) int {
	prev := offsets[0]
	if prev < 0 {
		return 0
	}
	for i, o := range offsets[1:] {
		if o < prev {
			return i
		}
		prev = o
	}
	if int64(prev) > limit {
		return max(len(offsets)-2, 0)
	}
	return -1
}

// badRange checks that the lists of a list-view stay within limit values.
func badRange[O int32 | int64](offsets, sizes []O, limit int64) int {
	for i, o := range offsets {
		if n := sizes[i]; o < 0 || n < 0 || int64(o) > limit || int64(n) > limit-int64(o) {
			return i
		}
	}
	return -1
}

// badCode checks that codes, from row from on, stay under n. A negative one is a
// great one.
func badCode[C uint8 | uint16 | uint32 | uint64](codes []C, from int, n uint64) int {
	for i := from; i < len(codes); i++ {
		if uint64(codes[i]) >= n {
			return i
		}
	}
	return -1
}

// badCodeOf is badCode of codes of a width in bytes.
func badCodeOf(codes []byte, width, rows, from int, n uint64) int {
	if width < 8 && n >= 1<<(8*width) {
		return -1
	}
	switch width {
	case 1:
		return badCode(codes[:rows], from, n)
	case 2:
		return badCode(arrow.Uint16Traits.CastFromBytes(codes)[:rows], from, n)
	case 4:
		return badCode(arrow.Uint32Traits.CastFromBytes(codes)[:rows], from, n)
	}
	return badCode(arrow.Uint64Traits.CastFromBytes(codes)[:rows], from, n)
}

// badSign finds a negative code of a signed type that all of whose other values
// are allowed.
func badSign(codes []byte, width, rows, from int) int {
	for i := from; i < rows; i++ {
		if codes[(i+1)*width-1]&0x80 != 0 != bigEndian {
			return i
		}
	}
	return -1
}

// badView checks the views, from row from on, against the lengths of their
// buffers.
func badView(views []byte, rows, from int, lengths []int64) int {
	for i := from; i < rows; i++ {
		v := views[i*arrow.ViewHeaderSizeBytes:]
		n := int32(binary.NativeEndian.Uint32(v))
		if n >= 0 && n <= 12 {
			continue
		}
		buf, off := int32(binary.NativeEndian.Uint32(v[8:])), int32(binary.NativeEndian.Uint32(v[12:]))
		if n < 0 || buf < 0 || int(buf) >= len(lengths) || off < 0 || int64(off)+int64(n) > lengths[buf] {
			return i
		}
	}
	return -1
}

// badTypeCode checks that each code is one of the union's.
func badTypeCode(codes []byte, children []int) int {
	for i, c := range codes {
		if c > 127 || children[c] < 0 {
			return i
		}
	}
	return -1
}

// badUnionOffset checks that the values of a dense union are there.
func badUnionOffset(codes []byte, offsets []int32, children []int, lengths []int64) int {
	for i, c := range codes {
		if o := offsets[i]; o < 0 || int64(o) >= lengths[children[c]] {
			return i
		}
	}
	return -1
}

// badRunEnd checks that run ends ascend from 1.
func badRunEnd[E int16 | int32 | int64](ends []E) int {
	var prev E
	for i, e := range ends {
		if e <= prev {
			return i
		}
		prev = e
	}
	return -1
}

// valid reports whether row i is not null; bitmap may be nil.
func valid(bitmap []byte, i int) bool { return bitmap == nil || bitutil.BitIsSet(bitmap, i) }

// need is how many bytes n values of bits bits take; false: more than there can
// be.
func need(n, width int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(n), uint64(width))
	if hi != 0 || lo > 1<<62 {
		return 0, false
	}
	return int64((lo + 7) / 8), true
}
