package exact

import (
	"fmt"
	"math"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Sums are exact sums of floats, for groups 0, 1, 2, …. They belong to one
// goroutine.
type Sums struct {
	ledger *reserved.Ledger
	near   []window
	base   uint64  // the lowest exponent of the near window; 0: not placed yet
	flags  []uint8 // by group; nil as long as no group has one
	wide   [windows][]*block
	missed int // values that missed the near window since it was placed
	rest   []int32
}

const (
	windows     = 34 // 32 for values, 2 for carries
	blockGroups = 64
	blockBytes  = blockGroups * 16

	placeStep = 16                  // near windows are placed at multiples of it
	baseMost  = exponentMask - span // the highest place, below the exponent of Inf and NaN
)

// block is one wide window of 64 neighbouring groups.
type block [blockGroups]window

// The flags of a group.
const (
	hasWide  = 1 << iota // it has a wide window
	hasPlus              // +Inf was added
	hasMinus             // -Inf
	hasNaN
)

// NewSums returns the sums of no groups, whose memory is accounted for in l.
func NewSums(l *reserved.Ledger) *Sums { return &Sums{ledger: l} }

// Len is the number of groups.
func (s *Sums) Len() int { return len(s.near) }

// Grow makes room for at least groups groups.
func (s *Sums) Grow(groups int) error {
	if err := s.ledger.Settle(); err != nil || groups <= len(s.near) {
		return err
	}
	var err error
	if s.flags != nil {
		if s.flags, err = reserved.Grow(s.ledger, s.flags, groups); err != nil {
			return err
		}
	}
	s.near, err = reserved.Grow(s.ledger, s.near, groups)
	return err
}

// Add adds values[i] to the sum of group[i]. On an error, which is the ledger's,
// nothing was added.
func Add[F float32 | float64](s *Sums, group []int32, values []F) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	if s.base == 0 {
		s.place(maxExponent(values))
	}
	s.rest = reserved.Scratch(s.ledger, s.rest, len(group))
	if len(s.near) < fetchedGroups {
		n := addNear(s.near, s.nearBase(), group, values, s.rest)
		addRest(s, group, values, s.rest[:n])
		return nil
	}
	for len(group) > 0 {
		rows := min(len(group), fetchedRows)
		fetch(s.near, group[:rows])
		n := addNear(s.near, s.nearBase(), group[:rows], values, s.rest)
		addRest(s, group, values, s.rest[:n])
		group, values = group[rows:], values[rows:]
	}
	return nil
}

// place puts the near window so that values of exponent top lie at shifts 36 to
// 51: room for 2^21 of them in the sum and for values 2^12 times as large above,
// for values 2^36 times as small below, and one place for accumulators that saw
// somewhat different values.
func (s *Sums) place(top uint64) {
	if top == 0 {
		return
	}
	s.base, s.missed = 1, 0
	if top > 37 {
		s.base = min(s.base+(top-37)/placeStep*placeStep, baseMost)
	}
}

// nearBase is the base, or one that no exponent matches.
func (s *Sums) nearBase() uint64 {
	if s.base == 0 {
		return exponentMask + 1
	}
	return s.base
}

// addRest adds the values that addNear left.
func addRest[F float32 | float64](s *Sums, group []int32, values []F, rest []int32) {
	var top uint64
	for _, i := range rest {
		b := math.Float64bits(float64(values[i]))
		s.addOne(int(group[i]), b)
		if e := b >> mantissaBits & exponentMask; e < exponentMask && e-s.base >= span {
			top = max(top, e)
			s.missed++
		}
	}
	// Most of a batch beside the window, and as much before as pays for moving all
	// groups: the first values were not like the others.
	if top > 0 && s.missed > 4*len(s.near)+4096 && len(rest) > fetchedRows/4 {
		for g := range s.near {
			s.spill(g)
		}
		s.place(top)
	}
}

// addOne adds the float of bits b, wherever it belongs.
func (s *Sums) addOne(g int, b uint64) {
	e := b >> mantissaBits & exponentMask
	switch {
	case e == exponentMask && b&mantissaMask != 0:
		s.mark(g, hasNaN)
	case e == exponentMask && b>>63 == 0:
		s.mark(g, hasPlus)
	case e == exponentMask:
		s.mark(g, hasMinus)
	case s.base > 0 && e > 0 && e-s.base < span:
		lo, hi := significand(b, s.base)
		s.addNearWindow(g, lo, hi)
	default:
		at := (max(e, 1) - 1) / span
		lo, hi := significand(b, at*span+1)
		s.addWide(g, int(at), lo, hi)
	}
	s.near[g].lo |= 1
}

func (s *Sums) addNearWindow(g int, lo, hi uint64) {
	w, ok := s.near[g].plus(lo, hi)
	if !ok {
		s.spill(g)
		w, _ = s.near[g].plus(lo, hi)
	}
	s.near[g] = w
}

// spill moves the near window of g to the wide ones.
func (s *Sums) spill(g int) {
	s.moveWide(g, s.near[g].value(), s.base)
	s.near[g] = window{lo: s.near[g].lo & 1}
}

// moveWide adds v, of a window at base, to the wide windows.
func (s *Sums) moveWide(g int, v window, base uint64) {
	if v == (window{}) {
		return
	}
	at, words := v.words(base)
	s.addWord(g, at, words[0])
	s.addWord(g, at+1, words[1])
	s.addWide(g, at+2, words[2]<<1, uint64(int64(words[2])>>63))
}

func (s *Sums) addWord(g, at int, word uint64) { s.addWide(g, at, word<<1, word>>63) }

// addWide adds an integer whose lowest bit is 0 to wide window at of g.
func (s *Sums) addWide(g, at int, lo, hi uint64) {
	if lo == 0 && hi == 0 {
		return
	}
	s.mark(g, hasWide)
	w := s.wideWindow(g, at)
	sum, ok := w.plus(lo, hi)
	if !ok { // its word stays, what is above goes one window up
		up := int64(sum.hi) >> 1
		s.addWide(g, at+1, uint64(up)<<1, uint64(up>>63))
		sum.hi &= 1
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
		s.wide[at] = append(s.wide[at], make([]*block, n-len(s.wide[at]))...)
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

// Reset forgets all groups.
func (s *Sums) Reset() {
	s.near = reserved.Empty(s.ledger, s.near)
	s.base, s.missed = 0, 0
	s.forgetWide()
}

// Close gives all memory back.
func (s *Sums) Close() {
	s.near = reserved.Free(s.ledger, s.near)
	s.rest = reserved.Free(s.ledger, s.rest)
	s.forgetWide()
}

func (s *Sums) forgetWide() {
	s.flags = reserved.Free(s.ledger, s.flags)
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
