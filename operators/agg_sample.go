package operators

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// sample holds all values of all groups:
//
//	tails[g] ──► the last block of group g, and how far it is filled
//	             blocks: last ──► the one before ──► … ──► first
//	pages:       │ block of group 3 │ block of group 0 │ … │  own
//	             │ block of group 0 │ block of group 1 │ … │  of an array that is held
//
// A group's blocks double in length, up to blockMost. So nothing is allocated by group, a
// value is written once, to where it stays, and takes little more than its own size. Long
// runs of another's values are not written at all: the array that they stand in is held.
type sample[T number] struct {
	ledger   *reserved.Ledger
	pages    [][]T         // of at most pageValues, which all but the first own one have
	lent     []arrow.Array // those that pages are of which are not own
	own      int           // values that own pages have room for
	borrowed int           // values of others
	next     uint32        // the place of the next block of own values
	end      uint32        // and the end of that page
	fresh    []uint32      // numbers of own pages after it
	blocks   []sampleBlock
	tails    []sampleTail
	mixed    T
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
	if err := s.bounded(rows * blockMost); err != nil {
		return err
	}
	for s.free() < rows {
		if err := s.ledger.Reserve(int64(s.nextPage()) * valueBytes[T]()); err != nil {
			return err
		}
		s.addPage()
	}
	return nil
}

// bounded is an error where there might not be pages for so many places more.
func (s *sample[T]) bounded(places int) error {
	if len(s.pages)+places/pageValues+2 > pagesMost {
		return fmt.Errorf("a state of %d values: %w", s.own+s.borrowed, dataflow.ErrBudget)
	}
	return nil
}

// free is how many places of own pages belong to no block.
func (s *sample[T]) free() int { return int(s.end-s.next) + len(s.fresh)*pageValues }

// nextPage is how many values addPage makes room for. The first page begins short, and
// grows.
func (s *sample[T]) nextPage() int {
	if s.own == 0 {
		return pageLeast
	}
	if n := s.end % pageValues; n != 0 {
		return int(n)
	}
	return pageValues
}

func (s *sample[T]) addPage() {
	n := s.nextPage()
	s.own += n
	if short := s.end % pageValues; short != 0 {
		at := s.end >> pageBits
		longer := make([]T, 2*n)
		copy(longer, s.pages[at])
		s.pages[at] = longer
		s.end += uint32(n)
		return
	}
	at := uint32(len(s.pages))
	s.pages = append(s.pages, make([]T, n))
	if n < pageValues {
		s.next, s.end = at<<pageBits, at<<pageBits+uint32(n)
	} else {
		s.fresh = append(s.fresh, at)
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

// addRun appends values to group g, for which there is room.
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
	if s.next == s.end {
		if len(s.fresh) == 0 {
			s.ledger.Owe(int64(s.nextPage()) * valueBytes[T]())
			s.addPage()
		}
		if s.next == s.end {
			s.next = s.fresh[0] << pageBits
			s.end = s.next + pageValues
			s.fresh = append(s.fresh[:0], s.fresh[1:]...)
		}
	}
	size = min(size, int(s.end-s.next))
	t.next, t.end = s.next, s.next+uint32(size)
	t.last, t.room = s.block(sampleBlock{t.next, t.end, t.last}), t.room+uint32(size)
	s.next = t.end
}

// block adds b to the blocks, and returns its number and 1.
func (s *sample[T]) block(b sampleBlock) uint32 {
	if len(s.blocks) == cap(s.blocks) {
		grown := make([]sampleBlock, len(s.blocks), max(2*len(s.blocks), 16))
		copy(grown, s.blocks)
		s.ledger.Owe(int64(cap(grown)-cap(s.blocks)) * int64(unsafe.Sizeof(sampleBlock{})))
		s.blocks = grown
	}
	s.blocks = append(s.blocks, b)
	return uint32(len(s.blocks))
}

// taken is how many values blocks have room for.
func (s *sample[T]) taken() int { return s.own + s.borrowed - s.free() }

// rows is the number of values of group g.
func (s *sample[T]) rows(g int) int {
	t := &s.tails[g]
	return int(t.room - (t.end - t.next))
}

// reset forgets all values and groups. With keep it keeps pages for the next ones.
func (s *sample[T]) reset(keep bool) {
	for _, arr := range s.lent {
		arr.Release()
	}
	had, kept := s.bytes(), s.pages[:0]
	for _, page := range s.pages {
		if keep && s.borrowed == 0 && len(page) == pageValues {
			kept = append(kept, page)
		}
	}
	clear(s.pages[len(kept):])
	s.lent, s.own, s.borrowed = nil, len(kept)*pageValues, 0
	s.next, s.end, s.fresh = 0, 0, s.fresh[:0]
	for i := range kept {
		s.fresh = append(s.fresh, uint32(i))
	}
	s.ledger.Release(had - s.bytes())
	s.pages, s.blocks = kept, s.blocks[:0]
	if !keep {
		s.ledger.Release(s.blockBytes())
		s.pages, s.blocks = nil, nil
	}
	s.tails = reserved.Empty(s.ledger, s.tails)
}

func (s *sample[T]) close() {
	s.reset(false)
	s.tails = reserved.Free(s.ledger, s.tails)
}

// bytes is what is reserved for values.
func (s *sample[T]) bytes() int64 { return int64(s.own+s.borrowed) * valueBytes[T]() }

func (s *sample[T]) blockBytes() int64 {
	return int64(cap(s.blocks)) * int64(unsafe.Sizeof(sampleBlock{}))
}

func valueBytes[T number]() int64 {
	var zero T
	return int64(unsafe.Sizeof(zero))
}
