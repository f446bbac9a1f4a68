package expr

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// condition is an operand of and, or, not and if: a bool.
func condition(b *bound) (*bound, error) {
	switch b.kind {
	case boolean:
		return b, nil
	case null:
		return nullOf(b.node, arrow.FixedWidthTypes.Boolean), nil
	}
	return nil, fmt.Errorf("%s is %s, no condition", b.node.text(), nameOf(b.typ))
}

// bindJunction binds and, or.
func bindJunction(n *node, args []*bound) (*bound, error) {
	a, err := condition(args[0])
	if err != nil {
		return nil, err
	}
	b, err := condition(args[1])
	if err != nil {
		return nil, err
	}
	and := n.op == opAnd
	// right evaluates the right side where the left one leaves it open.
	right := func(x *vec, w *where) *where {
		switch {
		case !b.fallible:
			return w
		case and:
			return &where{w, x, isNotFalse}
		}
		return &where{w, x, isNotTrue}
	}
	return &bound{node: n, typ: arrow.FixedWidthTypes.Boolean, kind: boolean, fallible: anyFallible(a, b),
		eval: func(r *run, w *where) (*vec, error) {
			x, err := a.eval(r, w)
			if err != nil {
				return nil, err
			}
			y, err := b.eval(r, right(x, w))
			if err != nil {
				return nil, err
			}
			return r.junction(and, x, y), nil
		},
		truths: func(r *run, w *where, out []bool) error {
			other := scratch[bool](r, len(out))
			if b.fallible {
				x, err := a.eval(r, w)
				if err != nil {
					return err
				}
				truths(x, out)
				w = right(x, w)
			} else if err := a.test(r, w, out); err != nil {
				return err
			}
			if err := b.test(r, w, other); err != nil {
				return err
			}
			join(and, out, out, other)
			return nil
		}}, nil
}

// join is and, or of bools that are not null.
func join(and bool, out, a, b []bool) {
	a, b = a[:len(out)], b[:len(out)]
	if and {
		for i := range out {
			out[i] = a[i] && b[i]
		}
		return
	}
	for i := range out {
		out[i] = a[i] || b[i]
	}
}

// junction is and, or by Kleene's logic: with null for "not known".
func (r *run) junction(and bool, x, y *vec) *vec {
	n := r.size(x, y)
	v := &vec{single: x.single && y.single}
	if !x.single && !y.single && x.valid.bits == nil && y.valid.bits == nil {
		v.bools = scratch[bool](r, n)
		join(and, v.bools, x.bools, y.bools)
		return v
	}
	// Null is read as what leaves the other side to decide; the result is then null
	// where that did not decide either.
	out, bits := scratch[bool](r, n), zeroed[byte](r, (n+7)/8)
	nulls := false
	for i := range out {
		xNull, yNull := x.isNull(i), y.isNull(i)
		a := xNull && and || !xNull && x.bools[i&x.mask()]
		b := yNull && and || !yNull && y.bools[i&y.mask()]
		out[i] = a && b || !and && (a || b)
		if out[i] == and && (xNull || yNull) {
			nulls = true
			continue
		}
		bits[i>>3] |= 1 << (i & 7)
	}
	v.bools = out
	if v.single {
		v.null = nulls
	} else if nulls {
		v.valid = bitmap{bits: bits}
	}
	return v
}

func bindNot(n *node, args []*bound) (*bound, error) {
	b, err := condition(args[0])
	if err != nil {
		return nil, err
	}
	return derived(n, b, arrow.FixedWidthTypes.Boolean, func(r *run, x, v *vec, count int) {
		v.bools = scratch[bool](r, count)
		for i, t := range x.bools {
			v.bools[i] = !t
		}
	}), nil
}

// bindNullTest binds is null, is not null.
func bindNullTest(n *node, args []*bound) (*bound, error) {
	b, yes := args[0], n.op == opIsNull
	return &bound{node: n, typ: arrow.FixedWidthTypes.Boolean, kind: boolean, fallible: b.fallible,
		eval: func(r *run, w *where) (*vec, error) {
			x, err := b.eval(r, w)
			if err != nil {
				return nil, err
			}
			v := &vec{single: x.single, bools: scratch[bool](r, r.size(x))}
			nullTest(yes, v.bools, x)
			return v, nil
		},
		truths: func(r *run, w *where, out []bool) error {
			x, err := b.eval(r, w)
			if err == nil {
				nullTest(yes, out, x)
			}
			return err
		}}, nil
}

func nullTest(yes bool, out []bool, x *vec) {
	if x.single || x.valid.bits == nil {
		t := (x.single && x.null) == yes
		for i := range out {
			out[i] = t
		}
		return
	}
	for i := range out {
		at := x.valid.off + i
		out[i] = (x.valid.bits[at>>3]>>(at&7)&1 == 0) == yes
	}
}

