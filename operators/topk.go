package operators

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// TopK keeps the first k rows in the order of the keys, and puts them in that
// order. Of rows that all keys find equal, those that stand first in the source
// are kept, and stand first. A k below 0, no key, and a key's column that is not
// there, comes twice or has no order are errors of the graph's check.
//
// Shape: Batch<a, b> → Batch<a, b> of at most k rows in all.
//
// Each worker holds about 2k rows at most. Rows are held against the last of the k best
// that were seen before, a column at a time, so that most of a long input costs a
// comparison of one word a row. [Sort] is for all rows.
func TopK(k int, keys ...SortKey) dataflow.Reducer { return &topK{k, slices.Clone(keys)} }

type topK struct {
	k    int
	keys []SortKey
}

var _ interface {
	dataflow.Reducer
	dataflow.SelectionTaker
	dataflow.PlaceUser
	fmt.Stringer
} = (*topK)(nil)

func (t *topK) String() string { return fmt.Sprintf("top %d by %s", t.k, formatKeys(t.keys)) }

// Schemas adds to a partial's columns the place of each row: split, then row.
func (t *topK) Schemas(in *arrow.Schema) (partial, out *arrow.Schema, err error) {
	if t.k < 0 {
		return nil, nil, fmt.Errorf("the top %d rows: it must be at least 0", t.k)
	}
	if _, err := orderKeys(t.keys, in); err != nil {
		return nil, nil, err
	}
	fields := in.Fields()
	for _, name := range []string{"split", "row"} {
		for name = "place of the " + name; in.HasField(name); name += "'" {
			continue
		}
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64})
	}
	return schemaLike(in, fields), in, nil
}

func (t *topK) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	partial, _, err := t.Schemas(in)
	if err != nil {
		return nil, err
	}
	keys, err := orderKeys(t.keys, in)
	if err != nil {
		return nil, err
	}
	return newTopper(t.k, keys, in, partial, env, x), nil
}

func (t *topK) TakesSelection() bool { return true }

func (t *topK) UsesPlace() bool { return true }
