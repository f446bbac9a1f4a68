package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Mean is the arithmetic mean, a float64, of the values that are not null; null where
// there are none. The argument is an integer, a float, a bool (the share that is true)
// or a decimal128, plain or dictionary-encoded.
//
// It is the exact sum divided by the count and rounded once, to nearest even: the
// same bits in any order, and right also where the sum itself is out of range.
func Mean(arg Expr) Agg {
	return Aggregated("mean", mean{text: "mean(" + arg.String() + ")"}, arg)
}

type mean struct{ text string }

var _ Aggregate = mean{}

func (m mean) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	t, err := oneArgument("mean", args)
	if err != nil {
		return nil, nil, err
	}
	state, out := totalTypes(t)
	if out == nil || t.ID() == arrow.DURATION {
		return nil, nil, fmt.Errorf("mean needs numbers or booleans, not %s", valueType(args[0]))
	}
	count := arrow.Field{Name: "count", Type: arrow.PrimitiveTypes.Int64}
	return append([]arrow.Field{count}, state...), arrow.PrimitiveTypes.Float64, nil
}

func (m mean) NewStates(args []arrow.DataType, env dataflow.Env) (States, error) {
	if _, _, err := m.Types(args); err != nil {
		return nil, err
	}
	ledger := reserved.NewLedger(env.Reserve)
	return &meanStates{totals: newTotals(valueType(args[0]), m.text, ledger, env.Alloc), ledger: ledger, alloc: env.Alloc}, nil
}

type meanStates struct {
	totals totals
	count  counts
	ledger *reserved.Ledger
	alloc  memory.Allocator
}

var _ States = (*meanStates)(nil)

// counts are how many values each group has.
type counts []int64

func (c counts) absent(from, to int, null func(i int)) {
	for i, n := range c[from:to] {
		if n == 0 {
			null(i)
		}
	}
}

func (s *meanStates) Grow(groups int) (err error) {
	if s.count, err = reserved.Grow(s.ledger, s.count, max(groups, len(s.count))); err != nil {
		return err
	}
	return s.totals.grow(groups)
}

func (s *meanStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	_, err := s.totals.add(group, args[0], exact.Beside{Count: s.count})
	return err
}

func (s *meanStates) Merge(group []int32, state []arrow.Array) error {
	if err := s.ledger.Settle(); err != nil {
		return err
	}
	if err := s.totals.merge(group, state[1:], 0); err != nil {
		return err
	}
	addCounts(s.count, group, state[0].(*array.Int64).Int64Values())
	return nil
}

func (s *meanStates) State(from, to int) ([]arrow.Array, error) {
	state, err := s.totals.state(from, to, nil)
	if err != nil {
		return nil, err
	}
	count := plaincol.Of(s.alloc, arrow.PrimitiveTypes.Int64, s.count[from:to], nil)
	return append([]arrow.Array{count}, state...), nil
}

func (s *meanStates) Result(from, to int) (arrow.Array, error) {
	out := plaincol.New[float64](s.alloc, to-from)
	for i, n := range s.count[from:to] {
		if n == 0 {
			out.Null(i)
		} else {
			out.Values[i] = s.totals.mean(from+i, n)
		}
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (s *meanStates) Reset() {
	s.totals.reset()
	s.count = reserved.Empty(s.ledger, s.count)
}

func (s *meanStates) Close() {
	s.totals.close()
	s.count = reserved.Free(s.ledger, s.count)
	s.ledger.Close()
}
