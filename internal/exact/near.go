package exact

import "math"

// Near is the near window of a group: the sum of what it took is Hi·2^highBits + Lo, in
// units of 2^(place+lowest).
type Near struct{ Hi, Lo int64 }

const (
	// highBits is how far the units of Hi and Lo are apart. A value's part in Lo is
	// at most half a unit of Hi.
	highBits = 42

	// takenBits bounds a value's part in Hi, and with highBits the part in Lo.
	takenBits = 41

	// nearRows is how many values may be added to windows below 2^61 before one is
	// looked at again: they stay below 2^62, so that two of them can be added.
	nearRows = 1 << 20

	// nearMost bounds what is left in a window that was looked at.
	nearMost = 1 << 61
)

// cut splits floats at the units of the near windows.
type cut struct{ high, low float64 }

// cutAt is the cut for the near windows whose lowest bit is bit place of a sum.
//
// A float plus 1.5·2^52 units is rounded to whole units, if it is not too large, and its
// bits are those of 1.5·2^52 units plus that number, as an integer.
func cutAt(place int) cut {
	const whole = 52
	return cut{math.Ldexp(1.5, place+highBits+whole+lowest), math.Ldexp(1.5, place+whole+lowest)}
}

// addNear adds values[i] to near[group[i]] for all i for which it is a whole number of
// units below 2^(takenBits+highBits); zeros are, and what is not finite is not. It writes
// the other i to rest, which has the length of group, and returns how many they are.
func addNear[F float32 | float64](near []Near, c cut, group []int32, values []F, rest []int32) int {
	values, rest = values[:len(group)], rest[:len(group)]
	high, low := int64(math.Float64bits(c.high)), int64(math.Float64bits(c.low))
	n := 0
	for i, g := range group {
		v := float64(values[i])
		a := v + c.high
		left := v - (a - c.high) // exact, and so is the rest where the window holds v
		b := left + c.low
		hi := int64(math.Float64bits(a)) - high
		if uint64(hi+1<<takenBits) >= 2<<takenBits || b-c.low != left {
			rest[n] = int32(i)
			n++
			continue
		}
		w := &near[g]
		w.Hi += hi
		w.Lo += int64(math.Float64bits(b)) - low
	}
	return n
}

// Rows are added four at a time where the CPU can: see internal/asm/exact. Where a value is not
// held, that ends, and the rows behind are added one by one for a while.
const (
	foldedRows = 4096 // rows that are added by one call: it is not interrupted
	slowRows   = 256  // rows that are added one by one before it is tried again,
	foldPause  = 16   // and so often, since where one value is not held, others are not either
)

const (
	fetchedRows   = 256     // rows whose windows are loaded ahead, together
	fetchedGroups = 1 << 15 // number of groups from which that pays: 512 KiB of windows
)

// fetch loads the windows of the groups, so that the cache misses of a batch overlap: in
// the adding loop itself few rows are in flight at once. The result keeps the loads from
// being dropped.
//
//go:noinline
func fetch(near []Near, group []int32) (mixed int64) {
	for _, g := range group {
		mixed |= near[g].Lo
	}
	return mixed
}

// fetchWords is fetch of a column of words, if there is one.
//
//go:noinline
func fetchWords(column []int64, group []int32) (mixed int64) {
	if column == nil {
		return 0
	}
	for _, g := range group {
		mixed |= column[g]
	}
	return mixed
}

// maxExponent is the greatest biased exponent of a finite value of values, 0
// where all are zero, subnormal or not finite.
func maxExponent[F float32 | float64](values []F) int {
	var most uint64
	for _, v := range values {
		if e := math.Float64bits(float64(v)) >> mantissaBits & exponentMask; e > most && e < exponentMask {
			most = e
		}
	}
	return int(most)
}

// plus is w+v, and whether it may stay: below nearMost. Both are below 2^62.
func (w Near) plus(v Near) (Near, bool) {
	sum := Near{w.Hi + v.Hi, w.Lo + v.Lo}
	return sum, within(sum.Hi, nearMost) && within(sum.Lo, nearMost)
}

// up is w, in units 2^n times as large, in w's own units, and whether it fits.
func (w Near) up(n uint) (Near, bool) {
	fits := n < 61 && within(w.Hi, nearMost>>n) && within(w.Lo, nearMost>>n)
	return Near{w.Hi << n, w.Lo << n}, fits
}

// within reports whether -most ≤ x < most.
func within(x, most int64) bool { return uint64(x+most) < 2*uint64(most) }
