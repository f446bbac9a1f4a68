package hashtab

import (
	"math/bits"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// leastNumbered is how many values there are before they are looked at for numbers.
const leastNumbered = 32

// enumerate makes an index by number of the values, or a larger one, where more come than
// the slots have room for, if most of them fit one that takes no more memory than those
// would. It is tried, and no error where it may not be.
func (t *interner) enumerate(more int) {
	if t.n < leastNumbered || t.same {
		return
	}
	values, most := t.views[1:t.n+1], 2*slotsFor(t.n+more)
	if x := &t.numbered; x.ids != nil {
		if places, others := x.form.places(values, most); places > len(x.ids) {
			t.rehome(x.form, places, others+more)
		}
		return
	}
	for _, like := range [3]int{0, t.n / 2, t.n - 1} {
		f, ok := formOf(values[like])
		if !ok {
			continue
		}
		if places, others := f.places(values, most); places > 0 {
			t.rehome(f, places, others+more)
			return
		}
	}
}

// places is how many places an index takes that has most of the values, 3/4 of them, and
// how many others there are; 0: more places than it may have.
func (f *form) places(values []view, most int) (places, others int) {
	last := uint64(0)
	for i := range values {
		if p := f.place(values[i][0], values[i][1]); p > 0 && p < uint64(most) {
			last = max(last, p)
		} else if others++; others > len(values)/4 {
			return 0, others
		}
	}
	return 1 << bits.Len64(last), others
}

// rehome puts each value to an index of so many places or to the slots, which have room for
// so many.
func (t *interner) rehome(f form, places, others int) {
	ids, err := reserved.New[int32](t.mem, places)
	if err != nil {
		return
	}
	to, err := newSlots(t.mem, slotsFor(others))
	if err != nil {
		reserved.Free(t.mem, ids)
		return
	}
	reserved.Free(t.mem, t.numbered.ids)
	t.slots.free(t.mem)
	t.numbered, t.slots, t.slotted = numbered{f, ids}, to, 0
	t.fill()
}

// fill puts the values to the index by number, where they may be there already, and to the
// slots, which are empty.
func (t *interner) fill() {
	x := &t.numbered
	for i := range t.n {
		if len(x.ids) > 0 {
			if p := x.at(&t.views[i+1]); p != 0 {
				x.ids[p] = int32(i + 1)
				continue
			}
		}
		h := uint64(0)
		if !t.same {
			h = slotHash(t.hash(int32(i)))
		}
		t.slots.put(slotOf(h, i))
		t.slotted++
	}
}
