package operators

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// computed is an output column: one of the input or, where from is below 0, an
// expression's values.
type computed struct {
	field arrow.Field
	from  int
	e     Expr
}

func computeColumn(n Named, in *arrow.Schema) (computed, error) {
	t, err := n.Expr.Type(in)
	if err != nil {
		return computed{}, err
	}
	if column, ok := n.Expr.Column(); ok {
		i, err := dataflow.Column(in, column)
		if err != nil {
			return computed{}, err
		}
		f := in.Field(i)
		f.Name = n.Name
		return computed{field: f, from: i}, nil
	}
	return computed{field: arrow.Field{Name: n.Name, Type: t, Nullable: true}, from: -1, e: n.Expr}, nil
}

// computer is an operator that makes its output's columns each by itself.
type computer interface {
	columns(in *arrow.Schema) ([]computed, error)
}

func computedSchema(c computer, in *arrow.Schema) (*arrow.Schema, error) {
	columns, err := c.columns(in)
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = c.field
	}
	return schemaLike(in, fields), nil
}

// computeTask makes the columns of each batch.
type computeTask struct {
	columns []computed
	out     *arrow.Schema
	alloc   memory.Allocator
}

func newComputeTask(c computer, in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	columns, err := c.columns(in)
	if err != nil {
		return nil, err
	}
	out, err := computedSchema(c, in)
	if err != nil {
		return nil, err
	}
	return &computeTask{columns, out, env.Alloc}, nil
}

// sparse is the share of selected rows, one in so many, below which they are gathered
// before anything is computed: values of the others are computed for nothing.
const sparse = 4

func (t *computeTask) Process(ctx context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	if in.Sel != nil && len(in.Sel) < int(in.Rec.NumRows())/sparse {
		rec, err := batch.Compact(in.Rec, in.Sel, t.alloc)
		if err != nil {
			return err
		}
		defer rec.Release()
		in.Rec, in.Sel = rec, nil
	}
	cols := make([]arrow.Array, len(t.columns))
	defer releaseArrays(cols)
	for i, c := range t.columns {
		if c.from >= 0 {
			cols[i] = in.Rec.Column(c.from)
			cols[i].Retain()
			continue
		}
		var err error
		if cols[i], err = c.e.Eval(ctx, in, t.alloc); err != nil {
			return err
		}
	}
	in.Rec = array.NewRecord(t.out, cols, in.Rec.NumRows())
	return emit(in)
}

func (t *computeTask) Close() {}
