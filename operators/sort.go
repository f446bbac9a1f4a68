package operators

import (
	"fmt"
	"math"
	"slices"

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
// Each worker holds the batches that it comes across as they are, and for each row the
// beginning of its keys; it sorts them when its input ends, and the sorted rows of
// all workers are merged. All of it is reserved from the budget: past it, the run fails
// with an error that wraps [dataflow.ErrBudget].
func Sort(keys ...SortKey) dataflow.Reducer {
	return &sorting{topK{math.MaxInt, slices.Clone(keys)}}
}

// sorting is the first k rows in order, for a k that no input reaches.
type sorting struct{ topK }

var _ interface {
	dataflow.Reducer
	dataflow.SelectionTaker
	dataflow.PlaceUser
	fmt.Stringer
} = (*sorting)(nil)

func (s *sorting) String() string { return "sort by " + formatKeys(s.keys) }
