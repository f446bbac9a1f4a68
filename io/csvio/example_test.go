package csvio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/csvio"
)

// A run opens, feeds and commits the sinks of its graph; here it is done by hand.
func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"the", "a,b", "", nil}),
		dataflowtest.Col("share", []float64{0.25, 0.125, 1e-9, 0}))
	ctx := context.Background()
	env := dataflow.Env{Reserve: func(int64) error { return nil }}
	out, err := csvio.WriteTo(os.Stdout).Open(ctx, rec.Schema(), env)
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
	// word,share
	// the,0.25
	// "a,b",0.125
	// "",1e-9
	// ,0
}
