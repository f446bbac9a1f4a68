package tableio_test

import (
	"context"
	"fmt"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/tableio"
)

// A run opens, feeds and commits the sinks of its graph; here it is done by hand.
func ExampleWriteTo() {
	rec := dataflowtest.Batch(
		dataflowtest.Col("n", []int64{20769, 18}),
		dataflowtest.Col("word", []string{"que", "漢字"}),
		dataflowtest.Col("share", []float64{0.25, 0.125}))
	ctx := context.Background()
	env := dataflow.Env{Reserve: func(int64) error { return nil }}
	out, err := tableio.WriteTo(os.Stdout).Open(ctx, rec.Schema(), env)
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
	//     n  word  share
	// -----  ----  -----
	// 20769  que    0.25
	//    18  漢字  0.125
}
