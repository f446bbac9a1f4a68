package expr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// The oracle computes an expression for one row, by big numbers. A value is nil for null,
// *big.Int for integers, float64, *big.Rat for decimals, string, bool, moment or
// span.
type (
	moment struct{ ns *big.Int }
	span   struct{ ns *big.Int }

	row []any

	// typed is an expression with its oracle.
	typed struct {
		e        expr.Expr
		f        func(row) (any, error)
		unsigned bool // of integers: none is below 0
		wide     bool // of unsigned ones: of 64 bits
		literal  bool
		scale    int    // of decimals
		unit     int64  // of moments and spans: nanoseconds a tick
		isDate   bool   // of moments
		text     string // what the generator thinks that it is
	}
)

var errOracle = errors.New("no value")

var columns = []arrow.Field{
	{Name: "i8", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, {Name: "i32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "i64", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "j64", Type: arrow.PrimitiveTypes.Int64},
	{Name: "di", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int32}, Nullable: true},
	{Name: "u8", Type: arrow.PrimitiveTypes.Uint8, Nullable: true}, {Name: "u64", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
	{Name: "f32", Type: arrow.PrimitiveTypes.Float32, Nullable: true}, {Name: "f64", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "d2", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true}, {Name: "d5", Type: &arrow.Decimal128Type{Precision: 30, Scale: 5}, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "ls", Type: arrow.BinaryTypes.LargeString, Nullable: true},
	{Name: "ds", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, {Name: "c", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true}, {Name: "ms", Type: &arrow.TimestampType{Unit: arrow.Millisecond}, Nullable: true},
	{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, Nullable: true}, {Name: "du", Type: arrow.FixedWidthTypes.Duration_us, Nullable: true},
}

func at(name string) int {
	for i, f := range columns {
		if f.Name == name {
			return i
		}
	}
	panic(name)
}

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

func fit(x *big.Int, unsigned bool) (any, error) {
	if unsigned && !x.IsUint64() || !unsigned && !x.IsInt64() {
		return nil, errOracle
	}
	return x, nil
}

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

func toFloat(v any) float64 {
	switch x := v.(type) {
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f
	case *big.Rat:
		f, _ := x.Float64()
		return f
	}
	return v.(float64)
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

func digits(x *big.Rat, scale int) (any, error) {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(38-scale)), nil)
	if new(big.Rat).Abs(x).Cmp(new(big.Rat).SetInt(n)) >= 0 {
		return nil, errOracle
	}
	return x, nil
}

func toRat(v any) *big.Rat {
	if x, ok := v.(*big.Int); ok {
		return new(big.Rat).SetInt(x)
	}
	return v.(*big.Rat)
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

// order compares two values; NaN is above all numbers.
func order(a, b any) int {
	switch x := a.(type) {
	case string:
		return strings.Compare(x, b.(string))
	case bool:
		return map[bool]int{true: 1}[x] - map[bool]int{true: 1}[b.(bool)]
	case moment:
		return x.ns.Cmp(b.(moment).ns)
	case span:
		return x.ns.Cmp(b.(span).ns)
	}
	rank := func(v any) int {
		if f, ok := v.(float64); ok {
			switch {
			case f != f:
				return 2
			case math.IsInf(f, 0):
				return int(math.Copysign(1, f))
			}
		}
		return 0
	}
	if r, s := rank(a), rank(b); r != 0 || s != 0 {
		return r - s
	}
	exact := func(v any) *big.Rat {
		if f, ok := v.(float64); ok {
			return new(big.Rat).SetFloat64(f)
		}
		return toRat(v)
	}
	return exact(a).Cmp(exact(b))
}

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

// oracleRows are the rows of a batch as values of the oracle.
func oracleRows(rec arrow.Record) []row {
	all := make([]row, rec.NumRows())
	for i, cells := range dataflowtest.Rows(rec) {
		for c, v := range cells {
			all[i] = append(all[i], oracleValue(v, rec.Column(c).DataType()))
		}
	}
	return all
}

func oracleValue(v any, t arrow.DataType) any {
	switch x := v.(type) {
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		n, _ := new(big.Int).SetString(fmt.Sprint(x), 10)
		return n
	case float32:
		return float64(x)
	case decimal128.Num:
		scale := t.(*arrow.Decimal128Type).Scale
		return new(big.Rat).SetFrac(x.BigInt(), decimal128.GetScaleMultiplier(int(scale)).BigInt())
	case time.Time:
		ns := new(big.Int).Mul(big.NewInt(x.Unix()), big.NewInt(1e9))
		return moment{ns.Add(ns, big.NewInt(int64(x.Nanosecond())))}
	case time.Duration:
		return span{big.NewInt(int64(x))}
	}
	return v
}

func same(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && (math.Float64bits(x) == math.Float64bits(y) || x != x && y != y)
	}
	return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) && order(a, b) == 0
}

// TestRandomExpressions evaluates random expressions over random batches, whole and row
// by row, and compares with the oracle.
func TestRandomExpressions(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %#x", seed)
	g := generator{rng}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	trees := 3000
	if testing.Short() {
		trees = 300
	}
	wholes, failures := 0, 0
	for range trees {
		n := 1 + rng.IntN(30)
		from := int64(rng.IntN(n))
		whole := dataflowtest.Random(rng.Uint64(), n, columns...)
		rec := whole.NewSlice(from, int64(n))
		rows := oracleRows(rec)
		x := g.any(1 + rng.IntN(4))
		typ, err := x.e.Type(rec.Schema())
		if err != nil {
			t.Fatalf("%s: %v", x.e, err)
		}
		fails := false
		for i, r := range rows {
			want, wantErr := x.f(r)
			fails = fails || wantErr != nil
			c := dataflow.Chunk{Rec: rec, Sel: []int32{int32(i)}}
			got, err := evalRow(t.Context(), x.e, c, i, typ, alloc)
			if (err != nil) != (wantErr != nil) || err == nil && !same(got, want) {
				t.Fatalf("seed %#x: %s over row %v is %v (%v), want %v (%v)", seed, x.e, r, got, err, want, wantErr)
			}
			if typ.ID() == arrow.BOOL && err == nil {
				keep := make([]bool, rec.NumRows())
				if err := x.e.Keep(t.Context(), c, keep, alloc); err != nil || keep[i] != (want == true) {
					t.Fatalf("seed %#x: %s keeps row %v: %v (%v), want %v", seed, x.e, r, keep[i], err, want)
				}
				if want == true {
					checkBounds(t, x.e, rec, i)
				}
			}
		}
		arr, err := x.e.Eval(t.Context(), dataflow.Chunk{Rec: rec}, alloc)
		if (err != nil) != fails {
			t.Fatalf("seed %#x: %s over all rows: %v, want an error: %v", seed, x.e, err, fails)
		}
		if err != nil {
			failures++
			continue
		}
		wholes++
		for i, got := range values(arr) {
			if want, _ := x.f(rows[i]); !same(got, want) {
				t.Fatalf("seed %#x: %s over row %v of many is %v, want %v", seed, x.e, rows[i], got, want)
			}
		}
		arr.Release()
	}
	t.Logf("%d batches without and %d with an error", wholes, failures)
	if wholes < trees/4 || failures == 0 {
		t.Error("the batches are not of both sorts")
	}
}

func values(arr arrow.Array) []any {
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "v", Type: arr.DataType(), Nullable: true}}, nil), []arrow.Array{arr}, int64(arr.Len()))
	defer rec.Release()
	out := make([]any, arr.Len())
	for i, r := range dataflowtest.Rows(rec) {
		out[i] = oracleValue(r[0], arr.DataType())
	}
	return out
}

