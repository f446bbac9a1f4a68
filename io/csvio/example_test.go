package csvio_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/memio"
)

func ExampleScan() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	text := "zip,shop,price\n00501,\"Pens, \"\"Ink\"\" & Co\",12.5\n90210,,7\n"
	if err := os.WriteFile(filepath.Join(dir, "shops.csv"), []byte(text), 0o644); err != nil {
		fmt.Println(err)
		return
	}

	g := dataflow.New()
	g.Source("shops", csvio.Scan(filepath.Join(dir, "*.csv"))).Sink("print", csvio.WriteTo(os.Stdout))
	schemas, err := g.Check(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dataflow.FormatSchema(schemas[g.Stages()[0]].Out))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// zip utf8, shop utf8, price float64
	// zip,shop,price
	// 00501,"Pens, ""Ink"" & Co",12.5
	// 90210,,7
}

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
