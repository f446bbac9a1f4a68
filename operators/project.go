package operators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Project keeps the named columns, in that order. No buffer is copied.
//
// Shape: Batch<a, b, c, …> → Batch<c, a>. A column that is not there or is named
// twice is an error of the graph's check.
func Project(columns ...string) dataflow.Operator {
	return &project{columns: slices.Clone(columns)}
}

type project struct {
	columns []string
	asInput bool // in the order of the input: a narrowed Drop
}

var _ interface {
	columnOperator
	fmt.Stringer
} = (*project)(nil)

func (p *project) String() string { return "columns " + strings.Join(p.columns, ", ") }

func (p *project) choose(in *arrow.Schema) ([]int, *arrow.Schema, error) {
	from, err := columnsNamed(p.columns, in)
	if err != nil {
		return nil, nil, err
	}
	if p.asInput {
		slices.Sort(from)
	}
	return from, chosenSchema(in, from), nil
}

func (p *project) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return outSchema(p, in) }

func (p *project) NewTask(in *arrow.Schema, _ dataflow.Env) (dataflow.Task, error) {
	return newColumnTask(p, in)
}

func (p *project) TakesSelection() bool { return true }

func (p *project) RowWise() bool { return true }

func (p *project) InColumns(out []string) []string { return intersect(p.columns, out) }

func (p *project) Codes(out []string) []string { return p.InColumns(out) }

func (p *project) Narrow(out []string) dataflow.Operator {
	return &project{intersect(p.columns, out), p.asInput}
}

func (p *project) Trace(out string) (string, bool) { return out, slices.Contains(p.columns, out) }

// columnOperator is an operator that passes on some of its input's columns, by
// the names of a schema alone.
type columnOperator interface {
	dataflow.Operator
	dataflow.SelectionTaker
	dataflow.ColumnUser
	dataflow.CodeTaker
	dataflow.RowWise
	dataflow.Narrower
	dataflow.Tracer

	// choose returns which column of in each output column is.
	choose(in *arrow.Schema) (from []int, out *arrow.Schema, err error)
}

// columnTask passes on columns of each batch.
type columnTask struct {
	from []int
	out  *arrow.Schema
}

func newColumnTask(op columnOperator, in *arrow.Schema) (dataflow.Task, error) {
	from, out, err := op.choose(in)
	if err != nil {
		return nil, err
	}
	return &columnTask{from, out}, nil
}

func outSchema(op columnOperator, in *arrow.Schema) (*arrow.Schema, error) {
	_, out, err := op.choose(in)
	return out, err
}

func (t *columnTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	in.Rec = batch.Columns(in.Rec, t.out, t.from)
	return emit(in)
}

func (t *columnTask) Close() {}

// chosenSchema is in with only the chosen columns.
func chosenSchema(in *arrow.Schema, from []int) *arrow.Schema {
	fields := make([]arrow.Field, len(from))
	for i, c := range from {
		fields[i] = in.Field(c)
	}
	return schemaLike(in, fields)
}

// schemaLike has the fields, and the metadata of in.
func schemaLike(in *arrow.Schema, fields []arrow.Field) *arrow.Schema {
	if !in.HasMetadata() {
		return arrow.NewSchema(fields, nil)
	}
	md := in.Metadata()
	return arrow.NewSchema(fields, &md)
}

// intersect are the names of columns that are in only, in the order of columns.
func intersect(columns, only []string) []string {
	both := make([]string, 0, len(columns))
	for _, c := range columns {
		if slices.Contains(only, c) {
			both = append(both, c)
		}
	}
	return both
}

// union are the names of a, then those of b that are not among them.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, c := range b {
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// columnsNamed is where the columns stand in a schema; each must be there and come
// once.
func columnsNamed(columns []string, in *arrow.Schema) ([]int, error) {
	if err := namedOnce(columns); err != nil {
		return nil, err
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		var err error
		if at[i], err = dataflow.Column(in, name); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// namedOnce checks that no name is empty or comes twice.
func namedOnce(columns []string) error {
	for i, c := range columns {
		if c == "" {
			return errors.New("a column's name is empty")
		}
		if slices.Contains(columns[:i], c) {
			return fmt.Errorf("column %q is named twice", c)
		}
	}
	return nil
}