func evalRow(ctx context.Context, e expr.Expr, c dataflow.Chunk, i int, typ arrow.DataType, alloc memory.Allocator) (any, error) {
	arr, err := e.Eval(ctx, c, alloc)
	if err != nil {
		return nil, err
	}
	defer arr.Release()
	if !arrow.TypeEqual(arr.DataType(), typ) || int64(arr.Len()) != c.Rec.NumRows() {
		return nil, fmt.Errorf("%d values of type %s for %d rows of type %s", arr.Len(), arr.DataType(), c.Rec.NumRows(), typ)
	}
	return values(arr)[i], nil
}

// checkBounds checks that a row that is kept meets the bounds.
func checkBounds(t *testing.T, e expr.Expr, rec arrow.Record, i int) {
	t.Helper()
	for _, b := range e.Bounds(rec.Schema()) {
		v := oracleRows(rec)[i][at(b.Column)]
		ok := v != nil
		if b.Op == dataflow.IsNull {
			ok = v == nil
		} else if ok && b.Op != dataflow.NotNull {
			c := order(v, oracleValue(b.Value, nil))
			ok = []bool{c == 0, c != 0, c < 0, c <= 0, c > 0, c >= 0}[b.Op]
		}
		if !ok {
			t.Fatalf("%s keeps a row whose %s is %v, against its bound %s %v", e, b.Column, v, b.Op, b.Value)
		}
	}
}
