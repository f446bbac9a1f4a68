package operators

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// relay writes the rows of segments of other layouts anew, in layout: those that came
// before the layout of the last was known, and all where another sorter met what none of
// them had.
func (s *sorter) relay(layout *rowLayout) error {
	s.open = false
	if len(s.segments) > 0 {
		last := s.segments[len(s.segments)-1]
		s.space = last.rows[last.n*last.layout.stride:]
	}
	for i, seg := range s.segments {
		if seg.layout.same(layout) {
			continue
		}
		made, err := s.relaid(seg, layout)
		if err != nil {
			return err
		}
		*s.segments[i] = made
	}
	return nil
}

// relaid is seg in another layout. What seg keeps is released.
func (s *sorter) relaid(seg *segment, layout *rowLayout) (segment, error) {
	bytes := seg.n*layout.stride + rowSlack
	if bytes > len(s.space) {
		size := max(bytes, min(s.rows*layout.stride, spaceMost))
		if err := s.reserve(int64(size)); err != nil {
			return segment{}, err
		}
		s.space = make([]byte, size)
	}
	made := segment{layout: layout, rows: s.space[:bytes], n: seg.n, at: seg.at, part: seg.part}
	s.space = s.space[bytes-rowSlack:]
	for from := 0; from < seg.n; from += orderBlock {
		n := min(orderBlock, seg.n-from)
		var rows [orderBlock]unsafe.Pointer
		for i := range n {
			rows[i] = unsafe.Pointer(&seg.rows[(from+i)*seg.layout.stride])
		}
		for i, c := range layout.cells {
			words := s.words[:n]
			seg.layout.cells[i].get(words, rows[:])
			c.put(words, made.rows[from*layout.stride:], layout.stride)
		}
	}
	return made, s.keepMore(seg, &made)
}

// keepMore gives made the columns that seg keeps, and makes those that it has to keep
// beside them.
func (s *sorter) keepMore(seg, made *segment) error {
	columns := made.layout.keptColumns(s.plan)
	if len(columns) == 0 {
		return nil
	}
	g := &rowGather{plan: s.plan, layout: seg.layout, segments: []*segment{seg}, alloc: s.env.Alloc}
	refs := make([]rank, seg.n)
	for i := range refs {
		refs[i].slot = int32(i)
	}
	all, err := g.record(refs)
	if err != nil {
		return err
	}
	defer all.Release()
	cols, before := make([]arrow.Array, len(columns)), 0
	for i, c := range columns {
		cols[i] = all.Column(c)
		if seg.layout.kept[c] { // not a copy
			cols[i] = seg.kept.Column(before)
			before++
		}
	}
	made.kept = array.NewRecord(keptSchema(s.plan.in, columns), cols, int64(seg.n))
	batch.CountNulls(made.kept)
	if seg.kept != nil {
		seg.kept.Release()
	}
	return nil
}
