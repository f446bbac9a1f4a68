package operators

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Expr is a value computed from each row of a batch. It is immutable and may be
// shared.
type Expr interface {
	fmt.Stringer // its text, by which an unnamed result column is named

	// Columns are the columns that it reads.
	Columns() []string

	// Type checks the expression against the input's schema.
	Type(in *arrow.Schema) (arrow.DataType, error)

	// Eval computes it for every row of in, which is borrowed. The result is
	// given away.
	Eval(ctx context.Context, in arrow.Record, alloc memory.Allocator) (arrow.Array, error)
}

// ColumnExpr is a column as an expression.
type ColumnExpr struct{ name string }

// Col is the named column.
func Col(name string) ColumnExpr { return ColumnExpr{name} }

// String is the column's name.
func (c ColumnExpr) String() string { return c.name }

// Columns is the column's name.
func (c ColumnExpr) Columns() []string { return []string{c.name} }

// Type is the column's type.
func (c ColumnExpr) Type(in *arrow.Schema) (arrow.DataType, error) {
	i, err := dataflow.Column(in, c.name)
	if err != nil {
		return nil, err
	}
	return in.Field(i).Type, nil
}

// Eval is the column itself, not copied.
func (c ColumnExpr) Eval(_ context.Context, in arrow.Record, _ memory.Allocator) (arrow.Array, error) {
	i, err := dataflow.Column(in.Schema(), c.name)
	if err != nil {
		return nil, err
	}
	in.Column(i).Retain()
	return in.Column(i), nil
}

var _ Expr = ColumnExpr{}
