package operators

import (
	"fmt"
	"unsafe"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// sample holds all values of all groups:
//
//	tails[g] ──► the last block of group g, and how far it is filled
//	             blocks: last ──► the one before ──► … ──► first
//	pages:       │ block of group 3 │ block of group 0 │ … │
//
// A group's blocks double in length, up to blockMost. So nothing is allocated by group, a
// value is written once, to where it stays, and takes little more than its own size.
type sample[T number] struct {
	ledger *reserved.Ledger
	pages  [][]T // of pageValues; the only one may be shorter
	used   int   // places of the pages that belong to blocks
	blocks []sampleBlock
	tails  []sampleTail
	mixed  T
}

// A place is the number of a page and the place in it.
type sampleBlock struct {
	first, end uint32 // places, of one page
	before     uint32 // the number of the group's block before it and 1, or 0
}

type sampleTail struct {
	next, end uint32 // the place of the next value and the end of the last block
	last      uint32 // the number of the last block and 1, or 0
	room      uint32 // places in all blocks
}

const (
	pageBits   = 15
	pageValues = 1 << pageBits
	pageLeast  = 1 << 8
	pagesMost  = 1<<(32-pageBits) - 1 // a place has 32 bits

	blockLeast = 4
	blockMost  = 32
)

// grow makes room for at least groups groups.
func (s *sample[T]) grow(groups int) (err error) {
	s.tails, err = reserved.Grow(s.ledger, s.tails, groups)
	return err
}

// reserve makes room for rows more. What they take beside, since blocks are not full, is
// owed.
func (s *sample[T]) reserve(rows int) error {
	if s.used/pageValues+(rows*blockMost)/pageValues+2 > pagesMost {
		return fmt.Errorf("a state of more than %d values: %w", s.used, dataflow.ErrBudget)
	}
	for s.places() < s.used+rows {
		if err := s.ledger.Reserve(int64(s.nextPage()) * valueBytes[T]()); err != nil {
			return err
		}
		s.addPage()
	}
	return nil
}

// places is how many there are.
func (s *sample[T]) places() int {
	if len(s.pages) == 1 {
		return len(s.pages[0])
	}
	return len(s.pages) * pageValues
}

// nextPage is how many values addPage makes room for.
func (s *sample[T]) nextPage() int {
	switch {
	case len(s.pages) == 0:
		return pageLeast
	case len(s.pages) == 1 && len(s.pages[0]) < pageValues:
		return len(s.pages[0])
	}
	return pageValues
}

func (s *sample[T]) addPage() {
	if n := s.nextPage(); len(s.pages) == 1 && n == len(s.pages[0]) && n < pageValues {
		longer := make([]T, 2*n)
		copy(longer, s.pages[0])
		s.pages[0] = longer
	} else {
		s.pages = append(s.pages, make([]T, n))
	}
}

// add appends values[i] to group[i], for which there is room.
func (s *sample[T]) add(group []int32, values []T) {
	for len(group) > 0 {
		n := len(group)
		if len(s.tails) >= fetchedGroups {
			n = min(n, fetchedRows)
			fetchTails(s.tails, group[:n])
		}
		s.append(group[:n], values)
		group, values = group[n:], values[n:]
	}
}

// fetchTails loads the tails of the groups, so that the cache misses of a batch overlap;
// append waits for each, to know whether a block is full. The result keeps the loads from
// being dropped.
//
//go:noinline
func fetchTails(tails []sampleTail, group []int32) (mixed uint32) {
	for _, g := range group {
		mixed |= tails[g].next
	}
	return mixed
}

func (s *sample[T]) append(group []int32, values []T) {
	values = values[:len(group)]
	for i, g := range group {
		t := &s.tails[g]
		if t.next == t.end {
			s.begin(t, 1)
		}
		s.pages[t.next>>pageBits][t.next%pageValues] = values[i]
		t.next++
	}
}

// addRun appends values to group g.
func (s *sample[T]) addRun(g int32, values []T) {
	t := &s.tails[g]
	for len(values) > 0 {
		if t.next == t.end {
			s.begin(t, len(values))
		}
		n := copy(s.pages[t.next>>pageBits][t.next%pageValues:][:t.end-t.next], values)
		t.next += uint32(n)
		values = values[n:]
	}
}

// begin makes a block for the next values, of which at least so many will come.
func (s *sample[T]) begin(t *sampleTail, values int) {
	size := max(min(max(int(t.room), blockLeast), blockMost), (values+blockLeast-1)&^(blockLeast-1))
	if s.used == s.places() {
		s.ledger.Owe(int64(s.nextPage()) * valueBytes[T]())
		s.addPage()
	}
	size = min(size, s.places()-s.used, pageValues-s.used%pageValues)
	if len(s.blocks) == cap(s.blocks) {
		grown := make([]sampleBlock, len(s.blocks), max(2*len(s.blocks), 16))
		copy(grown, s.blocks)
		s.ledger.Owe(int64(cap(grown)-cap(s.blocks)) * int64(unsafe.Sizeof(sampleBlock{})))
		s.blocks = grown
	}
	t.next, t.end = uint32(s.used), uint32(s.used+size)
	s.blocks = append(s.blocks, sampleBlock{t.next, t.end, t.last})
	t.last, t.room = uint32(len(s.blocks)), t.room+uint32(size)
	s.used += size
}

// rows is the number of values of group g.
func (s *sample[T]) rows(g int) int {
	t := &s.tails[g]
	return int(t.room - (t.end - t.next))
}

const (
	walkedGroups = 256     // groups whose blocks are walked together
	walkedValues = 1 << 16 // that they have together, unless one has more
)

// together is how far groups from, from+1, …, at most to-1, are walked together.
func (s *sample[T]) together(from, to int) (end, values int) {
	to = min(to, from+walkedGroups)
	for end = from; end < to; end++ {
		n := s.rows(end)
		if values += n; values > walkedValues && end > from {
			return end, values - n
		}
	}
	return end, values
}

// walk visits the values of groups from to to-1, at most walkedGroups, in parts. A group's
// blocks lie anywhere, each known from the next: so it takes one of each group at a time,
// for the cache misses of many groups to overlap.
func (s *sample[T]) walk(from, to int, visit func(g int, values []T)) {
	type place struct{ group, block, first, end uint32 }
	var all [walkedGroups]place
	at := all[:0]
	for g := from; g < to; g++ {
		if t := &s.tails[g]; t.last > 0 {
			at = append(at, place{group: uint32(g), block: t.last - 1, end: t.next})
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

// reset forgets all values and groups.
func (s *sample[T]) reset() {
	s.ledger.Release(int64(s.places())*valueBytes[T]() + int64(cap(s.blocks))*int64(unsafe.Sizeof(sampleBlock{})))
	s.tails = reserved.Empty(s.ledger, s.tails)
	s.pages, s.used, s.blocks = nil, 0, nil
}

func (s *sample[T]) close() {
	s.reset()
	s.tails = reserved.Free(s.ledger, s.tails)
}

func valueBytes[T number]() int64 {
	var zero T
	return int64(unsafe.Sizeof(zero))
}
