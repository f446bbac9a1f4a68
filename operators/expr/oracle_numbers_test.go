package expr_test

import (
	"math"
	"math/big"
	"time"
	"unicode/utf8"

	"github.com/arrowmill/arrowmill/operators/expr"
)

func (g generator) integer(depth int) typed {
	if depth == 0 || g.IntN(4) == 0 {
		switch g.IntN(5) {
		case 0:
			v := g.Int64N(7) - 3
			t := known(v, big.NewInt(v))
			return t
		case 1:
			t := g.column("u8")
			t.unsigned = true
			return t
		case 2:
			t := g.column("u64")
			t.unsigned, t.wide = true, true
			return t
		}
		return g.column("i8", "i32", "i64", "j64", "di")
	}
	switch g.IntN(9) {
	case 0, 1, 2, 3:
		return g.integers(g.integer(depth-1), g.integer(depth-1))
	case 4:
		a := g.integer(depth - 1)
		t := typed{e: a.e.Neg(), f: strict(func(v ...any) (any, error) {
			if a.unsigned && !v[0].(*big.Int).IsInt64() {
				return nil, errOracle
			}
			return fit(new(big.Int).Neg(v[0].(*big.Int)), false)
		}, a)}
		if a.literal { // it is folded into a literal
			t.literal = true
		}
		return t
	case 5:
		a := g.integer(depth - 1)
		return typed{e: a.e.Abs(), unsigned: a.unsigned, wide: a.unsigned, f: strict(func(v ...any) (any, error) {
			return fit(new(big.Int).Abs(v[0].(*big.Int)), a.unsigned)
		}, a)}
	case 6:
		a := g.words(depth - 1)
		return typed{e: a.e.Length(), f: strict(func(v ...any) (any, error) { return big.NewInt(int64(utf8.RuneCountInString(v[0].(string)))), nil }, a)}
	case 7:
		a := g.moment(depth - 1)
		field := g.IntN(6)
		e := []expr.Expr{a.e.Year(), a.e.Month(), a.e.Day(), a.e.Hour(), a.e.Minute(), a.e.Second()}[field]
		return typed{e: e, f: strict(func(v ...any) (any, error) {
			whole, rest := new(big.Int).DivMod(v[0].(moment).ns, big.NewInt(1e9), new(big.Int))
			t := time.Unix(whole.Int64(), rest.Int64()).UTC()
			return big.NewInt(int64([]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()}[field])), nil
		}, a)}
	}
	a, b := g.column("day"), g.column("day")
	return typed{e: a.e.Sub(b.e), f: strict(func(v ...any) (any, error) {
		d := new(big.Int).Sub(v[0].(moment).ns, v[1].(moment).ns)
		return d.Quo(d, big.NewInt(int64(24*time.Hour))), nil
	}, a, b)}
}

func (g generator) integers(a, b typed) typed {
	natural := func(t typed) bool {
		v, _ := t.f(nil)
		return v.(*big.Int).Sign() >= 0
	}
	if a.wide && b.literal && natural(b) {
		b.unsigned = true
	}
	if b.wide && a.literal && natural(a) {
		a.unsigned = true
	}
	unsigned := a.unsigned && b.unsigned
	o := g.IntN(4)
	e := []expr.Expr{a.e.Add(b.e), a.e.Sub(b.e), a.e.Mul(b.e), a.e.Mod(b.e)}[o]
	return typed{e: e, unsigned: unsigned, wide: unsigned, f: strict(func(v ...any) (any, error) {
		x, y := v[0].(*big.Int), v[1].(*big.Int)
		if !unsigned && (!x.IsInt64() || !y.IsInt64()) {
			return nil, errOracle
		}
		z := new(big.Int)
		switch o {
		case 0:
			z.Add(x, y)
		case 1:
			z.Sub(x, y)
		case 2:
			z.Mul(x, y)
		default:
			if y.Sign() == 0 {
				return nil, nil
			}
			z.Rem(x, y)
		}
		return fit(z, unsigned)
	}, a, b)}
}

// number is any number.
func (g generator) number(depth int) typed {
	switch g.IntN(3) {
	case 0:
		return g.integer(depth)
	case 1:
		return g.decimal(depth)
	}
	return g.float(depth)
}

