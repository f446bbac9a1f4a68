package operators

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// textColumn reads the strings or bytes of one column of one batch, through its
// dictionary where it has one. It is a view: the batch must be held.
type textColumn struct {
	coded *array.Dictionary // nil: plain
	bytes []byte
	small []int32 // offsets; the one or the other, or neither
	large []int64
	size  int // of values of one size
}

func textOf(col arrow.Array) textColumn {
	var t textColumn
	if d, ok := col.(*array.Dictionary); ok {
		t.coded, col = d, d.Dictionary()
	}
	if col.Len() == 0 {
		return t
	}
	switch typ := col.DataType().(type) {
	case *arrow.StringType, *arrow.BinaryType:
		t.bytes, t.small = plaincol.Text(col), plaincol.Offsets[int32](col)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		t.bytes, t.large = plaincol.Text(col), plaincol.Offsets[int64](col)
	case *arrow.FixedSizeBinaryType:
		t.bytes, t.size = plaincol.Fixed(col, typ.ByteWidth), typ.ByteWidth
	}
	return t
}

// at is the string of a row, which is not null.
func (t *textColumn) at(row int) []byte {
	if t.coded != nil {
		row = t.coded.GetValueIndex(row)
	}
	return t.value(row)
}

// value is the string of a row of the plain column or the dictionary.
func (t *textColumn) value(i int) []byte {
	switch {
	case t.small != nil:
		return t.bytes[t.small[i]:t.small[i+1]]
	case t.large != nil:
		return t.bytes[t.large[i]:t.large[i+1]]
	}
	return t.bytes[i*t.size : (i+1)*t.size]
}
