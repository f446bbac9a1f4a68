package operators_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	in := dataflowtest.Random(1, 50,
		arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String})
	for _, n := range []int64{0, 1, 7, 49, 50, 51, math.MaxInt64} {
		want := in.NewSlice(0, min(n, in.NumRows()))
		dataflowtest.CheckReducer(t, operators.Limit(n), in, want)
	}
	if got, want := fmt.Sprint(operators.Limit(10)), "first 10 rows"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	dataflowtest.Fails(t, operators.Limit(-1), in, "a limit of -1 rows")
}

// TestLimitCopiesNothing follows the buffers of two batches, the second cut,
// through a partial into the answer.
func TestLimitCopiesNothing(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	in := []arrow.Record{numbers(1, 2, 3), numbers(4, 5, 6)}
	var partials []dataflow.Chunk
	add := func(fold func(dataflow.Accumulator) error) dataflow.Accumulator {
		acc, err := operators.Limit(5).NewAccumulator(numberSchema, dataflowtest.NewEnv(t, alloc), dataflow.Exchange{
			Partial: func(_ int, c dataflow.Chunk) error { partials = append(partials, c); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(acc.Close)
		if err := fold(acc); err != nil {
			t.Fatal(err)
		}
		return acc
	}
	add(func(acc dataflow.Accumulator) error {
		for i, rec := range in {
			if acc.(dataflow.Sated).Sated() {
				t.Errorf("sated before batch %d", i)
			}
			if err := acc.Add(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
				return err
			}
		}
		if !acc.(dataflow.Sated).Sated() {
			t.Error("not sated by six rows")
		}
		return acc.Drain(t.Context())
	})
	var out []arrow.Record
	add(func(acc dataflow.Accumulator) error {
		for _, p := range partials {
			if err := acc.Merge(t.Context(), p); err != nil {
				return err
			}
			p.Rec.Release()
		}
		return acc.Result(t.Context(), func(c dataflow.Chunk) error { out = append(out, c.Rec); return nil })
	})
	if d := dataflowtest.Diff([][]any{{int64(1)}, {int64(2)}, {int64(3)}, {int64(4)}, {int64(5)}}, dataflowtest.Rows(out...)); d != "" {
		t.Error(d)
	}
	for i, rec := range out {
		if rec.Column(0).Data().Buffers()[1] != in[i].Column(0).Data().Buffers()[1] {
			t.Errorf("batch %d was copied", i)
		}
		rec.Release()
	}
}