// bindIn binds in: constants of the operand's own kind are looked up in a set, all else
// is compared one by one.
func bindIn(n *node, args []*bound) (*bound, error) {
	x, list := args[0], args[1:]
	if len(list) == 0 {
		return constant(n, arrow.FixedWidthTypes.Boolean, &vec{single: true, bools: []bool{false}}), nil
	}
	s := &set{}
	var rest []*bound
	for _, v := range list {
		a, b, err := pair(x, v)
		if err != nil {
			return nil, err
		}
		switch {
		case b.kind == null, b.konst != nil && b.konst.null:
			s.null = true
		case a == x && b.konst != nil && s.add(x, b.matched(x)):
		default:
			equal, err := bindCompare(&node{op: opEq, args: []*node{x.node, v.node}}, []*bound{x, v})
			if err != nil {
				return nil, err
			}
			rest = append(rest, equal)
		}
	}
	if x.kind == null {
		return nullOf(n, arrow.FixedWidthTypes.Boolean), nil
	}
	b := &bound{node: n, typ: arrow.FixedWidthTypes.Boolean, kind: boolean, fallible: x.fallible || anyFallible(rest...)}
	b.eval = func(r *run, w *where) (*vec, error) {
		xs, err := x.eval(r, w)
		if err != nil {
			return nil, err
		}
		v, nowhere := r.like(xs)
		if !nowhere {
			v.bools = scratch[bool](r, r.size(xs))
			s.has(r, x.kind, v.bools, xs)
			if s.null {
				hits := v.bools
				r.annul(v, len(hits), func(row int) bool { return !hits[row] })
			}
		}
		for _, equal := range rest {
			y, err := equal.eval(r, w)
			if err != nil {
				return nil, err
			}
			v = r.junction(false, v, y)
		}
		return v, nil
	}
	if len(rest) == 0 {
		b.truths = func(r *run, w *where, out []bool) error {
			xs, err := x.eval(r, w)
			switch {
			case err != nil:
				return err
			case !xs.single:
				s.has(r, x.kind, out, xs)
				xs.valid.clear(out)
			case xs.null:
				clear(out)
			default:
				hit := make([]bool, 1)
				s.has(r, x.kind, hit, xs)
				truths(&vec{single: true, bools: hit}, out)
			}
			return nil
		}
	}
	return b, nil
}

// set is constants of one kind.
type set struct {
	null   bool // null was among them
	words  []uint64
	byWord map[uint64]struct{} // words, where they are many
	texts  map[string]struct{}
}

// wordsMost is how many words are looked through one by one.
const wordsMost = 8

// add adds a constant, if it is of the form of x's values.
func (s *set) add(x, c *bound) bool {
	if x.kind != c.kind && !(x.kind.temporal() && c.kind.temporal() && comparable(x, c)) || tick(x.typ) != tick(c.typ) {
		return false
	}
	v := c.konst
	switch {
	case x.kind.ofTicks():
		s.word(uint64(v.ints[0]))
	case x.kind == unsigned:
		s.word(v.uints[0])
	case x.kind == floating:
		s.word(floatWord(v.floats[0]))
	case x.kind.textual():
		if s.texts == nil {
			s.texts = map[string]struct{}{}
		}
		s.texts[string(v.text.row(0))] = struct{}{}
	default:
		return false
	}
	return true
}

func (s *set) word(w uint64) {
	if slices.Contains(s.words, w) {
		return
	}
	if s.words = append(s.words, w); len(s.words) <= wordsMost {
		return
	}
	if s.byWord == nil {
		s.byWord = map[uint64]struct{}{}
		for _, w := range s.words {
			s.byWord[w] = struct{}{}
		}
	}
	s.byWord[w] = struct{}{}
}

// has writes which values are in the set.
func (s *set) has(r *run, k kind, out []bool, x *vec) {
	switch {
	case k.ofTicks():
		inWords(s, out, x.ints)
	case k == unsigned:
		inWords(s, out, x.uints)
	case k == floating:
		words := scratch[uint64](r, len(x.floats))
		for i, f := range x.floats {
			words[i] = floatWord(f)
		}
		inWords(s, out, words)
	case k.textual():
		r.perValue(out, x, &vec{single: true}, func(out []bool, x, _ *vec) {
			for i := range out {
				_, out[i] = s.texts[string(x.text.row(i))]
			}
		})
	default:
		clear(out)
	}
}

func inWords[T int64 | uint64](s *set, out []bool, values []T) {
	values = values[:len(out)]
	if s.byWord != nil {
		for i, v := range values {
			_, out[i] = s.byWord[uint64(v)]
		}
		return
	}
	clear(out)
	for _, w := range s.words {
		c := T(w)
		for i, v := range values {
			out[i] = out[i] || v == c
		}
	}
}
