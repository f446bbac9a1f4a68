package executor_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// BenchmarkFewGroups is the cost of 100 groups to what reads them: by itself, for their
// order, and for how they are cut to splits.
func BenchmarkFewGroups(b *testing.B) {
	readers := []struct {
		name string
		by   dataflow.Reducer
	}{
		{"none", nil},
		{"topk", operators.TopK(10, operators.Desc("n"))},
		{"limit", operators.Limit(10)},
		{"combine", operators.Combine(func(a, _ arrow.Record) (arrow.Record, error) { a.Retain(); return a, nil })},
	}
	for _, reader := range readers {
		b.Run("reader="+reader.name, func(b *testing.B) {
			b.ReportAllocs()
			rec := fewGroups(100)
			var times []time.Duration
			begun := cpuTime()
			for b.Loop() {
				start := time.Now()
				if err := runFewGroups(b.Context(), rec, reader.by); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/10]), "p10-ns/op")
			b.ReportMetric(float64(cpuTime()-begun)/float64(b.N), "cpu-ns/op")
		})
	}
}

func fewGroups(n int) arrow.Record {
	var shop []string
	for i := range 10 * n {
		shop = append(shop, fmt.Sprint("shop ", i%n))
	}
	return dataflowtest.Batch(dataflowtest.Col("shop", shop))
}

func runFewGroups(ctx context.Context, rec arrow.Record, by dataflow.Reducer) error {
	g := dataflow.New()
	s := g.Source("sales", memio.Batches(rec)).
		TreeReduce("by shop", operators.GroupBy("shop").Agg(operators.Count().As("n")))
	if by != nil {
		s = s.TreeReduce("reader", by)
	}
	s.Sink("out", discard{})
	_, err := executor.Run(ctx, g, executor.Options{})
	return err
}
