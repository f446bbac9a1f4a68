package operators_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

var numberSchema = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

// numbers is a batch of column n.
func numbers(n ...int64) arrow.Record {
	return dataflowtest.Batch(dataflowtest.Col("n", n).NotNull())
}

// doubled is in with every number twice as large.
func doubled(in arrow.Record) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, numberSchema)
	defer b.Release()
	for _, n := range in.Column(0).(*array.Int64).Int64Values() {
		b.Field(0).(*array.Int64Builder).Append(2 * n)
	}
	return b.NewRecord()
}

func TestMapBatch(t *testing.T) {
	t.Parallel()
	in := numbers(1, 2, 3, 4, 5)
	type f = func(context.Context, arrow.Record) (arrow.Record, error)
	for name, c := range map[string]struct {
		f    f
		out  *arrow.Schema
		want arrow.Record
	}{
		"maps":     {func(_ context.Context, in arrow.Record) (arrow.Record, error) { return doubled(in), nil }, numberSchema, numbers(2, 4, 6, 8, 10)},
		"identity": {func(_ context.Context, in arrow.Record) (arrow.Record, error) { return in, nil }, nil, in},
		"nothing":  {func(context.Context, arrow.Record) (arrow.Record, error) { return nil, nil }, nil, numbers()},
		"slice":    {func(_ context.Context, in arrow.Record) (arrow.Record, error) { return in.NewSlice(0, 0), nil }, nil, numbers()},
	} {
		t.Run(name, func(t *testing.T) {
			dataflowtest.CheckOperator(t, operators.MapBatch(c.out, c.f), in, c.want, dataflowtest.PlainOnly())
		})
	}
}

func TestFlatMap(t *testing.T) {
	t.Parallel()
	in := numbers(3, 0, 2)
	split := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		for i := range in.NumRows() {
			for range in.Column(0).(*array.Int64).Value(int(i)) {
				if err := emit(in.NewSlice(i, i+1)); err != nil {
					return err
				}
			}
		}
		return emit(nil)
	}
	dataflowtest.CheckOperator(t, operators.FlatMap(nil, split), in, numbers(3, 3, 3, 2, 2), dataflowtest.PlainOnly())
	whole := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error { return emit(in) }
	dataflowtest.CheckOperator(t, operators.FlatMap(numberSchema, whole), in, in, dataflowtest.PlainOnly())
}

// TestFlatMapTwice emits its argument twice, and goes on when it should not.
func TestFlatMapTwice(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	b := array.NewRecordBuilder(alloc, numberSchema)
	b.Field(0).(*array.Int64Builder).Append(1)
	in := b.NewRecord()
	b.Release()
	defer in.Release()
	deaf := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		for range 3 {
			_ = emit(in)
		}
		return nil
	}
	task, err := operators.FlatMap(nil, deaf).NewTask(numberSchema, dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	for _, accepts := range []int{3, 1} {
		got := 0
		err := task.Process(t.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error {
			c.Rec.Release()
			if got++; got > accepts {
				return dataflow.ErrStop
			}
			return nil
		})
		if accepts == 3 && (err != nil || got != 3) || accepts == 1 && (err != dataflow.ErrStop || got != 2) {
			t.Errorf("an emit that accepts %d is called %d times; error %v", accepts, got, err)
		}
	}
	wrapping := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		return fmt.Errorf("wrapped: %w", emit(in))
	}
	task, err = operators.FlatMap(nil, wrapping).NewTask(numberSchema, dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	if err := task.Process(t.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error { c.Rec.Release(); return dataflow.ErrStop }); err != dataflow.ErrStop {
		t.Errorf("error %v, want ErrStop as it is", err)
	}
}

func TestUserMapsFail(t *testing.T) {
	in := numbers(1, 2)
	dataflowtest.Fails(t, operators.MapBatch(nil, nil), in, "the function is nil")
	dataflowtest.Fails(t, operators.FlatMap(nil, nil), in, "the function is nil")
	text := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.BinaryTypes.String}}, nil)
	withNull := func(arrow.Record) arrow.Record {
		return dataflowtest.Batch(dataflowtest.Col("n", []any{int64(1), nil}))
	}
	identity := func(in arrow.Record) arrow.Record { return in }
	for _, c := range []struct {
		out  *arrow.Schema
		f    func(in arrow.Record) arrow.Record
		want string
	}{
		{text, identity, "the function returned columns n int64, but n utf8 are declared"},
		{text, doubled, "the function returned columns n int64, but n utf8 are declared"},
		{arrow.NewSchema(nil, nil), doubled, "the function returned columns n int64, but (none) are declared"},
		{nil, withNull, `the function returned 1 nulls in column "n", which is declared not nullable`},
	} {
		dataflowtest.Fails(t, operators.MapBatch(c.out, func(_ context.Context, in arrow.Record) (arrow.Record, error) { return c.f(in), nil }), in, c.want)
		dataflowtest.Fails(t, operators.FlatMap(c.out, func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
			return emit(c.f(in))
		}), in, c.want)
	}
	unlucky := errors.New("no luck")
	for _, f := range []func(in arrow.Record) arrow.Record{identity, doubled, func(arrow.Record) arrow.Record { return nil }} {
		dataflowtest.Fails(t, operators.MapBatch(nil, func(_ context.Context, in arrow.Record) (arrow.Record, error) { return f(in), unlucky }), in, "no luck")
	}
	dataflowtest.Fails(t, operators.FlatMap(nil, func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		return errors.Join(emit(in), unlucky)
	}), in, "no luck")
}

// TestMapBatchDeclares: what comes out has the declared schema itself, whose
// metadata and nullability the function need not repeat.
func TestMapBatchDeclares(t *testing.T) {
	md := arrow.MetadataFrom(map[string]string{"unit": "pieces"})
	out := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true, Metadata: md}}, nil)
	op := operators.MapBatch(out, func(_ context.Context, in arrow.Record) (arrow.Record, error) { return in, nil })
	rec, _ := processOne(t, op, numbers(1), nil)
	if rec.Schema() != out {
		t.Errorf("schema %v", rec.Schema())
	}
	if text := fmt.Sprint(op); !strings.Contains(text, "function") {
		t.Errorf("String() = %q", text)
	}
}
