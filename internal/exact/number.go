package exact

import (
	"math"
	"math/bits"
)

// Number is (-1)^Neg · (Hi·2^64 + Lo + δ) · 2^Exp with 0 ≤ δ < 1, and δ > 0 only
// where More. It is normalised: the highest bit of Hi is set, or all is 0. 128 bits
// and More are all that rounding to 53 bits needs, also after a division.
type Number struct {
	Neg    bool
	Hi, Lo uint64
	Exp    int
	More   bool
}

// Int128 is the two's complement integer hi·2^64 + lo, times 2^exp.
func Int128(hi, lo uint64, exp int) Number {
	n := Number{Neg: int64(hi) < 0, Hi: hi, Lo: lo, Exp: exp}
	if n.Neg {
		var c uint64
		n.Lo, c = bits.Add64(^lo, 1, 0)
		n.Hi = ^hi + c
	}
	return n.normal()
}

func (n Number) normal() Number {
	if n.Hi == 0 {
		if n.Lo == 0 {
			return Number{}
		}
		n.Hi, n.Lo, n.Exp = n.Lo, 0, n.Exp-64
	}
	up := bits.LeadingZeros64(n.Hi)
	n.Hi = n.Hi<<up | n.Lo>>1>>(63-up)
	n.Lo <<= up
	n.Exp -= up
	return n
}

// Quo is n/count, for count > 0. The quotient of the integers has at least 64
// bits, since n has 128; what is cut off only sets More: floor((m+δ)/c) is
// floor(m/c). A quotient is only good for rounding.
func (n Number) Quo(count uint64) Number {
	if n.Hi == 0 {
		return n
	}
	hi, r := n.Hi/count, n.Hi%count
	lo, r := bits.Div64(r, n.Lo, count)
	n.Hi, n.Lo, n.More = hi, lo, n.More || r != 0
	if n.Hi == 0 { // count > Hi ≥ 2^63: one more word of the quotient
		next, r := bits.Div64(r, 0, count)
		n.Hi, n.Lo, n.Exp, n.More = lo, next, n.Exp-64, n.More || r != 0
	}
	return n.normal() // the bits shifted in below are unknown, but below the 54 that rounding looks at
}

// Float64 is n rounded to the nearest float, ties to even: subnormal or ±Inf where
// it is too small or too large. Zero is +0.
func (n Number) Float64() float64 {
	if n.Hi == 0 {
		return 0
	}
	var sign uint64
	if n.Neg {
		sign = 1 << 63
	}
	top := n.Exp + 127 // the highest bit stands for 2^top
	if top > 1023 {
		return math.Float64frombits(sign | 0x7ff<<52)
	}
	drop := uint(75) // bits below the 53 that are kept
	exponent := uint64(0)
	if top < -1022 { // fewer are kept
		drop += uint(min(-1022-top, 60))
	} else {
		exponent = uint64(top + 1022) // the highest bit adds one more
	}
	kept, half, below := n.cut(drop)
	if half && (below || kept&1 == 1) {
		kept++ // a carry runs on into the exponent, and to Inf
	}
	return math.Float64frombits(sign | (exponent<<52 + kept))
}

// cut is n without its lowest drop bits, in 75 to 135, the bit below, and whether
// anything is left below that.
func (n Number) cut(drop uint) (kept uint64, half, below bool) {
	d := drop - 64 // bits of Hi that are dropped, 11 to 71
	switch {
	case d < 64:
		return n.Hi >> d, n.Hi>>(d-1)&1 == 1, n.Hi<<(65-d) != 0 || n.Lo != 0 || n.More
	case d == 64:
		return 0, true, n.Hi<<1 != 0 || n.Lo != 0 || n.More
	}
	return 0, false, true
}
