package memio_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
)

func ExampleBatches() {
	north := dataflowtest.Batch(dataflowtest.Col("city", []string{"Oslo", "Turku"}))
	south := dataflowtest.Batch(dataflowtest.Col("city", []string{"Faro"}))

	sink := memio.NewSink()
	g := dataflow.New()
	g.Source("cities", memio.Batches(north, south)).Sink("kept", sink)
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	defer sink.Release()
	fmt.Println(dataflowtest.Rows(sink.Records()...))
	// Output: [[Oslo] [Turku] [Faro]]
}

func ExampleFunc() {
	squares := func(n int64) arrow.Record {
		return dataflowtest.Batch(dataflowtest.Col("n", []int64{n}), dataflowtest.Col("square", []int64{n * n}))
	}
	src := memio.Func(squares(0).Schema(), func(context.Context) iter.Seq2[arrow.Record, error] {
		return func(yield func(arrow.Record, error) bool) {
			for n := int64(1); n <= 3 && yield(squares(n), nil); n++ {
			}
		}
	})
	g := dataflow.New()
	job, err := executor.Start(context.Background(), g.Source("squares", src), executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for rec, err := range job.Batches() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(dataflowtest.Rows(rec))
	}
	// Output:
	// [[1 1]]
	// [[2 4]]
	// [[3 9]]
}
