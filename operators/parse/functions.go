package parse

import (
	"maps"
	"slices"
	"strconv"

	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// aggregate is a function of many rows.
type aggregate struct {
	usage       string
	least, most int // arguments
	of          func(args []expr.Expr, parameter float64) operators.Agg

	// A parameter follows the arguments where meaning says what it is.
	meaning   string
	parameter func(text string) (float64, bool)
}

var aggregates = map[string]aggregate{
	"count": {usage: "count() or count(x)", most: 1, of: func(args []expr.Expr, _ float64) operators.Agg {
		if len(args) == 0 {
			return operators.Count()
		}
		return operators.CountOf(args[0])
	}},
	"sum":    ofOne("sum", operators.Sum),
	"mean":   ofOne("mean", operators.Mean),
	"min":    ofOne("min", operators.Min),
	"max":    ofOne("max", operators.Max),
	"median": ofOne("median", operators.Median),
	"var":    ofOne("var", operators.Var),
	"std":    ofOne("std", operators.Std),
	"corr": {usage: "corr(x, y)", least: 2, most: 2, of: func(args []expr.Expr, _ float64) operators.Agg {
		return operators.Corr(args[0], args[1])
	}},
	"quantile": {usage: "quantile(x, q)", least: 1, most: 1, meaning: "a number from 0 to 1",
		parameter: func(text string) (float64, bool) {
			q, err := strconv.ParseFloat(text, 64)
			return q, err == nil && q >= 0 && q <= 1
		},
		of: func(args []expr.Expr, q float64) operators.Agg { return operators.Quantile(args[0], q) }},
	"largest": {usage: "largest(x, k)", least: 1, most: 1, meaning: "an integer from 1 to " + strconv.Itoa(operators.LargestMost),
		parameter: func(text string) (float64, bool) {
			k, err := strconv.Atoi(text)
			return float64(k), err == nil && k >= 1 && k <= operators.LargestMost
		},
		of: func(args []expr.Expr, k float64) operators.Agg { return operators.Largest(args[0], int(k)) }},
}

func ofOne(name string, of func(expr.Expr) operators.Agg) aggregate {
	return aggregate{usage: name + "(x)", least: 1, most: 1, of: func(args []expr.Expr, _ float64) operators.Agg { return of(args[0]) }}
}

// aggregateNames are the names of the aggregates, sorted.
func aggregateNames() []string { return slices.Sorted(maps.Keys(aggregates)) }

// agg is the aggregate that a call is.
func (b *builder) agg(at int, name string, c *call) (operators.Agg, error) {
	a, args := aggregates[name], c.Args
	if c.Star && name != "count" {
		return operators.Agg{}, b.fail(at, "%s(*): only count takes *", name)
	}
	parameters := 0
	if a.parameter != nil {
		parameters = 1
	}
	if n := len(args) - parameters; n < a.least || n > a.most {
		return operators.Agg{}, b.fail(at, "%s has %d arguments: write %s", name, len(args), a.usage)
	}
	var p float64
	if a.parameter != nil {
		last := args[len(args)-1]
		args = args[:len(args)-1]
		number, ok := last.single(), false
		if number != nil {
			p, ok = a.parameter(number.Number)
		}
		if !ok {
			return operators.Agg{}, b.fail(last.Pos.Offset, "what follows the comma in %s is %s", a.usage, a.meaning)
		}
	}
	inner := &builder{text: b.text, within: name}
	of, err := inner.list(args)
	if err != nil {
		return operators.Agg{}, err
	}
	g := a.of(of, p)
	return g, inner.checkText(g.Name())
}

// single is what stands there where it is one value, without an operator and without
// parentheses; nil otherwise.
func (n *anyOf) single() *atom {
	if len(n.Terms) > 1 || len(n.Terms[0].Terms) > 1 {
		return nil
	}
	not := n.Terms[0].Terms[0]
	if len(not.Nots) > 0 || not.Of.Tail != nil || len(not.Of.Left.Rest) > 0 {
		return nil
	}
	product := not.Of.Left.Left
	if len(product.Rest) > 0 || len(product.Left.Minus) > 0 {
		return nil
	}
	return product.Left.Of
}
