package operators

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Min is the least value of a group, of the argument's type (a dictionary's value
// type). Strings and binary compare by bytes, false is less than true. -0 is less
// than 0, and NaN, which is one value, is greater than all numbers: it is the
// minimum only where there is nothing else.
func Min(of Expr) Agg { return Aggregated("min", extreme{}, of) }

// Max is the greatest value of a group, in the order of Min: NaN where there is
// one.
func Max(of Expr) Agg { return Aggregated("max", extreme{max: true}, of) }

type extreme struct{ max bool }

func (e extreme) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	name := "min"
	if e.max {
		name = "max"
	}
	if len(args) != 1 {
		return nil, nil, fmt.Errorf("%s has one argument, not %d", name, len(args))
	}
	out := valueType(args[0])
	if _, err := e.NewStates(args, dataflow.Env{}); err != nil {
		return nil, nil, err
	}
	return []arrow.Field{{Name: name, Type: out, Nullable: true}}, out, nil
}

func (e extreme) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	t := valueType(args[0])
	switch t.ID() {
	case arrow.NULL:
		return &nullStates{}, nil
	case arrow.BOOL:
		return newExtremes(e, t, env, loadBools, storeBools, math.MaxUint8), nil
	case arrow.INT8:
		return newExtremes(e, t, env, loadValues[int8], storeValues[int8], math.MaxInt8), nil
	case arrow.INT16:
		return newExtremes(e, t, env, loadValues[int16], storeValues[int16], math.MaxInt16), nil
	case arrow.INT32, arrow.DATE32, arrow.TIME32, arrow.INTERVAL_MONTHS:
		return newExtremes(e, t, env, loadValues[int32], storeValues[int32], math.MaxInt32), nil
	case arrow.INT64, arrow.DATE64, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
		return newExtremes(e, t, env, loadValues[int64], storeValues[int64], math.MaxInt64), nil
	case arrow.UINT8:
		return newExtremes(e, t, env, loadValues[uint8], storeValues[uint8], math.MaxUint8), nil
	case arrow.UINT16:
		return newExtremes(e, t, env, loadValues[uint16], storeValues[uint16], math.MaxUint16), nil
	case arrow.UINT32:
		return newExtremes(e, t, env, loadValues[uint32], storeValues[uint32], math.MaxUint32), nil
	case arrow.UINT64:
		return newExtremes(e, t, env, loadValues[uint64], storeValues[uint64], math.MaxUint64), nil
	case arrow.FLOAT16:
		return newExtremes(e, t, env, loadFloat16s, storeFloat16s, math.MaxInt16), nil
	case arrow.FLOAT32:
		return newExtremes(e, t, env, loadFloat32s, storeFloat32s, math.MaxInt32), nil
	case arrow.FLOAT64:
		return newExtremes(e, t, env, loadFloat64s, storeFloat64s, math.MaxInt64), nil
	case arrow.DECIMAL128:
		return &extremeDecimals[[2]uint64]{extremeBase: extremeBase{e.max, t, env}}, nil
	case arrow.DECIMAL256:
		return &extremeDecimals[[4]uint64]{extremeBase: extremeBase{e.max, t, env}}, nil
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY:
		return &extremeBytes{extremeBase: extremeBase{e.max, t, env}}, nil
	}
	return nil, fmt.Errorf("values of type %s have no order", args[0])
}

// extremeBase is what the states of minima and maxima have in common.
type extremeBase struct {
	max bool
	typ arrow.DataType
	env dataflow.Env
}

type extremeInt interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// extremes are the extremes of values that an integer stands for, in order. A
// maximum is the minimum of the complements.
type extremes[T extremeInt] struct {
	extremeBase
	flip   T // xored to every value: 0, or all ones for a maximum
	most   T // the minimum of nothing
	load   func(arr arrow.Array, scratch *[]T) []T
	store  func(s *extremes[T], values []T, seen []bool) arrow.Array
	values []T
	seen   []bool

	scratch []T
	chosen  []T
	groups  []int32
}

func newExtremes[T extremeInt](e extreme, t arrow.DataType, env dataflow.Env, load func(arrow.Array, *[]T) []T, store func(*extremes[T], []T, []bool) arrow.Array, most T) *extremes[T] {
	s := &extremes[T]{extremeBase: extremeBase{e.max, t, env}, most: most, load: load, store: store}
	if e.max {
		s.flip = ^s.flip
	}
	return s
}

func (s *extremes[T]) Grow(groups int) error {
	if err := growColumn(&s.seen, groups, s.env); err != nil {
		return err
	}
	had := len(s.values)
	if err := growColumn(&s.values, groups, s.env); err != nil {
		return err
	}
	for i := had; i < len(s.values); i++ {
		s.values[i] = s.most
	}
	return nil
}

func (s *extremes[T]) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	arr := args[0]
	if dict, ok := arr.(*array.Dictionary); ok {
		group, values := s.choose(group, rowCodes(dict), dict.Dictionary())
		least(s.values, s.seen, group, values, s.flip)
		return nil
	}
	if arr.NullN() > 0 {
		group, values := s.choose(group, nil, arr)
		least(s.values, s.seen, group, values, s.flip)
		return nil
	}
	least(s.values, s.seen, group, s.load(arr, &s.scratch), s.flip)
	return nil
}

// choose leaves out the rows that are null. codes say which row of arr stands for
// each, or is nil where they are the rows.
func (s *extremes[T]) choose(group, codes []int32, arr arrow.Array) ([]int32, []T) {
	values, nulls := s.load(arr, &s.scratch), arr.NullN() > 0
	s.groups, s.chosen = s.groups[:0], s.chosen[:0]
	for i, g := range group {
		at := i
		if codes != nil {
			at = int(codes[i])
		}
		if at < 0 || nulls && arr.IsNull(at) {
			continue
		}
		s.groups, s.chosen = append(s.groups, g), append(s.chosen, values[at])
	}
	return s.groups, s.chosen
}

func least[T extremeInt](values []T, seen []bool, group []int32, src []T, flip T) {
	src = src[:len(group)]
	for i, g := range group {
		values[g] = min(values[g], src[i]^flip)
		seen[g] = true
	}
}

func (s *extremes[T]) Merge(group []int32, state []arrow.Array) error {
	return s.Update(group, state, dataflow.Place{})
}

func (s *extremes[T]) State(from, to int) ([]arrow.Array, error) {
	col, err := s.Result(from, to)
	return []arrow.Array{col}, err
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
	resetColumn(&s.values, s.env)
	resetColumn(&s.seen, s.env)
}

func (s *extremes[T]) Close() {
	freeColumn(&s.values, s.env)
	freeColumn(&s.seen, s.env)
}

// nullStates are those of a column of nulls.
type nullStates struct{ groups int }

func (s *nullStates) Grow(groups int) error                               { s.groups = groups; return nil }
func (s *nullStates) Update([]int32, []arrow.Array, dataflow.Place) error { return nil }
func (s *nullStates) Merge([]int32, []arrow.Array) error                  { return nil }
func (s *nullStates) State(from, to int) ([]arrow.Array, error) {
	return []arrow.Array{array.NewNull(to - from)}, nil
}
func (s *nullStates) Result(from, to int) (arrow.Array, error) { return array.NewNull(to - from), nil }
func (s *nullStates) Reset()                                   { s.groups = 0 }
func (s *nullStates) Close()                                   {}

var (
	_ Aggregate = extreme{}
	_ States    = (*extremes[int64])(nil)
	_ States    = (*nullStates)(nil)
)
