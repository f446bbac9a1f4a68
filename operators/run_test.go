package operators_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// counting is an endless source of batches of the numbers from 0 on.
func counting() dataflow.Source {
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	return memio.Func(schema, func(context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			for from := int64(0); ; from += 100 {
				n := make([]int64, 100)
				for i := range n {
					n[i] = from + int64(i)
				}
				if !yield(dataflowtest.Batch(dataflowtest.Col("n", n)), nil) {
					return
				}
			}
		}
	})
}

// A limit ends an endless source, also behind a filter and beside a finite one.
func TestLimitEndsAnEndlessSource(t *testing.T) {
	odd := operators.Where(func(in arrow.Record, keep []bool) error {
		for i, row := range dataflowtest.Rows(in) {
			keep[i] = row[0].(int64)%2 == 1
		}
		return nil
	}, "n")
	few := dataflowtest.Batch(dataflowtest.Col("n", []int64{-3, -2, -1}))
	for _, workers := range []int{1, 2, 7} {
		g := dataflow.New()
		s := g.Source("few", memio.Batches(few)).
			Union("both", g.Source("endless", counting())).
			Map("odd", operators.Filter(odd)).
			TreeReduce("first", operators.Limit(5))
		sink := memio.NewSink()
		s.Sink("out", sink)
		if _, err := executor.Run(t.Context(), g, executor.Options{Workers: workers}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(dataflowtest.Rows(sink.Records()...)); got != "[[1] [3] [5] [7] [9]]" {
			t.Errorf("%d workers: got %s", workers, got)
		}
		sink.Release()
	}
}

// Groups without end run out of the budget, and the error says whose they are.
func TestGroupsPastTheBudget(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 3} {
		g := dataflow.New()
		g.Source("numbers", counting()).
			TreeReduce("by n", operators.GroupBy("n").Agg(operators.Count(), operators.Median(operators.Col("n")))).
			Sink("out", memio.NewSink())
		report, err := executor.Run(t.Context(), g, executor.Options{Workers: workers, MemoryBytes: 16 << 20})
		var budget *dataflow.BudgetError
		if !errors.As(err, &budget) {
			t.Fatalf("got %v", err)
		}
		if h := budget.Holders[0]; h.Stage != "by n" || h.Bytes < 4<<20 {
			t.Errorf("%d workers: held by %+v", workers, budget.Holders)
		}
		if report.PeakHeldBytes > 24<<20 {
			t.Errorf("%d workers: %d bytes were held", workers, report.PeakHeldBytes)
		}
	}
}

// Sums of floats are the same bits in every order and by any number of workers.
func TestCancellingSumInEveryOrder(t *testing.T) {
	t.Parallel()
	for _, order := range [][]float64{
		{1e16, 1, -1e16}, {1e16, -1e16, 1}, {1, 1e16, -1e16}, {1, -1e16, 1e16}, {-1e16, 1, 1e16}, {-1e16, 1e16, 1},
	} {
		for _, workers := range []int{1, 2, 7} {
			var recs []arrow.Record
			for _, v := range order {
				recs = append(recs, dataflowtest.Batch(dataflowtest.Col("v", []float64{v})))
			}
			s := dataflow.New().Source("v", memio.Batches(recs...)).
				TreeReduce("sum", operators.GroupBy().Agg(operators.Sum(operators.Col("v")), operators.Mean(operators.Col("v"))))
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1})
			if err != nil {
				t.Fatal(err)
			}
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(dataflowtest.Rows(rec)); got != "[[1 0.3333333333333333]]" {
					t.Errorf("%v, %d workers: got %s", order, workers, got)
				}
			}
		}
	}
}
