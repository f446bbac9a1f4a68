package operators

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Combine folds all batches to one by f, which makes one batch of two and has to
// be associative: f(f(a, b), c) must answer as f(a, f(b, c)). All batches, those
// of the input too, have the input's columns; a Map before it can make them. A
// single batch is the answer as it is; empty batches are passed over, and an
// empty input has no answer.
//
// a stands before b in source order. Where the order does not matter, say so by
// [Commutative]: f then gets batches as they come, and fewer wait for their turn.
//
// f borrows a and b and gives its result away, which may be a or b itself but
// not nil. f is called by several goroutines at once. Batches are paired like
// the runs of a merge sort, so that f meets operands of about the same number of
// input batches.
//
// Shape: Batch<a, b> → one Batch<a, b>.
func Combine(f func(a, b arrow.Record) (arrow.Record, error), opts ...CombineOption) dataflow.Reducer {
	c := &combine{f: f, ordered: true}
	for _, o := range opts {
		if o != nil {
			o(c)
		}
	}
	return c
}

// CombineOption is a setting of [Combine].
type CombineOption func(*combine)

// Commutative says that the function of [Combine] answers f(a, b) as f(b, a).
func Commutative() CombineOption { return func(c *combine) { c.ordered = false } }

type combine struct {
	f       func(a, b arrow.Record) (arrow.Record, error)
	ordered bool
}

var _ interface {
	dataflow.Reducer
	dataflow.Ordered
	fmt.Stringer
} = (*combine)(nil)

func (c *combine) String() string {
	if c.ordered {
		return "function(a, b)"
	}
	return "function(a, b), commutative"
}

func (c *combine) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	if c.f == nil {
		return nil, nil, errors.New("the function is nil")
	}
	return in, in, nil
}

func (c *combine) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	if _, _, err := c.Schemas(in); err != nil {
		return nil, err
	}
	return &combiner{f: c.f, schema: in, env: env, x: x}, nil
}

func (c *combine) Ordered() bool { return c.ordered }

// combiner holds batches as the digits of a binary counter: that of level i
// stands for 2^i input batches and before those of the lower levels. Adding one
// carries, so that the pairing depends on the number of batches alone.
type combiner struct {
	f      func(a, b arrow.Record) (arrow.Record, error)
	schema *arrow.Schema
	levels []held // rec is nil where the digit is 0
	env    dataflow.Env
	x      dataflow.Exchange
}

// held is a batch with what was reserved for it.
type held struct {
	rec   arrow.Record
	bytes int64
}

var _ dataflow.Accumulator = (*combiner)(nil)

func (c *combiner) Add(_ context.Context, in dataflow.Chunk) error {
	if in.Rows() == 0 {
		return nil
	}
	in.Rec.Retain()
	carry, err := c.hold(in.Rec)
	if err != nil {
		return err
	}
	for i := range c.levels {
		if c.levels[i].rec == nil {
			c.levels[i] = carry
			return nil
		}
		a := c.levels[i]
		c.levels[i] = held{}
		if carry, err = c.join(a, carry); err != nil {
			return err
		}
	}
	c.levels = append(c.levels, carry)
	return nil
}

// Merge takes a batch that stands behind those held: it comes as in Add.
func (c *combiner) Merge(ctx context.Context, partial dataflow.Chunk) error {
	return c.Add(ctx, partial)
}

// hold reserves the bytes of rec, which is given away.
func (c *combiner) hold(rec arrow.Record) (held, error) {
	h := held{rec, batch.Bytes(rec)}
	if err := c.env.Reserve(h.bytes); err != nil {
		rec.Release()
		return held{}, err
	}
	return h, nil
}

func (c *combiner) letGo(h held) {
	if h.rec != nil {
		h.rec.Release()
	}
	_ = c.env.Reserve(-h.bytes) // giving back does not fail
}

// join is f(a, b). Both are given away.
func (c *combiner) join(a, b held) (held, error) {
	defer c.letGo(a)
	defer c.letGo(b)
	rec, err := c.f(a.rec, b.rec)
	if rec != nil && (rec == a.rec || rec == b.rec) {
		rec.Retain()
	}
	if err != nil {
		if rec != nil {
			rec.Release()
		}
		return held{}, err
	}
	if rec == nil {
		return held{}, errors.New("the function returned no batch: it has to make one of two")
	}
	if rec, err = declared(rec, c.schema); err != nil {
		return held{}, err
	}
	return c.hold(rec)
}

// whole folds all levels to one batch and takes it out; nil where none is held.
func (c *combiner) whole() (arrow.Record, error) {
	var all held
	for i, h := range c.levels {
		c.levels[i] = held{}
		switch {
		case h.rec == nil:
		case all.rec == nil:
			all = h
		default:
			var err error
			if all, err = c.join(h, all); err != nil {
				return nil, err
			}
		}
	}
	c.levels = c.levels[:0]
	return all.rec, c.env.Reserve(-all.bytes)
}

func (c *combiner) Drain(context.Context) error {
	rec, err := c.whole()
	if err != nil || rec == nil {
		return err
	}
	return c.x.Partial(0, dataflow.Chunk{Rec: rec})
}

func (c *combiner) Result(_ context.Context, emit dataflow.Emit) error {
	rec, err := c.whole()
	if err != nil || rec == nil {
		return err
	}
	return emit(dataflow.Chunk{Rec: rec})
}

func (c *combiner) Close() {
	for _, h := range c.levels {
		c.letGo(h)
	}
	c.levels = nil
}
