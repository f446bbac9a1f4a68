package operators_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// randomInput is a batch of columns i, f, s, b with nulls, and its rows.
func randomInput(t *testing.T, rows int) (arrow.Record, [][]any) {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %#x", seed)
		}
	})
	in := dataflowtest.Random(seed, rows,
		arrow.Field{Name: "i", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "b", Type: arrow.FixedWidthTypes.Boolean})
	return in, dataflowtest.Rows(in)
}

// column is a column of what f makes of each row.
func column(name string, t arrow.DataType, rows [][]any, f func(row []any) any) dataflowtest.Column {
	values := make([]any, len(rows))
	for i, r := range rows {
		values[i] = f(r)
	}
	return dataflowtest.ColOf(name, t, values...)
}

// beside is columns of in, named, with others.
func beside(in arrow.Record, names []string, more ...dataflowtest.Column) arrow.Record {
	var fields []arrow.Field
	var cols []arrow.Array
	made := dataflowtest.Batch(more...)
	for _, n := range names {
		from := in
		at := in.Schema().FieldIndices(n)
		if made := made.Schema().FieldIndices(n); len(made) > 0 {
			at = nil
		}
		if len(at) == 0 {
			from, at = made, made.Schema().FieldIndices(n)
		}
		fields, cols = append(fields, from.Schema().Field(at[0])), append(cols, from.Column(at[0]))
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, in.NumRows())
}

// thrice is i * 3 of a row, in 64 bits.
func thrice(row []any) any {
	if row[0] == nil {
		return nil
	}
	return 3 * int64(row[0].(int32))
}

