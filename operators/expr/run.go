package expr

import (
	"context"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// run is one evaluation over one chunk. It holds all scratch memory until its end,
// when what became the result has been retained.
type run struct {
	ctx    context.Context
	in     dataflow.Chunk
	rows   int
	alloc  memory.Allocator
	bufs   []*memory.Buffer
	arrays []arrow.Array
	loaded []*vec // columns, by index
}

func newRun(ctx context.Context, in dataflow.Chunk, alloc memory.Allocator) *run {
	return &run{ctx: ctx, in: in, rows: int(in.Rec.NumRows()), alloc: alloc, bufs: make([]*memory.Buffer, 0, 8)}
}

func (r *run) release() {
	for _, b := range r.bufs {
		b.Release()
	}
	for _, a := range r.arrays {
		a.Release()
	}
	r.bufs, r.arrays, r.loaded = nil, nil, nil
}

// column is column i of the chunk, loaded once.
func (r *run) column(i int) *vec {
	if r.loaded == nil {
		r.loaded = make([]*vec, r.in.Rec.NumCols())
	}
	if r.loaded[i] == nil {
		r.loaded[i] = r.load(r.in.Rec.Column(i))
	}
	return r.loaded[i]
}

// buffer is a buffer of n bytes, with anything in them.
func (r *run) buffer(n int) *memory.Buffer {
	b := memory.NewResizableBuffer(r.alloc)
	b.Resize(n)
	r.bufs = append(r.bufs, b)
	return b
}

// scratch is room for n values, with anything in it, until the run ends.
func scratch[T any](r *run, n int) []T {
	out, _ := filled[T](r, n)
	return out
}

// filled is scratch with the buffer that it fills.
func filled[T any](r *run, n int) ([]T, *memory.Buffer) {
	var zero T
	if n == 0 {
		return []T{}, nil
	}
	b := r.buffer(n * int(unsafe.Sizeof(zero)))
	return plaincol.Cast[T](b), b
}

func sizeOf[T any](v T) int { return int(unsafe.Sizeof(v)) }

// zeroed is scratch of zeros.
func zeroed[T any](r *run, n int) []T {
	out := scratch[T](r, n)
	clear(out)
	return out
}

// size is how many values an operation on operands makes: one where all are single.
func (r *run) size(operands ...*vec) int {
	for _, v := range operands {
		if !v.single {
			return r.rows
		}
	}
	return 1
}

// like is a vec for the values of an operation that is null where an operand is, which
// then has none where that is everywhere (nowhere to compute).
func (r *run) like(operands ...*vec) (v *vec, nowhere bool) {
	v = &vec{single: r.size(operands...) == 1 && allSingle(operands)}
	for _, o := range operands {
		if o.single && o.null {
			return &vec{single: true, null: true}, true
		}
		if !o.single {
			v.valid = r.both(v.valid, o.valid)
		}
	}
	return v, false
}

func allSingle(operands []*vec) bool {
	for _, v := range operands {
		if !v.single {
			return false
		}
	}
	return true
}

// both is valid where a and b are.
func (r *run) both(a, b bitmap) bitmap {
	switch {
	case a.bits == nil:
		return b
	case b.bits == nil || &a.bits[0] == &b.bits[0] && a.off == b.off:
		return a
	}
	// Arrow's BitmapAnd (v17) does nothing for up to 8 rows from a whole byte on that
	// is not the first.
	bits := scratch[byte](r, (r.rows+7)/8)
	for i := range bits {
		bits[i] = a.eight(8*i) & b.eight(8*i)
	}
	return bitmap{bits: bits}
}

// where is the rows whose value is asked for: those that the link lets through, within
// those of the links around it. nil is all rows of the chunk's selection.
type where struct {
	within *where
	v      *vec
	is     func(v *vec, row int) bool
}

func isTrue(v *vec, row int) bool     { return v.truth(row) }
func isNotTrue(v *vec, row int) bool  { return !v.truth(row) }
func isNotFalse(v *vec, row int) bool { return v.isNull(row) || v.truth(row) }
func isNull(v *vec, row int) bool     { return v.isNull(row) }

func (w *where) has(row int) bool {
	for ; w != nil; w = w.within {
		if !w.is(w.v, row) {
			return false
		}
	}
	return true
}

// counting are the rows that count, for the rare times that somebody must know: rows
// of w in the chunk's selection, and where they stand in it.
func (r *run) counting(w *where) func(yield func(place, row int) bool) {
	return func(yield func(place, row int) bool) {
		if r.in.Sel == nil {
			for row := range r.rows {
				if w.has(row) && !yield(row, row) {
					return
				}
			}
			return
		}
		for place, row := range r.in.Sel {
			if w.has(int(row)) && !yield(place, int(row)) {
				return
			}
		}
	}
}
