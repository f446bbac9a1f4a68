package expr_test

import (
	"math"
	"math/big"
	"strings"

	"github.com/arrowmill/arrowmill/operators/expr"
)

func (g generator) pair(depth int) (a, b typed) {
	switch g.IntN(6) {
	case 0:
		return g.words(depth), g.words(depth)
	case 1:
		return g.condition(depth), g.condition(depth)
	case 2:
		return g.moment(depth), g.moment(depth)
	case 3:
		return g.span(depth), g.span(depth)
	}
	a, b = g.number(depth), g.number(depth)
	if g.IntN(3) == 0 {
		v := []any{int64(math.MaxInt64), uint64(1 << 63), 0x1.0000000000001p60, 1 << 53, 0.5, -1, 3}[g.IntN(7)]
		if f, ok := v.(float64); ok && f > 1 {
			a = g.integer(depth)
		}
		b = typed{e: expr.Lit(v), f: func(row) (any, error) {
			switch x := v.(type) {
			case float64:
				return x, nil
			case uint64:
				return new(big.Int).SetUint64(x), nil
			case int:
				return big.NewInt(int64(x)), nil
			}
			return big.NewInt(v.(int64)), nil
		}}
	}
	return a, b
}

func (g generator) condition(depth int) typed {
	if depth == 0 {
		return g.column("b", "c")
	}
	switch g.IntN(9) {
	case 0:
		a := g.condition(depth - 1)
		return typed{e: a.e.Not(), f: strict(func(v ...any) (any, error) { return !v[0].(bool), nil }, a)}
	case 1, 2:
		a, b := g.condition(depth-1), g.condition(depth-1)
		and := g.IntN(2) == 0
		e := a.e.Or(b.e)
		if and {
			e = a.e.And(b.e)
		}
		return typed{e: e, f: func(r row) (any, error) {
			x, err := a.f(r)
			if err != nil || x == !and {
				return x, err
			}
			y, err := b.f(r)
			switch {
			case err != nil || y == !and:
				return y, err
			case x == nil || y == nil:
				return nil, nil
			}
			return and, nil
		}}
	case 3:
		a, _ := g.pair(depth - 1)
		yes := g.IntN(2) == 0
		e := a.e.IsNotNull()
		if yes {
			e = a.e.IsNull()
		}
		return typed{e: e, f: func(r row) (any, error) {
			v, err := a.f(r)
			return (v == nil) == yes, err
		}}
	case 4:
		return g.in(depth)
	case 5:
		a, b := g.words(depth-1), g.words(depth-1)
		o := g.IntN(3)
		e := []expr.Expr{a.e.Contains(b.e), a.e.StartsWith(b.e), a.e.EndsWith(b.e)}[o]
		return typed{e: e, f: strict(func(v ...any) (any, error) {
			return []func(a, b string) bool{strings.Contains, strings.HasPrefix, strings.HasSuffix}[o](v[0].(string), v[1].(string)), nil
		}, a, b)}
	}
	a, b := g.pair(depth - 1)
	o := g.IntN(6)
	e := []expr.Expr{a.e.Eq(b.e), a.e.Ne(b.e), a.e.Lt(b.e), a.e.Le(b.e), a.e.Gt(b.e), a.e.Ge(b.e)}[o]
	return typed{e: e, f: strict(func(v ...any) (any, error) {
		x, y := v[0], v[1]
		// A float of the text is a decimal beside a decimal: those here are exact.
		c := order(x, y)
		return []bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[o], nil
	}, a, b)}
}

func (g generator) in(depth int) typed {
	a := g.number(depth - 1)
	var list []any
	var values []any
	if g.IntN(3) == 0 {
		a = g.words(depth - 1)
		for range g.IntN(4) {
			s := []string{"a", "ab", "é", "", "none"}[g.IntN(5)]
			list, values = append(list, s), append(values, s)
		}
	} else {
		for range g.IntN(14) {
			v := g.Int64N(30) - 5
			list, values = append(list, v), append(values, big.NewInt(v))
		}
		if g.IntN(3) == 0 {
			list, values = append(list, 0.5), append(values, 0.5)
		}
		if g.IntN(3) == 0 {
			b := g.integer(0)
			list = append(list, b.e)
			values = append(values, b.f)
		}
	}
	if g.IntN(3) == 0 {
		list, values = append(list, nil), append(values, nil)
	}
	return typed{e: a.e.In(list...), f: func(r row) (any, error) {
		if len(values) == 0 {
			return false, nil
		}
		x, err := a.f(r)
		if err != nil || x == nil {
			return nil, err
		}
		var found any = false
		for _, v := range values {
			if f, ok := v.(func(row) (any, error)); ok {
				v, _ = f(r)
			}
			if v == nil {
				found = nil
			}
		}
		for _, v := range values {
			if f, ok := v.(func(row) (any, error)); ok {
				v, _ = f(r)
			}
			if v != nil && order(x, v) == 0 {
				found = true
			}
		}
		return found, nil
	}}
}
