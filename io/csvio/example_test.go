package csvio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/memio"
)

func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"the", "a,b", "", nil}),
		dataflowtest.Col("share", []float64{0.25, 0.125, 1e-9, 0}))
	g := dataflow.New()
	g.Source("rows", memio.Batches(rec)).Sink("print", csvio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// word,share
	// the,0.25
	// "a,b",0.125
	// "",1e-9
	// ,0
}
