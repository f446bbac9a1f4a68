package expr

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// bindIf binds if.
func bindIf(n *node, args []*bound) (*bound, error) {
	cond, err := condition(args[0])
	if err != nil {
		return nil, err
	}
	t, values, err := unified(args[1:])
	if err != nil {
		return nil, err
	}
	then, otherwise := values[0], values[1]
	branches := func(r *run, w *where) (pick []bool, taken, left *where, err error) {
		c, err := cond.eval(r, w)
		if err != nil {
			return nil, nil, nil, err
		}
		pick = scratch[bool](r, r.rows)
		truths(c, pick)
		return pick, &where{w, c, isTrue}, &where{w, c, isNotTrue}, nil
	}
	b := &bound{node: n, typ: t, kind: kindOf(t), fallible: anyFallible(cond, then, otherwise)}
	if b.kind == other {
		b.array = func(r *run, w *where) (arrow.Array, error) {
			pick, taken, left, err := branches(r, w)
			if err != nil {
				return nil, err
			}
			x, err := r.arrayOf(then, taken)
			if err != nil {
				return nil, err
			}
			defer x.Release()
			y, err := r.arrayOf(otherwise, left)
			if err != nil {
				return nil, err
			}
			defer y.Release()
			return r.chooseArrays(pick, x, y)
		}
		b.eval = evalArray(b)
		return b, nil
	}
	b.eval = func(r *run, w *where) (*vec, error) {
		pick, taken, left, err := branches(r, w)
		if err != nil {
			return nil, err
		}
		x, err := then.eval(r, taken)
		if err != nil {
			return nil, err
		}
		y, err := otherwise.eval(r, left)
		if err != nil {
			return nil, err
		}
		return r.choose(b.kind, t, pick, x, y)
	}
	return b, nil
}

// bindCoalesce binds coalesce.
func bindCoalesce(n *node, args []*bound) (*bound, error) {
	t, values, err := unified(args)
	if err != nil {
		return nil, err
	}
	b := &bound{node: n, typ: t, kind: kindOf(t), fallible: anyFallible(values...)}
	if b.kind == other {
		b = values[0]
		for _, next := range values[1:] {
			b = coalesceArrays(n, b, next)
		}
		return b, nil
	}
	b.eval = func(r *run, w *where) (*vec, error) {
		v, err := values[0].eval(r, w)
		for _, next := range values[1:] {
			if err != nil || v.single && !v.null || !v.single && v.valid.bits == nil {
				break
			}
			var y *vec
			w = &where{w, v, isNull}
			if y, err = next.eval(r, w); err != nil {
				break
			}
			pick := scratch[bool](r, r.rows)
			nullTest(false, pick, v)
			v, err = r.choose(b.kind, t, pick, v, y)
		}
		return v, err
	}
	return b, nil
}

// coalesceArrays is the first of two values that is not null, of a type that no loop
// knows.
func coalesceArrays(n *node, a, b *bound) *bound {
	c := &bound{node: n, typ: a.typ, kind: a.kind, fallible: anyFallible(a, b)}
	c.array = func(r *run, w *where) (arrow.Array, error) {
		x, err := r.arrayOf(a, w)
		if err != nil {
			return nil, err
		}
		defer x.Release()
		v, pick := r.load(x), scratch[bool](r, r.rows)
		nullTest(false, pick, v)
		y, err := r.arrayOf(b, &where{w, v, isNull})
		if err != nil {
			return nil, err
		}
		defer y.Release()
		return r.chooseArrays(pick, x, y)
	}
	c.eval = evalArray(c)
	return c
}

// evalArray is eval of what is made as an array.
func evalArray(b *bound) func(r *run, w *where) (*vec, error) {
	return func(r *run, w *where) (*vec, error) {
		arr, err := b.array(r, w)
		if err != nil {
			return nil, err
		}
		r.arrays = append(r.arrays, arr)
		return r.load(arr), nil
	}
}

