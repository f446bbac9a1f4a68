package expr

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func cannot(n *node, args ...*bound) error {
	switch len(args) {
	case 1:
		return fmt.Errorf("%s is %s, which this takes none of", args[0].node.text(), nameOf(args[0].typ))
	}
	return fmt.Errorf("%s and %s do not go together here: cast one", nameOf(args[0].typ), nameOf(args[1].typ))
}

// bindArithmetic binds + - * / %.
func bindArithmetic(n *node, args []*bound) (*bound, error) {
	a, b := args[0], args[1]
	a, b = besideDuration(n, a, b)
	b, a = besideDuration(n, b, a)
	a, b, err := pair(a, b)
	if err != nil {
		return nil, err
	}
	if a.kind == null {
		a = nullLike(a, b)
	}
	if b.kind == null {
		b = nullLike(b, a)
	}
	switch {
	case a.kind == null && b.kind == null:
		return nullOf(n, arrow.Null), nil
	case a.kind.numeric() && b.kind.numeric():
		return bindNumbers(n, a, b)
	case a.kind.temporal() || b.kind.temporal():
		return bindTemporal(n, a, b)
	}
	return nil, cannot(n, a, b)
}

// besideDuration reads a text that is added to a date or timestamp as a duration.
func besideDuration(n *node, a, o *bound) (*bound, *bound) {
	if n.op != opAdd || !a.isLiteral(text) || o.kind != date && o.kind != timestamp {
		return a, o
	}
	t := &arrow.DurationType{Unit: unitOf(min(tick(o.typ), 1e9))}
	if c, err := bindCast(a.node, a, t, false); err == nil {
		if v, err := c.alone(); err == nil {
			return constant(a.node, t, v), o
		}
	}
	return a, o
}

// nullLike is a null of the type of the operand beside it.
func nullLike(a, o *bound) *bound { return nullOf(a.node, plain(o.typ)) }

// nullOf is a null of type t.
func nullOf(n *node, t arrow.DataType) *bound {
	return constant(n, t, &vec{single: true, null: true})
}

func bindNumbers(n *node, a, b *bound) (*bound, error) {
	switch {
	case n.op == opDiv || a.kind == floating || b.kind == floating:
		return bindFloats(n, toFloat(a), toFloat(b)), nil
	case a.kind == decimal || b.kind == decimal:
		return bindDecimals(n, a, b)
	}
	wide := func(b *bound) bool { return b.kind == unsigned && b.typ.ID() == arrow.UINT64 }
	natural := func(b *bound) bool {
		return b.node.op == opLiteral && b.kind == signed && !b.konst.null && b.konst.ints[0] >= 0
	}
	switch {
	case wide(a) && natural(b):
		b = constant(b.node, arrow.PrimitiveTypes.Uint64, &vec{single: true, uints: []uint64{uint64(b.konst.ints[0])}})
	case wide(b) && natural(a):
		a = constant(a.node, arrow.PrimitiveTypes.Uint64, &vec{single: true, uints: []uint64{uint64(a.konst.ints[0])}})
	}
	if a.kind == unsigned && b.kind == unsigned {
		same := func(_ *run, v *vec) ([]uint64, func(int) bool) { return v.uints, nil }
		return bindIntegers(n, a, b, arrow.PrimitiveTypes.Uint64, unsignedLoops[n.op], same, same, setUints), nil
	}
	return bindIntegers(n, a, b, arrow.PrimitiveTypes.Int64, signedLoops[n.op], asSigned(a), asSigned(b), setInts), nil
}

func setInts(v *vec, out []int64, buf *memory.Buffer) { v.ints, v.buf = out, buf }

func setUints(v *vec, out []uint64, buf *memory.Buffer) { v.uints, v.buf = out, buf }

// reading is how a loop reads an operand, and which rows of it do not fit; nil: all do.
type reading[T any] func(r *run, v *vec) (values []T, misfit func(row int) bool)

// asSigned reads integers as int64.
func asSigned(b *bound) reading[int64] {
	if b.kind != unsigned {
		return func(_ *run, v *vec) ([]int64, func(int) bool) { return v.ints, nil }
	}
	return func(r *run, v *vec) ([]int64, func(int) bool) {
		out, all := scratch[int64](r, len(v.uints)), uint64(0)
		for i, u := range v.uints {
			out[i] = int64(u)
			all |= u
		}
		if all <= math.MaxInt64 {
			return out, nil
		}
		return out, func(row int) bool { return v.uints[row&v.mask()] > math.MaxInt64 }
	}
}

// loop computes out[i] of a[i&am] and b[i&bm], and reports whether some result did not
// fit or, of %, is not there.
type loop[T any] func(out, a, b []T, am, bm int) bool

var signedLoops = map[op]loop[int64]{opAdd: addInts, opSub: subInts, opMul: mulInts, opMod: modInts}

var unsignedLoops = map[op]loop[uint64]{opAdd: addUints, opSub: subUints, opMul: mulUints, opMod: modUints}

