package data

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// block is the columns of some rows on their way to a batch. Its slices are used
// again for the next one.
type block struct{ columns []values }

// values are those of one column, in the slice of its type; a null has a value too.
type values struct {
	text  []byte // of all rows, one behind another
	ends  []int32
	whole []int64
	real  []float64
	date  []arrow.Date32
	nulls []int32 // the rows
}

// end ends the text of a row.
func (v *values) end() { v.ends = append(v.ends, int32(len(v.text))) }

func newBlock(schema *arrow.Schema) *block {
	b := &block{columns: make([]values, schema.NumFields())}
	b.reset()
	return b
}

func (b *block) reset() {
	for i := range b.columns {
		v := &b.columns[i]
		v.text, v.ends, v.whole, v.real, v.date, v.nulls = v.text[:0], append(v.ends[:0], 0), v.whole[:0], v.real[:0], v.date[:0], v.nulls[:0]
	}
}

// record is the block as a batch of n rows, a copy.
func (b *block) record(schema *arrow.Schema, n int, alloc memory.Allocator) arrow.Record {
	cols := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		cols[i] = b.columns[i].array(schema.Field(i).Type, n, alloc)
		defer cols[i].Release()
	}
	return array.NewRecord(schema, cols, int64(n))
}

func (v *values) array(t arrow.DataType, n int, alloc memory.Allocator) arrow.Array {
	buffers := []*memory.Buffer{v.validity(n, alloc)}
	switch t.ID() {
	case arrow.STRING:
		buffers = append(buffers, bufferOf(arrow.Int32Traits.CastToBytes(v.ends), alloc), bufferOf(v.text, alloc))
	case arrow.INT64:
		buffers = append(buffers, bufferOf(arrow.Int64Traits.CastToBytes(v.whole), alloc))
	case arrow.FLOAT64:
		buffers = append(buffers, bufferOf(arrow.Float64Traits.CastToBytes(v.real), alloc))
	case arrow.DATE32:
		buffers = append(buffers, bufferOf(arrow.Date32Traits.CastToBytes(v.date), alloc))
	}
	d := array.NewData(t, n, buffers, nil, len(v.nulls), 0)
	defer d.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(d)
}

// validity is the bitmap of the rows that are not null; nil: all.
func (v *values) validity(n int, alloc memory.Allocator) *memory.Buffer {
	if len(v.nulls) == 0 {
		return nil
	}
	b := memory.NewResizableBuffer(alloc)
	b.Resize(int(bitutil.BytesForBits(int64(n))))
	bits := b.Bytes()
	bitutil.SetBitsTo(bits, 0, int64(n), true)
	for _, r := range v.nulls {
		bitutil.ClearBit(bits, int(r))
	}
	return b
}

func bufferOf(bytes []byte, alloc memory.Allocator) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(len(bytes))
	copy(b.Bytes(), bytes)
	return b
}
