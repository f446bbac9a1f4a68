package tableio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/io/tableio"
)

func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("n", []int64{20769, 18}),
		dataflowtest.Col("word", []string{"que", "漢字"}),
		dataflowtest.Col("share", []float64{0.25, 0.125}))
	g := dataflow.New()
	g.Source("rows", memio.Batches(rec)).Sink("print", tableio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	//     n  word  share
	// -----  ----  -----
	// 20769  que    0.25
	//    18  漢字  0.125
}
