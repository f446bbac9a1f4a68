package parse

import (
	"strings"

	"github.com/arrowmill/arrowmill/operators/expr"
)

func (b *builder) comparison(n *comparison) (expr.Expr, error) {
	ranges := b.ranges
	left, err := b.sum(n.Left)
	if err != nil || n.Tail == nil {
		return left, err
	}
	var e expr.Expr
	switch t := n.Tail; {
	case t.Is != nil && t.Is.Not:
		return left.IsNotNull(), nil
	case t.Is != nil:
		return left.IsNull(), nil
	case t.In != nil:
		e, err = b.among(left, t.In)
	case t.Range != nil && b.ranges > ranges:
		return left, b.fail(t.Pos.Offset, "a between stands left of another: write the comparisons out") // each would double what is left of it
	case t.Range != nil:
		e, err = b.between(left, t.Range)
	case t.Like != nil:
		e, err = b.like(left, t.Like)
	default:
		return b.compared(left, t)
	}
	if err == nil && n.Tail.Not {
		e = e.Not()
	}
	return e, err
}

func (b *builder) compared(left expr.Expr, n *tail) (expr.Expr, error) {
	right, err := b.sum(n.Right)
	if err != nil {
		return expr.Expr{}, err
	}
	switch n.Op {
	case "=", "==":
		return left.Eq(right), nil
	case "!=", "<>":
		return left.Ne(right), nil
	case "<":
		return left.Lt(right), nil
	case "<=":
		return left.Le(right), nil
	case ">":
		return left.Gt(right), nil
	}
	return left.Ge(right), nil
}

func (b *builder) among(left expr.Expr, n *among) (expr.Expr, error) {
	operands := make([]any, len(n.Values))
	for i, v := range n.Values {
		var value expr.Expr
		var err error
		switch {
		case v.Expr != nil:
			value, err = b.anyOf(v.Expr)
		case strings.HasPrefix(v.Const, "'"):
			value = expr.Lit(unquoted(v.Const))
		default:
			value, err = b.number(v.Pos.Offset, v.Const)
		}
		if err != nil {
			return expr.Expr{}, err
		}
		operands[i] = value
	}
	return left.In(operands...), nil
}

func (b *builder) between(left expr.Expr, n *between) (expr.Expr, error) {
	low, err := b.sum(n.Low)
	if err != nil {
		return expr.Expr{}, err
	}
	high, err := b.sum(n.High)
	if err != nil {
		return expr.Expr{}, err
	}
	b.ranges++
	b.reworded = true
	return left.Ge(low).And(left.Le(high)), nil
}

// like knows the patterns that one operation on texts is the same as.
func (b *builder) like(left expr.Expr, n *like) (expr.Expr, error) {
	b.reworded = true
	pattern := unquoted(n.Pattern)
	text, front := strings.CutPrefix(pattern, "%")
	text, back := strings.CutSuffix(text, "%")
	switch {
	case strings.ContainsAny(text, `%_\`):
		return expr.Expr{}, b.fail(n.Pos.Offset, `like knows 'text', 'text%%', '%%text' and '%%text%%' alone, without %%, _ or \ in the text: put conditions with contains, starts_with and ends_with together`)
	case front && (back || pattern == "%"):
		return left.Contains(text), nil
	case front:
		return left.EndsWith(text), nil
	case back:
		return left.StartsWith(text), nil
	}
	return left.Eq(text), nil
}
