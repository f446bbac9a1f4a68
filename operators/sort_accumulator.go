package operators

import (
	"context"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// sorter is the accumulator of [Sort]: rows, one behind the other, as they came. What it
// lets go of are its rows, and what orders them is found when all have come (sortJoint).
type sorter struct {
	plan *sortPlan
	env  dataflow.Env
	x    dataflow.Exchange

	layout     *rowLayout // of rows that are added; nil: none were yet
	segments   []*segment
	open       bool // rows may be added to the last segment
	rows       int
	space      []byte // of which the last segment has the beginning
	spaceBytes int    // of the block that it is the rest of
	reserved   int64

	least, most []uint64 // of all rows, by keyWord

	reader orderReader
	block  wordBlock
	isNull [orderBlock]uint64
	words  [orderBlock]uint64
}

// segment are rows of one layout that stand one behind the other in the source.
type segment struct {
	layout *rowLayout
	rows   []byte // and what follows: it has more bytes than those of the rows
	n      int
	at     dataflow.Place
	kept   arrow.Record // of layout.keptColumns; nil: there are none

	chunkRow int   // where its rows begin in the chunk that it was begun with
	part     int32 // its number among all segments, in source order
}

var _ dataflow.Accumulator = (*sorter)(nil)

func newSorter(plan *sortPlan, env dataflow.Env, x dataflow.Exchange) *sorter {
	s := &sorter{plan: plan, env: env, x: x}
	s.forget()
	return s
}

// forget is what a sorter without rows knows.
func (s *sorter) forget() {
	s.layout, s.segments, s.open, s.rows, s.space, s.spaceBytes = nil, nil, false, 0, nil, 0
	s.least, s.most = make([]uint64, len(s.plan.words)), make([]uint64, len(s.plan.words))
	for i := range s.least {
		s.least[i] = math.MaxUint64
	}
}

func (s *sorter) Add(_ context.Context, in dataflow.Chunk) error {
	n := in.Rows()
	if n == 0 {
		return nil
	}
	if s.block == nil {
		bytes := 8 * s.plan.cells * orderBlock
		if err := s.reserve(int64(bytes)); err != nil {
			return err
		}
		s.block = make(wordBlock, s.plan.cells*orderBlock)
	}
	first := len(s.segments)
	for from := 0; from < n; from += orderBlock {
		if err := s.add(in, from, min(orderBlock, n-from)); err != nil {
			return err
		}
	}
	return s.keep(in, first)
}

// Merge is not called, for no state is let go of but rows.
func (s *sorter) Merge(ctx context.Context, partial dataflow.Chunk) error { return s.Add(ctx, partial) }

// add adds n rows of the chunk from its row from on.
func (s *sorter) add(in dataflow.Chunk, from, n int) error {
	kept := s.load(in, from, n)
	row := func(i int) uint64 { return s.block[i*orderBlock] }
	if s.layout == nil {
		s.layout = firstLayout(s.plan, row)
	}
	if kept != nil || !s.fits(n) {
		differ := func(i int) uint64 { return differing(s.block.cell(i, n), s.layout.cells[i].base) }
		if kept == nil {
			kept = s.layout.kept
		}
		s.layout, s.open = s.layout.widened(s.plan, differ, kept), false
		s.dropKept(n)
	}
	s.note(n)
	at := dataflow.Place{Split: in.At.Split, Row: in.At.Row + int64(from)}
	if err := s.makeRoom(n, at, from); err != nil {
		return err
	}
	last := s.segments[len(s.segments)-1]
	to := last.rows[last.n*s.layout.stride:]
	for i, c := range s.layout.cells {
		c.put(s.block.cell(i, n), to, s.layout.stride)
	}
	last.n += n
	s.rows += n
	return nil
}

// load reads the words of rows, and returns which columns are to be kept, nil: no more
// than are.
func (s *sorter) load(in dataflow.Chunk, from, n int) (kept []bool) {
	var rows []int32
	if in.Sel != nil {
		rows, from = in.Sel[from:from+n], 0
	}
	for i := range s.plan.nulls {
		clear(s.block.cell(i, n))
	}
	for i := range s.plan.columns {
		h := &s.plan.columns[i]
		if h.kind == heldWhole {
			continue
		}
		if s.layout != nil && s.layout.kept[i] && !h.key {
			s.clear(h, n) // its nulls too are in the column
			continue
		}
		col := in.Rec.Column(h.from)
		plain, at, some, longest := col, from, rows, uint64(0)
		if d, ok := col.(*array.Dictionary); ok {
			plain, at, some = d.Dictionary(), 0, s.reader.coded(d, from, rows, n)
		}
		if plain.Len() == 0 {
			s.clear(h, n)
		} else {
			longest = h.load(plain, at, some, n, s.block)
		}
		if col.NullN() > 0 || plain.NullN() > 0 {
			s.loadNulls(i, col, from, rows, n)
		}
		if longest > textInRow && (s.layout == nil || !s.layout.kept[i]) {
			if kept == nil {
				kept = make([]bool, len(s.plan.columns))
			}
			kept[i] = true
		}
	}
	return kept
}

func (s *sorter) clear(h *heldColumn, n int) {
	for c := range h.cells {
		clear(s.block.cell(h.cell+c, n))
	}
}

// loadNulls marks the nulls of column i, and clears what their words are.
func (s *sorter) loadNulls(i int, col arrow.Array, from int, rows []int32, n int) {
	h, isNull := &s.plan.columns[i], s.isNull[:n]
	s.reader.nulls(col, from, rows, isNull)
	marks := s.block.cell(i/64, n)
	for j, x := range isNull {
		marks[j] |= x << (i & 63)
	}
	if h.typ.ID() == arrow.FIXED_SIZE_BINARY { // whose bytes stand in a row's place, null or not
		return
	}
	for c := range h.cells {
		words := s.block.cell(h.cell+c, n)
		for j, x := range isNull {
			words[j] &^= -x
		}
	}
}

// fits reports whether the layout has all in which the block's rows differ.
func (s *sorter) fits(n int) bool {
	for i, c := range s.layout.cells {
		if differing(s.block.cell(i, n), c.base)&^c.loose() != 0 {
			return false
		}
	}
	return true
}

// dropKept clears the words of columns that are kept, and order nothing.
func (s *sorter) dropKept(n int) {
	for i := range s.plan.columns {
		if h := &s.plan.columns[i]; s.layout.kept[i] && !h.key && h.cells > 0 {
			s.clear(h, n)
			marks, bit := s.block.cell(i/64, n), i&63
			for j := range marks {
				marks[j] &^= 1 << bit
			}
		}
	}
}

// note notes the least and the most of the words that order rows.
func (s *sorter) note(n int) {
	for i, k := range s.plan.words {
		words, marks := s.words[:n], s.block.cell(k.column/64, n)
		copy(words, s.block.cell(s.plan.cellOf(k), n))
		s.plan.order(k, words, marks)
		least, most := s.least[i], s.most[i]
		for _, x := range words {
			least, most = min(least, x), max(most, x)
		}
		s.least[i], s.most[i] = least, most
	}
}

const (
	spaceLeast = 4 << 10
	spaceMost  = 1 << 20
)

// makeRoom has the last segment have room for n more rows, the first of which stand at at.
func (s *sorter) makeRoom(n int, at dataflow.Place, chunkRow int) error {
	bytes := n * s.layout.stride
	if s.open {
		last := s.segments[len(s.segments)-1]
		follows := at.Split == last.at.Split && at.Row == last.at.Row+int64(last.n)
		if follows && (last.n+n)*s.layout.stride+rowSlack <= len(last.rows) && last.n+n <= math.MaxInt32 {
			return nil
		}
	}
	if len(s.segments) > 0 {
		last := s.segments[len(s.segments)-1]
		s.space = last.rows[last.n*last.layout.stride:]
	}
	if bytes+rowSlack > len(s.space) {
		size := max(min(2*s.spaceBytes, spaceMost), spaceLeast, bytes+rowSlack)
		if err := s.reserve(int64(size)); err != nil {
			return err
		}
		s.space, s.spaceBytes = make([]byte, size), size
	}
	s.segments = append(s.segments, &segment{layout: s.layout, rows: s.space, at: at, chunkRow: chunkRow})
	s.open = true
	return nil
}

func (s *sorter) reserve(bytes int64) error {
	if err := s.env.Reserve(bytes); err != nil {
		return err
	}
	s.reserved += bytes
	return nil
}

// keptColumns are the columns of the input that are in columns.
func (l *rowLayout) keptColumns(p *sortPlan) (columns []int) {
	for i := range p.in.NumFields() {
		if l.kept[i] {
			columns = append(columns, i)
		}
	}
	return columns
}

// keep keeps what columns have of the rows of the chunk, beside the segments from first on.
func (s *sorter) keep(in dataflow.Chunk, first int) error {
	columns := s.layout.keptColumns(s.plan)
	if len(columns) == 0 {
		return nil
	}
	s.open = false
	some := batch.Columns(in.Rec, keptSchema(s.plan.in, columns), columns)
	defer some.Release()
	whole, err := batch.Compact(some, in.Sel, s.env.Alloc)
	if err != nil {
		return err
	}
	defer whole.Release()
	if n := len(in.Sel); n == 0 || int(in.Sel[n-1]-in.Sel[0]) == n-1 { // else it is the allocator's
		var before arrow.Record
		if first > 0 {
			if before = s.segments[first-1].kept; before != nil && before.NumCols() != whole.NumCols() {
				before = nil
			}
		}
		if err := s.reserve(heldBytes(whole, before)); err != nil {
			return err
		}
	}
	for _, seg := range s.segments[first:] {
		var at []int // in columns
		for i, c := range columns {
			if seg.layout.kept[c] {
				at = append(at, i)
			}
		}
		if len(at) == 0 {
			continue
		}
		slice := whole.NewSlice(int64(seg.chunkRow), int64(seg.chunkRow+seg.n))
		seg.kept = batch.Columns(slice, keptSchema(s.plan.in, seg.layout.keptColumns(s.plan)), at)
		slice.Release()
		batch.CountNulls(seg.kept) // several workers will read it
	}
	return nil
}

func keptSchema(in *arrow.Schema, columns []int) *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = in.Field(c)
	}
	return arrow.NewSchema(fields, nil)
}

func (s *sorter) Drain(context.Context) error {
	defer s.empty()
	for _, seg := range s.segments {
		if err := s.plan.each(seg, s.env, func(c dataflow.Chunk) error { return s.x.Rows(0, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) Result(ctx context.Context, emit dataflow.Emit) error {
	defer s.empty()
	j := joinSorters([]*sorter{s})
	if err := j.Prepare(ctx, 0); err != nil {
		return err
	}
	return j.Part(ctx, s.env, 0, 1, emit)
}

func (s *sorter) Close() { s.empty() }

// empty lets go of all rows.
func (s *sorter) empty() {
	for _, seg := range s.segments {
		if seg.kept != nil {
			seg.kept.Release()
		}
	}
	s.forget()
	s.block = nil
	_ = s.env.Reserve(-s.reserved) // giving back does not fail
	s.reserved = 0
}
