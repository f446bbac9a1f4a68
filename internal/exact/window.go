package exact

import "math/bits"

// plus is w+(hi,lo), whose lowest bit is 0, and whether it fits. Both are below
// 2^126 in magnitude, so that the sum does not wrap.
func (w window) plus(lo, hi uint64) (window, bool) {
	l, c := bits.Add64(w.lo, lo, 0)
	h, _ := bits.Add64(w.hi, hi, c)
	return window{l, h}, int64(h^h<<1) >= 0
}

// value is w without its lowest bit.
func (w window) value() window { return window{w.lo &^ 1, w.hi} }

// words is w, of a window at base, in three words of a two's complement number, the
// highest of them signed; the lowest is word at of a number in units of 2^lowest.
func (w window) words(base uint64) (at int, words [3]uint64) {
	whole, half, shift := int64(w.hi)>>1, w.hi<<63|w.lo>>1, (base-1)%span
	return int((base - 1) / span), [3]uint64{
		half << shift,
		uint64(whole)<<shift | half>>1>>(63-shift),
		uint64(whole >> 1 >> (63 - shift)),
	}
}

// up is w, whose lowest bit is 0, shifted up by n in (0, 64), and whether it fits.
func (w window) up(n uint) (window, bool) {
	out := window{w.lo << n, w.hi<<n | w.lo>>(64-n)}
	// All bits that leave, and the one below the sign, must be copies of the sign.
	lost := int64(w.hi) >> (62 - min(n, 62))
	return out, n <= 62 && (lost == 0 || lost == -1)
}

// significand is the integer of x without its sign, doubled and shifted up to the
// place of biased exponent e in the window that begins at base; for finite x.
func significand(b, base uint64) (lo, hi uint64) {
	m, e := b&mantissaMask, b>>mantissaBits&exponentMask
	if e == 0 {
		e = 1
	} else {
		m |= 1 << mantissaBits
	}
	hi, lo = bits.Mul64(m<<1, 1<<(e-base))
	if neg := uint64(int64(b) >> 63); neg != 0 {
		var c uint64
		lo, c = bits.Add64(^lo, 1, 0)
		hi = ^hi + c
	}
	return lo, hi
}
