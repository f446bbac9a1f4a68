package expr

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// comparison writes how the values of two vecs compare, for as many rows as out has.
// What it writes where one is null means nothing.
type comparison func(r *run, out []bool, x, y *vec)

// accepts is which outcomes make a comparison true: bit 0 less, 1 equal, 2 greater.
var accepts = map[op]uint8{opEq: 0b010, opNe: 0b101, opLt: 0b001, opLe: 0b011, opGt: 0b100, opGe: 0b110}

// flipped is the comparison of the operands the other way round.
var flipped = map[op]op{opEq: opEq, opNe: opNe, opLt: opGt, opLe: opGe, opGt: opLt, opGe: opLe}

// bindCompare binds the comparisons.
func bindCompare(n *node, args []*bound) (*bound, error) {
	a, b, err := pair(args[0], args[1])
	if err != nil {
		return nil, err
	}
	if a.kind == null || b.kind == null {
		return nullOf(n, arrow.FixedWidthTypes.Boolean), nil
	}
	o := n.op
	if a.konst != nil && b.konst == nil {
		a, b, o = b, a, flipped[o]
	}
	b = b.matched(a)
	compare := comparing(o, a, b)
	if compare == nil {
		if o, ok := flipped[o]; ok {
			if swapped := comparing(o, b, a); swapped != nil {
				compare = func(r *run, out []bool, x, y *vec) { swapped(r, out, y, x) }
			}
		}
	}
	if compare == nil {
		return nil, cannot(n, args[0], args[1])
	}
	return bindRowwise(n, a, b, compare), nil
}

// bindRowwise binds what makes a bool of two operands.
func bindRowwise(n *node, a, b *bound, compare comparison) *bound {
	return &bound{node: n, typ: arrow.FixedWidthTypes.Boolean, kind: boolean, fallible: anyFallible(a, b),
		eval: func(r *run, w *where) (*vec, error) {
			x, y, err := both(r, w, a, b)
			if err != nil {
				return nil, err
			}
			v, nowhere := r.like(x, y)
			if !nowhere {
				v.bools = scratch[bool](r, r.size(x, y))
				compare(r, v.bools, x, y)
			}
			return v, nil
		},
		truths: func(r *run, w *where, out []bool) error {
			x, y, err := both(r, w, a, b)
			if err != nil {
				return err
			}
			switch {
			case x.single && x.null || y.single && y.null:
				clear(out)
			case x.single && y.single:
				one := make([]bool, 1)
				compare(r, one, x, y)
				truths(&vec{single: true, bools: one}, out)
			default:
				compare(r, out, x, y)
				x.valid.clear(out)
				y.valid.clear(out)
			}
			return nil
		}}
}

// matched is b, where it is a constant, in the form that compares best with a: of the
// same value, or as it was.
func (b *bound) matched(a *bound) *bound {
	if b.konst == nil || b.konst.null {
		return b
	}
	v := b.konst
	switch {
	case a.kind == unsigned && b.kind == signed && v.ints[0] >= 0:
		return constant(b.node, arrow.PrimitiveTypes.Uint64, &vec{single: true, uints: []uint64{uint64(v.ints[0])}})
	case a.kind == signed && b.kind == unsigned && v.uints[0] <= math.MaxInt64:
		return constant(b.node, arrow.PrimitiveTypes.Int64, &vec{single: true, ints: []int64{int64(v.uints[0])}})
	case a.kind == signed && b.kind == floating && v.floats[0] == math.Trunc(v.floats[0]) && math.Abs(v.floats[0]) < 1<<63:
		return constant(b.node, arrow.PrimitiveTypes.Int64, &vec{single: true, ints: []int64{int64(v.floats[0])}})
	case a.kind == unsigned && b.kind == floating && v.floats[0] == math.Trunc(v.floats[0]) && v.floats[0] >= 0 && v.floats[0] < 1<<64:
		return constant(b.node, arrow.PrimitiveTypes.Uint64, &vec{single: true, uints: []uint64{uint64(v.floats[0])}})
	case a.kind == floating && b.kind == signed && v.ints[0] <= 1<<53 && v.ints[0] >= -1<<53:
		return constant(b.node, arrow.PrimitiveTypes.Float64, &vec{single: true, floats: []float64{float64(v.ints[0])}})
	case a.kind == decimal && b.kind.integer():
		return toDecimal(b).matched(a)
	case a.kind == decimal && b.kind == decimal:
		from, to := plain(b.typ).(*arrow.Decimal128Type).Scale, plain(a.typ).(*arrow.Decimal128Type).Scale
		if from < to {
			if d, ok := mulNum(v.decs[0], decimal128.GetScaleMultiplier(int(to-from))); ok {
				return constant(b.node, plain(a.typ), &vec{single: true, decs: []decimal128.Num{d}})
			}
		}
	case a.kind.temporal() && b.kind.temporal() && tick(a.typ) != tick(b.typ) && comparable(a, b):
		from, to := tick(b.typ), tick(a.typ)
		if from > to {
			if t, over := mulInt(v.ints[0], int64(from/to)); over == 0 {
				return constant(b.node, plain(a.typ), &vec{single: true, ints: []int64{t}})
			}
		} else if t, rest := floorDiv(v.ints[0], int64(to/from)); rest == 0 {
			return constant(b.node, plain(a.typ), &vec{single: true, ints: []int64{t}})
		}
	}
	return b
}