func (g generator) float(depth int) typed {
	if depth == 0 || g.IntN(4) == 0 {
		if g.IntN(4) == 0 {
			// None is another number as the decimal that it is written as.
			v := []float64{0.5, -2, math.NaN(), math.Inf(1), 0, 0.375, 1 << 62}[g.IntN(7)]
			return typed{e: expr.Lit(v), f: func(row) (any, error) { return v, nil }}
		}
		return g.column("f32", "f64")
	}
	switch g.IntN(4) {
	case 0:
		a := g.float(depth - 1)
		o := g.IntN(5)
		e := []expr.Expr{a.e.Neg(), a.e.Abs(), a.e.Floor(), a.e.Ceil(), a.e.Round()}[o]
		return typed{e: e, f: strict(func(v ...any) (any, error) {
			x := v[0].(float64)
			return []float64{-x, math.Abs(x), math.Floor(x), math.Ceil(x), math.Round(x)}[o], nil
		}, a)}
	case 1: // division of any numbers
		a, b := g.number(depth-1), g.number(depth-1)
		return typed{e: a.e.Div(b.e), f: strict(func(v ...any) (any, error) { return toFloat(v[0]) / toFloat(v[1]), nil }, a, b)}
	}
	a, b := g.float(depth-1), g.integer(depth-1)
	if g.IntN(2) == 0 {
		a, b = b, a
	}
	o := g.IntN(4)
	e := []expr.Expr{a.e.Add(b.e), a.e.Sub(b.e), a.e.Mul(b.e), a.e.Mod(b.e)}[o]
	return typed{e: e, f: strict(func(v ...any) (any, error) {
		x, y := toFloat(v[0]), toFloat(v[1])
		return []float64{x + y, x - y, x * y, math.Mod(x, y)}[o], nil
	}, a, b)}
}

func (g generator) decimal(depth int) typed {
	if depth == 0 || g.IntN(4) == 0 {
		if g.IntN(2) == 0 {
			t := g.column("d2")
			t.scale = 2
			return t
		}
		t := g.column("d5")
		t.scale = 5
		return t
	}
	a := g.decimal(depth - 1)
	if g.IntN(5) == 0 {
		o := g.IntN(5)
		e := []expr.Expr{a.e.Neg(), a.e.Abs(), a.e.Floor(), a.e.Ceil(), a.e.Round()}[o]
		t := typed{e: e, scale: a.scale}
		if o >= 2 {
			t.scale = 0
		}
		t.f = strict(func(v ...any) (any, error) {
			x := v[0].(*big.Rat)
			half := big.NewRat(1, 2)
			down := func(x *big.Rat) *big.Rat { return new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom())) }
			switch o {
			case 0:
				return new(big.Rat).Neg(x), nil
			case 1:
				return new(big.Rat).Abs(x), nil
			case 2:
				return down(x), nil
			case 3:
				return new(big.Rat).Neg(down(new(big.Rat).Neg(x))), nil
			}
			up := down(new(big.Rat).Add(new(big.Rat).Abs(x), half))
			if x.Sign() < 0 {
				up.Neg(up)
			}
			return up, nil
		}, a)
		return t
	}
	b := g.decimal(depth - 1)
	switch g.IntN(4) {
	case 0:
		b = g.integer(depth - 1)
	case 1: // a float of the text is a decimal here
		b = typed{e: expr.Lit(0.25), scale: 2, f: func(row) (any, error) { return big.NewRat(1, 4), nil }}
	}
	o := g.IntN(3)
	scale := max(a.scale, b.scale)
	if o == 2 {
		if scale = a.scale + b.scale; scale > 38 {
			return a
		}
	}
	e := []expr.Expr{a.e.Add(b.e), a.e.Sub(b.e), a.e.Mul(b.e)}[o]
	return typed{e: e, scale: scale, f: strict(func(v ...any) (any, error) {
		x, y, z := toRat(v[0]), toRat(v[1]), new(big.Rat)
		switch o {
		case 0:
			z.Add(x, y)
		case 1:
			z.Sub(x, y)
		default:
			z.Mul(x, y)
		}
		return digits(z, scale)
	}, a, b)}
}
