package operators

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Select makes exactly the named expressions into columns, in that order. A column by
// itself is not copied.
//
//	operators.Select(operators.Col("id").As("id"), operators.Col("v1").Add(1).As("next"))
//
// Shape: Batch<a, b> → Batch<names>.
func Select(columns ...Named) dataflow.Operator { return &selected{slices.Clone(columns)} }

type selected struct{ named []Named }

var _ interface {
	dataflow.Operator
	dataflow.SelectionTaker
	dataflow.ColumnUser
	dataflow.CodeTaker
	dataflow.RowWise
	dataflow.Narrower
	dataflow.Tracer
	fmt.Stringer
} = (*selected)(nil)

func (s *selected) String() string {
	text := "columns "
	for i, n := range s.named {
		if i > 0 {
			text += ", "
		}
		text += n.Expr.String()
		if column, ok := n.Expr.Column(); !ok || column != n.Name {
			text += " as " + n.Name
		}
	}
	return text
}

func (s *selected) columns(in *arrow.Schema) ([]computed, error) {
	names := make([]string, len(s.named))
	for i, n := range s.named {
		names[i] = n.Name
	}
	if err := namedOnce(names); err != nil {
		return nil, err
	}
	all := make([]computed, len(s.named))
	for i, n := range s.named {
		var err error
		if all[i], err = computeColumn(n, in); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *selected) OutSchema(in *arrow.Schema) (*arrow.Schema, error) {
	return computedSchema(s, in)
}

func (s *selected) NewTask(in *arrow.Schema, env dataflow.Env) (dataflow.Task, error) {
	return newComputeTask(s, in, env)
}

func (s *selected) TakesSelection() bool { return true }

func (s *selected) RowWise() bool { return true }

func (s *selected) wanted(out []string) []Named {
	some := make([]Named, 0, len(out))
	for _, n := range s.named {
		if slices.Contains(out, n.Name) {
			some = append(some, n)
		}
	}
	return some
}

func (s *selected) InColumns(out []string) []string {
	in := []string{}
	for _, n := range s.wanted(out) {
		in = union(in, n.Expr.Columns())
	}
	return in
}

// Codes are the columns that stand by themselves wherever they stand.
func (s *selected) Codes(out []string) []string {
	in, plain := []string{}, []string{}
	for _, n := range s.named {
		if column, ok := n.Expr.Column(); ok && slices.Contains(out, n.Name) {
			in = union(in, []string{column})
		} else {
			plain = append(plain, n.Expr.Columns()...)
		}
	}
	return slices.DeleteFunc(in, func(c string) bool { return slices.Contains(plain, c) })
}

func (s *selected) Narrow(out []string) dataflow.Operator { return &selected{s.wanted(out)} }

func (s *selected) Trace(out string) (string, bool) {
	for _, n := range s.named {
		if n.Name == out {
			return n.Expr.Column()
		}
	}
	return "", false
}