func bindIntegers[T int64 | uint64](n *node, a, b *bound, t arrow.DataType, do loop[T], readA, readB reading[T], set func(*vec, []T, *memory.Buffer)) *bound {
	return &bound{node: n, typ: t, kind: kindOf(t), fallible: true, eval: func(r *run, w *where) (*vec, error) {
		x, y, err := both(r, w, a, b)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x, y)
		if nowhere {
			return v, nil
		}
		out, buf := filled[T](r, r.size(x, y))
		xs, misfitX := readA(r, x)
		ys, misfitY := readB(r, y)
		xm, ym := x.mask(), y.mask()
		over := do(out, xs, ys, xm, ym)
		if n.op == opMod && over { // there is no x % 0
			r.annul(v, len(out), func(row int) bool { return ys[row&ym] == 0 })
			over = false
		}
		if over || misfitX != nil || misfitY != nil {
			one := make([]T, 1)
			if err := r.firstBad(n, w, []*vec{x, y}, "the result does not fit "+nameOf(t), func(row int) bool {
				return misfitX != nil && misfitX(row) || misfitY != nil && misfitY(row) ||
					n.op != opMod && do(one, xs[row&xm:], ys[row&ym:], 0, 0)
			}); err != nil {
				return nil, err
			}
		}
		set(v, out, buf)
		return v, nil
	}}
}

// annul makes those of the n values of v null that f says.
func (r *run) annul(v *vec, n int, f func(row int) bool) {
	if v.single {
		v.null = f(0)
		return
	}
	bits := zeroed[byte](r, (n+7)/8)
	for i := range n {
		if v.valid.at(i) && !f(i) {
			bits[i>>3] |= 1 << (i & 7)
		}
	}
	v.valid = bitmap{bits: bits}
}

func addInts(out, a, b []int64, am, bm int) bool {
	var over int64
	for i := range out {
		x, y := a[i&am], b[i&bm]
		s := x + y
		out[i] = s
		over |= (x ^ s) & (y ^ s)
	}
	return over < 0
}

func subInts(out, a, b []int64, am, bm int) bool {
	var over int64
	for i := range out {
		x, y := a[i&am], b[i&bm]
		d := x - y
		out[i] = d
		over |= (x ^ y) & (x ^ d)
	}
	return over < 0
}

func mulInts(out, a, b []int64, am, bm int) bool {
	var over uint64
	for i := range out {
		x, y := a[i&am], b[i&bm]
		p, high := mulInt(x, y)
		out[i] = p
		over |= high
	}
	return over != 0
}

func addUints(out, a, b []uint64, am, bm int) bool {
	over := false
	for i := range out {
		x, y := a[i&am], b[i&bm]
		s := x + y
		out[i] = s
		over = over || s < x
	}
	return over
}

func subUints(out, a, b []uint64, am, bm int) bool {
	over := false
	for i := range out {
		x, y := a[i&am], b[i&bm]
		out[i] = x - y
		over = over || x < y
	}
	return over
}

func mulUints(out, a, b []uint64, am, bm int) bool {
	var over uint64
	for i := range out {
		p, high := mulUint(a[i&am], b[i&bm])
		out[i] = p
		over |= high
	}
	return over != 0
}

func modInts(out, a, b []int64, am, bm int) bool {
	zero := false
	for i := range out {
		switch x, y := a[i&am], b[i&bm]; y {
		case 0:
			zero = true
			out[i] = 0
		case -1: // the least integer has no negative
			out[i] = 0
		default:
			out[i] = x % y
		}
	}
	return zero
}

func modUints(out, a, b []uint64, am, bm int) bool {
	zero := false
	for i := range out {
		x, y := a[i&am], b[i&bm]
		if y == 0 {
			zero = true
			out[i] = 0
			continue
		}
		out[i] = x % y
	}
	return zero
}

func bindFloats(n *node, a, b *bound) *bound {
	do := map[op]func(out, a, b []float64, am, bm int){opAdd: addFloats, opSub: subFloats, opMul: mulFloats, opDiv: divFloats, opMod: modFloats}[n.op]
	return &bound{node: n, typ: arrow.PrimitiveTypes.Float64, kind: floating, fallible: anyFallible(a, b), eval: func(r *run, w *where) (*vec, error) {
		x, y, err := both(r, w, a, b)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(x, y)
		if !nowhere {
			v.floats, v.buf = filled[float64](r, r.size(x, y))
			do(v.floats, x.floats, y.floats, x.mask(), y.mask())
		}
		return v, nil
	}}
}

func addFloats(out, a, b []float64, am, bm int) {
	for i := range out {
		out[i] = a[i&am] + b[i&bm]
	}
}

func subFloats(out, a, b []float64, am, bm int) {
	for i := range out {
		out[i] = a[i&am] - b[i&bm]
	}
}

func mulFloats(out, a, b []float64, am, bm int) {
	for i := range out {
		out[i] = a[i&am] * b[i&bm]
	}
}

func divFloats(out, a, b []float64, am, bm int) {
	for i := range out {
		out[i] = a[i&am] / b[i&bm]
	}
}

func modFloats(out, a, b []float64, am, bm int) {
	for i := range out {
		out[i] = math.Mod(a[i&am], b[i&bm])
	}
}
