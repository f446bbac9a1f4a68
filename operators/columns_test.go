package operators_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// threeColumns is the input of the tests of operators over columns.
func threeColumns() arrow.Record {
	return dataflowtest.Batch(
		dataflowtest.Col("a", []any{int64(1), nil, int64(3)}),
		dataflowtest.Col("b", []string{"x", "", "z"}),
		dataflowtest.Col("c", []float64{0.5, 1.5, 2.5}))
}

func TestColumnOperators(t *testing.T) {
	t.Parallel()
	a, b, c := []any{int64(1), nil, int64(3)}, []string{"x", "", "z"}, []float64{0.5, 1.5, 2.5}
	col := dataflowtest.Col
	for _, tt := range []struct {
		op   dataflow.Operator
		text string
		want arrow.Record
	}{
		{operators.Project("c", "a"), "columns c, a", dataflowtest.Batch(col("c", c), col("a", a))},
		{operators.Project("a", "b", "c"), "columns a, b, c", threeColumns()},
		{operators.Drop("b"), "all columns but b", dataflowtest.Batch(col("a", a), col("c", c))},
		{operators.Drop("c", "a"), "all columns but c, a", dataflowtest.Batch(col("b", b))},
		{operators.Rename("a", "n"), "a as n", dataflowtest.Batch(col("n", a), col("b", b), col("c", c))},
		{operators.Rename("a", "b", "b", "a"), "a as b, b as a", dataflowtest.Batch(col("b", a), col("a", b), col("c", c))},
		{operators.Rename("a", "b", "b", "d"), "a as b, b as d", dataflowtest.Batch(col("b", a), col("d", b), col("c", c))},
		{operators.Rename("a", "a"), "a as a", threeColumns()},
	} {
		if got := fmt.Sprint(tt.op); got != tt.text {
			t.Errorf("String() = %q, want %q", got, tt.text)
		}
		dataflowtest.CheckOperator(t, tt.op, threeColumns(), tt.want)
	}
}

func TestColumnOperatorsFail(t *testing.T) {
	for _, tt := range []struct {
		op   dataflow.Operator
		want string
	}{
		{operators.Project("a", "d"), `no column "d": there are a, b, c`},
		{operators.Project("a", "a"), `column "a" is named twice`},
		{operators.Project(""), "a column's name is empty"},
		{operators.Drop("d"), `no column "d": there are a, b, c`},
		{operators.Drop("a", "a"), `column "a" is named twice`},
		{operators.Drop(), "no column to drop"},
		{operators.Rename(), "no column to rename"},
		{operators.Rename("a"), `there are 1: "a" has no new name`},
		{operators.Rename("a", "x", "b"), `there are 3: "b" has no new name`},
		{operators.Rename("d", "x"), `no column "d": there are a, b, c`},
		{operators.Rename("a", "b"), `columns "a" and "b" would both be named "b"`},
		{operators.Rename("a", "x", "b", "x"), `columns "a" and "b" would both be named "x"`},
		{operators.Rename("a", "x", "a", "y"), `column "a" is named twice`},
		{operators.Rename("a", ""), `the new name of column "a" is empty`},
	} {
		dataflowtest.Fails(t, tt.op, threeColumns(), tt.want)
	}
}

