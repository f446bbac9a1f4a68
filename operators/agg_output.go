package operators

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// fixedColumn is a fixed-width column being written: values directly, nulls by null.
type fixedColumn[T any] struct {
	values []T
	alloc  memory.Allocator
	buf    *memory.Buffer
	valid  *memory.Buffer // nil as long as nothing is null
	nulls  int
}

// newFixedColumn returns a column of n zeros.
func newFixedColumn[T any](alloc memory.Allocator, n int) *fixedColumn[T] {
	var zero T
	c := &fixedColumn[T]{alloc: alloc, buf: memory.NewResizableBuffer(alloc)}
	c.buf.Resize(n * int(unsafe.Sizeof(zero)))
	b := c.buf.Bytes()
	clear(b)
	if n > 0 {
		c.values = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
	}
	return c
}

// null makes row i, which was not, null.
func (c *fixedColumn[T]) null(i int) {
	if c.valid == nil {
		c.valid = allValid(c.alloc, len(c.values))
	}
	bitutil.ClearBit(c.valid.Bytes(), i)
	c.nulls++
}

// array is the column as an array of type t. The column is not used any more.
func (c *fixedColumn[T]) array(t arrow.DataType) arrow.Array {
	data := array.NewData(t, len(c.values), []*memory.Buffer{c.valid, c.buf}, nil, c.nulls, 0)
	defer data.Release()
	c.release()
	return array.MakeFromData(data)
}

func (c *fixedColumn[T]) release() {
	c.buf.Release()
	if c.valid != nil {
		c.valid.Release()
	}
}

// listArray is a list column of the lists that offsets cut values into. It takes all
// three over; type t is a list or a large list, as O is.
func listArray[O int32 | int64](t arrow.DataType, offsets *fixedColumn[O], lists int, valid *memory.Buffer, nulls int, values arrow.Array) arrow.Array {
	data := array.NewData(t, lists, []*memory.Buffer{valid, offsets.buf}, []arrow.ArrayData{values.Data()}, nulls, 0)
	defer data.Release()
	offsets.release()
	values.Release()
	if valid != nil {
		valid.Release()
	}
	return array.MakeFromData(data)
}

// allValid is a validity bitmap of n rows, none of them null.
func allValid(alloc memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(int(bitutil.BytesForBits(int64(n))))
	clear(b.Bytes())
	bitutil.SetBitsTo(b.Bytes(), 0, int64(n), true)
	return b
}
