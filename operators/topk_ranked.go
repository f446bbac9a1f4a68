package operators

import (
	"cmp"
	"slices"
)

// ranked are rows with what they are ordered by, in slots 0, 1, 2, …. The words
// of a slot are, key by key, 1 for null or 0, then the value's order words; and at
// the end the two words of the row's place, so that no two rows are equal. A key
// of strings is compared in full, in the batch that holds the row, where its
// words are equal.
type ranked struct {
	stride int
	words  []uint64
	refs   []rowRef
	texts  []textKey
	parts  []part // what refs point into
	ranks  []rank // scratch of selection and sorting
	packed depth  // what ranks with equal first are known to agree in
}

// textKey is a key whose words may be equal for values that are not.
type textKey struct {
	null   int // its mark for null among the words of a slot
	behind int // the first word behind it
	column int // in part.texts
	desc   bool
}

// rank is a slot with the beginning of its words, packed, which decides most
// comparisons without a look at the slot.
type rank struct {
	first uint64
	part  int32 // of a sort: the segment that the slot is in
	slot  int32
}

// rankedBytes is what a slot takes beside its words.
const rankedBytes = 8 + 16

func (r *ranked) len() int { return len(r.refs) }

func (r *ranked) slot(i int32) []uint64 { return r.words[int(i)*r.stride:][:r.stride] }

// compare returns -1 where slot a stands before slot b, +1 where behind.
func (r *ranked) compare(a, b int32) int { return r.compareFrom(a, b, depth{}) }

func (r *ranked) compareRanks(a, b rank) int {
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	return r.compareFrom(a.slot, b.slot, r.packed)
}

// all returns the ranks of all slots, in slot order.
func (r *ranked) all() []rank {
	r.ranks = slices.Grow(r.ranks[:0], r.len())[:r.len()]
	r.packed = r.pack(r.ranks)
	return r.ranks
}

// best returns the ranks of the first k slots, 0 < k < len, the last of them at
// the end, the others in no order: quickselect, and a sort of what is left where
// the pivots do not halve it.
func (r *ranked) best(k int) []rank {
	all := r.all()
	rest := all
	for want, tries := k-1, 0; len(rest) > 1; tries++ {
		if tries > 64 || len(rest) <= 12 {
			slices.SortFunc(rest, r.compareRanks)
			break
		}
		p := r.partition(rest)
		switch {
		case want == p:
			rest = nil
		case want < p:
			rest = rest[:p]
		default:
			rest, want = rest[p+1:], want-p-1
		}
	}
	return all[:k]
}

// partition moves what stands before a pivot to its left and returns its place.
func (r *ranked) partition(s []rank) int {
	last := len(s) - 1
	a, b, c := 0, len(s)/2, last
	if r.compareRanks(s[b], s[a]) < 0 {
		a, b = b, a
	}
	if r.compareRanks(s[c], s[b]) < 0 {
		b = c
		if r.compareRanks(s[c], s[a]) < 0 {
			b = a
		}
	}
	s[b], s[last] = s[last], s[b]
	pivot, p := s[last], 0
	for i := range last {
		if r.compareRanks(s[i], pivot) < 0 {
			s[i], s[p] = s[p], s[i]
			p++
		}
	}
	s[p], s[last] = s[last], s[p]
	return p
}

// move copies slot from to slot to.
func (r *ranked) move(to, from int) {
	if to != from {
		copy(r.words[to*r.stride:(to+1)*r.stride], r.words[from*r.stride:])
		r.refs[to] = r.refs[from]
	}
}

func (r *ranked) truncate(n int) {
	r.words, r.refs = r.words[:n*r.stride], r.refs[:n]
}
