package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Sum is the sum of the values that are not null, null where there are none. By type
// of the argument, plain or dictionary-encoded, it is
//
//	signed integers   int64
//	unsigned          uint64
//	bool              int64: how many are true
//	floats            float64
//	decimal128(p, s)  decimal128(38, s)
//	duration          duration of the same unit
//
// It is exact, so that it is the same bits in any order. Integers accumulate in 128
// bits and decimals in 192: only a final value out of range is an error. A sum of
// floats is rounded once, to nearest even; one beyond the largest float is ±Inf, and
// +Inf, -Inf and NaN add up by IEEE 754. A sum of zero is +0, also of nothing but -0.
func Sum(arg Expr) Agg {
	return Aggregated("sum", sum{text: "sum(" + arg.String() + ")"}, arg)
}

type sum struct {
	text string // for errors
}

var _ Aggregate = sum{}

func (s sum) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	t, err := oneArgument("sum", args)
	if err != nil {
		return nil, nil, err
	}
	state, out := totalTypes(t)
	if out == nil {
		return nil, nil, fmt.Errorf("sum needs numbers, booleans or durations, not %s", args[0])
	}
	return state, out, nil
}

func (s sum) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := s.Types(args); err != nil {
		return nil, err
	}
	ledger := reserved.NewLedger(env.Reserve)
	return &sumStates{newTotals(valueType(args[0]), s.text, ledger, env.Alloc), ledger}, nil
}

// totals are the exact sums of one column, by group. A sum's states are hardly more; a
// mean's count beside them.
type totals interface {
	grow(groups int) error

	// add folds a batch whole, or with an error nothing of it. It returns the groups of
	// the rows that are not null, valid until the next call.
	add(group []int32, arg arrow.Array) (counted []int32, err error)

	merge(group []int32, state []arrow.Array) error
	state(from, to int) ([]arrow.Array, error)
	result(from, to int) (arrow.Array, error)

	// mean is the sum of group g divided by count > 0, rounded once.
	mean(g int, count int64) float64

	reset()
	close()
}

// totalTypes are the types of a column's totals; out is nil where it cannot be summed.
func totalTypes(t arrow.DataType) (state []arrow.Field, out arrow.DataType) {
	switch t := t.(type) {
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return floatTotalState, arrow.PrimitiveTypes.Float64
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.BooleanType:
		return intTotalState, arrow.PrimitiveTypes.Int64
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return intTotalState, arrow.PrimitiveTypes.Uint64
	case *arrow.DurationType:
		return intTotalState, t
	case *arrow.Decimal128Type:
		return decimalTotalState, &arrow.Decimal128Type{Precision: 38, Scale: t.Scale}
	}
	return nil, nil
}

type sumStates struct {
	totals totals
	ledger *reserved.Ledger
}

var _ States = (*sumStates)(nil)

func (s *sumStates) Grow(groups int) error { return s.totals.grow(groups) }

func (s *sumStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	_, err := s.totals.add(group, args[0])
	return err
}

func (s *sumStates) Merge(group []int32, state []arrow.Array) error {
	return s.totals.merge(group, state)
}

func (s *sumStates) State(from, to int) ([]arrow.Array, error) { return s.totals.state(from, to) }

func (s *sumStates) Result(from, to int) (arrow.Array, error) { return s.totals.result(from, to) }

func (s *sumStates) Reset() { s.totals.reset() }

func (s *sumStates) Close() {
	s.totals.close()
	s.ledger.Close()
}
