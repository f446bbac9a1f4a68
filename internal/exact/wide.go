package exact

import (
	"fmt"
	"math"
	"math/bits"
)

const (
	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
	exponentMask = 0x7ff
)

// window is a two's complement integer of 128 bits.
type window struct{ lo, hi uint64 }

// plus is w+(hi,lo), and whether it fits: both are below 2^126 in magnitude, so that
// the sum does not wrap.
func (w window) plus(lo, hi uint64) (window, bool) {
	l, c := bits.Add64(w.lo, lo, 0)
	h, _ := bits.Add64(w.hi, hi, c)
	return window{l, h}, int64(h^h<<1) >= 0
}

// shifted is x·2^n, for n < 64.
func shifted(x int64, n int) window { return window{uint64(x) << n, uint64(x >> (64 - n))} }

// block is one wide window of 64 neighbouring groups.
type block [blockGroups]window

const (
	windows     = 34 // 32 for values, 2 for carries
	blockGroups = 64
	blockBytes  = blockGroups * 16
)

// addOne adds the float of bits b to the wide windows, or to what is not finite.
func (s *Sums) addOne(g int, b uint64) {
	m, e := int64(b&mantissaMask), int(b>>mantissaBits&exponentMask)
	switch {
	case e == exponentMask && m != 0:
		s.mark(g, hasNaN)
		return
	case e == exponentMask && b>>63 == 0:
		s.mark(g, hasPlus)
		return
	case e == exponentMask:
		s.mark(g, hasMinus)
		return
	case e == 0:
		e = 1
	default:
		m |= 1 << mantissaBits
	}
	if b>>63 != 0 {
		m = -m
	}
	s.addInt(g, m, e-1)
}

// addInt adds x·2^bit in units of 2^lowest to the wide windows of g.
func (s *Sums) addInt(g int, x int64, bit int) {
	w := shifted(x, bit%64)
	s.addWide(g, bit/64, w.lo, w.hi)
}

// moveWide adds w, of a near window at place, to the wide windows of g.
func (s *Sums) moveWide(g int, w Near, place int) {
	s.addInt(g, w.Lo, place)
	s.addInt(g, w.Hi, place+highBits)
}

// addWide adds an integer below 2^126 to wide window at of g.
func (s *Sums) addWide(g, at int, lo, hi uint64) {
	if lo == 0 && hi == 0 {
		return
	}
	s.mark(g, hasWide)
	w := s.wideWindow(g, at)
	sum, ok := w.plus(lo, hi)
	if !ok { // its word stays, what is above goes one window up
		s.addWide(g, at+1, sum.hi, uint64(int64(sum.hi)>>63))
		sum.hi = 0
	}
	*w = sum
}

// wideWindow is wide window at of g, made where it is not there yet.
func (s *Sums) wideWindow(g, at int) *window {
	b := g / blockGroups
	if at >= windows {
		panic(fmt.Sprintf("exact: window %d of a sum", at))
	}
	if b >= len(s.wide[at]) {
		n := len(s.near)/blockGroups + 1
		s.ledger.Owe(int64(n-len(s.wide[at])) * 8)
		s.wide[at] = append(make([]*block, 0, n), s.wide[at]...)[:n]
	}
	if s.wide[at][b] == nil {
		s.ledger.Owe(blockBytes)
		s.wide[at][b] = new(block)
	}
	return &s.wide[at][b][g%blockGroups]
}

func (s *Sums) mark(g int, flag uint8) {
	if s.flags == nil {
		s.ledger.Owe(int64(cap(s.near)))
		s.flags = make([]uint8, len(s.near), cap(s.near))
	}
	s.flags[g] |= flag
}

func (s *Sums) forgetWide() {
	if s.flags != nil {
		s.ledger.Release(int64(cap(s.flags)))
		s.flags = nil
	}
	for i, blocks := range s.wide {
		for _, b := range blocks {
			if b != nil {
				s.ledger.Release(blockBytes)
			}
		}
		s.ledger.Release(int64(len(blocks)) * 8)
		s.wide[i] = nil
	}
}

// special is the sum of group g where something that is not finite was added.
func (s *Sums) special(g int) (float64, bool) {
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
