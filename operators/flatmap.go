package operators

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// FlatMap calls f for each batch and passes on, in order, every batch that f
// emits. outSchema says what columns those have; nil: the input's.
//
// f borrows in. emit gives its argument away, even when it returns an error; in
// itself may be emitted as it is, and nil is nothing. An error of emit is to be
// returned unchanged: it may say that no more is wanted. emit is not safe for
// concurrent use, and not to be called once f has returned. f is called by
// several goroutines at once. What is emitted is held against outSchema as in
// [MapBatch].
//
// Shape: Batch<in> → 0..n × Batch<out>.
func FlatMap(outSchema *arrow.Schema, f func(ctx context.Context, in arrow.Record, emit func(arrow.Record) error) error) dataflow.Operator {
	return &flatMap{userFunction{outSchema, f != nil}, f}
}

type flatMap struct {
	userFunction
	f func(ctx context.Context, in arrow.Record, emit func(arrow.Record) error) error
}

var _ dataflow.Operator = (*flatMap)(nil)

func (m *flatMap) NewTask(in *arrow.Schema, _ dataflow.Env) (dataflow.Task, error) {
	out, err := m.OutSchema(in)
	if err != nil {
		return nil, err
	}
	return &flatMapTask{m.f, out}, nil
}

type flatMapTask struct {
	f   func(ctx context.Context, in arrow.Record, emit func(arrow.Record) error) error
	out *arrow.Schema
}

func (t *flatMapTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	var ended error // the first error of emit, which holds even where f drops it
	err := t.f(ctx, in.Rec, func(out arrow.Record) error {
		if out == nil {
			return ended
		}
		if out == in.Rec {
			out.Retain()
		}
		if ended != nil {
			out.Release()
			return ended
		}
		if out, ended = declared(out, t.out); ended == nil {
			ended = emit(dataflow.Chunk{Rec: out, At: in.At})
		}
		return ended
	})
	if ended != nil && (err == nil || errors.Is(err, ended)) {
		return ended
	}
	return err
}

func (t *flatMapTask) Close() {}
