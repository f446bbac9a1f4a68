package exact

import (
	"math"
	"math/bits"
)

// Empty reports whether nothing was added to group g.
func (s *Sums) Empty(g int) bool { return s.near[g].lo&1 == 0 }

// Sum is the sum of group g, rounded once to nearest even. An exact sum of zero
// is +0, also of nothing but -0; one beyond the largest float is ±Inf; infinities
// and NaN add up as IEEE 754 has it.
func (s *Sums) Sum(g int) float64 {
	if special, ok := s.special(g); ok {
		return special
	}
	return s.exact(g).Float64()
}

// Mean is the sum of group g divided by count > 0, rounded once.
func (s *Sums) Mean(g int, count uint64) float64 {
	if special, ok := s.special(g); ok {
		return special
	}
	return s.exact(g).Quo(count).Float64()
}

func (s *Sums) special(g int) (float64, bool) {
	if s.flags == nil {
		return 0, false
	}
	switch f := s.flags[g]; {
	case f&hasNaN != 0 || f&(hasPlus|hasMinus) == hasPlus|hasMinus:
		return math.NaN(), true
	case f&hasPlus != 0:
		return math.Inf(1), true
	case f&hasMinus != 0:
		return math.Inf(-1), true
	}
	return 0, false
}

// lowest is the exponent of the lowest bit of a float: 2^-1074.
const lowest = -1074

// exact is the finite sum of group g.
func (s *Sums) exact(g int) Number {
	w := s.near[g]
	if s.flags == nil || s.flags[g]&hasWide == 0 {
		return Int128(uint64(int64(w.hi)>>1), w.hi<<63|w.lo>>1, int(s.base)-1+lowest)
	}
	var total [windows + 2]uint64
	if s.base > 0 {
		addAt(&total, w.value(), s.base)
	}
	for at := range s.wide {
		if b := g / blockGroups; b < len(s.wide[at]) && s.wide[at][b] != nil {
			addAt(&total, s.wide[at][b][g%blockGroups], uint64(at)*span+1)
		}
	}
	return number(&total)
}

// addAt adds w, of a window at base, to a two's complement number in units of
// 2^lowest.
func addAt(total *[windows + 2]uint64, w window, base uint64) {
	at, words := w.words(base)
	sign := uint64(int64(words[2]) >> 63)
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
