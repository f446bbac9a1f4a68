package operators

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// The columns of state of an aggregate: Go slices by group, reserved before they
// grow.

// growColumn makes *col at least n long; what is new is zero.
func growColumn[T any](col *[]T, n int, env dataflow.Env) error {
	old := *col
	if n <= cap(old) {
		if n > len(old) {
			clear(old[len(old):n])
			*col = old[:n]
		}
		return nil
	}
	size := max(n, cap(old)+cap(old)/2, 64)
	var zero T
	each := int64(unsafe.Sizeof(zero))
	if err := env.Reserve(int64(size) * each); err != nil {
		return err
	}
	grown := make([]T, n, size)
	copy(grown, old)
	*col = grown
	_ = env.Reserve(-int64(cap(old)) * each) // giving back does not fail
	return nil
}

// keptGroups is for how many groups a column keeps its memory when it is emptied.
const keptGroups = 4 << 10

// resetColumn empties *col.
func resetColumn[T any](col *[]T, env dataflow.Env) {
	if cap(*col) > keptGroups {
		freeColumn(col, env)
		return
	}
	*col = (*col)[:0]
}

// freeColumn gives *col back.
func freeColumn[T any](col *[]T, env dataflow.Env) {
	var zero T
	_ = env.Reserve(-int64(cap(*col)) * int64(unsafe.Sizeof(zero))) // giving back does not fail
	*col = nil
}

// columnOf is values as a column of a type of their width; where seen is not nil
// those that it is false for are null.
func columnOf[T any](typ arrow.DataType, values []T, seen []bool, alloc memory.Allocator) arrow.Array {
	var zero T
	buf := memory.NewResizableBuffer(alloc)
	defer buf.Release()
	buf.Resize(len(values) * int(unsafe.Sizeof(zero)))
	copy(valuesOf[T](buf), values)
	return arrayOf(typ, len(values), seen, alloc, buf)
}

// arrayOf is a column of n rows of the buffers that follow its validity.
func arrayOf(typ arrow.DataType, n int, seen []bool, alloc memory.Allocator, buffers ...*memory.Buffer) arrow.Array {
	valid, nulls := validityOf(seen, alloc)
	if valid != nil {
		defer valid.Release()
	}
	data := array.NewData(typ, n, append([]*memory.Buffer{valid}, buffers...), nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// validityOf is nil where all are seen.
func validityOf(seen []bool, alloc memory.Allocator) (valid *memory.Buffer, nulls int) {
	for _, s := range seen {
		nulls += 1 - one(s)
	}
	if nulls == 0 {
		return nil, 0
	}
	valid = memory.NewResizableBuffer(alloc)
	valid.Resize((len(seen) + 7) / 8)
	bits := valid.Bytes()
	clear(bits)
	for i, s := range seen {
		bits[i>>3] |= byte(one(s)) << (i & 7)
	}
	return valid, nulls
}

// valuesOf is the bytes of buf as values, not copied.
func valuesOf[T any](buf *memory.Buffer) []T {
	if buf == nil || buf.Len() == 0 {
		return nil
	}
	var zero T
	b := buf.Bytes()
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// rowValues is the values of a plain column of that width, not copied.
func rowValues[T any](arr arrow.Array) []T {
	if arr.Len() == 0 {
		return nil
	}
	d := arr.Data()
	return valuesOf[T](d.Buffers()[1])[d.Offset() : d.Offset()+d.Len()]
}

// rowCodes is the code of each row of arr, -1 for null.
func rowCodes(arr *array.Dictionary) []int32 {
	codes := make([]int32, arr.Len())
	switch arr.DataType().(*arrow.DictionaryType).IndexType.ID() {
	case arrow.INT8:
		widenCodes(codes, rowValues[int8](arr))
	case arrow.UINT8:
		widenCodes(codes, rowValues[uint8](arr))
	case arrow.INT16:
		widenCodes(codes, rowValues[int16](arr))
	case arrow.UINT16:
		widenCodes(codes, rowValues[uint16](arr))
	case arrow.INT32, arrow.UINT32:
		copy(codes, rowValues[int32](arr))
	case arrow.INT64, arrow.UINT64:
		widenCodes(codes, rowValues[int64](arr))
	}
	if arr.NullN() > 0 {
		for i := range codes {
			if arr.IsNull(i) {
				codes[i] = -1
			}
		}
	}
	return codes
}

func widenCodes[T int8 | uint8 | int16 | uint16 | int64](dst []int32, src []T) {
	for i, c := range src {
		dst[i] = int32(c)
	}
}
