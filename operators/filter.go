package operators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Predicate is a condition on rows. It is immutable and may be shared.
type Predicate interface {
	fmt.Stringer // its text, as plans print it behind "keep rows where"

	// Columns are the columns that it reads; nil: all, or not known.
	Columns() []string

	// Check checks it against the input's schema.
	Check(in *arrow.Schema) error

	// Bounds are conditions that every row that it keeps meets, for sources that
	// can skip rows by them. They may be fewer than the predicate says, or none.
	Bounds(in *arrow.Schema) []dataflow.Bound

	// Keep sets keep[r] where row r of in.Rec stays. len(keep) is the number of
	// rows of in.Rec, and all are false at first. Where in has a selection, only
	// the selected rows count: what is set at others is ignored, and they must
	// not be a reason for an error, since an earlier stage has dropped them. in
	// and keep are borrowed; alloc is for intermediate values.
	Keep(ctx context.Context, in dataflow.Chunk, keep []bool, alloc memory.Allocator) error
}

// Filter keeps the rows that p holds for. No buffer is copied: rows that go are
// left out of the chunk's selection.
//
// Shape: Batch<a, b> → Batch<a, b> of fewer rows.
func Filter(p Predicate) dataflow.Operator {
	if p != nil && p.Columns() != nil {
		return &pruningFilter{filter{p: p}}
	}
	return &filter{p: p}
}

type filter struct {
	p    Predicate
	only []string // the output columns that are wanted; nil: all
}

// pruningFilter is a filter whose predicate tells what it reads.
type pruningFilter struct{ filter }

var (
	_ interface {
		dataflow.Operator
		dataflow.SelectionTaker
		dataflow.Tracer
		dataflow.Bounder
		fmt.Stringer
	} = (*filter)(nil)
	_ interface {
		dataflow.Operator
		dataflow.SelectionTaker
		dataflow.Tracer
		dataflow.Bounder
		dataflow.ColumnUser
		dataflow.CodeTaker
		dataflow.RowWise
		dataflow.Narrower
		fmt.Stringer
	} = (*pruningFilter)(nil)
)

func (f *filter) String() string {
	if f.p == nil {
		return "keep rows where nothing is asked"
	}
	return "keep rows where " + f.p.String()
}

func (f *filter) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	if f.p == nil {
		return nil, errors.New("the filter has no predicate")
	}
	if err := f.p.Check(in); err != nil {
		return nil, err
	}
	if f.only == nil {
		return in, nil
	}
	return outSchema(&project{columns: f.only, asInput: true}, in)
}

