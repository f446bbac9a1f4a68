package parse_test

import (
	"context"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/parse"
)

func ExampleExpr() {
	e, err := parse.Expr(`NOT(v1>2) or "Origin State" in ('Ohio',null)`)
	fmt.Println(e, err)
	_, err = parse.Expr("v1 > 2 and and id4 = 1")
	fmt.Println(err)
	// Output:
	// not v1 > 2 or "Origin State" in ('Ohio', null) <nil>
	// character 12: found "and", expected a value: a column, a number, 'text', a function or "("
	//   v1 > 2 and and id4 = 1
	//              ^
}

func ExampleColumns() {
	columns, err := parse.Columns(`id1, "Origin State", 2020`)
	fmt.Printf("%q %v\n", columns, err)
	// Output:
	// ["id1" "Origin State" "2020"] <nil>
}

func ExampleSortKeys() {
	keys, err := parse.SortKeys("SUM( v1 ) desc, id1")
	fmt.Println(keys, err)
	// Output:
	// [sum(v1) desc id1 asc] <nil>
}

func ExampleAggregates() {
	orders := dataflowtest.Batch(
		dataflowtest.Col("shop", []string{"north", "south", "north", "south"}),
		dataflowtest.Col("qty", []int64{3, 1, 2, 4}),
		dataflowtest.Col("price", []float64{9.5, 20, 3, 6}))
	aggregates, err := parse.Aggregates("sum(qty * price) as revenue, max(price) - min(price), count()")
	if err != nil {
		fmt.Println(err)
		return
	}
	byShop, err := aggregates.GroupBy("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := parse.SortKeys("max(price) - min(price) desc")
	if err != nil {
		fmt.Println(err)
		return
	}
	s := dataflow.New().Source("orders", memio.Batches(orders)).Apply("by shop", byShop).TreeReduce("sorted", operators.Sort(keys...))
	job, err := executor.Start(context.Background(), s, executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for rec, err := range job.Batches() {
		if err != nil {
			fmt.Println(err)
			return
		}
		for i := range int(rec.NumCols()) {
			fmt.Println(rec.ColumnName(i))
		}
		for _, row := range dataflowtest.Rows(rec) {
			fmt.Println(row...)
		}
	}
	// Output:
	// shop
	// revenue
	// max(price) - min(price)
	// count()
	// south 44 14 2
	// north 34.5 6.5 2
}