// choose is x where pick is true, y elsewhere.
func (r *run) choose(k kind, t arrow.DataType, pick []bool, x, y *vec) (*vec, error) {
	if x.single && x.null && y.single && y.null {
		return x, nil
	}
	v := &vec{}
	if x.single && x.null || y.single && y.null || x.valid.bits != nil || y.valid.bits != nil {
		bits := zeroed[byte](r, (len(pick)+7)/8)
		for i, p := range pick {
			if p && !x.isNull(i) || !p && !y.isNull(i) {
				bits[i>>3] |= 1 << (i & 7)
			}
		}
		v.valid = bitmap{bits: bits}
	}
	switch {
	case k == boolean:
		v.bools = chooseValues(scratch[bool](r, len(pick)), pick, x.bools, y.bools, x.mask(), y.mask())
	case k.ofTicks():
		v.ints, v.buf = filled[int64](r, len(pick))
		chooseValues(v.ints, pick, x.ints, y.ints, x.mask(), y.mask())
	case k == unsigned:
		v.uints, v.buf = filled[uint64](r, len(pick))
		chooseValues(v.uints, pick, x.uints, y.uints, x.mask(), y.mask())
	case k == floating:
		v.floats, v.buf = filled[float64](r, len(pick))
		chooseValues(v.floats, pick, x.floats, y.floats, x.mask(), y.mask())
	case k == decimal:
		v.decs = chooseValues(scratch[num](r, len(pick)), pick, x.decs, y.decs, x.mask(), y.mask())
	case k.textual():
		out := r.newTexts(t, len(pick))
		for i, p := range pick {
			switch {
			case !v.valid.at(i):
				out.add(nil)
			case p:
				out.add(x.text.row(i & x.mask()))
			default:
				out.add(y.text.row(i & y.mask()))
			}
		}
		var err error
		v.text, err = out.texts()
		return v, err
	}
	return v, nil
}

// chooseValues writes a where pick is true and b elsewhere; one without values is null
// wherever it would be taken.
func chooseValues[T any](out []T, pick []bool, a, b []T, am, bm int) []T {
	if len(a) == 0 {
		a, am = make([]T, 1), 0
	}
	if len(b) == 0 {
		b, bm = make([]T, 1), 0
	}
	for i, p := range pick {
		if p {
			out[i] = a[i&am]
		} else {
			out[i] = b[i&bm]
		}
	}
	return out
}

// chooseArrays is choose for types that the loops do not know.
func (r *run) chooseArrays(pick []bool, x, y arrow.Array) (arrow.Array, error) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: x.DataType(), Nullable: true}}, nil)
	first := array.NewRecord(schema, []arrow.Array{x}, int64(x.Len()))
	defer first.Release()
	second := array.NewRecord(schema, []arrow.Array{y}, int64(y.Len()))
	defer second.Release()
	all, err := batch.Concat([]arrow.Record{first, second}, r.alloc)
	if err != nil {
		return nil, err
	}
	defer all.Release()
	rows := make([]int32, len(pick))
	for i, p := range pick {
		rows[i] = int32(i + one(!p)*x.Len())
	}
	return batch.TakeArray(all.Column(0), rows, r.alloc)
}

// unified are values of one type, and that type: their own where they have one, else one
// that holds the values of all.
func unified(args []*bound) (arrow.DataType, []*bound, error) {
	out := make([]*bound, len(args))
	for i, a := range args {
		out[i] = a
		for _, o := range args {
			if o.node.op == opLiteral {
				continue
			}
			var err error
			if out[i], err = out[i].beside(o); err != nil {
				return nil, nil, err
			}
			out[i] = out[i].exactly(o)
		}
	}
	t := arrow.DataType(arrow.Null)
	for _, b := range out {
		next, ok := commonType(t, b)
		if !ok {
			return nil, nil, fmt.Errorf("%s and %s have no type in common: cast one", nameOf(t), nameOf(b.typ))
		}
		t = next
	}
	for i, b := range out {
		if b.kind == null {
			out[i] = nullOf(b.node, t)
			continue
		}
		if !arrow.TypeEqual(b.typ, t) {
			c, err := bindCast(b.node, b, t, false)
			if err != nil {
				return nil, nil, err
			}
			out[i] = c.folded([]*bound{b})
		}
	}
	return t, out, nil
}