func (f *filter) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	if _, err := f.OutSchema(in); err != nil {
		return nil, err
	}
	t := &filterTask{p: f.p, alloc: env.Alloc}
	if f.only != nil {
		var err error
		if t.from, t.out, err = (&project{columns: f.only, asInput: true}).choose(in); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (f *filter) TakesSelection() bool { return true }

func (f *filter) Trace(out string) (string, bool) { return out, true }

func (f *filter) Bounds(in *arrow.Schema) []dataflow.Bound {
	if f.p == nil {
		return nil
	}
	return f.p.Bounds(in)
}

func (f *pruningFilter) InColumns(out []string) []string { return union(out, f.p.Columns()) }

// RowWise says that an expression is the predicate: a function may look at more than a row.
func (f *pruningFilter) RowWise() bool {
	_, ok := f.p.(Expr)
	return ok
}

// Codes are the columns that are passed on, and those that an expression compares:
// it looks at each value of a dictionary once. Other predicates want them plain.
func (f *pruningFilter) Codes(out []string) []string {
	_, takes := f.p.(Expr)
	compared := f.p.Columns()
	var in []string
	for _, c := range out {
		if takes || !slices.Contains(compared, c) {
			in = append(in, c)
		}
	}
	for _, c := range compared {
		if takes && f.only != nil && !slices.Contains(f.only, c) {
			in = append(in, c)
		}
	}
	return in
}

func (f *pruningFilter) Narrow(out []string) dataflow.Operator {
	return &pruningFilter{filter{f.p, append([]string{}, out...)}}
}

type filterTask struct {
	p     Predicate
	alloc memory.Allocator
	from  []int         // the columns that are passed on, under out
	out   *arrow.Schema // nil: all
	keep  []bool
	sel   []int32
}

func (t *filterTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	if in.Rows() == 0 {
		return nil
	}
	rows := int(in.Rec.NumRows())
	t.keep = slices.Grow(t.keep[:0], rows)[:rows]
	clear(t.keep)
	if err := t.p.Keep(ctx, in, t.keep, t.alloc); err != nil {
		return err
	}
	t.sel = slices.Grow(t.sel[:0], in.Rows())[:in.Rows()]
	if in.Sel == nil {
		t.sel = selectKept(t.keep, t.sel)
	} else {
		t.sel = selectBoth(in.Sel, t.keep, t.sel)
	}
	switch len(t.sel) {
	case 0:
		return nil
	case in.Rows(): // all stay: in.Sel says so already
	default:
		in.Sel = t.sel
	}
	if t.out != nil {
		in.Rec = batch.Columns(in.Rec, t.out, t.from)
	} else {
		in.Rec.Retain()
	}
	return emit(in)
}

func (t *filterTask) Close() {}

// selectKept writes the rows that are kept to sel, which has room for all.
func selectKept(keep []bool, sel []int32) []int32 {
	n := 0
	sel = sel[:len(keep)]
	for i, k := range keep {
		sel[n] = int32(i)
		n += one(k)
	}
	return sel[:n]
}

// selectBoth writes the rows of in that are kept to sel, which has room for all.
func selectBoth(in []int32, keep []bool, sel []int32) []int32 {
	n := 0
	sel = sel[:len(in)]
	for _, r := range in {
		sel[n] = r
		n += one(keep[r])
	}
	return sel[:n]
}

// one is 1 for true; it compiles to no branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Where is a function as a [Predicate]. f gets a batch of the named columns, in
// the order named, or of all columns where none is named, and sets keep[i] where
// row i stays; all are false at first. It never sees a row that an earlier stage
// dropped. in and keep are borrowed. f is called by several goroutines at once.
//
//	operators.Where(func(in arrow.Record, keep []bool) error {
//		qty := in.Column(0).(*array.Int64)
//		for i := range keep {
//			keep[i] = qty.IsValid(i) && qty.Value(i) > 0
//		}
//		return nil
//	}, "qty")
func Where(f func(in arrow.Record, keep []bool) error, columns ...string) Predicate {
	return &where{f, slices.Clone(columns)}
}

type where struct {
	f       func(in arrow.Record, keep []bool) error
	columns []string
}

var _ Predicate = (*where)(nil)

func (w *where) String() string {
	if len(w.columns) == 0 {
		return "function(all columns)"
	}
	return "function(" + strings.Join(w.columns, ", ") + ")"
}

func (w *where) Columns() []string {
	if len(w.columns) == 0 {
		return nil
	}
	return slices.Clone(w.columns)
}

func (w *where) Check(in *arrow.Schema) error {
	if w.f == nil {
		return errors.New("the function is nil")
	}
	_, _, err := (&project{columns: w.columns}).choose(in)
	return err
}

func (w *where) Bounds(*arrow.Schema) []dataflow.Bound { return nil }

func (w *where) Keep(_ context.Context, in dataflow.Chunk, keep []bool, alloc memory.Allocator) error {
	rec := in.Rec
	if len(w.columns) > 0 {
		from, schema, err := (&project{columns: w.columns}).choose(rec.Schema())
		if err != nil {
			return err
		}
		rec = batch.Columns(rec, schema, from)
		defer rec.Release()
	}
	if in.Sel == nil {
		return w.f(rec, keep)
	}
	selected, err := batch.Compact(rec, in.Sel, alloc)
	if err != nil {
		return err
	}
	defer selected.Release()
	if err := w.f(selected, keep[:len(in.Sel)]); err != nil {
		return err
	}
	// Sel ascends, so that its entry i is at least i: from the back, nothing is
	// overwritten that is still to be read.
	for i := len(in.Sel) - 1; i >= 0; i-- {
		keep[in.Sel[i]] = keep[i]
	}
	return nil
}
