package exact

import (
	"math"
	"math/bits"
)

// Sum is the sum of group g, rounded once to nearest even: 0 where nothing was added. An
// exact sum of zero is +0, also of nothing but -0; one beyond the largest float is ±Inf;
// infinities and NaN add up as IEEE 754 has it.
func (s *Sums) Sum(g int) float64 {
	if s.flags == nil || s.flags[g] == 0 {
		if hi, lo, ok := s.halves(g); ok {
			return hi + lo
		}
	} else if special, ok := s.special(g); ok {
		return special
	}
	return s.exact(g).Float64()
}

// Mean is the sum of group g divided by count > 0, rounded once.
func (s *Sums) Mean(g int, count uint64) float64 {
	if s.flags == nil || s.flags[g] == 0 {
		if hi, lo, ok := s.halves(g); ok {
			if mean, ok := quotient(hi, lo, count); ok {
				return mean
			}
		}
	} else if special, ok := s.special(g); ok {
		return special
	}
	return s.exact(g).Quo(count).Float64()
}

// halves are two floats whose sum is that of group g, all of which is in its near window,
// where they are exact.
func (s *Sums) halves(g int) (hi, lo float64, ok bool) {
	const most = 1 << (mantissaBits + 1)
	w := s.near[g]
	if !within(w.Hi, most) || !within(w.Lo, most) {
		return 0, 0, false
	}
	// 2^place below the lowest normal float is multiplied in two steps.
	unit := math.Float64frombits(uint64(s.place+1) << mantissaBits) // 2^(place-1022)
	return float64(w.Hi) * (1 << highBits * 0x1p-52) * unit, float64(w.Lo) * 0x1p-52 * unit, true
}

// quotient is (hi+lo)/count rounded once, where that is quickly told: the quotient of the
// rounded sum is corrected by what it leaves, and is right where an error of the
// correction, of a few parts in 2^53, does not matter to its rounding (A. Ziv's test).
func quotient(hi, lo float64, count uint64) (float64, bool) {
	if count >= 1<<mantissaBits {
		return 0, false
	}
	sum, n := hi+lo, float64(count)
	tail := sum - hi
	low := (hi - (sum - tail)) + (lo - tail) // sum+low is hi+lo exactly (Knuth)
	q := sum / n
	if q == 0 && sum == 0 {
		return 0, true
	}
	if !(math.Abs(q) > 0x1p-900) { // nothing below may leave the range
		return 0, false
	}
	c := (math.FMA(-q, n, sum) + low) / n
	d := float64(c * 0x1p-45)
	mean := q + (c - d)
	return mean, mean == q+(c+d)
}

// exact is the finite sum of group g.
func (s *Sums) exact(g int) Number {
	w := s.near[g]
	if s.flags == nil || s.flags[g]&hasWide == 0 {
		sum, _ := shifted(w.Hi, highBits).plus(uint64(w.Lo), uint64(w.Lo>>63))
		return Int128(sum.hi, sum.lo, s.place+lowest)
	}
	var total [windows + 2]uint64
	addAt(&total, shifted(w.Lo, s.place%64), s.place/64)
	addAt(&total, shifted(w.Hi, (s.place+highBits)%64), (s.place+highBits)/64)
	for at := range s.wide {
		if b := g / blockGroups; b < len(s.wide[at]) && s.wide[at][b] != nil {
			addAt(&total, s.wide[at][b][g%blockGroups], at)
		}
	}
	return number(&total)
}

// addAt adds w, from word at on, to a two's complement number.
func addAt(total *[windows + 2]uint64, w window, at int) {
	sign := uint64(int64(w.hi) >> 63)
	words := [2]uint64{w.lo, w.hi}
	var c uint64
	for i := at; i < len(total); i++ {
		word := sign
		if i-at < len(words) {
			word = words[i-at]
		}
		total[i], c = bits.Add64(total[i], word, c)
	}
}

// number is the highest 128 bits of a two's complement number in units of 2^lowest.
func number(total *[windows + 2]uint64) Number {
	n := Number{Neg: int64(total[len(total)-1]) < 0}
	if n.Neg {
		c := uint64(1)
		for i := range total {
			total[i], c = bits.Add64(^total[i], 0, c)
		}
	}
	top := len(total) - 1
	for top > 0 && total[top] == 0 {
		top--
	}
	if top == 0 {
		n.Lo, n.Exp = total[0], lowest
		return n.normal()
	}
	up := bits.LeadingZeros64(total[top])
	third := uint64(0)
	if top > 1 {
		third = total[top-2]
	}
	n.Hi = total[top]<<up | total[top-1]>>1>>(63-up)
	n.Lo = total[top-1]<<up | third>>1>>(63-up)
	n.Exp = (top-1)*64 - up + lowest
	n.More = third<<up != 0
	for i := 0; i+2 < top; i++ {
		n.More = n.More || total[i] != 0
	}
	return n
}
