package operators

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// present says which groups have a value. Groups are numbered as they first come, so that
// mostly each batch has a value for the next groups, in order: then it is a count.
type present struct {
	ledger *reserved.Ledger
	groups int32
	whole  int32   // groups 0 to whole-1 have one
	seen   []uint8 // 1 for each that has one; nil as long as whole tells
}

// grow makes room for at least groups groups.
func (p *present) grow(groups int) (err error) {
	if p.seen != nil {
		if p.seen, err = reserved.Grow(p.ledger, p.seen, groups); err != nil {
			return err
		}
	}
	p.groups = max(p.groups, int32(groups))
	return nil
}

// mark notes that the groups have a value.
func (p *present) mark(group []int32) {
	if p.whole == p.groups {
		return
	}
	if p.seen == nil {
		n := 0
		if p.whole, n = inOrder(group, p.whole); n == len(group) {
			return
		}
		p.ledger.Owe(int64(p.groups))
		p.seen = make([]uint8, p.groups)
		fill(p.seen[:p.whole], 1)
		group = group[n:]
	}
	for _, g := range group {
		p.seen[g] = 1
	}
	for p.whole < p.groups && p.seen[p.whole] == 1 {
		p.whole++
	}
}

// inOrder counts on from next, the first group that was not there yet, up to the first
// place in group that leaves one out, which it returns with the count.
func inOrder(group []int32, next int32) (int32, int) {
	for i, g := range group {
		if g >= next {
			if g > next {
				return next, i
			}
			next++
		}
	}
	return next, len(group)
}

// has reports whether group g has a value.
func (p *present) has(g int) bool {
	return g < int(p.whole) || p.seen != nil && p.seen[g] == 1
}

// absent calls null(g-from) for each group g from from to to-1 that has no value.
func (p *present) absent(from, to int, null func(i int)) {
	for g := max(from, int(p.whole)); g < to; g++ {
		if !p.has(g) {
			null(g - from)
		}
	}
}

func (p *present) reset() {
	p.groups, p.whole, p.seen = 0, 0, reserved.Free(p.ledger, p.seen)
}

// validRuns calls run for each longest run of rows from to to-1 of arr of which none is
// null.
func validRuns(arr arrow.Array, run func(from, to int) error) error {
	if arr.NullN() == 0 {
		return run(0, arr.Len())
	}
	bits, offset := arr.NullBitmapBytes(), arr.Data().Offset()
	for from, n := 0, arr.Len(); from < n; {
		to := from
		for to < n && bits[(offset+to)>>3]>>((offset+to)&7)&1 == 1 {
			to++
		}
		if to > from {
			if err := run(from, to); err != nil {
				return err
			}
		}
		from = to + 1
	}
	return nil
}
