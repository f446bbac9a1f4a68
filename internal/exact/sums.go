package exact

import (
	"math"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Sums are exact sums of floats, for groups 0, 1, 2, …. They belong to one
// goroutine.
type Sums struct {
	ledger *reserved.Ledger
	near   []Near
	placed bool    // the near windows lie somewhere
	place  int     // where: the lowest bit of Near.Lo, above the lowest of a float
	rows   int     // that may be added before the near windows are looked at
	flags  []uint8 // by group; nil as long as no group has one
	wide   [windows][]*block
	missed int // values that missed the near windows since they were placed
	rest   []int32
	pause  int // calls of addWindows that are to cut values one by one, since some are not held
}

// The flags of a group.
const (
	hasWide  = 1 << iota // it has a wide window
	hasPlus              // +Inf was added
	hasMinus             // -Inf
	hasNaN
)

const (
	// lowest is the exponent of the lowest bit of a float: 2^-1074.
	lowest = -1074

	placeStep = 8    // near windows are placed at multiples of it
	placeMost = 1984 // then no sum of a near window is out of range
)

// NewSums returns the sums of no groups, whose memory is accounted for in l.
func NewSums(l *reserved.Ledger) *Sums { return &Sums{ledger: l, rows: nearRows} }

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

// Add adds values[i] to the sum of group[i], and folds it into what is beside. On an error,
// which is the ledger's, nothing was added.
func Add[F float32 | float64](s *Sums, group []int32, values []F, beside Beside) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	if !s.placed {
		if top := maxExponent(values); top > 0 {
			s.move(placeOf(top))
		}
	}
	for len(group) > 0 {
		if s.rows == 0 {
			s.carry()
		}
		n := min(len(group), s.rows, foldedRows)
		if len(s.near) >= fetchedGroups {
			n = min(n, fetchedRows)
			fetch(s.near, group[:n])
			for _, column := range [...][]int64{beside.Count, beside.Low, beside.High} {
				fetchWords(column, group[:n])
			}
		}
		s.rest = reserved.Scratch(s.ledger, s.rest, n)
		n, rest := addWindows(s, group[:n], values[:n], beside)
		s.rows -= n
		if rest > 0 {
			addRest(s, group[:n], values, s.rest[:rest])
		}
		group, values = group[n:], values[n:]
	}
	return nil
}

// addWindows adds the first n rows, one or more, to the near windows, and writes to s.rest those
// of them that the windows do not hold, of which it returns the number.
func addWindows[F float32 | float64](s *Sums, group []int32, values []F, beside Beside) (n, rest int) {
	c := cutAt(s.place)
	doubles, _ := any(values).([]float64)
	switch {
	case s.pause > 0:
		s.pause--
	case doubles != nil:
		if n = fold(s.near, c, group, doubles, beside); n > 0 {
			return n, 0
		}
		if len(group) >= 4 {
			s.pause = foldPause
		}
	}
	n = min(len(group), slowRows)
	group, values = group[:n], values[:n]
	switch {
	case beside.Low != nil:
		rest = addRanged(s.near, c, group, doubles[:n], s.rest, beside)
	case beside.Count != nil:
		rest = addCounted(s.near, c, group, values, s.rest, beside.Count)
	default:
		rest = addNear(s.near, c, group, values, s.rest)
	}
	return n, rest
}

// placeOf is where near windows lie so that values of biased exponent top are 2 to 9 bits
// below their limit, and values 2^20 times as small have all of their bits in them.
// Places are few, so that accumulators that saw somewhat different values have the same.
func placeOf(top int) int {
	// A value of exponent top is below 2^(top-1+53), in units of 2^lowest.
	const above = takenBits + highBits - (mantissaBits + 1) - 2
	return min(max(top-1-above+placeStep-1, 0)/placeStep*placeStep, placeMost)
}

// move moves the near windows, of all groups, to place.
func (s *Sums) move(place int) {
	for g, w := range s.near {
		if w != (Near{}) {
			s.spill(g)
		}
	}
	s.placed, s.place, s.missed = true, place, 0
}

// carry makes the near windows ready for nearRows more rows.
func (s *Sums) carry() {
	for g, w := range s.near {
		if within(w.Hi, nearMost) && within(w.Lo, nearMost) {
			continue
		}
		s.spill(g)
	}
	s.rows = nearRows
}

// addRest adds the values that addNear left.
func addRest[F float32 | float64](s *Sums, group []int32, values []F, rest []int32) {
	top := 0
	for _, i := range rest {
		b := math.Float64bits(float64(values[i]))
		s.addOne(int(group[i]), b)
		if e := int(b >> mantissaBits & exponentMask); e < exponentMask {
			top = max(top, e)
			s.missed++
		}
	}
	// Most of a batch beside the windows, and as much before as pays for moving all
	// groups: the first values were not like the others.
	if top > 0 && s.missed > 4*len(s.near)+4096 && 4*len(rest) > len(group) {
		s.move(placeOf(top))
	}
}

// spill moves the near window of g to the wide ones.
func (s *Sums) spill(g int) {
	s.moveWide(g, s.near[g], s.place)
	s.near[g] = Near{}
}

// Reset forgets all groups.
func (s *Sums) Reset() {
	s.near = reserved.Empty(s.ledger, s.near)
	s.placed, s.place, s.missed, s.rows = false, 0, 0, nearRows
	s.forgetWide()
}

// Close gives all memory back.
func (s *Sums) Close() {
	s.near = reserved.Free(s.ledger, s.near)
	s.rest = reserved.Free(s.ledger, s.rest)
	s.forgetWide()
}