func TestWith(t *testing.T) {
	t.Parallel()
	in, rows := randomInput(t, 200)
	i := operators.Col("i")
	dataflowtest.CheckOperator(t, operators.With("x", i.Mul(3)), in,
		beside(in, []string{"i", "f", "s", "b", "x"}, column("x", arrow.PrimitiveTypes.Int64, rows, thrice)), dataflowtest.DictionaryToo())
	dataflowtest.CheckOperator(t, operators.With("i", i.Mul(3)), in,
		beside(in, []string{"i", "f", "s", "b"}, column("i", arrow.PrimitiveTypes.Int64, rows, thrice)))
	dataflowtest.CheckOperator(t, operators.With("i", operators.Lit("a")), in,
		beside(in, []string{"i", "f", "s", "b"}, column("i", arrow.BinaryTypes.String, rows, func([]any) any { return "a" })))
	dataflowtest.CheckOperator(t, operators.With("long", operators.If(operators.Col("s").Length().Gt(5), operators.Col("f"), nil)), in,
		beside(in, []string{"i", "f", "s", "b", "long"}, column("long", arrow.PrimitiveTypes.Float64, rows, func(r []any) any {
			if s, ok := r[2].(string); ok && len([]rune(s)) > 5 {
				return r[1]
			}
			return nil
		})))
	copied := operators.With("j", i)
	want := beside(in, []string{"i", "f", "s", "b"})
	cols := append(slices.Clone(want.Columns()), in.Column(0))
	fields := append(want.Schema().Fields(), arrow.Field{Name: "j", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
	dataflowtest.CheckOperator(t, copied, in, array.NewRecord(arrow.NewSchema(fields, nil), cols, in.NumRows()))
}

func TestSelect(t *testing.T) {
	t.Parallel()
	in, rows := randomInput(t, 200)
	dataflowtest.CheckOperator(t, operators.Select(operators.Col("s").Lower().IsNull().As("none"), operators.Col("f").As("f"), operators.Col("i").Mul(3).As("i")), in,
		beside(in, []string{"none", "f", "i"},
			column("none", arrow.FixedWidthTypes.Boolean, rows, func(r []any) any { return r[2] == nil }),
			column("i", arrow.PrimitiveTypes.Int64, rows, thrice)))
}

func TestCast(t *testing.T) {
	t.Parallel()
	in, rows := randomInput(t, 200)
	dataflowtest.CheckOperator(t, operators.Cast("i", arrow.BinaryTypes.String), in,
		beside(in, []string{"i", "f", "s", "b"}, column("i", arrow.BinaryTypes.String, rows, func(r []any) any {
			if r[0] == nil {
				return nil
			}
			return fmt.Sprint(r[0])
		})))
}

func TestFilterByExpression(t *testing.T) {
	t.Parallel()
	n := 140 // bitmaps of three words
	if testing.Short() {
		n = 60
	}
	in, rows := randomInput(t, n)
	positive := func(r []any) bool { v, ok := r[0].(int32); return ok && v > 0 }
	large := func(r []any) bool { f, ok := r[1].(float64); return ok && (f >= 1 || math.IsNaN(f)) }
	i, f, s, b := operators.Col("i"), operators.Col("f"), operators.Col("s"), operators.Col("b")
	for _, tt := range []struct {
		e    expr.Expr
		keep func(r []any) bool
	}{
		{i.Gt(0), positive},
		{i.Gt(0).And(f.Ge(1)), func(r []any) bool { return positive(r) && large(r) }},
		{i.Gt(0).Or(f.Ge(1)), func(r []any) bool { return positive(r) || large(r) }},
		{s.StartsWith("a"), func(r []any) bool { v, ok := r[2].(string); return ok && v != "" && v[0] == 'a' }},
		{s.In("a", "é").And(b), func(r []any) bool { return (r[2] == "a" || r[2] == "é") && r[3] == true }},
		{s.IsNull().Or(b.Not()), func(r []any) bool { return r[2] == nil || r[3] == false }},
		{i.Mul(i).Gt(16), func(r []any) bool { v, ok := r[0].(int32); return ok && int64(v)*int64(v) > 16 }},
	} {
		var kept []int32
		for i, r := range rows {
			if tt.keep(r) {
				kept = append(kept, int32(i))
			}
		}
		want, err := batch.Take(in, kept, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		op := operators.Filter(tt.e)
		if got := fmt.Sprint(op); got != "keep rows where "+tt.e.String() {
			t.Error(got)
		}
		dataflowtest.CheckOperator(t, op, in, want, dataflowtest.DictionaryToo())
	}
}

func TestComputedPowers(t *testing.T) {
	x := operators.With("x", operators.Col("i").Add(operators.Col("j")))
	for _, tt := range []struct {
		op   dataflow.Operator
		out  []string
		want string
	}{
		{x, []string{"a", "x"}, "[a i j]"}, {x, []string{"a"}, "[a]"}, {x, []string{"i", "x"}, "[i j]"},
		{operators.With("i", operators.Col("j")), []string{"i"}, "[j]"},
		{operators.Cast("i", arrow.PrimitiveTypes.Int8), []string{"i", "a"}, "[a i]"},
		{operators.Select(operators.Col("i").As("a"), operators.Col("j").Add(operators.Col("i")).As("b"), operators.Col("k").As("c")), []string{"a", "b"}, "[i j]"},
	} {
		if got := fmt.Sprint(tt.op.(dataflow.ColumnUser).InColumns(tt.out)); got != tt.want {
			t.Errorf("%s needs %s for %v, want %s", tt.op, got, tt.out, tt.want)
		}
	}
	for want, op := range map[string]dataflow.Operator{
		"x = i + j":                     x,
		"cast(i as int8)":               operators.Cast("i", arrow.PrimitiveTypes.Int8),
		"columns i, f as g, i + 1 as n": operators.Select(operators.Col("i").As("i"), operators.Col("f").As("g"), operators.Col("i").Add(1).As("n")),
	} {
		if got := fmt.Sprint(op); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	filter := operators.Filter(operators.Col("i").Gt(2).And(operators.Col("s").Eq("a")))
	if got := fmt.Sprint(filter.(dataflow.Bounder).Bounds(dataflowtest.Batch(dataflowtest.Col("i", []int64{}), dataflowtest.Col("s", []string{})).Schema())); got != "[{i > 2} {s = a}]" {
		t.Error(got)
	}
}

func TestComputedFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("i", []any{int64(1), nil, int64(math.MaxInt64)}), dataflowtest.Col("s", []string{"1", "2", "x"}))
	dataflowtest.Fails(t, operators.With("", operators.Lit(1)), in, "a column's name is empty")
	dataflowtest.Fails(t, operators.With("x", operators.Col("j")), in, `no column "j": there are i, s`)
	dataflowtest.Fails(t, operators.With("x", operators.Expr{}), in, "the expression is empty")
	dataflowtest.Fails(t, operators.With("x", operators.Col("i").Add(1)), in, "i + 1: the result does not fit int64, in row")
	dataflowtest.Fails(t, operators.Cast("s", arrow.PrimitiveTypes.Int64), in, "cast(s as int64): 'x' is no int64, in row")
	dataflowtest.Fails(t, operators.Cast("s", nil), in, "the type to cast to is nil")
	dataflowtest.Fails(t, operators.Select(operators.Lit(1).As("a"), operators.Lit(2).As("a")), in, `column "a" is named twice`)
	dataflowtest.Fails(t, operators.Select(operators.Lit(1).As("")), in, "name is empty")
	dataflowtest.Fails(t, operators.Filter(operators.Col("i").Add(1)), in, "i + 1 is of type int64, no condition")
	dataflowtest.Fails(t, operators.Filter(operators.Col("s").Gt(1)), in, "s > 1: text and int64 do not go together")
	dataflowtest.Fails(t, operators.Filter(operators.Col("i").Mul(2).Gt(1)), in, "i * 2: the result does not fit int64")
}

// TestDroppedRowsAreNoErrors: what a filter dropped is not computed with, be the rest
// gathered first or not.
func TestDroppedRowsAreNoErrors(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("i", []int64{math.MaxInt64, 1, 2, math.MaxInt64, 3, 4, 5, 6}))
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	task, err := operators.With("j", operators.Col("i").Add(1)).NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	for _, sel := range [][]int32{{1}, {1, 2, 4, 5, 6, 7}} {
		err := task.Process(t.Context(), dataflow.Chunk{Rec: in, Sel: sel}, func(c dataflow.Chunk) error {
			defer c.Rec.Release()
			rec, err := batch.Compact(c.Rec, c.Sel, alloc)
			if err != nil {
				return err
			}
			defer rec.Release()
			for r, row := range dataflowtest.Rows(rec) {
				if row[1] != row[0].(int64)+1 || row[0] != in.Column(0).(*array.Int64).Value(int(sel[r])) {
					t.Errorf("rows %v: %v", sel, row)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestAggregatesTakeExpressions: an argument that two aggregates share is the same one.
func TestAggregatesTakeExpressions(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("k", []string{"a", "b", "a"}), dataflowtest.Col("p", []int64{10, 20, 30}), dataflowtest.Col("d", []float64{0.5, 0.25, 0}))
	rev := func() operators.Expr { return operators.Col("p").Mul(operators.Lit(1).Sub(operators.Col("d"))) }
	op := operators.GroupBy("k").Agg(operators.Sum(rev()), operators.Mean(rev()).As("m"), operators.Max(operators.Col("p").Neg()))
	want := dataflowtest.Batch(dataflowtest.Col("k", []string{"a", "b"}), dataflowtest.Col("sum(p * (1 - d))", []float64{35, 15}),
		dataflowtest.Col("m", []float64{17.5, 15}), dataflowtest.Col("max(-p)", []int64{-10, -20}))
	dataflowtest.CheckReducer(t, op, in, want)
}

func Example_expressions() {
	in := dataflowtest.Batch(dataflowtest.Col("qty", []any{int64(2), int64(0), nil, int64(5)}), dataflowtest.Col("price", []float64{1.5, 9, 2, 3}))
	qty, price := operators.Col("qty"), operators.Col("price")
	fmt.Println(operators.Filter(qty.Gt(0)))
	fmt.Println(operators.With("rev", qty.Mul(price)))
	rev, err := qty.Mul(price).Eval(context.Background(), dataflow.Chunk{Rec: in}, memory.DefaultAllocator)
	fmt.Println(rev, err)
	// Output:
	// keep rows where qty > 0
	// rev = qty * price
	// [3 0 (null) 15] <nil>
}
