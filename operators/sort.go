package operators

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Sort puts all rows in the order of the keys. Rows that all keys find equal keep
// their order in the source. No key, and a key's column that is not there, comes twice
// or has no order are errors of the graph's check.
//
// Shape: Batch<a, b> → Batch<a, b> of as many rows, in batches of Env.BatchRows.
//
//	lines.TreeReduce("by size", operators.Sort(operators.Desc("bytes"), operators.Asc("path")))
//
// Behind a Shuffle each partition is sorted by itself. Where only the first rows are
// wanted, [TopK] does not hold the others.
//
// Each worker writes the rows that it comes across as rows, of as few bytes as tell their
// values apart; strings of more than 24 bytes and nested values stay in the columns that
// they came in. When its input ends it sorts 16 bytes a row, and then all workers take turns
// to merge what they sorted and to make columns of it, a part of the answer each. All of it
// is reserved from the budget: past it, the run fails with an error that wraps
// [dataflow.ErrBudget].
func Sort(keys ...SortKey) dataflow.Reducer { return &sorting{slices.Clone(keys)} }

type sorting struct{ keys []SortKey }

var _ interface {
	dataflow.Joiner
	dataflow.SelectionTaker
	dataflow.PlaceUser
	fmt.Stringer
} = (*sorting)(nil)

func (s *sorting) String() string { return "sort by " + formatKeys(s.keys) }

// Schemas: what an accumulator lets go of are rows as they came.
func (s *sorting) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	if _, err := orderKeys(s.keys, in); err != nil {
		return nil, nil, err
	}
	return in, in, nil
}

func (s *sorting) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	plan, err := planSort(s.keys, in)
	if err != nil {
		return nil, err
	}
	return newSorter(plan, env, x), nil
}

// Join makes one order of what all workers hold.
func (s *sorting) Join(all []dataflow.Accumulator) (dataflow.Joint, error) {
	sorters := make([]*sorter, len(all))
	for i, acc := range all {
		sorters[i] = acc.(*sorter)
	}
	return joinSorters(sorters), nil
}

func (s *sorting) TakesSelection() bool { return true }

func (s *sorting) UsesPlace() bool { return true }
