package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/exact"
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
		return nil, nil, fmt.Errorf("sum needs numbers, booleans or durations, not %s", valueType(args[0]))
	}
	return state, out, nil
}

func (s sum) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := s.Types(args); err != nil {
		return nil, err
	}
	ledger := reserved.NewLedger(env.Reserve)
	return &sumStates{newTotals(valueType(args[0]), s.text, ledger, env.Alloc), present{ledger: ledger}}, nil
}

// totals are the exact sums of one column, by group, 0 where there is nothing. A sum's
// states know beside them which groups have a value, and a mean's count them.
type totals interface {
	grow(groups int) error

	// add folds a batch whole, into what is beside too, or with an error nothing of it. It
	// returns the groups of the rows that are not null, valid until the next call.
	add(group []int32, arg arrow.Array, beside exact.Beside) (counted []int32, err error)

	// merge folds row from+i of another's state, which is not null, into group[i]. It
	// does not settle the ledger.
	merge(group []int32, state []arrow.Array, from int) error

	// state is null for the groups that have no value; all have where has is nil.
	state(from, to int, has valued) ([]arrow.Array, error)

	// result is null for the groups that have no value.
	result(from, to int, has valued) (arrow.Array, error)

	// mean is the sum of group g divided by count > 0, rounded once.
	mean(g int, count int64) float64

	reset()
	close()
}

// valued says which groups have a value.
type valued interface {
	// absent calls null(g-from) for each group g from from to to-1 that has none.
	absent(from, to int, null func(i int))
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
	totals  totals
	present present
}

var _ States = (*sumStates)(nil)

func (s *sumStates) Grow(groups int) error {
	if err := s.present.grow(groups); err != nil {
		return err
	}
	return s.totals.grow(groups)
}

func (s *sumStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	counted, err := s.totals.add(group, args[0], exact.Beside{})
	if err != nil {
		return err
	}
	s.present.mark(counted)
	return nil
}

func (s *sumStates) Merge(group []int32, state []arrow.Array) error {
	if err := s.present.ledger.Settle(); err != nil {
		return err
	}
	return validRuns(state[0], func(from, to int) error {
		s.present.mark(group[from:to])
		return s.totals.merge(group[from:to], state, from)
	})
}

func (s *sumStates) State(from, to int) ([]arrow.Array, error) {
	return s.totals.state(from, to, &s.present)
}

func (s *sumStates) Result(from, to int) (arrow.Array, error) {
	return s.totals.result(from, to, &s.present)
}

func (s *sumStates) Reset() {
	s.totals.reset()
	s.present.reset()
}

func (s *sumStates) Close() {
	s.totals.close()
	s.present.reset()
	s.present.ledger.Close()
}
