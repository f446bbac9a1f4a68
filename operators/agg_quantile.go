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
// All values are held until the result, each in its own width and little more, and those
// of one group at a time a second time, in 8 bytes.
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
		return nil, nil, fmt.Errorf("%s needs integers or floats, not %s", a.name, valueType(args[0]))
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
	keep   bool     // pages, when it is reset
	words  []uint64 // of one group
	arg    numbers[T]
	ledger *reserved.Ledger
	alloc  memory.Allocator
}

var (
	_ States      = (*quantileStates[float64])(nil)
	_ valueStates = (*quantileStates[float64])(nil)
)

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
	group, values := s.arg.dense(group, args[0])
	if err := s.sample.reserve(len(group)); err != nil {
		return err
	}
	s.sample.add(group, values)
	return nil
}

func (s *quantileStates[T]) Merge(group []int32, state []arrow.Array) error {
	if err := s.ledger.Settle(); err != nil || len(group) == 0 {
		return err
	}
	lists := state[0].(*array.LargeList)
	values, offsets := plaincol.Values[T](lists.ListValues()), plaincol.Offsets[int64](lists)
	total := int(offsets[len(group)] - offsets[0])
	if total >= lentValues && total >= lentRun*len(group) {
		return s.sample.lend(group, values, offsets, lists.ListValues())
	}
	if err := s.sample.reserve(total); err != nil {
		return err
	}
	for i, g := range group {
		s.sample.addRun(g, values[offsets[i]:offsets[i+1]])
	}
	return nil
}

func (s *quantileStates[T]) State(from, to int) ([]arrow.Array, error) {
	return s.lists(to-from, func(i int) int { return from + i }), nil
}

func (s *quantileStates[T]) stateOf(from int, rows []int32) ([]arrow.Array, error) {
	return s.lists(len(rows), func(i int) int { return from + int(rows[i]) }), nil
}

func (s *quantileStates[T]) valueBytes() (taken, room int64) {
	return int64(s.sample.taken()) * valueBytes[T](), s.sample.bytes() + s.sample.blockBytes()
}

func (s *quantileStates[T]) keepRoom(keep bool) { s.keep = keep }

// lists is the state of n groups, of which group says which they are.
func (s *quantileStates[T]) lists(n int, group func(i int) int) []arrow.Array {
	offsets := plaincol.New[int64](s.alloc, n+1)
	total := 0
	for i := range n {
		total += s.sample.rows(group(i))
		offsets.Values[i+1] = int64(total)
	}
	values := plaincol.New[T](s.alloc, total)
	var some [walkedGroups]int32
	for at := 0; at < n; {
		groups, _ := s.sample.together(&some, n-at, func(i int) int { return group(at + i) })
		var filled [walkedGroups]int
		s.sample.walk(groups, func(i int, run []T) {
			copy(values.Values[int(offsets.Values[at+i])+filled[i]:], run)
			filled[i] += len(run)
		})
		at += len(groups)
	}
	return []arrow.Array{plaincol.List(arrow.LargeListOf(s.held), nil, offsets, values.Array(s.held))}
}

func (s *quantileStates[T]) Result(from, to int) (arrow.Array, error) {
	out := plaincol.New[float64](s.alloc, to-from)
	var some [walkedGroups]int32
	for at := from; at < to; {
		groups, values := s.sample.together(&some, to-at, func(i int) int { return at + i })
		var err error
		if s.words, err = reserved.Grow(s.ledger, s.words, values); err != nil {
			out.Release()
			return nil, err
		}
		var starts, ends [walkedGroups]int // of the words of each group
		for i := range groups {
			if i > 0 {
				starts[i] = starts[i-1] + s.sample.rows(int(groups[i-1]))
			}
			ends[i] = starts[i]
		}
		s.sample.walk(groups, func(i int, run []T) {
			ends[i] += rankWords(s.words[ends[i]:], run)
		})
		for i := range groups {
			if words := s.words[starts[i]:ends[i]]; len(words) > 0 {
				out.Values[at-from+i] = quantileOf[T](words, s.q)
			} else {
				out.Null(at - from + i)
			}
		}
		at += len(groups)
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (s *quantileStates[T]) Reset() {
	s.sample.reset(s.keep)
	s.words = reserved.Empty(s.ledger, s.words)
}

func (s *quantileStates[T]) Close() {
	s.sample.close()
	s.words = reserved.Free(s.ledger, s.words)
	s.arg.close()
	s.ledger.Close()
}

// quantileOf is the quantile at q of the values of words, which are not empty and come to
// another order.
func quantileOf[T number](words []uint64, q float64) float64 {
	h := q * float64(len(words)-1)
	at := int(math.Floor(h))
	part := h - math.Floor(h)
	end := selectNth(words, at)
	a := floatOf[T](words[at])
	switch {
	case part == 0 || a != a:
		return a + 0 // -0 is 0
	case at+1 == end:
		end = len(words)
	}
	b := floatOf[T](slices.Min(words[at+1 : end]))
	if b != b {
		return b
	}
	return interpolate(a, b, part)
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
