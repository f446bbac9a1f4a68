package operators

import "github.com/arrowmill/arrowmill/operators/expr"

// Expr is a value computed from each row of a batch, as package expr has it. A
// condition among them is a [Predicate]:
//
//	operators.Filter(operators.Col("qty").Gt(0))
type Expr = expr.Expr

// Named is an expression with the name of the column that it becomes; Expr.As makes
// it.
type Named = expr.Named

// Col is the named column.
func Col(name string) Expr { return expr.Col(name) }

// Lit is a constant: nil, a bool, an integer, a float, a string, []byte, time.Time or
// time.Duration. Operands of methods need it only where a constant comes first.
func Lit(value any) Expr { return expr.Lit(value) }

// If is then where cond is true, otherwise where it is false or null. Both are an Expr
// or a constant.
func If(cond Expr, then, otherwise any) Expr { return expr.If(cond, then, otherwise) }

var _ Predicate = Expr{}
