package operators_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// orders is the input of the examples.
func orders() *dataflow.Stream {
	rec := dataflowtest.Batch(
		dataflowtest.Col("shop", []string{"north", "south", "north", "east", "south"}),
		dataflowtest.Col("qty", []int64{3, 1, 0, 7, 4}),
		dataflowtest.Col("price", []float64{9.5, 20, 3, 1.25, 6}))
	return dataflow.New().Source("orders", memio.Batches(rec))
}

// show runs the graph of a stream and prints its rows.
func show(s *dataflow.Stream) {
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
		for _, row := range dataflowtest.Rows(rec) {
			fmt.Println(row...)
		}
	}
}

func ExampleMapBatch() {
	revenue := arrow.NewSchema([]arrow.Field{{Name: "revenue", Type: arrow.PrimitiveTypes.Float64}}, nil)
	multiply := func(_ context.Context, in arrow.Record) (arrow.Record, error) {
		qty, price := in.Column(1).(*array.Int64), in.Column(2).(*array.Float64)
		b := array.NewRecordBuilder(memory.DefaultAllocator, revenue)
		defer b.Release()
		for i, q := range qty.Int64Values() {
			b.Field(0).(*array.Float64Builder).Append(float64(q) * price.Value(i))
		}
		return b.NewRecord(), nil
	}
	show(orders().Map("revenue", operators.MapBatch(revenue, multiply)))
	// Output:
	// 28.5
	// 20
	// 0
	// 8.75
	// 24
}

func ExampleFlatMap() {
	// Each order once for each piece: parts of a batch are slices, not copies.
	pieces := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		for i, q := range in.Column(1).(*array.Int64).Int64Values() {
			for range q {
				if err := emit(in.NewSlice(int64(i), int64(i)+1)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	show(orders().
		Map("pieces", operators.FlatMap(nil, pieces)).
		Map("shop", operators.Project("shop")).
		TreeReduce("some", operators.Limit(5)))
	// Output:
	// north
	// north
	// north
	// south
	// east
}

func ExampleFilter() {
	large := operators.Where(func(in arrow.Record, keep []bool) error {
		for i, q := range in.Column(0).(*array.Int64).Int64Values() {
			keep[i] = q >= 3
		}
		return nil
	}, "qty")
	show(orders().Map("large", operators.Filter(large)))
	// Output:
	// north 3 9.5
	// east 7 1.25
	// south 4 6
}

func ExampleWhere() {
	known := operators.Where(func(in arrow.Record, keep []bool) error {
		shop := in.Column(0)
		for i := range keep {
			keep[i] = shop.IsValid(i)
		}
		return nil
	}, "shop")
	fmt.Println(operators.Filter(known))
	// Output: keep rows where function(shop)
}

func ExampleProject() {
	show(orders().Map("columns", operators.Project("qty", "shop")).TreeReduce("two", operators.Limit(2)))
	// Output:
	// 3 north
	// 1 south
}

func ExampleDrop() {
	show(orders().Map("columns", operators.Drop("price")).TreeReduce("two", operators.Limit(2)))
	// Output:
	// north 3
	// south 1
}

func ExampleRename() {
	in := arrow.NewSchema([]arrow.Field{{Name: "qty", Type: arrow.PrimitiveTypes.Int64}, {Name: "sku", Type: arrow.BinaryTypes.String}}, nil)
	out, err := operators.Rename("qty", "quantity", "sku", "article").OutSchema(in)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dataflow.FormatSchema(out))
	// Output: quantity int64, article utf8
}

func ExampleLimit() {
	show(orders().TreeReduce("first", operators.Limit(2)))
	// Output:
	// north 3 9.5
	// south 1 20
}

func ExampleTopK() {
	show(orders().TreeReduce("top", operators.TopK(3, operators.Desc("qty"), operators.Asc("shop"))))
	// Output:
	// east 7 1.25
	// south 4 6
	// north 3 9.5
}

func ExampleCombine() {
	// The dearest order: a function of two batches that returns one of them.
	price := func(in arrow.Record) float64 { return in.Column(2).(*array.Float64).Value(0) }
	single := func(_ context.Context, in arrow.Record, emit func(arrow.Record) error) error {
		for i := range in.NumRows() {
			if err := emit(in.NewSlice(i, i+1)); err != nil {
				return err
			}
		}
		return nil
	}
	dearer := func(a, b arrow.Record) (arrow.Record, error) {
		if price(a) >= price(b) {
			return a, nil
		}
		return b, nil
	}
	show(orders().
		Map("one by one", operators.FlatMap(nil, single)).
		TreeReduce("dearest", operators.Combine(dearer)))
	// Output: south 1 20
}

func ExampleCommutative() {
	// The sum of all numbers: in whatever order batches come.
	total := func(a, b arrow.Record) (arrow.Record, error) {
		var sum int64
		for _, rec := range []arrow.Record{a, b} {
			for _, n := range rec.Column(0).(*array.Int64).Int64Values() {
				sum += n
			}
		}
		out := array.NewRecordBuilder(memory.DefaultAllocator, a.Schema())
		defer out.Release()
		out.Field(0).(*array.Int64Builder).Append(sum)
		return out.NewRecord(), nil
	}
	one := dataflowtest.Batch(dataflowtest.Col("n", []int64{1, 2}))
	two := dataflowtest.Batch(dataflowtest.Col("n", []int64{30, 40}))
	show(dataflow.New().Source("numbers", memio.Batches(one, two)).
		TreeReduce("total", operators.Combine(total, operators.Commutative())))
	// Output: 73
}

func ExampleHashBy() {
	// Each partition is reduced by itself: the largest order of each shop here,
	// as every shop has a partition of its own among so many.
	show(orders().
		Shuffle("by shop", operators.HashBy("shop"), dataflow.Partitions(10_000)).
		TreeReduce("largest", operators.TopK(1, operators.Desc("qty"))).
		TreeReduce("in order", operators.TopK(9, operators.Asc("shop"))))
	// Output:
	// east 7 1.25
	// north 3 9.5
	// south 4 6
}

func ExampleRoundRobin() {
	show(orders().
		Shuffle("spread", operators.RoundRobin(), dataflow.Partitions(2)).
		TreeReduce("largest of each", operators.TopK(1, operators.Desc("qty"))).
		TreeReduce("in order", operators.TopK(9, operators.Desc("qty"))))
	// Output:
	// east 7 1.25
	// south 4 6
}

func ExampleAsc() {
	fmt.Println(operators.TopK(10, operators.Asc("word")))
	// Output: top 10 by word asc
}

func ExampleDesc() {
	fmt.Println(operators.TopK(20, operators.Desc("n"), operators.Asc("word")))
	// Output: top 20 by n desc, word asc
}
