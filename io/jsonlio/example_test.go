package jsonlio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/jsonlio"
)

// A run opens, feeds and commits the sinks of its graph; here it is done by hand.
func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"the", "a\tb", nil}),
		dataflowtest.Col("n", []int64{9007199254740993, 2, 1}))
	ctx := context.Background()
	env := dataflow.Env{Reserve: func(int64) error { return nil }}
	out, err := jsonlio.WriteTo(os.Stdout).Open(ctx, rec.Schema(), env)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := out.Write(ctx, dataflow.Chunk{Rec: rec}); err != nil {
		fmt.Println(err)
	}
	if err := out.Commit(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"word":"the","n":9007199254740993}
	// {"word":"a\tb","n":2}
	// {"word":null,"n":1}
}
