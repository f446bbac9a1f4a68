package operators

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// With adds a column behind the others, or replaces the one of that name in its place,
// by the values of e. The other columns are not copied. e reads the columns as they
// come in, the replaced one too.
//
//	operators.With("rev", operators.Col("qty").Mul(operators.Col("price")))
//
// Shape: Batch<a, b> → Batch<a, b, name>. Mistakes in e are errors of the graph's
// check; an overflow or a cast without a value, in a row that is there, ends the run.
func With(name string, e Expr) dataflow.Operator {
	return &with{name: name, e: e, text: name + " = " + e.String()}
}

// Cast makes the column type t, in its place, by the rules of Expr.Cast: a value that
// the type has not is an error that names it.
//
// Shape: Batch<a, column> → Batch<a, column>.
func Cast(column string, t arrow.DataType) dataflow.Operator {
	e := Col(column).Cast(t)
	return &with{name: column, e: e, text: e.String()}
}

type with struct {
	name string
	e    Expr
	text string
	only []string // the output columns that are wanted, in their order; nil: all
}

var _ interface {
	dataflow.Operator
	dataflow.SelectionTaker
	dataflow.ColumnUser
	dataflow.CodeTaker
	dataflow.RowWise
	dataflow.Narrower
	dataflow.Tracer
	fmt.Stringer
} = (*with)(nil)

func (w *with) String() string { return w.text }

// columns are the output's.
func (w *with) columns(in *arrow.Schema) ([]computed, error) {
	if w.name == "" {
		return nil, errors.New("a column's name is empty")
	}
	added, err := computeColumn(Named{Name: w.name, Expr: w.e}, in)
	if err != nil {
		return nil, err
	}
	var all []computed
	if w.only != nil {
		for _, name := range w.only {
			if name == w.name {
				all = append(all, added)
				continue
			}
			i, err := dataflow.Column(in, name)
			if err != nil {
				return nil, err
			}
			all = append(all, computed{field: in.Field(i), from: i})
		}
		return all, nil
	}
	placed := false
	for i, f := range in.Fields() {
		if f.Name == w.name {
			if placed {
				return nil, fmt.Errorf("two columns are named %q", w.name)
			}
			placed = true
			all = append(all, added)
			continue
		}
		all = append(all, computed{field: f, from: i})
	}
	if !placed {
		all = append(all, added)
	}
	return all, nil
}

func (w *with) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	return computedSchema(w, in)
}

func (w *with) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	return newComputeTask(w, in, env)
}

func (w *with) TakesSelection() bool { return true }

func (w *with) RowWise() bool { return true }

func (w *with) InColumns(out []string) []string {
	rest := slices.DeleteFunc(slices.Clone(out), func(c string) bool { return c == w.name })
	if len(rest) == len(out) {
		return rest
	}
	return union(rest, w.e.Columns())
}

// Codes are the columns that are passed on and not computed with.
func (w *with) Codes(out []string) []string {
	return slices.DeleteFunc(slices.Clone(out), func(c string) bool {
		return c == w.name || slices.Contains(w.e.Columns(), c)
	})
}

// Narrow computes nothing where the new column is not wanted. In the place of a column
// that is replaced, the new one stands even where that is no longer an input.
func (w *with) Narrow(out []string) dataflow.Operator {
	if !slices.Contains(out, w.name) {
		return &project{columns: slices.Clone(out), asInput: true}
	}
	return &with{w.name, w.e, w.text, append([]string{}, out...)}
}

func (w *with) Trace(out string) (string, bool) { return out, out != w.name }
