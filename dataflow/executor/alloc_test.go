package executor_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/operators"
)

// again is one batch, given many times in one split.
type again struct {
	rec   arrow.Record
	times int
}

func (a again) String() string { return "one batch again and again" }

func (a again) Schema(context.Context) (*arrow.Schema, error) { return a.rec.Schema(), nil }

func (a again) Splits(context.Context, int64, dataflow.Env) ([]dataflow.Split, error) {
	return []dataflow.Split{{Path: "again", To: -1}}, nil
}

func (a again) Read(context.Context, dataflow.Split, dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		for range a.times {
			a.rec.Retain()
			if !yield(dataflow.Chunk{Rec: a.rec}, nil) {
				return
			}
		}
	}
}

// everyOther selects every other row, by a vector that it keeps.
type everyOther struct{}

func (everyOther) String() string { return "every other row" }

func (everyOther) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return in, nil }

func (everyOther) TakesSelection() bool { return true }

func (everyOther) NewTask(*arrow.Schema, dataflow.Env) (dataflow.Task, error) {
	return &everyOtherTask{}, nil
}

type everyOtherTask struct{ sel []int32 }

func (t *everyOtherTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	t.sel = t.sel[:0]
	for i := int32(0); int64(i) < in.Rec.NumRows(); i += 2 {
		t.sel = append(t.sel, i)
	}
	in.Rec.Retain()
	return emit(dataflow.Chunk{Rec: in.Rec, Sel: t.sel})
}

func (t *everyOtherTask) Close() {}

// rowCount is a reducer of any rows to their number, which takes selections.
type rowCount struct{}

func (rowCount) String() string { return "the number of rows" }

func (rowCount) TakesSelection() bool { return true }

func (rowCount) Schemas(*arrow.Schema) (partial, out *arrow.Schema, err error) {
	s := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return s, s, nil
}

func (rowCount) NewAccumulator(*arrow.Schema, dataflow.Env, dataflow.Exchange) (dataflow.Accumulator, error) {
	return &count{}, nil
}

type count struct{ n int64 }

func (c *count) Add(_ context.Context, in dataflow.Chunk) error {
	c.n += int64(in.Rows())
	return nil
}

func (c *count) Merge(context.Context, dataflow.Chunk) error { panic("one worker merges nothing") }
func (c *count) Drain(context.Context) error                 { panic("nothing is too large") }
func (c *count) Result(_ context.Context, emit dataflow.Emit) error {
	return emit(dataflow.Chunk{Rec: dataflowtest.Batch(dataflowtest.Col("n", []int64{c.n}))})
}
func (c *count) Close() {}

// allocations is how often more is allocated for a batch more in a run of the graph
// that build makes: the difference of a run of n batches and one of 2n, in n. The least
// of some pairs counts, for the program around it allocates too.
func allocations(t *testing.T, rec arrow.Record, build func(*dataflow.Stream) *dataflow.Stream) float64 {
	t.Helper()
	n := 1000
	if testing.Short() {
		n = 200
	}
	measure := func(times int) float64 {
		g := dataflow.New()
		build(g.Source("batches", again{rec, times})).Sink("out", discard{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := executor.Run(t.Context(), g, executor.Options{Workers: 1}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs) - float64(before.Mallocs)
	}
	least := -1.0
	for range 5 {
		if more := (measure(2*n) - measure(n)) / float64(n); least < 0 || more < least {
			least = max(more, 0)
		}
	}
	return least
}

func allocBatch() arrow.Record {
	var shop []string
	var sold []int64
	for i := range 1000 {
		shop, sold = append(shop, fmt.Sprint("shop ", i%10)), append(sold, int64(i))
	}
	return dataflowtest.Batch(dataflowtest.Col("shop", shop), dataflowtest.Col("sold", sold))
}

// TestABatchCostsNoAllocation: on its way through source, maps and reduction, between
// roles that allocate nothing, the executor allocates nothing for a batch.
func TestABatchCostsNoAllocation(t *testing.T) {
	got := allocations(t, allocBatch(), func(s *dataflow.Stream) *dataflow.Stream {
		return s.Map("pass", each{f: pass}).Map("filter", everyOther{}).TreeReduce("count", rowCount{})
	})
	t.Logf("%.2f allocations a batch", got)
	if got > 0.5 {
		t.Errorf("the executor allocates %.2f times a batch", got)
	}
}

// TestAllocationsOfABatch: With, Filter and GroupBy allocate for a batch what Arrow (v17)
// does for the arrays and batches that they must make, and 13 times more: three
// expressions that are evaluated keep their columns and buffers in new slices.
func TestAllocationsOfABatch(t *testing.T) {
	rec := allocBatch()
	const most = 13
	values := make([]byte, 8*1000)
	arrows := testing.AllocsPerRun(100, func() {
		// With: a buffer, a column of it, and a batch of that and the column that stays.
		buffer := memory.NewBufferBytes(values)
		data := array.NewData(arrow.PrimitiveTypes.Int64, 1000, []*memory.Buffer{nil, buffer}, nil, 0, 0)
		column := array.MakeFromData(data)
		with := array.NewRecord(rec.Schema(), []arrow.Array{rec.Column(0), column}, 1000)
		// Filter keeps one run of rows, which GroupBy gets as a slice.
		with.NewSlice(11, 1000).Release()
		with.Release()
		column.Release()
		data.Release()
	})
	got := allocations(t, rec, func(s *dataflow.Stream) *dataflow.Stream {
		return s.Map("twice", operators.With("sold", operators.Col("sold").Mul(2))).
			Map("large", operators.Filter(operators.Col("sold").Gt(20))).
			TreeReduce("by shop", operators.GroupBy("shop").Agg(operators.Sum(operators.Col("sold")).As("sold")))
	})
	t.Logf("%.1f allocations a batch, %.0f of them Arrow's", got, arrows)
	if got > arrows+most+0.5 {
		t.Errorf("%.1f allocations a batch are more than Arrow's %.0f and %d", got, arrows, most)
	}
}
