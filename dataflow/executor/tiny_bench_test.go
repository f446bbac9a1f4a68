package executor_test

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// BenchmarkTinyGraph is the cost of a run itself: a graph of 100 rows, declared,
// checked, planned, run and closed. p10-ns/op is the time that one run in ten stays
// below, and cpu-ns/op what the process had on its cores for each: a busy machine
// changes both less than the mean.
func BenchmarkTinyGraph(b *testing.B) {
	for _, workers := range []int{0, 1, 2, 16} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			rec := tinyRecord()
			var times []time.Duration
			begun := cpuTime()
			for b.Loop() {
				start := time.Now()
				if err := runTiny(b.Context(), rec, workers); err != nil {
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

// tinyRecord is 100 rows of ten shops.
func tinyRecord() arrow.Record {
	var shop []string
	var sold []int64
	for i := range 100 {
		shop, sold = append(shop, fmt.Sprint("shop ", i%10)), append(sold, int64(i))
	}
	return dataflowtest.Batch(dataflowtest.Col("shop", shop), dataflowtest.Col("sold", sold))
}

func runTiny(ctx context.Context, rec arrow.Record, workers int) error {
	g := dataflow.New()
	g.Source("sales", memio.Batches(rec)).
		Map("large", operators.Filter(operators.Col("sold").Gt(20))).
		TreeReduce("by shop", operators.GroupBy("shop").Agg(operators.Sum(operators.Col("sold")).As("sold"))).
		Sink("out", discard{})
	_, err := executor.Run(ctx, g, executor.Options{Workers: workers})
	return err
}

// cpuTime is the time that the process has had on its cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
