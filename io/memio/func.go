package memio

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Func is a source of the batches of an iterator, which must have schema. open
// is called once for each run that reads the source, possibly by several runs
// at once. There is one split, so the rows are read by one worker; they may have
// no end, under an operator that knows when it has enough.
//
// What the iterator yields is given away, also with an error, which ends it. The
// consumer may stop early, and ctx ends with the run: an iterator that waits
// must watch it. A range over iter.Pull, a channel or a loop of one's own will
// do:
//
//	memio.Func(schema, func(ctx context.Context) iter.Seq2[arrow.Record, error] {
//		return func(yield func(arrow.Record, error) bool) {
//			for more() && yield(next(), nil) {
//			}
//		}
//	})
func Func(schema *arrow.Schema, open func(ctx context.Context) iter.Seq2[arrow.Record, error]) dataflow.Source {
	return &funcSource{schema, open}
}

type funcSource struct {
	schema *arrow.Schema
	open   func(context.Context) iter.Seq2[arrow.Record, error]
}

// String is the source as plans print it.
func (s *funcSource) String() string { return "batches of a function" }

// Schema is the one that was given.
func (s *funcSource) Schema(context.Context) (*arrow.Schema, error) {
	if s.schema == nil || s.open == nil {
		return nil, errors.New("memio: Func needs a schema and a function")
	}
	return s.schema, nil
}

// Splits is one split for all.
func (s *funcSource) Splits(context.Context, int64, dataflow.Env) ([]dataflow.Split, error) {
	return []dataflow.Split{{Path: "function", To: -1}}, nil
}

// Read yields what the function's iterator does.
func (s *funcSource) Read(ctx context.Context, _ dataflow.Split, _ dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		n := 0
		for rec, err := range s.open(ctx) {
			if err == nil {
				err = s.check(ctx, rec, n)
			}
			if err != nil {
				if rec != nil {
					rec.Release()
				}
				yield(dataflow.Chunk{}, err)
				return
			}
			n++
			if !yield(dataflow.Chunk{Rec: rec}, nil) {
				return
			}
		}
	}
}

func (s *funcSource) check(ctx context.Context, rec arrow.Record, n int) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case rec == nil:
		return fmt.Errorf("memio: the function's batch %d is nil", n)
	case !rec.Schema().Equal(s.schema):
		return fmt.Errorf("memio: the function's batch %d has columns %s, but %s were declared", n,
			dataflow.FormatSchema(rec.Schema()), dataflow.FormatSchema(s.schema))
	}
	return nil
}

var _ dataflow.Source = (*funcSource)(nil)
