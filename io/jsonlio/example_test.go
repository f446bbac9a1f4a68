package jsonlio_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

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

func ExampleScan() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "events.jsonl")
	text := `{"id":9007199254740993,"at":"2024-02-29T23:05:09Z","tags":["a","b"]}
{"id":7,"tags":[],"size":{"w":1.5}}
`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	g := dataflow.New()
	g.Source("events", jsonlio.Scan(path)).Sink("print", jsonlio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"id":9007199254740993,"at":"2024-02-29T23:05:09Z","tags":["a","b"],"size":null}
	// {"id":7,"at":null,"tags":[],"size":{"w":1.5}}
}
