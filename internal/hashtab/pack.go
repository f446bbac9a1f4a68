package hashtab

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// pack adds rows from, from+1, … of a plain column of fixed width to the words
// of n rows, of stride words each. The bits of the field must be clear; f.null is
// set for null rows, but with noNulls.
func (f *field) pack(words []uint64, stride, n int, arr arrow.Array, from int, noNulls bool) {
	if n == 0 {
		return
	}
	if arr.DataType().ID() == arrow.NULL {
		for i := range n {
			words[i*stride+f.null.word] |= 1 << f.null.shift
		}
		return
	}
	raw, first := plaincol.Cast[byte](arr.Data().Buffers()[1]), arr.Data().Offset()+from
	dst := words[f.word:]
	switch f.typ.ID() {
	case arrow.BOOL:
		for i := range n {
			at := first + i
			dst[i*stride] |= uint64(raw[at>>3]>>(at&7)&1) << f.shift
		}
	case arrow.FLOAT16:
		packFloat16(dst, stride, arrow.Uint16Traits.CastFromBytes(raw)[first:first+n], f.shift)
	case arrow.FLOAT32:
		packFloat32(dst, stride, arrow.Uint32Traits.CastFromBytes(raw)[first:first+n], f.shift)
	case arrow.FLOAT64:
		packFloat64(dst, stride, arrow.Uint64Traits.CastFromBytes(raw)[first:first+n])
	default:
		switch f.bits {
		case 8:
			packInts(dst, stride, raw[first:first+n], f.shift)
		case 16:
			packInts(dst, stride, arrow.Uint16Traits.CastFromBytes(raw)[first:first+n], f.shift)
		case 32:
			packInts(dst, stride, arrow.Uint32Traits.CastFromBytes(raw)[first:first+n], f.shift)
		default:
			packWide(dst, stride, arrow.Uint64Traits.CastFromBytes(raw), first, n, f.bits/64)
		}
	}
	if noNulls {
		return
	}
	if valid := validity(arr, from); valid != nil {
		for i := range n {
			if !valid.at(i) {
				f.setNull(words[i*stride : (i+1)*stride])
			}
		}
	}
}

// setNull makes the field of a row null.
func (f *field) setNull(row []uint64) {
	if f.bits > 64 {
		clear(row[f.word : f.word+f.bits/64])
	} else {
		row[f.word] &^= f.mask()
	}
	row[f.null.word] |= 1 << f.null.shift
}

func packInts[T uint8 | uint16 | uint32](dst []uint64, stride int, src []T, shift uint) {
	if stride == 1 {
		dst = dst[:len(src)]
		for i, v := range src {
			dst[i] |= uint64(v) << (shift & 63)
		}
		return
	}
	for i, v := range src {
		dst[i*stride] |= uint64(v) << (shift & 63)
	}
}

func packWide(dst []uint64, stride int, src []uint64, first, n, width int) {
	src = src[first*width : (first+n)*width]
	if width == 1 {
		for i, v := range src {
			dst[i*stride] = v
		}
		return
	}
	for i := range n {
		copy(dst[i*stride:], src[i*width:(i+1)*width])
	}
}

func packFloat16(dst []uint64, stride int, src []uint16, shift uint) {
	for i, v := range src {
		switch {
		case v<<1 == 0:
			v = 0
		case v&0x7fff > 0x7c00:
			v = nan16
		}
		dst[i*stride] |= uint64(v) << (shift & 63)
	}
}

func packFloat32(dst []uint64, stride int, src []uint32, shift uint) {
	for i, v := range src {
		switch {
		case v<<1 == 0:
			v = 0
		case v&math.MaxInt32 > 0x7f800000:
			v = nan32
		}
		dst[i*stride] |= uint64(v) << (shift & 63)
	}
}

func packFloat64(dst []uint64, stride int, src []uint64) {
	for i, v := range src {
		switch {
		case v<<1 == 0:
			v = 0
		case v&math.MaxInt64 > 0x7ff0000000000000:
			v = nan64
		}
		dst[i*stride] = v
	}
}

// packIDs adds the numbers of interned values.
func packIDs(dst []uint64, stride int, ids []int32, shift uint) {
	for i, id := range ids {
		dst[i*stride] |= uint64(uint32(id)) << (shift & 63)
	}
}
