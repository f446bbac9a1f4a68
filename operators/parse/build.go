package parse

import (
	"errors"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// Expr reads an expression over columns; see the package comment for what there is.
//
//	e, err := parse.Expr("v1 > 2 and id4 in ('a', 'b')")
//
// Whether the columns are there, and of types that fit, is seen where the expression is
// used. The text of an expression, its String, is read back as the same expression, but
// for constants and functions that only Go can make.
func Expr(text string) (expr.Expr, error) {
	root, err := read(exprText(), text)
	if err != nil {
		return expr.Expr{}, err
	}
	b := &builder{text: text}
	e, err := b.anyOf(root)
	if err != nil {
		return expr.Expr{}, err
	}
	return e, b.checkText(e.String())
}

// checkText checks that the canonical text of what was made can be read too: it is the
// longer one where it says in other words what was written.
func (b *builder) checkText(text string) error {
	if !b.reworded && len(text) <= textMost {
		return nil
	}
	var long *Error
	if _, err := wordsOf(exprText(), text); errors.As(err, &long) {
		return b.fail(0, "written with ifs and comparisons alone, the expression is too large: %s", long.Problem)
	}
	return nil
}

var exprText = exprParser[anyOf]()

// builder makes expressions of what was parsed.
type builder struct {
	text string

	// aggregate is what makes the result of an aggregate; nil where no aggregate may
	// stand. Columns may stand only within one then.
	aggregate func(at int, name string, c *call) (expr.Expr, error)

	within string // the aggregate whose arguments are made; empty: none

	reworded bool // the expression has other words than the text
	ranges   int  // how many between there were
}

func (b *builder) fail(at int, format string, args ...any) error {
	return failf(b.text, at, format, args...)
}

func (b *builder) anyOf(n *anyOf) (expr.Expr, error) {
	e, err := b.allOf(n.Terms[0])
	for _, t := range n.Terms[1:] {
		if err == nil {
			var right expr.Expr
			right, err = b.allOf(t)
			e = e.Or(right)
		}
	}
	return e, err
}

func (b *builder) allOf(n *allOf) (expr.Expr, error) {
	e, err := b.negation(n.Terms[0])
	for _, t := range n.Terms[1:] {
		if err == nil {
			var right expr.Expr
			right, err = b.negation(t)
			e = e.And(right)
		}
	}
	return e, err
}

func (b *builder) negation(n *negation) (expr.Expr, error) {
	e, err := b.comparison(n.Of)
	for range n.Nots {
		e = e.Not()
	}
	return e, err
}

func (b *builder) sum(n *sum) (expr.Expr, error) {
	e, err := b.product(n.Left)
	for _, t := range n.Rest {
		if err != nil {
			break
		}
		var right expr.Expr
		right, err = b.product(t.Right)
		if t.Op == "+" {
			e = e.Add(right)
		} else {
			e = e.Sub(right)
		}
	}
	return e, err
}

func (b *builder) product(n *product) (expr.Expr, error) {
	e, err := b.signed(n.Left)
	for _, t := range n.Rest {
		if err != nil {
			break
		}
		var right expr.Expr
		right, err = b.signed(t.Right)
		switch t.Op {
		case "*":
			e = e.Mul(right)
		case "/":
			e = e.Div(right)
		default:
			e = e.Mod(right)
		}
	}
	return e, err
}

func (b *builder) signed(n *signed) (expr.Expr, error) {
	e, err := b.atom(n.Of)
	for range n.Minus {
		e = e.Neg()
	}
	return e, err
}

func (b *builder) atom(n *atom) (expr.Expr, error) {
	at := n.Pos.Offset
	switch {
	case n.Number != "":
		return b.number(at, n.Number)
	case n.Text != "":
		return expr.Lit(unquoted(n.Text)), nil
	case n.Const != "":
		return expr.Lit(map[string]any{"null": nil, "true": true, "false": false}[n.Const]), nil
	case n.Cast != nil:
		return b.cast(n.Cast)
	case n.Case != nil:
		return b.cases(n.Case)
	case n.Column != "":
		return b.column(at, unquoted(n.Column))
	case n.Word == nil:
		return b.anyOf(n.Sub)
	case n.Word.Call != nil:
		return b.call(at, n.Word.Name, n.Word.Call)
	case n.Word.Text != "":
		return b.constant(at, n.Word.Name, unquoted(n.Word.Text))
	}
	return b.column(at, n.Word.Name)
}

// number is an integer where it has neither a point nor an exponent.
func (b *builder) number(at int, text string) (expr.Expr, error) {
	if !strings.ContainsAny(text, ".eE") {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return expr.Expr{}, b.fail(at, "the integer %s has more than 64 bits: write %s.0 for a float", text, text)
		}
		return expr.Lit(n), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return expr.Expr{}, b.fail(at, "the number %s is larger than a float can be", text)
	} else if err != nil {
		return expr.Expr{}, b.fail(at, "%s is no number", text)
	}
	return expr.Lit(x), nil
}

func (b *builder) column(at int, name string) (expr.Expr, error) {
	if name == "" {
		return expr.Expr{}, b.fail(at, "the name of the column is empty")
	}
	if b.aggregate != nil {
		q := expr.Quoted(name)
		return expr.Expr{}, b.fail(at, "column %s stands outside of an aggregate: it has many values in a group, so write max(%s), say", q, q)
	}
	return expr.Col(name), nil
}

func (b *builder) cast(n *cast) (expr.Expr, error) {
	e, err := b.anyOf(n.Of)
	if err != nil {
		return expr.Expr{}, err
	}
	t, err := b.typeName(n.Type)
	if err != nil {
		return expr.Expr{}, err
	}
	if n.Function == "try_cast" {
		return e.TryCast(t), nil
	}
	return e.Cast(t), nil
}

func (b *builder) typeName(n *typeName) (arrow.DataType, error) {
	t, err := typetext.Parse(strings.TrimSpace(b.text[n.Pos.Offset:n.EndPos.Offset]))
	if err != nil {
		return nil, b.fail(n.Pos.Offset, "%v", err)
	}
	return t, nil
}

// cases are ifs in each other.
func (b *builder) cases(n *cases) (expr.Expr, error) {
	b.reworded = true
	var all []*anyOf
	for _, w := range n.When {
		all = append(all, w.Cond, w.Then)
	}
	if n.Else != nil {
		all = append(all, n.Else)
	}
	of, err := b.list(all)
	if err != nil {
		return expr.Expr{}, err
	}
	e := expr.Lit(nil)
	if n.Else != nil {
		e, of = of[len(of)-1], of[:len(of)-1]
	}
	for i := len(of) - 2; i >= 0; i -= 2 {
		e = expr.If(of[i], of[i+1], e)
	}
	return e, nil
}

func (b *builder) list(list []*anyOf) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, n := range list {
		var err error
		if out[i], err = b.anyOf(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}
