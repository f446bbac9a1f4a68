package operators

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// pass gives the first k rows away in order, in batches of about env.BatchRows
// with, where schema is the partial's, their places.
func (t *topper) pass(schema *arrow.Schema, to func(dataflow.Chunk) error) error {
	ranks := t.sorted()
	ranks = ranks[:min(len(ranks), t.k)]
	slots := make([]int32, min(len(ranks), max(t.env.BatchRows, 1)))
	for len(ranks) > 0 {
		slots = slots[:min(len(ranks), cap(slots))]
		for i := range slots {
			slots[i] = ranks[i].slot
		}
		ranks = ranks[len(slots):]
		err := t.gathered(slots, t.env.Alloc, func(rec arrow.Record, slots, at []int32) error {
			out, err := t.inOrder(rec, slots, at, schema)
			if err != nil {
				return err
			}
			return to(dataflow.Chunk{Rec: out})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inOrder is the batch whose row i is row at[i] of rec, which is borrowed.
func (t *topper) inOrder(rec arrow.Record, slots, at []int32, schema *arrow.Schema) (arrow.Record, error) {
	taken, err := batch.Take(rec, at, t.env.Alloc)
	if err != nil {
		return nil, err
	}
	defer taken.Release()
	cols := slices.Clone(taken.Columns())
	for w := t.stride - 2; schema != t.in && w < t.stride; w++ {
		place := t.placeColumn(slots, w)
		defer place.Release()
		cols = append(cols, place)
	}
	return array.NewRecord(schema, cols, taken.NumRows()), nil
}

// placeColumn is word w of the slots as the numbers they were made of.
func (t *topper) placeColumn(slots []int32, w int) arrow.Array {
	buf := memory.NewResizableBuffer(t.env.Alloc)
	defer buf.Release()
	buf.Resize(8 * len(slots))
	out := arrow.Uint64Traits.CastFromBytes(buf.Bytes())
	for i, s := range slots {
		out[i] = t.slot(s)[w] ^ signBit
	}
	data := array.NewData(arrow.PrimitiveTypes.Int64, len(slots), []*memory.Buffer{nil, buf}, nil, 0, 0)
	defer data.Release()
	return array.NewInt64Data(data)
}
