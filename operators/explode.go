package operators

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Explode makes a row of each element of a column of lists (list, large_list or
// fixed_size_list), in order. The column has the element then; the other columns
// repeat. A row whose list is null or empty is left out; an element that is null is a
// row with null.
//
// Shape: Batch<a, b: list<x>> → Batch<a, b: x>, in batches of at most Env.BatchRows. A
// column that is not there or holds no lists is an error of the graph's check.
//
// Elements that lie one behind another, as they do without nulls and behind no filter,
// are not copied.
func Explode(column string) dataflow.Operator { return &explode{column: column} }

type explode struct {
	column string
	only   []string // the output columns that are wanted; nil: all
}

var _ interface {
	dataflow.Operator
	dataflow.SelectionTaker
	dataflow.ColumnUser
	dataflow.Narrower
	dataflow.RowWise
	fmt.Stringer
} = (*explode)(nil)

func (e *explode) String() string { return "a row for each element of " + e.column }

func (e *explode) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	p, err := e.plan(in)
	if err != nil {
		return nil, err
	}
	return p.out, nil
}

func (e *explode) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	p, err := e.plan(in)
	if err != nil {
		return nil, err
	}
	return &explodeTask{explodePlan: p, alloc: env.Alloc, most: max(env.BatchRows, 1)}, nil
}

func (e *explode) TakesSelection() bool { return true }

func (e *explode) RowWise() bool { return true }

// InColumns asks for the lists too where their elements are not read: they say how
// many rows there are.
func (e *explode) InColumns(out []string) []string { return union(out, []string{e.column}) }

func (e *explode) Narrow(out []string) dataflow.Operator {
	return &explode{e.column, append([]string{}, out...)}
}

// explodePlan is an explode resolved against the schema of its input.
type explodePlan struct {
	lists int   // the column of lists
	from  []int // which column of the input each of the output is
	out   *arrow.Schema
}

func (e *explode) plan(in *arrow.Schema) (explodePlan, error) {
	lists, err := dataflow.Column(in, e.column)
	if err != nil {
		return explodePlan{}, err
	}
	elem, ok := elementsOf(in.Field(lists).Type)
	if !ok {
		return explodePlan{}, fmt.Errorf("column %q of type %s holds no lists", e.column, in.Field(lists).Type)
	}
	p := explodePlan{lists: lists}
	var fields []arrow.Field
	for c, f := range in.Fields() {
		if e.only != nil && !slices.Contains(e.only, f.Name) {
			continue
		}
		if c == lists {
			f.Type, f.Nullable = elem.Type, elem.Nullable
		}
		p.from, fields = append(p.from, c), append(fields, f)
	}
	p.out = schemaLike(in, fields)
	return p, nil
}

// elementsOf is the field of the elements of a type of lists.
func elementsOf(t arrow.DataType) (elem arrow.Field, ok bool) {
	switch t := t.(type) {
	case *arrow.ListType:
		return t.ElemField(), true
	case *arrow.LargeListType:
		return t.ElemField(), true
	case *arrow.FixedSizeListType:
		return t.ElemField(), true
	}
	return arrow.Field{}, false
}

var _ dataflow.Task = (*explodeTask)(nil)

func (t *explodeTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	lists := in.Rec.Column(t.lists)
	t.read(lists, in)
	for t.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.send(in, lists, t.rows, t.elements, emit); err != nil {
			return err
		}
	}
	return nil
}

func (t *explodeTask) Close() {}
