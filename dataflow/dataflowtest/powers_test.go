package dataflowtest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// atLeast keeps rows with x ≥ least and makes the columns out, all where it is
// nil. It has every power that a planner uses, and faults to choose.
type atLeast struct {
	least int64
	out   []string
	fault string
}

func (a atLeast) columns(in *arrow.Schema) (at []int) {
	for i, f := range in.Fields() {
		if a.out == nil || slices.Contains(a.out, f.Name) {
			at = append(at, i)
		}
	}
	return at
}

func (a atLeast) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	at, err := dataflow.Column(in, "x")
	if err != nil {
		return nil, err
	}
	if in.Field(at).Type.ID() != arrow.INT64 {
		return nil, dataflow.ErrBudget
	}
	var fields []arrow.Field
	for _, i := range a.columns(in) {
		fields = append(fields, in.Field(i))
	}
	return arrow.NewSchema(fields, nil), nil
}

func (a atLeast) InColumns(out []string) []string { return append([]string{"x"}, out...) }

func (a atLeast) Narrow(out []string) dataflow.Operator {
	if a.fault == "narrows too much" {
		out = slices.DeleteFunc(slices.Clone(out), func(name string) bool { return name == "name" })
	}
	a.out = append([]string{}, out...)
	return a
}

func (a atLeast) Codes(out []string) []string {
	switch a.fault {
	case "takes codes that it must not hand on":
		return []string{"name"}
	case "takes codes of what it has not":
		return []string{"shop"}
	}
	return slices.DeleteFunc(out, func(name string) bool { return name != "name" })
}

func (a atLeast) Bounds(*arrow.Schema) []dataflow.Bound {
	if a.fault == "gives bounds that are too narrow" {
		return []dataflow.Bound{{Column: "x", Op: dataflow.Greater, Value: a.least}}
	}
	return []dataflow.Bound{{Column: "x", Op: dataflow.GreaterEqual, Value: a.least}, {Column: "x", Op: dataflow.NotNull}}
}

func (a atLeast) Trace(out string) (string, bool) {
	if a.fault == "traces to another column" && out == "y" {
		return "x", true
	}
	return out, true
}

func (a atLeast) RowWise() bool { return true }

func (a atLeast) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	x, err := dataflow.Column(in, "x")
	if err != nil {
		return nil, err
	}
	out, err := a.OutSchema(in)
	return &atLeastTask{atLeast: a, x: x, at: a.columns(in), out: out}, err
}

type atLeastTask struct {
	atLeast
	x   int
	at  []int
	out *arrow.Schema

	most int64 // x so far
}

func (t *atLeastTask) Close() {}

func (t *atLeastTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	x := in.Rec.Column(t.x).(*array.Int64)
	sel := make([]int32, 0, x.Len())
	for i := range x.Len() {
		if !x.IsValid(i) || x.Value(i) < t.least {
			continue
		}
		switch t.most = max(t.most, x.Value(i)); {
		case t.fault == "minds what it has seen" && x.Value(i) < t.most:
		case t.fault == "minds where a row stands" && in.At.Row+int64(i) > x.Value(i):
		default:
			sel = append(sel, int32(i))
		}
	}
	return emit(dataflow.Chunk{Rec: batch.Columns(in.Rec, t.out, t.at), Sel: sel})
}

func TestPowers(t *testing.T) {
	in := dataflowtest.Batch(
		dataflowtest.Col("x", []any{1, 5, nil, 3, 2, 3}),
		dataflowtest.Col("y", []int64{10, 20, 30, 40, 50, 60}),
		dataflowtest.Col("name", []any{"a", nil, "b", "c", "", "d"}))
	want := dataflowtest.Batch(
		dataflowtest.Col("x", []int64{5, 3, 3}),
		dataflowtest.Col("y", []int64{20, 40, 60}),
		dataflowtest.Col("name", []any{nil, "c", "d"}))
	dataflowtest.CheckOperator(t, atLeast{least: 3}, in, want)
	for fault, report := range map[string]string{
		"gives bounds that are too narrow": "without the rows that miss one of its bounds",
		"narrows too much":                 "asked for columns",
		"traces to another column":         "is not one of the rows",

		"takes codes that it must not hand on": "where it makes x int64, y int64, name utf8 without",
		"takes codes of what it has not":       `no column "shop"`,
	} {
		r := &recorder{}
		dataflowtest.CheckOperator(r, atLeast{least: 3, fault: fault}, in, want)
		if got := r.finish(); !strings.Contains(got, report) {
			t.Errorf("%s: %q is wanted, not:\n%s", fault, report, got)
		}
	}
}

// Of rows that ascend all are kept, however they are cut: only another order shows
// what an operator minds.
func TestRowWise(t *testing.T) {
	x := make([]int64, 60)
	for i := range x {
		x[i] = int64(i)
	}
	in := dataflowtest.Batch(dataflowtest.Col("x", x))
	dataflowtest.CheckOperator(t, atLeast{}, in, in)
	for fault, report := range map[string]string{
		"minds what it has seen":   "it says that it is row-wise, but of rows in another order",
		"minds where a row stands": "it says that it is row-wise, but of rows in another order",
	} {
		r := &recorder{}
		dataflowtest.CheckOperator(r, atLeast{fault: fault}, in, in)
		if got := r.finish(); !strings.Contains(got, report) {
			t.Errorf("%s: %q is wanted, not:\n%s", fault, report, got)
		}
	}
}
