package operators

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// explodeTask explodes one batch after another, each in pieces of at most most rows.
type explodeTask struct {
	explodePlan
	alloc memory.Allocator
	most  int

	null  []bool
	spans []span // of the batch in hand
	done  int    // how many of them are

	// The piece in hand: element base+elements[i] belongs to row rows[i].
	base     int64
	rows     []int32
	elements []int32
}

// span is a run of elements of one row's list.
type span struct {
	from, to int64
	row      int32
}

// read finds the elements of the rows of a chunk, list by list.
func (t *explodeTask) read(lists arrow.Array, in dataflow.Chunk) {
	n := in.Rows()
	t.null = slices.Grow(t.null[:0], n)[:n]
	clear(t.null)
	plaincol.MarkNulls(t.null, true, lists, 0, in.Sel)
	t.spans, t.done = slices.Grow(t.spans[:0], n), 0
	switch lists := lists.(type) {
	case *array.List:
		t.spans = listSpans(t.spans, plaincol.Offsets[int32](lists), t.null, in.Sel)
	case *array.LargeList:
		t.spans = listSpans(t.spans, plaincol.Offsets[int64](lists), t.null, in.Sel)
	case *array.FixedSizeList:
		size := int64(lists.DataType().(*arrow.FixedSizeListType).Len())
		t.spans = fixedSpans(t.spans, int64(lists.Data().Offset()), size, t.null, in.Sel)
	}
}

// listSpans appends the elements of each row, of rows[i] where rows is not nil, that is
// neither null nor empty.
func listSpans[O int32 | int64](spans []span, offsets []O, null []bool, rows []int32) []span {
	for i, no := range null {
		row := plaincol.RowAt(i, 0, rows)
		from, to := offsets[row], offsets[row+1]
		if !no && from < to {
			spans = append(spans, span{int64(from), int64(to), int32(row)})
		}
	}
	return spans
}

// fixedSpans is listSpans for lists of one size, the first of which is list first.
func fixedSpans(spans []span, first, size int64, null []bool, rows []int32) []span {
	for i, no := range null {
		row := plaincol.RowAt(i, 0, rows)
		from := (first + int64(row)) * size
		if !no && size > 0 {
			spans = append(spans, span{from, from + size, int32(row)})
		}
	}
	return spans
}

// next cuts the next piece off what is still to come, and reports whether there is any.
func (t *explodeTask) next() bool {
	t.rows, t.elements = t.rows[:0], t.elements[:0]
	if t.done == len(t.spans) {
		return false
	}
	t.base = t.spans[t.done].from
	for t.done < len(t.spans) {
		s := &t.spans[t.done]
		first := s.from - t.base
		n := min(s.to-s.from, int64(t.most-len(t.rows)), math.MaxInt32-first)
		if n <= 0 {
			break
		}
		t.rows = appendRepeated(t.rows, s.row, int(n))
		t.elements = appendRange(t.elements, int32(first), int(n))
		if s.from += n; s.from < s.to {
			break
		}
		t.done++
	}
	return true
}

func appendRepeated(rows []int32, row int32, n int) []int32 {
	at := len(rows)
	rows = slices.Grow(rows, n)[:at+n]
	for i := range rows[at:] {
		rows[at+i] = row
	}
	return rows
}

func appendRange(elements []int32, first int32, n int) []int32 {
	at := len(elements)
	elements = slices.Grow(elements, n)[:at+n]
	for i := range elements[at:] {
		elements[at+i] = first + int32(i)
	}
	return elements
}

// send emits rows of the piece in hand; in halves where a string that repeats would
// grow past what its column can hold.
func (t *explodeTask) send(in dataflow.Chunk, lists arrow.Array, rows, elements []int32, emit dataflow.Emit) error {
	rec, err := t.gather(in.Rec, lists, rows, elements)
	if err == nil {
		return emit(dataflow.Chunk{Rec: rec, At: in.At})
	}
	if len(rows) == 1 {
		return err
	}
	half := len(rows) / 2
	if err := t.send(in, lists, rows[:half], elements[:half], emit); err != nil {
		return err
	}
	return t.send(in, lists, rows[half:], elements[half:], emit)
}

// gather is the batch of the rows, with the elements in place of the lists.
func (t *explodeTask) gather(rec arrow.Record, lists arrow.Array, rows, elements []int32) (arrow.Record, error) {
	cols := make([]arrow.Array, len(t.from))
	defer releaseArrays(cols)
	for i, c := range t.from {
		var err error
		if c == t.lists {
			cols[i], err = t.gatherElements(lists.(array.ListLike).ListValues(), elements)
		} else {
			cols[i], err = batch.TakeArray(rec.Column(c), rows, t.alloc)
		}
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", t.out.Field(i).Name, err)
		}
	}
	return array.NewRecord(t.out, cols, int64(len(rows))), nil
}

func (t *explodeTask) gatherElements(values arrow.Array, elements []int32) (arrow.Array, error) {
	first, n := t.base+int64(elements[0]), len(elements)
	if int(elements[n-1]-elements[0]) == n-1 { // they ascend
		slice := array.NewSlice(values, first, first+int64(n))
		slice.NullN() // counted here, before others may read it at once
		return slice, nil
	}
	from := array.NewSlice(values, t.base, t.base+int64(elements[n-1])+1)
	defer from.Release()
	return batch.TakeArray(from, elements, t.alloc)
}
