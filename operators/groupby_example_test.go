package operators_test

import (
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

func ExampleGroupBy() {
	sales := dataflowtest.Batch(
		dataflowtest.Col("region", []string{"north", "south", "north", "east", "north"}),
		dataflowtest.Col("price", []any{3.5, 1.0, nil, 8.0, 2.25}),
	)
	price := operators.Col("price")
	g := dataflow.New()
	byRegion := g.Source("sales", memio.Batches(sales)).
		TreeReduce("by region", operators.GroupBy("region").Agg(operators.Count().As("n"), operators.Min(price), operators.Max(price)))
	job, err := executor.Start(context.Background(), byRegion, executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for batch, err := range job.Batches() {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, row := range dataflowtest.Rows(batch) {
			fmt.Println(row...)
		}
	}
	// Unordered output:
	// north 3 2.25 3.5
	// south 1 1 1
	// east 1 8 8
}
