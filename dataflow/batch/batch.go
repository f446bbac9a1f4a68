package batch

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Columns is a batch of the given columns of rec, in that order, under schema.
// No buffer is copied.
func Columns(rec arrow.Record, schema *arrow.Schema, columns []int) arrow.Record {
	cols := make([]arrow.Array, len(columns))
	for i, c := range columns {
		cols[i] = rec.Column(c)
	}
	return array.NewRecord(schema, cols, rec.NumRows())
}

// Compact is the rows sel of rec, which ascend, as a batch of their own: rec
// itself, retained, where sel is nil; a slice, not copied, where it is one run;
// gathered otherwise.
func Compact(rec arrow.Record, sel []int32, alloc memory.Allocator) (arrow.Record, error) {
	switch n := len(sel); {
	case sel == nil:
		rec.Retain()
		return rec, nil
	case n == 0:
		return rec.NewSlice(0, 0), nil
	case int(sel[n-1]-sel[0]) == n-1:
		return rec.NewSlice(int64(sel[0]), int64(sel[n-1])+1), nil
	}
	return Take(rec, sel, alloc)
}

// Bytes is the size of the values of rec: what its rows would take on their own,
// not what the buffers they share hold alive. Dictionaries count whole.
func Bytes(rec arrow.Record) int64 {
	var n int64
	for _, col := range rec.Columns() {
		n += dataBytes(col.Data())
	}
	return n
}

// ArrayBytes is the size of the values of arr, as in Bytes.
func ArrayBytes(arr arrow.Array) int64 { return dataBytes(arr.Data()) }

func dataBytes(d arrow.ArrayData) int64 {
	if d == nil {
		return 0
	}
	rows, off := int64(d.Len()), int64(d.Offset())
	var n int64
	if bufs := d.Buffers(); len(bufs) > 0 && bufs[0] != nil {
		n += (rows + 7) / 8
	}
	switch t := d.DataType().(type) {
	case *arrow.DictionaryType:
		n += rows * int64(t.IndexType.(arrow.FixedWidthDataType).BitWidth()) / 8
		return n + dataBytes(d.Dictionary())
	case *arrow.BinaryType, *arrow.StringType:
		if buf := d.Buffers()[1]; buf != nil && rows > 0 {
			offsets := arrow.Int32Traits.CastFromBytes(buf.Bytes())
			n += int64(offsets[off+rows]) - int64(offsets[off])
		}
		return n + 4*rows
	case *arrow.LargeBinaryType, *arrow.LargeStringType:
		if buf := d.Buffers()[1]; buf != nil && rows > 0 {
			offsets := arrow.Int64Traits.CastFromBytes(buf.Bytes())
			n += offsets[off+rows] - offsets[off]
		}
		return n + 8*rows
	case arrow.FixedWidthDataType:
		if len(d.Children()) == 0 {
			return n + (rows*int64(t.BitWidth())+7)/8
		}
	}
	for _, buf := range d.Buffers() { // nested, views: whole buffers
		if buf != nil {
			n += int64(buf.Len())
		}
	}
	for _, child := range d.Children() {
		n += dataBytes(child)
	}
	return n
}
