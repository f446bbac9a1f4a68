package expr_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/arrowmill/arrowmill/operators/expr"
)

// generator makes random expressions.
type generator struct{ *rand.Rand }

func (g generator) column(names ...string) typed {
	name := names[g.IntN(len(names))]
	i := at(name)
	return typed{e: expr.Col(name), f: func(r row) (any, error) { return r[i], nil }, text: name}
}

func known(v any, value any) typed {
	return typed{e: expr.Lit(v), f: func(row) (any, error) { return value, nil }, literal: true}
}

// strict is the oracle of an operation that is null where an operand is.
func strict(do func(v ...any) (any, error), of ...typed) func(row) (any, error) {
	return func(r row) (any, error) {
		v := make([]any, len(of))
		null := false
		for i, o := range of {
			var err error
			if v[i], err = o.f(r); err != nil {
				return nil, err
			}
			null = null || v[i] == nil
		}
		if null {
			return nil, nil
		}
		return do(v...)
	}
}

func (g generator) words(depth int) typed {
	if depth == 0 || g.IntN(3) == 0 {
		if g.IntN(5) == 0 {
			s := []string{"", "a", "ab", "é", "it's"}[g.IntN(5)]
			return known(s, s)
		}
		return g.column("s", "ls", "ds")
	}
	a := g.words(depth - 1)
	switch o := g.IntN(5); o {
	case 0, 1, 2:
		e := []expr.Expr{a.e.Lower(), a.e.Upper(), a.e.Trim()}[o]
		return typed{e: e, f: strict(func(v ...any) (any, error) {
			return []func(string) string{strings.ToLower, strings.ToUpper, strings.TrimSpace}[o](v[0].(string)), nil
		}, a)}
	case 3:
		b := g.words(depth - 1)
		return choice(g.condition(depth-1), a, b)
	}
	return coalesce(a, g.words(depth-1))
}

func choice(c, a, b typed) typed {
	return typed{e: expr.If(c.e, a.e, b.e), f: func(r row) (any, error) {
		v, err := c.f(r)
		switch {
		case err != nil:
			return nil, err
		case v == true:
			return a.f(r)
		}
		return b.f(r)
	}}
}

func coalesce(a typed, more ...typed) typed {
	var list []any
	for _, m := range more {
		list = append(list, m.e)
	}
	return typed{e: a.e.Coalesce(list...), f: func(r row) (any, error) {
		v, err := a.f(r)
		for _, m := range more {
			if v != nil || err != nil {
				break
			}
			v, err = m.f(r)
		}
		return v, err
	}}
}

func (g generator) moment(depth int) typed {
	if depth == 0 || g.IntN(2) == 0 {
		switch g.IntN(3) {
		case 0:
			t := g.column("day")
			t.unit, t.isDate = int64(time.Second), true
			return t
		case 1:
			t := g.column("ms")
			t.unit = int64(time.Millisecond)
			return t
		}
		t := g.column("ts")
		t.unit = int64(time.Second)
		return t
	}
	a, b := g.moment(depth-1), g.span(depth-1)
	unit := min(a.unit, b.unit)
	minus := g.IntN(2) == 0
	e := a.e.Add(b.e)
	if minus {
		e = a.e.Sub(b.e)
	}
	return typed{e: e, unit: unit, f: strict(func(v ...any) (any, error) {
		d := new(big.Int).Set(v[1].(span).ns)
		if minus {
			d.Neg(d)
		}
		return moment{d.Add(d, v[0].(moment).ns)}, nil
	}, a, b)}
}

func (g generator) span(depth int) typed {
	if depth == 0 || g.IntN(2) == 0 {
		t := g.column("du")
		t.unit = int64(time.Microsecond)
		return t
	}
	a, b := g.moment(depth-1), g.moment(depth-1)
	if a.isDate && b.isDate {
		return g.span(0)
	}
	return typed{e: a.e.Sub(b.e), unit: min(a.unit, b.unit), f: strict(func(v ...any) (any, error) {
		return span{new(big.Int).Sub(v[0].(moment).ns, v[1].(moment).ns)}, nil
	}, a, b)}
}

func (g generator) any(depth int) typed {
	switch g.IntN(8) {
	case 0:
		return g.integer(depth)
	case 1:
		return g.float(depth)
	case 2:
		return g.decimal(depth)
	case 3:
		return g.words(depth)
	case 4:
		return g.moment(depth)
	case 5:
		return g.span(depth)
	}
	return g.condition(depth)
}