// comparable reports whether two temporal types compare.
func comparable(a, b *bound) bool {
	moment := func(k kind) bool { return k == date || k == timestamp }
	return a.kind == b.kind || moment(a.kind) && moment(b.kind)
}

// comparing is how values of a and b compare; nil where there is no way, or one for b
// and a.
func comparing(o op, a, b *bound) comparison {
	accept := accepts[o]
	switch {
	case a.kind == signed && b.kind == signed:
		return func(_ *run, out []bool, x, y *vec) { compareOrdered(o, out, x.ints, y.ints, x.mask(), y.mask()) }
	case a.kind == unsigned && b.kind == unsigned:
		return func(_ *run, out []bool, x, y *vec) { compareOrdered(o, out, x.uints, y.uints, x.mask(), y.mask()) }
	case a.kind == floating && b.kind == floating:
		return func(_ *run, out []bool, x, y *vec) { compareFloats(o, out, x.floats, y.floats, x.mask(), y.mask()) }
	case a.kind == signed && b.kind == unsigned:
		return func(_ *run, out []bool, x, y *vec) {
			compareSigns(accept, out, x.ints, y.uints, x.mask(), y.mask())
		}
	case a.kind == signed && b.kind == floating:
		return func(_ *run, out []bool, x, y *vec) {
			compareIntFloat(accept, out, x.ints, y.floats, x.mask(), y.mask())
		}
	case a.kind == unsigned && b.kind == floating:
		return func(_ *run, out []bool, x, y *vec) {
			compareUintFloat(accept, out, x.uints, y.floats, x.mask(), y.mask())
		}
	case a.kind == decimal && b.kind == floating:
		scale := plain(a.typ).(*arrow.Decimal128Type).Scale
		return func(_ *run, out []bool, x, y *vec) {
			compareDecimalFloat(accept, out, x.decs, y.floats, x.mask(), y.mask(), scale)
		}
	case a.kind == decimal && (b.kind == decimal || b.kind.integer()):
		return comparingDecimals(accept, a, b)
	case a.kind == boolean && b.kind == boolean:
		return func(_ *run, out []bool, x, y *vec) { compareBools(accept, out, x.bools, y.bools, x.mask(), y.mask()) }
	case a.kind.textual() && a.kind == b.kind:
		return func(r *run, out []bool, x, y *vec) {
			r.perValue(out, x, y, func(out []bool, x, y *vec) { compareTexts(o, out, x, y) })
		}
	case a.kind.temporal() && comparable(a, b):
		s, t := tick(a.typ), tick(b.typ)
		if s == t {
			return func(_ *run, out []bool, x, y *vec) { compareOrdered(o, out, x.ints, y.ints, x.mask(), y.mask()) }
		}
		if s > t {
			return func(_ *run, out []bool, x, y *vec) {
				compareTicks(accept, out, x.ints, y.ints, x.mask(), y.mask(), int64(s/t))
			}
		}
	}
	return nil
}

func comparingDecimals(accept uint8, a, b *bound) comparison {
	convert := func(*run, *vec) []decimal128.Num { return nil }
	scale := int32(0)
	if b.kind == decimal {
		scale = plain(b.typ).(*arrow.Decimal128Type).Scale
		convert = func(_ *run, v *vec) []decimal128.Num { return v.decs }
	} else {
		convert = func(r *run, v *vec) []decimal128.Num { return integersAsDecimals(r, v) }
	}
	of := plain(a.typ).(*arrow.Decimal128Type).Scale
	return func(r *run, out []bool, x, y *vec) {
		compareDecimals(accept, out, x.decs, convert(r, y), x.mask(), y.mask(), of, scale)
	}
}

func integersAsDecimals(r *run, v *vec) []decimal128.Num {
	out := scratch[decimal128.Num](r, max(len(v.ints), len(v.uints)))
	for i, s := range v.ints {
		out[i] = decimal128.FromI64(s)
	}
	for i, u := range v.uints {
		out[i] = decimal128.FromU64(u)
	}
	return out
}
