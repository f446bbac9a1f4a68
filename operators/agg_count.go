package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Count is the number of rows of a group, null or not, as int64.
func Count() Agg { return Aggregated("count", rowCount{}) }

// CountOf is the number of rows of a group in which of is not null, as int64.
func CountOf(of Expr) Agg { return Aggregated("count", valueCount{}, of) }

type rowCount struct{}

func (rowCount) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	if len(args) != 0 {
		return nil, nil, fmt.Errorf("count of rows has no argument, not %d", len(args))
	}
	return countState, arrow.PrimitiveTypes.Int64, nil
}

func (rowCount) NewStates(_ []arrow.DataType, env dataflow.Env) (States, error) {
	return newCountStates(env), nil
}

type valueCount struct{}

func (valueCount) Types(args []arrow.DataType) ([]arrow.Field, arrow.DataType, error) {
	if len(args) != 1 {
		return nil, nil, fmt.Errorf("count has one argument, not %d", len(args))
	}
	switch args[0].ID() {
	case arrow.SPARSE_UNION, arrow.DENSE_UNION, arrow.RUN_END_ENCODED:
		return nil, nil, fmt.Errorf("the nulls of a column of type %s cannot be told", args[0])
	}
	return countState, arrow.PrimitiveTypes.Int64, nil
}

func (valueCount) NewStates(_ []arrow.DataType, env dataflow.Env) (States, error) {
	return newCountStates(env), nil
}

var countState = []arrow.Field{{Name: "count", Type: arrow.PrimitiveTypes.Int64}}

// countStates are the counts, by group.
type countStates struct {
	ledger *reserved.Ledger
	alloc  memory.Allocator
	counts []int64
	codes  []int32
}

func newCountStates(env dataflow.Env) States {
	return &countStates{ledger: reserved.NewLedger(env.Reserve), alloc: env.Alloc}
}

func (s *countStates) Grow(groups int) (err error) {
	if err = s.ledger.Settle(); err == nil {
		s.counts, err = reserved.Grow(s.ledger, s.counts, groups)
	}
	return err
}

func (s *countStates) Update(group []int32, args []arrow.Array, _ dataflow.Place) error {
	if len(args) == 0 {
		countAll(s.counts, group)
		return nil
	}
	arg := args[0]
	dict, coded := arg.(*array.Dictionary)
	switch {
	case valueType(arg.DataType()).ID() == arrow.NULL: // array.Null has no validity to ask
	case coded:
		if err := s.ledger.Settle(); err != nil {
			return err
		}
		s.codes = reserved.Scratch(s.ledger, s.codes, dict.Len())
		plaincol.Codes(s.codes, dict, 0, nil)
		plaincol.MarkNulls(s.codes, -1, arg, 0, nil)
		countCodes(s.counts, group, s.codes, dict.Dictionary())
	case arg.NullN() == 0:
		countAll(s.counts, group)
	default:
		countBits(s.counts, group, arg.NullBitmapBytes(), arg.Data().Offset())
	}
	return nil
}

func (s *countStates) Merge(group []int32, state []arrow.Array) error {
	addCounts(s.counts, group, state[0].(*array.Int64).Int64Values())
	return nil
}

func (s *countStates) State(from, to int) ([]arrow.Array, error) {
	col, err := s.Result(from, to)
	return []arrow.Array{col}, err
}

func (s *countStates) Result(from, to int) (arrow.Array, error) {
	return plaincol.Of(s.alloc, arrow.PrimitiveTypes.Int64, s.counts[from:to], nil), nil
}

func (s *countStates) Reset() { s.counts = reserved.Empty(s.ledger, s.counts) }

func (s *countStates) Close() {
	s.counts, s.codes = reserved.Free(s.ledger, s.counts), reserved.Free(s.ledger, s.codes)
	s.ledger.Close()
}

func countAll(counts []int64, group []int32) {
	for _, g := range group {
		counts[g]++
	}
}

func countBits(counts []int64, group []int32, valid []byte, offset int) {
	for i, g := range group {
		at := offset + i
		counts[g] += int64(valid[at>>3] >> (at & 7) & 1)
	}
}

func countCodes(counts []int64, group, codes []int32, values arrow.Array) {
	for i, g := range group {
		if c := codes[i]; c >= 0 && values.IsValid(int(c)) {
			counts[g]++
		}
	}
}

func addCounts(counts []int64, group []int32, more []int64) {
	more = more[:len(group)]
	for i, g := range group {
		counts[g] += more[i]
	}
}

var (
	_ Aggregate = rowCount{}
	_ Aggregate = valueCount{}
	_ States    = (*countStates)(nil)
)