// TestColumnOperatorsCopyNothing compares the addresses of all buffers, and of
// the selection.
func TestColumnOperatorsCopyNothing(t *testing.T) {
	in := threeColumns()
	sel := []int32{0, 2}
	for _, tt := range []struct {
		op   dataflow.Operator
		from []int
	}{
		{operators.Project("c", "a"), []int{2, 0}},
		{operators.Drop("b"), []int{0, 2}},
		{operators.Rename("a", "n", "c", "a"), []int{0, 1, 2}},
		{operators.Filter(operators.Where(func(_ arrow.Record, keep []bool) error { keep[1] = true; return nil })), []int{0, 1, 2}},
	} {
		out, outSel := processOne(t, tt.op, in, sel)
		for i, c := range tt.from {
			want := in.Column(c).Data().Buffers()
			for j, got := range out.Column(i).Data().Buffers() {
				if got != want[j] {
					t.Errorf("%v: buffer %d of column %d was copied", tt.op, j, i)
				}
			}
		}
		if _, filters := tt.op.(dataflow.Bounder); filters {
			if len(outSel) != 1 || outSel[0] != 2 {
				t.Errorf("%v: selection %v, want [2]", tt.op, outSel)
			}
		} else if &outSel[0] != &sel[0] {
			t.Errorf("%v: the selection was copied", tt.op)
		}
		out.Release()
	}
}

// processOne is what op makes of one chunk.
func processOne(t *testing.T, op dataflow.Operator, in arrow.Record, sel []int32) (arrow.Record, []int32) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	task, err := op.NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	var out dataflow.Chunk
	if err := task.Process(t.Context(), dataflow.Chunk{Rec: in, Sel: sel}, func(c dataflow.Chunk) error { out = c; return nil }); err != nil {
		t.Fatal(err)
	}
	return out.Rec, out.Sel
}

// TestColumnOperatorsNarrow asks each for some of its output over an input with
// only what that takes, and with more.
func TestColumnOperatorsNarrow(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("a", []int64{1}), dataflowtest.Col("b", []int64{2}), dataflowtest.Col("c", []int64{3}), dataflowtest.Col("d", []int64{4}))
	for _, op := range []dataflow.Operator{
		operators.Project("c", "a", "b"),
		operators.Drop("b"),
		operators.Rename("a", "b", "b", "x"),
		operators.Rename("a", "b", "b", "a"),
		operators.Filter(operators.Where(func(in arrow.Record, keep []bool) error { keep[0] = in.NumCols() == 1; return nil }, "b")),
	} {
		whole, err := op.OutSchema(in.Schema())
		if err != nil {
			t.Fatal(err)
		}
		all, _ := processOne(t, op, in, nil)
		for subset := range 1 << whole.NumFields() {
			var out []string
			for i, f := range whole.Fields() {
				if subset>>i&1 == 1 {
					out = append(out, f.Name)
				}
			}
			narrow := op.(dataflow.Narrower).Narrow(out)
			needs := op.(dataflow.ColumnUser).InColumns(out)
			least, _ := processOne(t, operators.Project(intersection([]string{"a", "b", "c", "d"}, needs)...), in, nil)
			for _, input := range []arrow.Record{least, in} {
				got, _ := processOne(t, narrow, input, nil)
				want, _ := processOne(t, operators.Project(out...), all, nil)
				if d := dataflowtest.Diff(dataflowtest.Rows(want), dataflowtest.Rows(got)); d != "" || !got.Schema().Equal(want.Schema()) {
					t.Errorf("%v for %v of %v: %s%s", op, out, input.Schema(), got.Schema(), d)
				}
			}
			for _, name := range out {
				from, ok := op.(dataflow.Tracer).Trace(name)
				if !ok || in.Column(in.Schema().FieldIndices(from)[0]) != all.Column(all.Schema().FieldIndices(name)[0]) {
					t.Errorf("%v: Trace(%q) = %q, %v", op, name, from, ok)
				}
			}
		}
		if from, ok := op.(dataflow.Tracer).Trace("b"); ok && fmt.Sprint(op) == "all columns but b" {
			t.Errorf("Trace of a dropped column = %q", from)
		}
	}
	if from, ok := operators.Rename("a", "x").(dataflow.Tracer).Trace("a"); ok {
		t.Errorf("Trace of a name that was given up = %q", from)
	}
}

func intersection(of, with []string) []string {
	var both []string
	for _, a := range of {
		for _, b := range with {
			if a == b {
				both = append(both, a)
			}
		}
	}
	return both
}
