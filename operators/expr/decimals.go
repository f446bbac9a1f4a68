package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// bindDecimals binds + - * of decimals, and of decimals with integers.
func bindDecimals(n *node, a, b *bound) (*bound, error) {
	before, behind := digitsOf(a)
	otherBefore, otherBehind := digitsOf(b)
	var t *arrow.Decimal128Type
	switch n.op {
	case opAdd, opSub:
		scale := max(behind, otherBehind)
		t = decimalType(max(before, otherBefore)+scale+1, scale)
	case opMul:
		if behind+otherBehind > digitsMost {
			return nil, fmt.Errorf("the product would have %d digits behind the point, of %d: cast one to fewer", behind+otherBehind, digitsMost)
		}
		t = decimalType(before+behind+otherBefore+otherBehind, behind+otherBehind)
	default:
		return nil, fmt.Errorf("%s and %s have no %%: cast to integers or floats", nameOf(a.typ), nameOf(b.typ))
	}
	a, b = toDecimal(a), toDecimal(b)
	do := &decimalLoop{product: n.op == opMul, minus: n.op == opSub, digits: digitsMost}
	do.aUp, do.bUp = decimal128.FromI64(1), decimal128.FromI64(1)
	if n.op != opMul {
		do.aUp = decimal128.GetScaleMultiplier(int(t.Scale) - behind)
		do.bUp = decimal128.GetScaleMultiplier(int(t.Scale) - otherBehind)
	}
	return &bound{node: n, typ: t, kind: decimal, fallible: true, eval: func(r *run, w *where) (*vec, error) {
		x, y, err := both(r, w, a, b)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x, y)
		if nowhere {
			return v, nil
		}
		out, buf := filled[decimal128.Num](r, r.size(x, y))
		if do.run(out, x.decs, y.decs, x.mask(), y.mask()) {
			one := make([]decimal128.Num, 1)
			if err := r.firstBad(n, w, []*vec{x, y}, "the result does not fit the 38 digits of "+nameOf(t), func(row int) bool {
				return do.run(one, x.decs[row&x.mask():], y.decs[row&y.mask():], 0, 0)
			}); err != nil {
				return nil, err
			}
		}
		v.decs, v.buf = out, buf
		return v, nil
	}}, nil
}

// decimalLoop is the loop of one operation on decimals: up is what brings an operand to
// the scale of the result.
type decimalLoop struct {
	product, minus bool
	aUp, bUp       decimal128.Num
	digits         int32
}

func (d *decimalLoop) run(out, a, b []decimal128.Num, am, bm int) bool {
	one := decimal128.FromI64(1)
	aSame, bSame, over := d.aUp == one, d.bUp == one, false
	for i := range out {
		x, y := a[i&am], b[i&bm]
		var z decimal128.Num
		ok, also, fit := true, true, true
		if d.product {
			z, fit = mulNum(x, y)
		} else {
			if !aSame {
				x, ok = mulNum(x, d.aUp)
			}
			if !bSame {
				y, also = mulNum(y, d.bUp)
			}
			if d.minus {
				y = y.Negate()
			}
			z, fit = addNum(x, y)
		}
		out[i] = z
		over = over || !ok || !also || !fit || !fits(z, d.digits)
	}
	return over
}

// toDecimal is a number that is no float as a decimal.
func toDecimal(b *bound) *bound {
	if b.kind == decimal {
		return b
	}
	before, _ := digitsOf(b)
	return derived(b.node, b, decimalType(before, 0), func(r *run, x, v *vec, n int) {
		v.decs = scratch[decimal128.Num](r, n)
		if b.kind == unsigned {
			for i, u := range x.uints {
				v.decs[i] = decimal128.FromU64(u)
			}
			return
		}
		for i, s := range x.ints {
			v.decs[i] = decimal128.FromI64(s)
		}
	})
}

// toFloat is a number as a float64.
func toFloat(b *bound) *bound {
	if b.kind == floating {
		return b
	}
	var scale int32
	if t, ok := plain(b.typ).(*arrow.Decimal128Type); ok {
		scale = t.Scale
	}
	return derived(b.node, b, arrow.PrimitiveTypes.Float64, func(r *run, x, v *vec, n int) {
		v.floats, v.buf = filled[float64](r, n)
		switch b.kind {
		case signed:
			for i, s := range x.ints {
				v.floats[i] = float64(s)
			}
		case unsigned:
			for i, u := range x.uints {
				v.floats[i] = float64(u)
			}
		case decimal:
			for i, d := range x.decs {
				v.floats[i] = float(d, scale)
			}
		}
	})
}

// derived is n, the values of b changed by a function that cannot fail: do sets the
// values of v, of which there are n, to those of x.
func derived(n *node, b *bound, t arrow.DataType, do func(r *run, x, v *vec, n int)) *bound {
	d := &bound{node: n, typ: t, kind: kindOf(t), fallible: b.fallible, eval: func(r *run, w *where) (*vec, error) {
		x, err := b.eval(r, w)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x)
		if !nowhere {
			do(r, x, v, r.size(x))
		}
		return v, nil
	}}
	return d.folded([]*bound{b})
}
