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
	load   func(s *extremes[T], arr arrow.Array) []T
	store  func(s *extremes[T], values []T, seen []bool) arrow.Array
	values []T
	seen   []bool

	scratch []T
}

var _ extremeFold = (*extremes[int64])(nil)

func newExtremes[T extremeInt](e extreme, t arrow.DataType, env dataflow.Env, load func(*extremes[T], arrow.Array) []T, store func(*extremes[T], []T, []bool) arrow.Array, most T) States {
	s := &extremes[T]{extremeBase: newExtremeBase(e, t, env), most: most, load: load, store: store}
	if e.max {
		s.flip = ^s.flip
	}
	return extremeStates{s}
}

func (s *extremes[T]) Grow(groups int) (err error) {
	if s.seen, err = reserved.Grow(s.ledger, s.seen, groups); err != nil {
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
	if src := s.load(s, values); at == nil {
		least(s.values, s.seen, group, src, s.flip)
	} else {
		leastOf(s.values, s.seen, group, at, src, s.flip)
	}
	return nil
}

func least[T extremeInt](values []T, seen []bool, group []int32, src []T, flip T) {
	src = src[:len(group)]
	for i, g := range group {
		values[g] = min(values[g], src[i]^flip)
		seen[g] = true
	}
}

func leastOf[T extremeInt](values []T, seen []bool, group, at []int32, src []T, flip T) {
	at = at[:len(group)]
	for i, g := range group {
		values[g] = min(values[g], src[at[i]]^flip)
		seen[g] = true
	}
}

func (s *extremes[T]) Result(from, to int) (arrow.Array, error) {
	out := make([]T, to-from)
	for i, v := range s.values[from:to] {
		if s.seen[from+i] {
			out[i] = v ^ s.flip
		}
	}
	return s.store(s, out, s.seen[from:to]), nil
}

func (s *extremes[T]) Reset() {
	s.values, s.seen = reserved.Empty(s.ledger, s.values), reserved.Empty(s.ledger, s.seen)
}

func (s *extremes[T]) Close() {
	s.values, s.seen = reserved.Free(s.ledger, s.values), reserved.Free(s.ledger, s.seen)
	s.scratch = reserved.Free(s.ledger, s.scratch)
	s.close()
}

// How the values of a type become integers of the same order, and back.

func loadValues[T extremeInt](_ *extremes[T], arr arrow.Array) []T { return plaincol.Values[T](arr) }

func storeValues[T extremeInt](s *extremes[T], values []T, seen []bool) arrow.Array {
	return plaincol.Of(s.alloc, s.typ, values, seen)
}

func loadBools(s *extremes[uint8], arr arrow.Array) []uint8 {
	s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
	out := s.scratch
	for i := range out {
		out[i] = uint8(one(arr.(*array.Boolean).Value(i)))
	}
	return out
}

func storeBools(s *extremes[uint8], values []uint8, seen []bool) arrow.Array {
	buf := plaincol.NewBuffer(s.alloc, (len(values)+7)/8)
	defer buf.Release()
	for i, v := range values {
		buf.Bytes()[i>>3] |= v << (i & 7)
	}
	valid := plaincol.ValidityOf(s.alloc, seen)
	return plaincol.Array(s.typ, len(values), &valid, buf)
}

// The bits of a float are an integer of sign and magnitude; with the magnitude of
// negative ones complemented it orders as the float does, -0 before 0. NaN becomes
// the one that is greater than infinity.

func loadFloat16s(s *extremes[int16], arr arrow.Array) []int16 {
	s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
	out := s.scratch
	for i, b := range plaincol.Values[int16](arr) {
		if b&0x7fff > 0x7c00 {
			b = 0x7e00
		}
		out[i] = b ^ int16(uint16(b>>15)>>1)
	}
	return out
}

func loadFloat32s(s *extremes[int32], arr arrow.Array) []int32 {
	s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
	out := s.scratch
	for i, b := range plaincol.Values[int32](arr) {
		if b&0x7fffffff > 0x7f800000 {
			b = 0x7fc00000
		}
		out[i] = b ^ int32(uint32(b>>31)>>1)
	}
	return out
}

func loadFloat64s(s *extremes[int64], arr arrow.Array) []int64 {
	s.scratch = reserved.Scratch(s.ledger, s.scratch, arr.Len())
	out := s.scratch
	for i, b := range plaincol.Values[int64](arr) {
		if b&0x7fffffffffffffff > 0x7ff0000000000000 {
			b = 0x7ff8000000000000
		}
		out[i] = b ^ int64(uint64(b>>63)>>1)
	}
	return out
}

func storeFloat16s(s *extremes[int16], values []int16, seen []bool) arrow.Array {
	for i, b := range values {
		values[i] = b ^ int16(uint16(b>>15)>>1)
	}
	return storeValues(s, values, seen)
}

func storeFloat32s(s *extremes[int32], values []int32, seen []bool) arrow.Array {
	for i, b := range values {
		values[i] = b ^ int32(uint32(b>>31)>>1)
	}
	return storeValues(s, values, seen)
}

func storeFloat64s(s *extremes[int64], values []int64, seen []bool) arrow.Array {
	for i, b := range values {
		values[i] = b ^ int64(uint64(b>>63)>>1)
	}
	return storeValues(s, values, seen)
}
