package parquetio

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// storableLists is d, lists, its own reference, with an empty list in every row that
// is null, which the library asks for.
func storableLists(d arrow.ArrayData, alloc memory.Allocator) (arrow.ArrayData, error) {
	var elements func(row int) (from, to int64)
	width := 4
	switch t := d.DataType().(type) {
	case *arrow.FixedSizeListType:
		n := int64(t.Len())
		elements = func(row int) (int64, int64) {
			at := int64(d.Offset()+row) * n
			return at, at + n
		}
	case *arrow.LargeListType:
		offsets := arrow.Int64Traits.CastFromBytes(bytesOf(d.Buffers()[1]))
		elements = func(row int) (int64, int64) { return offsets[d.Offset()+row], offsets[d.Offset()+row+1] }
		width = 8
	default:
		offsets := arrow.Int32Traits.CastFromBytes(bytesOf(d.Buffers()[1]))
		elements = func(row int) (int64, int64) {
			return int64(offsets[d.Offset()+row]), int64(offsets[d.Offset()+row+1])
		}
	}
	valid := bytesOf(d.Buffers()[0])
	null := func(row int) bool { return valid != nil && !bitutil.BitIsSet(valid, d.Offset()+row) }
	_, change := d.DataType().(*arrow.FixedSizeListType)
	for row := 0; !change && row < d.Len(); row++ {
		from, to := elements(row)
		change = from != to && null(row)
	}
	if !change {
		d.Retain()
		return d, nil
	}

	var rows []int32
	offsets := newBuffer(width*(d.Len()+1), alloc)
	defer offsets.Release()
	bits := newBuffer(int(bitutil.BytesForBits(int64(d.Len()))), alloc)
	defer bits.Release()
	nulls := 0
	for row := range d.Len() {
		if null(row) {
			nulls++
		} else {
			bitutil.SetBit(bits.Bytes(), row)
			from, to := elements(row)
			if to > math.MaxInt32 {
				return nil, fmt.Errorf("lists with more than %d elements in a batch", math.MaxInt32)
			}
			for i := from; i < to; i++ {
				rows = append(rows, int32(i))
			}
		}
		if width == 8 {
			cast[int64](offsets.Bytes())[row+1] = int64(len(rows))
		} else {
			cast[int32](offsets.Bytes())[row+1] = int32(len(rows))
		}
	}
	all := array.MakeFromData(d.Children()[0])
	defer all.Release()
	child, err := batch.TakeArray(all, rows, alloc)
	if err != nil {
		return nil, err
	}
	defer child.Release()
	t := d.DataType()
	if fixed, ok := t.(*arrow.FixedSizeListType); ok {
		t = arrow.ListOfField(fixed.ElemField())
	}
	return array.NewData(t, d.Len(), []*memory.Buffer{bits, offsets}, []arrow.ArrayData{child.Data()}, nulls, 0), nil
}

func bytesOf(b *memory.Buffer) []byte {
	if b == nil {
		return nil
	}
	return b.Bytes()
}
