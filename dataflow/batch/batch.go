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
		n += ArrayBytes(col)
	}
	return n
}

// ArrayBytes is the size of the values of arr, as in Bytes.
func ArrayBytes(arr arrow.Array) int64 {
	return dataBytes(arr.Data(), int64(arr.Data().Offset()), int64(arr.Len()))
}

// dataBytes is the size of rows rows from row off of the buffers of d on.
func dataBytes(d arrow.ArrayData, off, rows int64) int64 {
	if d == nil || rows == 0 {
		return 0
	}
	var n int64
	bufs := d.Buffers()
	if len(bufs) > 0 && bufs[0] != nil {
		n += (rows + 7) / 8
	}
	switch t := d.DataType().(type) {
	case *arrow.DictionaryType:
		dict := d.Dictionary()
		return n + bitBytes(rows, t.IndexType.(arrow.FixedWidthDataType)) + dataBytes(dict, int64(dict.Offset()), int64(dict.Len()))
	case *arrow.BinaryType, *arrow.StringType, *arrow.ListType, *arrow.MapType:
		return n + 4*rows + rangeBytes(d, arrow.Int32Traits.CastFromBytes(bytesOf(bufs[1])), off, rows)
	case *arrow.LargeBinaryType, *arrow.LargeStringType, *arrow.LargeListType:
		return n + 8*rows + rangeBytes(d, arrow.Int64Traits.CastFromBytes(bytesOf(bufs[1])), off, rows)
	case *arrow.FixedSizeListType:
		child, k := d.Children()[0], int64(t.Len())
		return n + dataBytes(child, int64(child.Offset())+off*k, rows*k)
	case *arrow.StructType:
		for _, child := range d.Children() {
			n += dataBytes(child, int64(child.Offset())+off, rows)
		}
		return n
	case arrow.FixedWidthDataType:
		if len(d.Children()) == 0 {
			return n + bitBytes(rows, t)
		}
	}
	for _, buf := range bufs { // unions, views, run ends: whole buffers
		if buf != nil {
			n += int64(buf.Len())
		}
	}
	for _, child := range d.Children() {
		n += dataBytes(child, int64(child.Offset()), int64(child.Len()))
	}
	return n
}

func bitBytes(rows int64, t arrow.FixedWidthDataType) int64 {
	return (rows*int64(t.BitWidth()) + 7) / 8
}

// rangeBytes is the size of the bytes or elements that rows rows of a string or
// list column have.
func rangeBytes[O int32 | int64](d arrow.ArrayData, offsets []O, off, rows int64) int64 {
	if len(offsets) == 0 {
		return 0
	}
	from, to := int64(offsets[off]), int64(offsets[off+rows])
	if len(d.Children()) == 0 {
		return to - from
	}
	child := d.Children()[0]
	return dataBytes(child, int64(child.Offset())+from, to-from)
}
