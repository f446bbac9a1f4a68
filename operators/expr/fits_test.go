package expr_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// TestSchemaAfterSchema: what was settled for one schema is not taken for another
// in which the columns stand elsewhere or are of other types.
func TestSchemaAfterSchema(t *testing.T) {
	i64, f64, text := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String
	e := expr.Col("a").Add(expr.Col("b"))
	for _, c := range []struct {
		name string
		in   arrow.Record
		want string
	}{
		{"a, b", df.Batch(df.ColOf("a", i64, 1), df.ColOf("b", i64, 2)), "int64 3"},
		{"the same", df.Batch(df.ColOf("a", i64, 3), df.ColOf("b", i64, 4)), "int64 7"},
		{"others behind them", df.Batch(df.ColOf("a", i64, 3), df.ColOf("b", i64, 5), df.ColOf("c", text, "x")), "int64 8"},
		{"in other places", df.Batch(df.ColOf("c", i64, 100), df.ColOf("b", i64, 5), df.ColOf("a", i64, 1)), "int64 6"},
		{"of another type", df.Batch(df.ColOf("c", i64, 100), df.ColOf("b", f64, 0.5), df.ColOf("a", i64, 1)), "float64 1.5"},
	} {
		typ, err := e.Type(c.in.Schema())
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Eval(t.Context(), dataflow.Chunk{Rec: c.in}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		if got := typ.String() + " " + v.ValueStr(0); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		v.Release()
		c.in.Release()
	}
	only := df.Batch(df.ColOf("a", i64, 1))
	defer only.Release()
	if _, err := e.Type(only.Schema()); err == nil || err.Error() != `no column "b": there are a` {
		t.Errorf("without b: %v", err)
	}
}
