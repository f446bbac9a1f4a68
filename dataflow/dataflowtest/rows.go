package dataflowtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Rows is the rows of recs as Go values: nil for null, int8 … uint64, float32
// (also of half floats), float64, bool, string, []byte, time.Time in UTC for
// dates and timestamps, time.Duration for times and durations, decimal128.Num,
// decimal256.Num, []any for lists, maps (of keys and values) and structs. A
// dictionary is decoded. All is copied: the batches may be released afterwards.
// It panics on unions and intervals.
func Rows(recs ...arrow.Record) [][]any {
	var rows [][]any
	for _, rec := range recs {
		n := int(rec.NumRows())
		cells := make([]any, n*int(rec.NumCols()))
		width := int(rec.NumCols())
		for j, col := range rec.Columns() {
			for i := range n {
				cells[i*width+j] = value(col, i)
			}
		}
		for i := range n {
			rows = append(rows, cells[i*width:(i+1)*width:(i+1)*width])
		}
	}
	return rows
}

// value is row i of arr.
func value(arr arrow.Array, i int) any {
	if arr.IsNull(i) {
		return nil
	}
	switch a := arr.(type) {
	case *array.Null: // of which IsNull says otherwise
		return nil
	case *array.RunEndEncoded:
		return value(a.Values(), a.GetPhysicalIndex(i))
	case *array.Boolean:
		return a.Value(i)
	case *array.Int8:
		return a.Value(i)
	case *array.Int16:
		return a.Value(i)
	case *array.Int32:
		return a.Value(i)
	case *array.Int64:
		return a.Value(i)
	case *array.Uint8:
		return a.Value(i)
	case *array.Uint16:
		return a.Value(i)
	case *array.Uint32:
		return a.Value(i)
	case *array.Uint64:
		return a.Value(i)
	case *array.Float16:
		return a.Value(i).Float32()
	case *array.Float32:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Decimal128:
		return a.Value(i)
	case *array.Decimal256:
		return a.Value(i)
	case *array.Date32:
		return a.Value(i).ToTime().UTC()
	case *array.Date64:
		return a.Value(i).ToTime().UTC()
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit).UTC()
	case *array.Time32:
		return a.DataType().(*arrow.Time32Type).Unit.Multiplier() * time.Duration(a.Value(i))
	case *array.Time64:
		return a.DataType().(*arrow.Time64Type).Unit.Multiplier() * time.Duration(a.Value(i))
	case *array.Duration:
		return a.DataType().(*arrow.DurationType).Unit.Multiplier() * time.Duration(a.Value(i))
	case *array.Dictionary:
		return value(a.Dictionary(), a.GetValueIndex(i))
	case *array.FixedSizeBinary:
		return slices.Clone(a.Value(i))
	case *array.Struct:
		fields := make([]any, a.NumField())
		for f := range fields {
			fields[f] = value(a.Field(f), i)
		}
		return fields
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		items := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			items = append(items, value(a.ListValues(), int(j)))
		}
		return items
	case array.ExtensionArray:
		return value(a.Storage(), i)
	case interface{ Value(int) string }:
		return string(append([]byte(nil), a.Value(i)...))
	case interface{ Value(int) []byte }:
		return append([]byte{}, a.Value(i)...)
	}
	panic(fmt.Sprintf("dataflowtest: no Go value for a column of type %s", arr.DataType()))
}
