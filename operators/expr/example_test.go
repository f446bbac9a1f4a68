package expr_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

func Example() {
	in := dataflowtest.Batch(dataflowtest.Col("price", []any{10.0, nil, 8.0}), dataflowtest.Col("off", []float64{0.5, 0, 0.25}))
	net := expr.Col("price").Mul(expr.Lit(1).Sub(expr.Col("off")))
	values, err := net.Eval(context.Background(), dataflow.Chunk{Rec: in}, memory.DefaultAllocator)
	fmt.Println(net, values, err)
	fmt.Println(net.Gt(5).And(expr.Col("off").In(0.5, 0.25)).Bounds(in.Schema()))
	// Output:
	// price * (1 - off) [5 (null) 6] <nil>
	// [{off >= 0.25} {off <= 0.5}]
}