// exactly reads a number of the text as the type of the operand beside it, where that
// has the very same value: coalesce(v1, 0) has the type of v1.
func (b *bound) exactly(o *bound) *bound {
	if b.node.op != opLiteral || !b.kind.integer() && b.kind != floating || !o.kind.numeric() || b.konst.null {
		return b
	}
	t := plain(o.typ)
	if b.kind == floating && o.kind.integer() {
		return b
	}
	c, err := bindCast(b.node, b, t, false)
	if err != nil {
		return b
	}
	v, err := c.alone()
	if err != nil {
		return b
	}
	if o.kind == floating {
		same := make([]bool, 1)
		of := constant(b.node, t, v)
		if t.ID() == arrow.FLOAT16 || comparing(opEq, b, of) == nil {
			return b
		}
		if comparing(opEq, b, of)(nil, same, b.konst, v); !same[0] && v.floats[0] == v.floats[0] {
			return b
		}
	}
	return constant(b.node, t, v)
}

// commonType is a type that holds the values of t and of b.
func commonType(t arrow.DataType, b *bound) (arrow.DataType, bool) {
	k, u := kindOf(t), plain(b.typ)
	if u.ID() == arrow.FLOAT16 { // which is read, and not made
		u = arrow.PrimitiveTypes.Float32
	}
	l := b.kind
	switch {
	case k == null:
		return u, true
	case l == null || arrow.TypeEqual(t, u):
		return t, true
	case k == other || l == other:
		return nil, false
	case k.numeric() && l.numeric():
		return commonNumber(t, u, b), true
	case k == text && l == text:
		return arrow.BinaryTypes.LargeString, true
	case k == raw && l == raw:
		return arrow.BinaryTypes.LargeBinary, true
	case k == date && l == date:
		return arrow.FixedWidthTypes.Date64, true
	case k == date && l == timestamp:
		return u, true
	case k == timestamp && l == date:
		return t, true
	case k != l:
		return nil, false
	}
	unit := unitOf(min(tick(t), tick(u)))
	switch k {
	case timestamp:
		zone := t.(*arrow.TimestampType).TimeZone
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}, zone == u.(*arrow.TimestampType).TimeZone
	case duration:
		return &arrow.DurationType{Unit: unit}, true
	case clock:
		if unit >= arrow.Microsecond {
			return &arrow.Time64Type{Unit: unit}, true
		}
		return &arrow.Time32Type{Unit: unit}, true
	}
	return nil, false
}

func commonNumber(t, u arrow.DataType, b *bound) arrow.DataType {
	k, l := kindOf(t), kindOf(u)
	switch {
	case k == floating || l == floating:
		return arrow.PrimitiveTypes.Float64
	case k == decimal || l == decimal:
		before, behind := digitsOf(&bound{node: &node{}, typ: t, kind: k})
		otherBefore, otherBehind := digitsOf(b)
		scale := max(behind, otherBehind)
		return decimalType(max(before, otherBefore)+scale, scale)
	case k == unsigned && l == unsigned:
		return arrow.PrimitiveTypes.Uint64
	}
	return arrow.PrimitiveTypes.Int64
}

// floatWord is a float as bits that are equal where floats are: one for all NaN, one for
// both zeros.
func floatWord(f float64) uint64 {
	switch {
	case f != f:
		return math.Float64bits(math.NaN())
	case f == 0:
		return 0
	}
	return math.Float64bits(f)
}

var errTooMuchText = errors.New("more than 2 GiB of text in one batch: cast to large_text, or use smaller batches")
