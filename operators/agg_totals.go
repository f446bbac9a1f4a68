package operators

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// newTotals returns the totals of a column of a type that totalTypes takes.
func newTotals(t arrow.DataType, text string, l *reserved.Ledger, alloc memory.Allocator) totals {
	_, out := totalTypes(t)
	ints := func(unsigned bool) intTotals {
		return intTotals{sums: exact.NewInts(l, unsigned), out: out, text: text, alloc: alloc}
	}
	switch t.ID() {
	case arrow.FLOAT16, arrow.FLOAT32:
		return newFloatTotals[float32](l, alloc)
	case arrow.FLOAT64:
		return newFloatTotals[float64](l, alloc)
	case arrow.BOOL, arrow.UINT8:
		return newNarrowTotals[uint8](l, ints(false))
	case arrow.INT8:
		return newNarrowTotals[int8](l, ints(false))
	case arrow.INT16:
		return newNarrowTotals[int16](l, ints(false))
	case arrow.INT32:
		return newNarrowTotals[int32](l, ints(false))
	case arrow.UINT16:
		return newNarrowTotals[uint16](l, ints(false))
	case arrow.UINT32:
		return newNarrowTotals[uint32](l, ints(false))
	case arrow.UINT64:
		return &uintTotals{ints(true), numbers[uint64]{ledger: l}}
	case arrow.DECIMAL128:
		return newDecimalTotals(t.(*arrow.Decimal128Type), text, l, alloc)
	}
	return newNarrowTotals[int64](l, ints(false))
}
