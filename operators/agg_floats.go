package operators

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// floats reads a column of any numeric type as float64 values. An integer beyond 53
// bits is a float and what is left.
type floats struct {
	integral bool
	read     func(arr arrow.Array) keptFloats
	free     func()

	ledger *reserved.Ledger
	x, low []float64
}

// keptFloats are the rows of a column as floats, borrowed as [numbers] lends them.
type keptFloats struct {
	x, low []float64 // low is nil where all of it is 0
	keep   []uint8   // nil where no row is null
}

// isNumber reports whether t is an integer or a float type.
func isNumber(t arrow.DataType) bool { return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) }

// newFloats returns a reader of columns of type t, which is a number.
func newFloats(t arrow.DataType, l *reserved.Ledger) *floats {
	switch t.ID() {
	case arrow.FLOAT64:
		n := &numbers[float64]{ledger: l}
		return &floats{ledger: l, free: n.close, read: func(arr arrow.Array) keptFloats {
			x, keep := n.all(arr)
			return keptFloats{x: x, keep: keep}
		}}
	case arrow.FLOAT16, arrow.FLOAT32:
		return convertedFloats[float32](l, false)
	case arrow.INT8:
		return convertedFloats[int8](l, true)
	case arrow.INT16:
		return convertedFloats[int16](l, true)
	case arrow.INT32:
		return convertedFloats[int32](l, true)
	case arrow.UINT8:
		return convertedFloats[uint8](l, true)
	case arrow.UINT16:
		return convertedFloats[uint16](l, true)
	case arrow.UINT32:
		return convertedFloats[uint32](l, true)
	case arrow.UINT64:
		return convertedFloats[uint64](l, true)
	}
	return convertedFloats[int64](l, true)
}

func convertedFloats[T number](l *reserved.Ledger, integral bool) *floats {
	n := &numbers[T]{ledger: l}
	f := &floats{integral: integral, free: n.close, ledger: l}
	f.read = func(arr arrow.Array) keptFloats {
		values, keep := n.all(arr)
		f.x = reserved.Scratch(l, f.x, len(values))
		convert(f.x, values)
		if !beyondFloats(values) {
			return keptFloats{x: f.x, keep: keep}
		}
		f.low = reserved.Scratch(l, f.low, len(values))
		split(f.x, f.low, values)
		return keptFloats{x: f.x, low: f.low, keep: keep}
	}
	return f
}

// squeeze is the rows of v to keep.
func (f *floats) squeeze(v keptFloats) keptFloats {
	f.x = reserved.Scratch(f.ledger, f.x, len(v.x))
	out := keptFloats{x: f.x[:squeeze(f.x, v.x, v.keep)]}
	if v.low != nil {
		out.low = v.low[:squeeze(v.low, v.low, v.keep)]
	}
	return out
}

func (f *floats) close() {
	f.free()
	f.x, f.low = reserved.Free(f.ledger, f.x), reserved.Free(f.ledger, f.low)
}

func convert[T number](x []float64, values []T) {
	x = x[:len(values)]
	for i, v := range values {
		x[i] = float64(v)
	}
}

// beyondFloats reports whether an integer of values is beyond 53 bits.
func beyondFloats[T number](values []T) bool {
	var beyond uint64
	switch values := any(values).(type) {
	case []int64:
		for _, v := range values {
			beyond |= (uint64(v) + 1<<53) >> 54
		}
	case []uint64:
		for _, v := range values {
			beyond |= v >> 53
		}
	}
	return beyond != 0
}

// split writes the integers of values to x and low, the nearest float and the rest.
func split[T number](x, low []float64, values []T) {
	for i, v := range values {
		x[i], low[i] = float64(v), 0
		switch v := any(v).(type) {
		case int64:
			if v > 1<<53 || v < -1<<53 {
				high := v &^ 0xfff // a multiple of 2^12: a float
				x[i], low[i] = sumOf(float64(high), float64(v-high))
			}
		case uint64:
			if v > 1<<53 {
				x[i], low[i] = sumOf(float64(v&^0xfff), float64(v&0xfff))
			}
		}
	}
}

// sumOf is a+b, for |a| ≥ |b|, as the nearest float and the rest.
func sumOf(a, b float64) (s, rest float64) {
	s = a + b
	return s, b - (s - a)
}
