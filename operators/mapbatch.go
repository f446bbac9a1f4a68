package operators

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
)

// MapBatch calls f for each batch and passes on what it returns: a batch of any
// number of rows, or nil for none. outSchema says what columns that has; nil: the
// input's.
//
// f borrows in and gives its result away. It may return in itself; a slice or
// another batch made of in's columns is a reference of its own, as usual. f is
// called by several goroutines at once. The result's columns are held against
// outSchema: names, types, and no null where a field is not nullable.
//
// Shape: Batch<in> → Batch<out>.
func MapBatch(outSchema *arrow.Schema, f func(ctx context.Context, in arrow.Record) (arrow.Record, error)) dataflow.Operator {
	return &mapBatch{userFunction{outSchema, f != nil}, f}
}

type mapBatch struct {
	userFunction
	f func(ctx context.Context, in arrow.Record) (arrow.Record, error)
}

var _ dataflow.Operator = (*mapBatch)(nil)

func (m *mapBatch) NewTask(in *arrow.Schema, _ dataflow.Env) (dataflow.Task, error) {
	out, err := m.OutSchema(in)
	if err != nil {
		return nil, err
	}
	return &mapBatchTask{m.f, out}, nil
}

type mapBatchTask struct {
	f   func(ctx context.Context, in arrow.Record) (arrow.Record, error)
	out *arrow.Schema
}

func (t *mapBatchTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	out, err := t.f(ctx, in.Rec)
	if out == nil {
		return err
	}
	if out == in.Rec {
		out.Retain()
	}
	if err != nil {
		out.Release()
		return err
	}
	if out, err = declared(out, t.out); err != nil {
		return err
	}
	return emit(dataflow.Chunk{Rec: out, At: in.At})
}

func (t *mapBatchTask) Close() {}

// userFunction is what operators that call a user's function on batches have in
// common.
type userFunction struct {
	out   *arrow.Schema // as declared; nil: the input's
	given bool
}

func (u *userFunction) String() string { return "function(batch)" }

func (u *userFunction) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	switch {
	case !u.given:
		return nil, errors.New("the function is nil")
	case u.out == nil:
		return in, nil
	}
	return u.out, nil
}

// declared is rec under the schema that a user's function declared, or an error
// where it does not fit. rec is given away.
func declared(rec arrow.Record, schema *arrow.Schema) (arrow.Record, error) {
	if err := fits(rec, schema); err != nil {
		rec.Release()
		return nil, err
	}
	if rec.Schema() == schema {
		return rec, nil
	}
	defer rec.Release()
	return array.NewRecord(schema, rec.Columns(), rec.NumRows()), nil
}

func fits(rec arrow.Record, schema *arrow.Schema) error {
	if got := rec.Schema(); got != schema {
		same := got.NumFields() == schema.NumFields()
		for i := 0; same && i < schema.NumFields(); i++ {
			same = got.Field(i).Name == schema.Field(i).Name && arrow.TypeEqual(got.Field(i).Type, schema.Field(i).Type)
		}
		if !same {
			return fmt.Errorf("the function returned columns %s, but %s are declared", columnsOf(got), columnsOf(schema))
		}
	}
	for i, f := range schema.Fields() {
		if n := rec.Column(i).NullN(); n > 0 && !f.Nullable {
			return fmt.Errorf("the function returned %d nulls in column %q, which is declared not nullable", n, f.Name)
		}
	}
	return nil
}

func columnsOf(schema *arrow.Schema) string {
	if schema.NumFields() == 0 {
		return "(none)"
	}
	return dataflow.FormatSchema(schema)
}
