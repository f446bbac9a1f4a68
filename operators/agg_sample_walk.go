package operators

const (
	walkedGroups = 256     // groups whose blocks are walked together
	walkedValues = 1 << 12 // that they have together, unless one has more: their words stay in the core's cache
)

// together writes to the front of some the groups that are walked together, at least one of
// the first left, of which group says which they are, and returns how many values they have.
func (s *sample[T]) together(some *[walkedGroups]int32, left int, group func(i int) int) (groups []int32, values int) {
	for i := range min(left, walkedGroups) {
		g := group(i)
		rows := s.rows(g)
		if values += rows; values > walkedValues && i > 0 {
			return some[:i], values - rows
		}
		some[i] = int32(g)
	}
	return some[:min(left, walkedGroups)], values
}

// walk visits the values of each of the groups, at most walkedGroups, in parts; i is the
// place of the group. A group's blocks lie anywhere, each known from the next: so it takes
// one of each group at a time, for the cache misses of many groups to overlap.
func (s *sample[T]) walk(groups []int32, visit func(i int, values []T)) {
	type place struct{ group, block, first, end uint32 }
	var all [walkedGroups]place
	at := all[:0]
	for i, g := range groups {
		if t := &s.tails[g]; t.last > 0 {
			at = append(at, place{group: uint32(i), block: t.last - 1, end: t.next})
		}
	}
	for len(at) > 0 {
		for i := range at {
			at[i].first = s.blocks[at[i].block].first
		}
		var mixed T
		for i := range at {
			mixed += s.pages[at[i].first>>pageBits][at[i].first%pageValues]
		}
		s.mixed = mixed // keeps the loads from being dropped
		left := at[:0]
		for _, p := range at {
			visit(int(p.group), s.pages[p.first>>pageBits][p.first%pageValues:][:p.end-p.first])
			if before := s.blocks[p.block].before; before > 0 {
				left = append(left, place{group: p.group, block: before - 1, end: s.blocks[before-1].end})
			}
		}
		at = left
	}
}
