package executor_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/io/textio"
	"github.com/arrowmill/arrowmill/operators"
)

// The most frequent words of all text files below a folder.
func ExampleRun() {
	g := dataflow.New()
	g.Source("text", textio.Text("testdata/corpus/**/*.txt")).
		Map("words", operators.Words("text")).
		TreeReduce("count", operators.GroupBy("word").Agg(operators.Count().As("n"))).
		TreeReduce("top", operators.TopK(4, operators.Desc("n"), operators.Asc("word"))).
		Sink("print", csvio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// word,n
	// it,3
	// more,3
	// the,3
	// goes,2
}

// A groupby of batches, with a function of one's own before it, whose answer is
// ranged over.
func ExampleStart() {
	sales := dataflowtest.Batch(
		dataflowtest.Col("shop", []string{"north", "south", "north", "south", "south"}),
		dataflowtest.Col("qty", []int64{1, 2, 3, 0, 5}))
	sold := operators.Where(func(in arrow.Record, keep []bool) error {
		for i, qty := range in.Column(0).(*array.Int64).Int64Values() {
			keep[i] = qty > 0
		}
		return nil
	}, "qty")

	byShop := dataflow.New().
		Source("sales", memio.Batches(sales)).
		Map("sold", operators.Filter(sold)).
		TreeReduce("by shop", operators.GroupBy("shop").Agg(
			operators.Sum(operators.Col("qty")),
			operators.Count().As("n"))).
		TreeReduce("sorted", operators.TopK(100, operators.Asc("shop")))

	job, err := executor.Start(context.Background(), byShop, executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range job.Batches() {
		if err != nil {
			log.Fatal(err)
		}
		for _, row := range dataflowtest.Rows(batch) {
			fmt.Println(row...)
		}
	}
	// Output:
	// north 4 2
	// south 7 2
}

// Rows of one user are merged in the order of the source by a function of two
// batches.
func ExampleRun_shuffle() {
	rows := dataflowtest.Batch(
		dataflowtest.Col("user", []string{"ada", "bob", "ada", "bob", "ada"}),
		dataflowtest.Col("visits", []int64{1, 10, 2, 20, 3}))
	longer := func(a, b arrow.Record) (arrow.Record, error) {
		if b.NumRows() > a.NumRows() {
			return b, nil
		}
		return a, nil
	}
	g := dataflow.New()
	g.Source("rows", memio.Batches(rows)).
		Shuffle("by user", operators.HashBy("user"), dataflow.Partitions(4)).
		TreeReduce("longest", operators.Combine(longer), dataflow.FanIn(4)).
		Sink("print", csvio.WriteTo(os.Stdout))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// user,visits
	// bob,10
	// bob,20
	// ada,1
	// ada,2
	// ada,3
}

// The plan of a graph: two pipelines, and only the column that is needed.
func ExampleExplain() {
	rows := dataflowtest.Batch(
		dataflowtest.Col("user", []string{"ada"}),
		dataflowtest.Col("visits", []int64{1}))
	g := dataflow.New()
	g.Source("rows", memio.Batches(rows)).
		TreeReduce("users", operators.GroupBy("user")).
		Sink("print", csvio.WriteTo(os.Stdout))
	plan, err := executor.Explain(context.Background(), g)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	// Output:
	// pipeline 1: source "rows": 1 rows in memory, columns user utf8
	//     reads user utf8
	//     tree-reduce "users": group by user; an accumulator a worker, merged in a tree or, where they are large, by hash over 256 partitions [repartitions] [blocks]
	// pipeline 2: the answer of tree-reduce "users"
	//     sink "print": csv
}
