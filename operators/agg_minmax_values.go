package operators

import (
	"cmp"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// How the values of a type become integers of the same order, and back.

func loadValues[T extremeInt](arr arrow.Array, _ *[]T) []T { return rowValues[T](arr) }

func storeValues[T extremeInt](s *extremes[T], values []T, seen []bool) arrow.Array {
	return columnOf(s.typ, values, seen, s.env.Alloc)
}

func loadBools(arr arrow.Array, scratch *[]uint8) []uint8 {
	out := resized(scratch, arr.Len())
	for i := range out {
		out[i] = uint8(one(arr.(*array.Boolean).Value(i)))
	}
	return out
}

func storeBools(s *extremes[uint8], values []uint8, seen []bool) arrow.Array {
	buf := memory.NewResizableBuffer(s.env.Alloc)
	defer buf.Release()
	buf.Resize((len(values) + 7) / 8)
	bits := buf.Bytes()
	clear(bits)
	for i, v := range values {
		bits[i>>3] |= v << (i & 7)
	}
	return arrayOf(s.typ, len(values), seen, s.env.Alloc, buf)
}

// The bits of a float are an integer of sign and magnitude; with the magnitude of
// negative ones complemented it orders as the float does, -0 before 0. NaN becomes
// the one that is greater than infinity.

func loadFloat16s(arr arrow.Array, scratch *[]int16) []int16 {
	out := resized(scratch, arr.Len())
	for i, b := range rowValues[int16](arr) {
		if b&0x7fff > 0x7c00 {
			b = 0x7e00
		}
		out[i] = b ^ int16(uint16(b>>15)>>1)
	}
	return out
}

func loadFloat32s(arr arrow.Array, scratch *[]int32) []int32 {
	out := resized(scratch, arr.Len())
	for i, b := range rowValues[int32](arr) {
		if b&0x7fffffff > 0x7f800000 {
			b = 0x7fc00000
		}
		out[i] = b ^ int32(uint32(b>>31)>>1)
	}
	return out
}

func loadFloat64s(arr arrow.Array, scratch *[]int64) []int64 {
	out := resized(scratch, arr.Len())
	for i, b := range rowValues[int64](arr) {
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

// resized is *s with n elements, whatever they are.
func resized[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}

// extremeDecimals are the extremes of decimals: words from the least on, in two's
// complement.
type extremeDecimals[T [2]uint64 | [4]uint64] struct {
	extremeBase
	values []T
	seen   []bool
}

func (s *extremeDecimals[T]) Grow(groups int) error {
	if err := growColumn(&s.seen, groups, s.env); err != nil {
		return err
	}
	return growColumn(&s.values, groups, s.env)
}

func (s *extremeDecimals[T]) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	arr := args[0]
	var codes []int32
	if dict, ok := arr.(*array.Dictionary); ok {
		codes, arr = rowCodes(dict), dict.Dictionary()
	}
	values, nulls := rowValues[T](arr), arr.NullN() > 0
	for i, g := range group {
		at := i
		if codes != nil {
			at = int(codes[i])
		}
		if at < 0 || nulls && arr.IsNull(at) {
			continue
		}
		if v := values[at]; !s.seen[g] || lessDecimal(v, s.values[g]) != s.max && v != s.values[g] {
			s.values[g], s.seen[g] = v, true
		}
	}
	return nil
}

func lessDecimal[T [2]uint64 | [4]uint64](a, b T) bool {
	last := len(a) - 1
	if a[last] != b[last] {
		return int64(a[last]) < int64(b[last])
	}
	for i := last - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return cmp.Less(a[i], b[i])
		}
	}
	return false
}

func (s *extremeDecimals[T]) Merge(group []int32, state []arrow.Array) error {
	return s.Update(group, state, dataflow.Place{})
}

func (s *extremeDecimals[T]) State(from, to int) ([]arrow.Array, error) {
	col, err := s.Result(from, to)
	return []arrow.Array{col}, err
}

func (s *extremeDecimals[T]) Result(from, to int) (arrow.Array, error) {
	return columnOf(s.typ, s.values[from:to], s.seen[from:to], s.env.Alloc), nil
}

func (s *extremeDecimals[T]) Reset() {
	resetColumn(&s.values, s.env)
	resetColumn(&s.seen, s.env)
}

func (s *extremeDecimals[T]) Close() {
	freeColumn(&s.values, s.env)
	freeColumn(&s.seen, s.env)
}

var _ States = (*extremeDecimals[[2]uint64])(nil)
