package jsonlio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/jsonlio"
	"github.com/arrowmill/arrowmill/io/memio"
)

func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"the", "a\tb", nil}),
		dataflowtest.Col("n", []int64{9007199254740993, 2, 1}))
	g := dataflow.New()
	g.Source("rows", memio.Batches(rec)).Sink("print", jsonlio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"word":"the","n":9007199254740993}
	// {"word":"a\tb","n":2}
	// {"word":null,"n":1}
}
