package dataflowtest_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// everySecond is an operator with a mistake: it counts rows by batch, so that what
// it makes depends on how large batches are.
type everySecond struct{}

func (everySecond) String() string { return "every second row" }

func (everySecond) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return in, nil }

func (e everySecond) NewTask(*arrow.Schema, dataflow.Env) (dataflow.Task, error) { return e, nil }

func (everySecond) Close() {}

func (everySecond) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	sel := []int32{}
	for i := int32(0); int64(i) < in.Rec.NumRows(); i += 2 {
		sel = append(sel, i)
	}
	in.Rec.Retain()
	return emit(dataflow.Chunk{Rec: in.Rec, Sel: sel})
}

// In a test, t is its *testing.T.
func ExampleCheckOperator() {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{1, 2, 3, 4, 5, 6}))
	want := dataflowtest.Batch(dataflowtest.Col("n", []int64{1, 3, 5}))
	t := &recorder{}
	dataflowtest.CheckOperator(t, everySecond{}, in, want, dataflowtest.Seed(1))
	fmt.Println(t.finish())
	// Output:
	// dataflowtest: every second row, with whole batches, 2 splits, empty batches in between, a dictionary a batch for n (Seed(0x1)): rows differ (3 wanted, 4 got):
	//   row 2: want [5]
	//   row 2: got  [4]
	//   row 3: got  [6]
}

// A naive oracle and random input find what no case thought of.
func ExampleCheckReducer() {
	in := dataflowtest.Random(20, 100,
		arrow.Field{Name: "k", Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: "v", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	sums := map[any]int64{} // the oracle
	for _, row := range dataflowtest.Rows(in) {
		v, _ := row[1].(int64)
		sums[row[0]] += v
	}
	var keys, values []any
	for k, v := range sums {
		keys, values = append(keys, k), append(values, v)
	}
	want := dataflowtest.Batch(dataflowtest.Col("k", keys), dataflowtest.Col("sum", values))
	t := &recorder{}
	dataflowtest.CheckReducer(t, total{}, in, want, dataflowtest.DictionaryToo("k"))
	fmt.Printf("%d failures %s\n", len(t.failures), t.finish())
	// Output: 0 failures
}
