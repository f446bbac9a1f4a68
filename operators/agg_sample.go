package operators

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// sample holds all values of all groups: as they come in a log, in chunks, and arranged
// by group when they are asked for. Nothing is allocated by group. What arranging takes is
// reserved with the log: state can be let go when memory has ended.
type sample[T number] struct {
	ledger *reserved.Ledger
	groups int
	log    []sampleChunk[T]
	logged int

	values []T     // arranged: group g's are values[starts[g]:starts[g+1]]
	starts []int64 // of all groups but those that came since, and 1; empty: none is arranged
}

type sampleChunk[T number] struct {
	values []T
	group  []int32
}

const (
	sampleRowsLeast = 1 << 10 // of the first chunk; each next one is twice as long
	sampleRowsMost  = 1 << 16
)

// grow makes room for at least groups groups.
func (s *sample[T]) grow(groups int) error {
	if groups <= s.groups {
		return nil
	}
	if err := s.ledger.Reserve(int64(groups-s.groups) * startBytes); err != nil {
		return err
	}
	s.groups = groups
	return nil
}

const startBytes = 16 // of a group: in starts, the old and the new ones

func valueBytes[T number]() int64 {
	var zero T
	return int64(unsafe.Sizeof(zero))
}

// logBytes is what a row of the log takes until it is arranged, and then.
func logBytes[T number]() int64 { return 2*valueBytes[T]() + 4 }

// add appends a row for each value. On an error nothing was added.
func (s *sample[T]) add(group []int32, values []T) error {
	if err := s.reserve(len(group)); err != nil {
		return err
	}
	for len(group) > 0 {
		c := s.open()
		n := min(len(group), cap(c.group)-len(c.group))
		c.values, c.group = append(c.values, values[:n]...), append(c.group, group[:n]...)
		group, values = group[n:], values[n:]
		s.logged += n
	}
	return nil
}

// addRun appends values of one group, room for which was reserved.
func (s *sample[T]) addRun(g int32, values []T) {
	for len(values) > 0 {
		c := s.open()
		n := min(len(values), cap(c.group)-len(c.group))
		c.values = append(c.values, values[:n]...)
		for range n {
			c.group = append(c.group, g)
		}
		values = values[n:]
		s.logged += n
	}
}

// open is the first chunk with room.
func (s *sample[T]) open() *sampleChunk[T] {
	i := max(len(s.log)-1, 0)
	for i > 0 && len(s.log[i-1].group) < cap(s.log[i-1].group) {
		i--
	}
	return &s.log[i]
}

// reserve makes room for rows more, all of it or none.
func (s *sample[T]) reserve(rows int) error {
	room := -s.logged
	for _, c := range s.log {
		room += cap(c.group)
	}
	was := len(s.log)
	for room < rows {
		n := sampleRowsLeast
		if len(s.log) > 0 {
			n = min(2*cap(s.log[len(s.log)-1].group), sampleRowsMost)
		}
		if err := s.ledger.Reserve(int64(n) * logBytes[T]()); err != nil {
			for _, c := range s.log[was:] {
				s.forget(c)
			}
			s.log = s.log[:was]
			return err
		}
		s.log = append(s.log, sampleChunk[T]{make([]T, 0, n), make([]int32, 0, n)})
		room += n
	}
	return nil
}

func (s *sample[T]) forget(c sampleChunk[T]) {
	s.ledger.Release(int64(cap(c.group)) * logBytes[T]())
}

// arrange moves the log to values, by counting; those arranged before stay in front. The
// log is let go of chunk by chunk.
func (s *sample[T]) arrange() error {
	if s.logged == 0 && len(s.starts) == s.groups+1 {
		return nil
	}
	// The old values are there beside the new ones for a while; the others' room is the
	// log's.
	moved := int64(len(s.values)) * valueBytes[T]()
	if err := s.ledger.Reserve(moved); err != nil {
		return err
	}
	starts, values := make([]int64, s.groups+1), make([]T, len(s.values)+s.logged)
	// starts[g+1] counts group g's rows; then it is where the next of them goes; and so, at
	// last, where the group ends.
	for g := range len(s.starts) - 1 {
		starts[g+1] = s.starts[g+1] - s.starts[g]
	}
	for _, c := range s.log {
		for _, g := range c.group {
			starts[g+1]++
		}
	}
	var at int64
	for g := range s.groups {
		n := starts[g+1]
		starts[g+1] = at
		at += n
	}
	for g := range len(s.starts) - 1 {
		starts[g+1] += int64(copy(values[starts[g+1]:], s.values[s.starts[g]:s.starts[g+1]]))
	}
	s.ledger.Release(moved)
	s.values = nil
	for i, c := range s.log {
		scatter(values, starts[1:], c.group, c.values)
		s.ledger.Release(int64(cap(c.group))*logBytes[T]() - int64(len(c.group))*valueBytes[T]())
		s.log[i] = sampleChunk[T]{}
	}
	s.values, s.starts, s.log, s.logged = values, starts, nil, 0
	return nil
}

func scatter[T number](to []T, next []int64, group []int32, values []T) {
	values = values[:len(group)]
	for i, g := range group {
		at := next[g]
		to[at] = values[i]
		next[g] = at + 1
	}
}

// reset forgets all values and groups.
func (s *sample[T]) reset() {
	for _, c := range s.log {
		s.forget(c)
	}
	s.ledger.Release(int64(len(s.values))*valueBytes[T]() + int64(s.groups)*startBytes)
	s.log, s.logged, s.groups, s.values, s.starts = nil, 0, 0, nil, nil
}

// selectNth puts values, none of them NaN, in an order where values[n] is what it would be
// if they were sorted, with none greater before it and none less behind: C. A. R. Hoare's
// Find, with the median of three for a pivot. Where pivots are bad it sorts what is
// left, so that no data makes it quadratic.
func selectNth[T number](values []T, n int) {
	lo, hi := 0, len(values)-1
	for bad := 2 * bits.Len(uint(len(values))); hi-lo > 12; bad-- {
		if bad == 0 {
			slices.Sort(values[lo : hi+1])
			return
		}
		p := median3(values[lo], values[lo+(hi-lo)/2], values[hi])
		i, j := lo, hi
		for i <= j {
			for values[i] < p {
				i++
			}
			for p < values[j] {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
	for i := lo + 1; i <= hi; i++ {
		v, j := values[i], i
		for ; j > lo && v < values[j-1]; j-- {
			values[j] = values[j-1]
		}
		values[j] = v
	}
}

func median3[T number](a, b, c T) T {
	if b < a {
		a, b = b, a
	}
	return max(a, min(b, c))
}
