package operators

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Limit keeps the first n rows in source order, and lets the source stop once
// it has them. No buffer is copied. n < 0 is an error of the graph's check.
//
// Shape: Batch<a, b> → Batch<a, b> of at most n rows in all.
func Limit(n int64) dataflow.Reducer { return limit{n} }

type limit struct{ n int64 }

var _ interface {
	dataflow.Reducer
	dataflow.SelectionTaker
	dataflow.Ordered
	fmt.Stringer
} = limit{}

func (l limit) String() string { return fmt.Sprintf("first %d rows", l.n) }

func (l limit) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	if l.n < 0 {
		return nil, nil, fmt.Errorf("a limit of %d rows: it must be at least 0", l.n)
	}
	return in, in, nil
}

func (l limit) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	if _, _, err := l.Schemas(in); err != nil {
		return nil, err
	}
	return &limiter{most: l.n, env: env, x: x}, nil
}

func (l limit) TakesSelection() bool { return true }

func (l limit) Ordered() bool { return true }

// limiter holds the first rows as the batches, or parts of them, that they came
// in; a batch is its own partial.
type limiter struct {
	most  int64
	rows  int64 // folded, up to most
	held  []dataflow.Chunk
	bytes int64 // reserved for held
	env   dataflow.Env
	x     dataflow.Exchange
}

var _ interface {
	dataflow.Accumulator
	dataflow.Sated
} = (*limiter)(nil)

func (l *limiter) Add(_ context.Context, in dataflow.Chunk) error {
	n := min(int64(in.Rows()), l.most-l.rows)
	if n <= 0 {
		return nil
	}
	rec, err := firstRows(in, n, l.env)
	if err != nil {
		return err
	}
	var before arrow.Record
	if len(l.held) > 0 {
		before = l.held[len(l.held)-1].Rec
	}
	bytes := heldBytes(rec, before)
	if err := reserveOr(l.env, bytes, l.letGo); err != nil {
		rec.Release()
		return err
	}
	l.held = append(l.held, dataflow.Chunk{Rec: rec, At: in.At})
	l.rows += n
	l.bytes += bytes
	return nil
}

// firstRows is the first n rows of in, a new reference.
func firstRows(in dataflow.Chunk, n int64, env dataflow.Env) (arrow.Record, error) {
	switch {
	case in.Sel != nil:
		return batch.Compact(in.Rec, in.Sel[:n], env.Alloc)
	case n == in.Rec.NumRows():
		in.Rec.Retain()
		return in.Rec, nil
	}
	return in.Rec.NewSlice(0, n), nil
}

// Merge takes rows that stand behind those held: they come as in Add.
func (l *limiter) Merge(ctx context.Context, partial dataflow.Chunk) error {
	return l.Add(ctx, partial)
}

func (l *limiter) Sated() bool { return l.rows >= l.most }

func (l *limiter) Drain(context.Context) error {
	err := l.letGo()
	l.rows = 0
	return err
}

// letGo hands the rows held to the exchange; they still count.
func (l *limiter) letGo() error {
	return l.pass(func(c dataflow.Chunk) error { return l.x.Partial(0, c) })
}

func (l *limiter) Result(_ context.Context, emit dataflow.Emit) error { return l.pass(emit) }

// pass gives the chunks away, one by one, up to the first error.
func (l *limiter) pass(to func(dataflow.Chunk) error) error {
	for len(l.held) > 0 {
		c := l.held[0]
		l.held = l.held[1:]
		if err := to(c); err != nil {
			return err
		}
	}
	l.held = nil
	err := l.env.Reserve(-l.bytes)
	l.bytes = 0
	return err
}

func (l *limiter) Close() {
	for _, c := range l.held {
		c.Rec.Release()
	}
	l.held = nil
	_ = l.env.Reserve(-l.bytes) // giving back does not fail
	l.bytes = 0
}
