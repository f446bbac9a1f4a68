package operators

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// floatBits are the bits of infinity and of the NaN that results have, of a float of the
// width of T. The bits of a float are an integer of sign and magnitude; with the magnitude
// of negative ones complemented it orders as the float does, -0 before 0. NaNs stand above
// infinity then, but for negative ones, which are below all.
type floatBits[T int32 | int64] struct{ most, inf, nan T }

var (
	float32Bits = floatBits[int32]{math.MaxInt32, 0x7f800000, 0x7fc00000}
	float64Bits = floatBits[int64]{math.MaxInt64, 0x7ff0000000000000, 0x7ff8000000000000}
)

// floatForm is that of floats, made integers as they are folded.
func floatForm[T int32 | int64](f floatBits[T]) extremeForm[T] {
	form := plainForm[T]()
	form.least = f.least
	form.store = func(s *extremes[T], values []T, has *present, from int) arrow.Array {
		for i, v := range values {
			v ^= v >> 31 >> 31 >> 1 & f.most
			if v&f.most > f.inf {
				v = f.nan
			}
			values[i] = v
		}
		return storeValues(s, values, has, from)
	}
	return form
}

func (f floatBits[T]) least(values []T, group, at []int32, src []T, flip T) {
	nan, most, lowest := f.nan, f.most, ^f.inf // that of -Inf
	if at != nil {
		at = at[:len(group)]
		for i, g := range group {
			b := src[at[i]]
			b ^= b >> 31 >> 31 >> 1 & most // the sign, in every bit
			if b < lowest {
				b = nan
			}
			values[g] = min(values[g], b^flip)
		}
		return
	}
	src = src[:len(group)]
	for i, g := range group {
		b := src[i]
		b ^= b >> 31 >> 31 >> 1 & most // the sign, in every bit
		if b < lowest {
			b = nan
		}
		values[g] = min(values[g], b^flip)
	}
}

// halfForm is that of half floats, which are rare: they are made integers before.
var halfForm = extremeForm[int16]{
	load: func(s *extremes[int16], arr arrow.Array) []int16 {
		s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
		out := s.scratch
		for i, b := range plaincol.Values[int16](arr) {
			if b&0x7fff > 0x7c00 {
				b = 0x7e00
			}
			out[i] = b ^ int16(uint16(b>>15)>>1)
		}
		return out
	},
	store: func(s *extremes[int16], values []int16, has *present, from int) arrow.Array {
		for i, b := range values {
			values[i] = b ^ int16(uint16(b>>15)>>1)
		}
		return storeValues(s, values, has, from)
	},
	least: least[int16],
}
