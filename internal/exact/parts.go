package exact

import (
	"math"
	"sync"
)

// To cut a value to its parts, and to make a word of it, is the same for all rows, whatever
// their groups: four of them at a time where the CPU can. What is left to do by row is to add
// integers.
//
//	values  1.5 │ -2.25 │ 3 │ …      partRows at a time
//	hi, lo  what is added to the windows of their groups
//	word    what is compared with the least and the greatest

// partRows is how many rows are cut at once: few enough that their parts stay in the
// nearest cache.
const partRows = 256

// splitPause is for how many batches values are cut one by one where some of those that were
// cut at once did not fit the windows, so that it was in vain.
const splitPause = 16

// parts are those of some rows.
type parts struct{ hi, lo, word [partRows]int64 }

var partsPool = sync.Pool{New: func() any { return new(parts) }}

// splitGo cuts up to partRows values, and says whether the near windows hold them all; else
// hi and lo mean nothing.
func splitGo(to *parts, values []float64, c cut) (held bool) {
	high, low := int64(math.Float64bits(c.high)), int64(math.Float64bits(c.low))
	held = true
	for i, v := range values {
		a := v + c.high
		left := v - (a - c.high)
		b := left + c.low
		to.hi[i] = int64(math.Float64bits(a)) - high
		to.lo[i] = int64(math.Float64bits(b)) - low
		to.word[i] = Word(v)
		held = held && uint64(to.hi[i]+1<<takenBits) < 2<<takenBits && b-c.low == left
	}
	return held
}

// addParts adds the parts of as many rows as there are groups, and folds them into what is
// beside.
func addParts(near []Near, group []int32, p *parts, beside Beside) {
	hi, lo, word := p.hi[:len(group)], p.lo[:len(group)], p.word[:len(group)]
	count, lows, highs := beside.Count, beside.Low, beside.High
	switch {
	case lows != nil:
		m := min(len(near), len(count), len(lows), len(highs))
		near, count, lows, highs = near[:m], count[:m], lows[:m], highs[:m]
		for i, g := range group {
			count[g]++
			w := word[i]
			if w < lows[g] {
				lows[g] = w
			}
			if ^w < highs[g] {
				highs[g] = ^w
			}
			n := &near[g]
			n.Hi += hi[i]
			n.Lo += lo[i]
		}
	case count != nil:
		m := min(len(near), len(count))
		near, count = near[:m], count[:m]
		for i, g := range group {
			count[g]++
			n := &near[g]
			n.Hi += hi[i]
			n.Lo += lo[i]
		}
	default:
		for i, g := range group {
			n := &near[g]
			n.Hi += hi[i]
			n.Lo += lo[i]
		}
	}
}
