package operators

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

type extremeInt interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// extremes are the extremes of values that an integer stands for, in order. A
// maximum is the minimum of the complements.
type extremes[T extremeInt] struct {
	extremeBase
	flip   T // xored to every value: 0, or all ones for a maximum
	most   T // the minimum of nothing
	form   extremeForm[T]
	values []T
	has    present

	scratch []T
}

// extremeForm is how the values of a type are integers of the same order.
type extremeForm[T extremeInt] struct {
	load  func(s *extremes[T], arr arrow.Array) []T
	store func(s *extremes[T], values []T, has *present, from int) arrow.Array

	// least folds src[i], or src[at[i]] where at is not nil, into values[group[i]].
	least func(values []T, group, at []int32, src []T, flip T)
}

var _ extremeFold = (*extremes[int64])(nil)

func newExtremes[T extremeInt](e extreme, t arrow.DataType, env dataflow.Env, form extremeForm[T], most T) States {
	s := &extremes[T]{extremeBase: newExtremeBase(e, t, env), most: most, form: form}
	s.has.ledger = s.ledger
	if e.max {
		s.flip = ^s.flip
	}
	return extremeStates{s}
}

func (s *extremes[T]) Grow(groups int) (err error) {
	if err = s.has.grow(groups); err != nil {
		return err
	}
	had := len(s.values)
	if s.values, err = reserved.Grow(s.ledger, s.values, groups); err != nil {
		return err
	}
	fill(s.values[had:], s.most)
	return nil
}

func (s *extremes[T]) fold(group []int32, arr arrow.Array) error {
	group, at, values, err := s.present(group, arr)
	if err != nil {
		return err
	}
	s.form.least(s.values, group, at, s.form.load(s, values), s.flip)
	s.has.mark(group)
	return nil
}

func least[T extremeInt](values []T, group, at []int32, src []T, flip T) {
	if at != nil {
		at = at[:len(group)]
		for i, g := range group {
			values[g] = min(values[g], src[at[i]]^flip)
		}
		return
	}
	src = src[:len(group)]
	for i, g := range group {
		values[g] = min(values[g], src[i]^flip)
	}
}

func (s *extremes[T]) Result(from, to int) (arrow.Array, error) {
	out := make([]T, to-from)
	for i, v := range s.values[from:to] {
		out[i] = v ^ s.flip
	}
	return s.form.store(s, out, &s.has, from), nil
}

func (s *extremes[T]) Reset() {
	s.values = reserved.Empty(s.ledger, s.values)
	s.has.reset()
}

func (s *extremes[T]) Close() {
	s.values = reserved.Free(s.ledger, s.values)
	s.scratch = reserved.Free(s.ledger, s.scratch)
	s.has.reset()
	s.close()
}

// plainForm is that of values which are integers.
func plainForm[T extremeInt]() extremeForm[T] {
	return extremeForm[T]{
		load:  func(_ *extremes[T], arr arrow.Array) []T { return plaincol.Values[T](arr) },
		store: storeValues[T],
		least: least[T],
	}
}

func storeValues[T extremeInt](s *extremes[T], values []T, has *present, from int) arrow.Array {
	out := plaincol.New[T](s.alloc, len(values))
	copy(out.Values, values)
	has.absent(from, from+len(values), func(i int) {
		out.Values[i] = 0
		out.Null(i)
	})
	return out.Array(s.typ)
}

// boolForm is that of bits.
var boolForm = extremeForm[uint8]{load: loadBools, store: storeBools, least: least[uint8]}

func loadBools(s *extremes[uint8], arr arrow.Array) []uint8 {
	s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
	out := s.scratch
	for i := range out {
		out[i] = uint8(one(arr.(*array.Boolean).Value(i)))
	}
	return out
}

func storeBools(s *extremes[uint8], values []uint8, has *present, from int) arrow.Array {
	buf := plaincol.NewBuffer(s.alloc, (len(values)+7)/8)
	defer buf.Release()
	valid := plaincol.NewValidity(s.alloc, len(values))
	has.absent(from, from+len(values), func(i int) {
		values[i] = 0
		valid.Null(i)
	})
	for i, v := range values {
		buf.Bytes()[i>>3] |= v << (i & 7)
	}
	return plaincol.Array(s.typ, len(values), &valid, buf)
}
