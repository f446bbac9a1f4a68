package operators

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Drop leaves the named columns out and keeps the others in their order. No
// buffer is copied.
//
// Shape: Batch<a, b, c> → Batch<a, c>. A column that is not there or is named
// twice is an error of the graph's check.
func Drop(columns ...string) dataflow.Operator {
	return &drop{slices.Clone(columns)}
}

type drop struct{ columns []string }

var _ interface {
	columnOperator
	fmt.Stringer
} = (*drop)(nil)

func (d *drop) String() string { return "all columns but " + strings.Join(d.columns, ", ") }

func (d *drop) choose(in *arrow.Schema) ([]int, *arrow.Schema, error) {
	if len(d.columns) == 0 {
		return nil, nil, errors.New("no column to drop is named")
	}
	if _, err := columnsNamed(d.columns, in); err != nil {
		return nil, nil, err
	}
	var from []int
	for i, f := range in.Fields() {
		if !slices.Contains(d.columns, f.Name) {
			from = append(from, i)
		}
	}
	return from, chosenSchema(in, from), nil
}

func (d *drop) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return outSchema(d, in) }

func (d *drop) NewTask(in *arrow.Schema, _ dataflow.Env) (dataflow.Task, error) {
	return newColumnTask(d, in)
}

func (d *drop) TakesSelection() bool { return true }

func (d *drop) RowWise() bool { return true }

func (d *drop) InColumns(out []string) []string {
	return slices.DeleteFunc(slices.Clone(out), func(c string) bool { return slices.Contains(d.columns, c) })
}

func (d *drop) Codes(out []string) []string { return d.InColumns(out) }

// Narrow no longer needs the columns that it drops to be there.
func (d *drop) Narrow(out []string) dataflow.Operator {
	return &project{columns: d.InColumns(out), asInput: true}
}

func (d *drop) Trace(out string) (string, bool) { return out, !slices.Contains(d.columns, out) }
