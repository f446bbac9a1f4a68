package operators

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// pass gives the first k rows away in order, in batches of about env.BatchRows
// with, where schema is the partial's, their places.
func (t *topper) pass(schema *arrow.Schema, to func(dataflow.Chunk) error) error {
	left, rows := min(t.len(), t.k), t.inOrder()
	slots := make([]int32, min(left, max(t.env.BatchRows, 1)))
	for left > 0 {
		slots = rows.next(slots[:min(left, len(slots))])
		left -= len(slots)
		err := t.gathered(slots, func(rec arrow.Record, slots []int32) error {
			return to(dataflow.Chunk{Rec: t.withPlaces(rec, slots, schema)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// withPlaces is rec, of the rows of the slots, with their places where the schema has
// them.
func (t *topper) withPlaces(rec arrow.Record, slots []int32, schema *arrow.Schema) arrow.Record {
	cols := slices.Clone(rec.Columns())
	for w := t.stride - 2; schema != t.in && w < t.stride; w++ {
		place := t.placeColumn(slots, w)
		defer place.Release()
		cols = append(cols, place)
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

// placeColumn is word w of the slots as the numbers they were made of.
func (t *topper) placeColumn(slots []int32, w int) arrow.Array {
	out := plaincol.New[int64](t.env.Alloc, len(slots))
	for i, s := range slots {
		out.Values[i] = int64(t.slot(s)[w] ^ signBit)
	}
	return out.Array(arrow.PrimitiveTypes.Int64)
}
