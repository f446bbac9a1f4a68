package batch

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// CountNulls counts the nulls of the columns, with all that is nested in them and
// their dictionaries. Arrow counts at first use and keeps the number without a
// lock: a batch that several goroutines are to read is counted before.
func CountNulls(rec arrow.Record) {
	for _, col := range rec.Columns() {
		col.NullN()
		countNested(col.Data())
	}
}

func countNested(d arrow.ArrayData) {
	if dict := d.Dictionary(); d.DataType().ID() == arrow.DICTIONARY && dict != nil {
		countData(dict)
	}
	for _, child := range d.Children() {
		countData(child)
	}
}

func countData(d arrow.ArrayData) {
	arr := array.MakeFromData(d)
	arr.NullN()
	arr.Release()
	countNested(d)
}
