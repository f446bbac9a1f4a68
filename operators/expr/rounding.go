package expr

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// bindSign binds -x and abs.
func bindSign(n *node, args []*bound) (*bound, error) {
	b := args[0]
	negate := n.op == opNeg
	switch b.kind {
	case null:
		return nullOf(n, arrow.Null), nil
	case unsigned:
		if !negate {
			return derived(n, b, arrow.PrimitiveTypes.Uint64, func(_ *run, x, v *vec, _ int) { v.uints, v.buf = x.uints, x.buf }), nil
		}
		return bindNegated(n, b, arrow.PrimitiveTypes.Int64, subInts), nil
	case signed, duration:
		t, do := arrow.DataType(arrow.PrimitiveTypes.Int64), loop[int64](subInts)
		if b.kind == duration {
			t = plain(b.typ)
		}
		if !negate {
			do = absInts
		}
		return bindNegated(n, b, t, do), nil
	case floating:
		return derived(n, b, arrow.PrimitiveTypes.Float64, func(r *run, x, v *vec, count int) {
			v.floats, v.buf = filled[float64](r, count)
			if negate {
				for i, f := range x.floats {
					v.floats[i] = -f
				}
				return
			}
			for i, f := range x.floats {
				v.floats[i] = math.Abs(f)
			}
		}), nil
	case decimal:
		return derived(n, b, plain(b.typ), func(r *run, x, v *vec, count int) {
			v.decs, v.buf = filled[decimal128.Num](r, count)
			for i, d := range x.decs {
				if negate || d.HighBits() < 0 {
					d = d.Negate()
				}
				v.decs[i] = d
			}
		}), nil
	}
	return nil, cannot(n, b)
}

// bindNegated is a loop over 0 and b.
func bindNegated(n *node, b *bound, t arrow.DataType, do loop[int64]) *bound {
	zero := constant(b.node, t, &vec{single: true, ints: []int64{0}})
	return bindIntegers(n, zero, b, t, do, asSigned(zero), asSigned(b), setInts)
}

func absInts(out, _, b []int64, _, bm int) bool {
	over := false
	for i := range out {
		x := b[i&bm]
		if x < 0 {
			x = -x
		}
		out[i] = x
		over = over || x < 0
	}
	return over
}

// bindRounding binds floor, ceil and round.
func bindRounding(n *node, args []*bound) (*bound, error) {
	b := args[0]
	switch b.kind {
	case null:
		return nullOf(n, arrow.Null), nil
	case signed:
		return derived(n, b, arrow.PrimitiveTypes.Int64, func(_ *run, x, v *vec, _ int) { v.ints, v.buf = x.ints, x.buf }), nil
	case unsigned:
		return derived(n, b, arrow.PrimitiveTypes.Uint64, func(_ *run, x, v *vec, _ int) { v.uints, v.buf = x.uints, x.buf }), nil
	case floating:
		return derived(n, b, arrow.PrimitiveTypes.Float64, func(r *run, x, v *vec, count int) {
			v.floats, v.buf = filled[float64](r, count)
			roundFloats(n.op, v.floats, x.floats)
		}), nil
	case decimal:
		scale := plain(b.typ).(*arrow.Decimal128Type).Scale
		before, _ := digitsOf(b)
		if scale > 0 {
			before++
		}
		return derived(n, b, decimalType(before, 0), func(r *run, x, v *vec, count int) {
			v.decs, v.buf = filled[decimal128.Num](r, count)
			roundDecimals(n.op, v.decs, x.decs, scale)
		}), nil
	}
	return nil, cannot(n, b)
}

func roundFloats(o op, out, in []float64) {
	switch o {
	case opFloor:
		for i, f := range in {
			out[i] = math.Floor(f)
		}
	case opCeil:
		for i, f := range in {
			out[i] = math.Ceil(f)
		}
	default:
		for i, f := range in {
			out[i] = math.Round(f)
		}
	}
}

func roundDecimals(o op, out, in []decimal128.Num, scale int32) {
	for i, d := range in {
		if o == opRound {
			out[i] = rounded(d, scale)
			continue
		}
		q, rest := quotient(d, scale)
		switch {
		case o == opFloor && rest.Sign() < 0:
			q = q.Sub(decimal128.FromI64(1))
		case o == opCeil && rest.Sign() > 0:
			q = q.Add(decimal128.FromI64(1))
		}
		out[i] = q
	}
}
