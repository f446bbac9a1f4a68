package operators

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Median is [Quantile] at 0.5.
func Median(arg Expr) Agg { return Aggregated("median", quantile{name: "median", q: 0.5}, arg) }

// Quantile is the exact quantile at q, from 0 to 1, of the values that are not null, as a
// float64; null where there are none. The argument is an integer or a float, plain or
// dictionary-encoded.
//
// Between two values it interpolates: with the values in order x₀ … xₙ₋₁ and h = q(n-1) it
// is a + (b-a)·(h-⌊h⌋) for a = x of ⌊h⌋ and the next one, b (type 7 of R. Hyndman and
// Y. Fan, the default of NumPy, and DuckDB's quantile_cont). Integers are put in order as
// integers and rounded to a float then. NaN stands behind all numbers; beside an infinity
// a + … is that infinity.
//
// All values of a group are held until its result: 12 bytes each (an int32 or float32:
// 8), and as much again as the value when they are put in order, which is reserved at
// once.
func Quantile(arg Expr, q float64) Agg {
	return withParameters("quantile", quantile{name: "quantile", q: q}, []Expr{arg}, q)
}

type quantile struct {
	name string
	q    float64
}

var _ Aggregate = quantile{}

func (a quantile) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	t, err := oneArgument(a.name, args)
	if err != nil {
		return nil, nil, err
	}
	if !(a.q >= 0 && a.q <= 1) {
		return nil, nil, fmt.Errorf("quantile takes a number from 0 to 1, not %v", a.q)
	}
	if !isNumber(t) {
		return nil, nil, fmt.Errorf("%s needs integers or floats, not %s", a.name, args[0])
	}
	return []arrow.Field{{Name: "values", Type: arrow.LargeListOf(heldType(t))}}, arrow.PrimitiveTypes.Float64, nil
}

// heldType is the type that values of type t are held as.
func heldType(t arrow.DataType) arrow.DataType {
	if t.ID() == arrow.FLOAT16 {
		return arrow.PrimitiveTypes.Float32
	}
	return t
}

func (a quantile) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := a.Types(args); err != nil {
		return nil, err
	}
	t := heldType(valueType(args[0]))
	switch t.ID() {
	case arrow.FLOAT32:
		return newQuantileStates[float32](a.q, t, env), nil
	case arrow.FLOAT64:
		return newQuantileStates[float64](a.q, t, env), nil
	case arrow.INT8:
		return newQuantileStates[int8](a.q, t, env), nil
	case arrow.INT16:
		return newQuantileStates[int16](a.q, t, env), nil
	case arrow.INT32:
		return newQuantileStates[int32](a.q, t, env), nil
	case arrow.UINT8:
		return newQuantileStates[uint8](a.q, t, env), nil
	case arrow.UINT16:
		return newQuantileStates[uint16](a.q, t, env), nil
	case arrow.UINT32:
		return newQuantileStates[uint32](a.q, t, env), nil
	case arrow.UINT64:
		return newQuantileStates[uint64](a.q, t, env), nil
	}
	return newQuantileStates[int64](a.q, t, env), nil
}

type quantileStates[T number] struct {
	q      float64
	held   arrow.DataType
	sample sample[T]
	arg    numbers[T]
	ledger *reserved.Ledger
	alloc  memory.Allocator
}

var _ States = (*quantileStates[float64])(nil)

func newQuantileStates[T number](q float64, held arrow.DataType, env dataflow.Env) States {
	l := reserved.NewLedger(env.Reserve)
	return &quantileStates[T]{q: q, held: held, sample: sample[T]{ledger: l}, arg: numbers[T]{ledger: l}, ledger: l, alloc: env.Alloc}
}

func (s *quantileStates[T]) Grow(groups int) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	return s.sample.grow(groups)
}

func (s *quantileStates[T]) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	return s.sample.add(s.arg.dense(group, args[0]))
}

func (s *quantileStates[T]) Merge(group []int32, state []arrow.Array) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	lists := state[0].(*array.LargeList)
	values := plaincol.Values[T](lists.ListValues())
	rows := 0
	for i := range group {
		from, to := lists.ValueOffsets(i)
		rows += int(to - from)
	}
	if err := s.sample.reserve(rows); err != nil {
		return err
	}
	for i, g := range group {
		from, to := lists.ValueOffsets(i)
		s.sample.addRun(g, values[from:to])
	}
	return nil
}

func (s *quantileStates[T]) State(from, to int) ([]arrow.Array, error) {
	if err := s.sample.arrange(); err != nil {
		return nil, err
	}
	starts := s.sample.starts[from : to+1]
	values := plaincol.New[T](s.alloc, int(starts[to-from]-starts[0]))
	copy(values.Values, s.sample.values[starts[0]:starts[to-from]])
	offsets := plaincol.New[int64](s.alloc, to-from+1)
	for i, start := range starts {
		offsets.Values[i] = start - starts[0]
	}
	return []arrow.Array{plaincol.List(arrow.LargeListOf(s.held), nil, offsets, values.Array(s.held))}, nil
}

func (s *quantileStates[T]) Result(from, to int) (arrow.Array, error) {
	if err := s.sample.arrange(); err != nil {
		return nil, err
	}
	out := plaincol.New[float64](s.alloc, to-from)
	for g := from; g < to; g++ {
		if run := s.sample.values[s.sample.starts[g]:s.sample.starts[g+1]]; len(run) == 0 {
			out.Null(g - from)
		} else {
			out.Values[g-from] = quantileOf(run, s.q)
		}
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (s *quantileStates[T]) Reset() { s.sample.reset() }

func (s *quantileStates[T]) Close() {
	s.sample.reset()
	s.arg.close()
	s.ledger.Close()
}

// quantileOf is the quantile at q of values, not empty, which it puts in another order.
func quantileOf[T number](values []T, q float64) float64 {
	numbers := values[:numbersFirst(values)]
	h := q * float64(len(values)-1)
	at := int(math.Floor(h))
	if at >= len(numbers) {
		return math.NaN()
	}
	part := h - math.Floor(h)
	selectNth(numbers, at)
	a := float64(numbers[at])
	switch {
	case part == 0:
		return a + 0 // -0 is 0
	case at+1 >= len(numbers):
		return math.NaN()
	}
	return interpolate(a, float64(slices.Min(numbers[at+1:])), part)
}

// interpolate is a + (b-a)·part for a ≤ b and part in (0, 1), within [a, b] and the same
// bits on every machine.
func interpolate(a, b, part float64) float64 {
	switch d := b - a; {
	case a == b:
		return a + 0
	case math.IsInf(a, -1) && !math.IsInf(b, 1):
		return a
	case math.IsInf(d, 1) && !math.IsInf(a, -1) && !math.IsInf(b, 1): // only the difference is out of range
		return float64(a*(1-part)) + float64(b*part)
	default:
		return min(a+float64(d*part), b) + 0
	}
}

// numbersFirst moves NaNs to the end, and returns how many others there are.
func numbersFirst[T number](values []T) int {
	n := len(values)
	for i := 0; i < n; {
		if v := values[i]; v != v {
			n--
			values[i], values[n] = values[n], v
			continue
		}
		i++
	}
	return n
}
