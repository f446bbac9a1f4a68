package plaincol

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Column is a column of fixed width that is being written: values directly, nulls by
// Null.
type Column[T any] struct {
	Values []T

	alloc memory.Allocator
	buf   *memory.Buffer
	valid Validity
}

// New returns a column of n zeros.
func New[T any](alloc memory.Allocator, n int) *Column[T] {
	c := Unset[T](alloc, n)
	clear(c.Values)
	return c
}

// Unset returns a column of n values that are all to be written.
func Unset[T any](alloc memory.Allocator, n int) *Column[T] {
	var zero T
	c := &Column[T]{alloc: alloc, buf: UnsetBuffer(alloc, n*int(unsafe.Sizeof(zero))), valid: Validity{alloc: alloc, rows: n}}
	c.Values = Cast[T](c.buf)
	return c
}

// Null makes row i, which was not, null.
func (c *Column[T]) Null(i int) { c.valid.Null(i) }

// Array is the column as an array of type t. The column is not used any more.
func (c *Column[T]) Array(t arrow.DataType) arrow.Array {
	defer c.buf.Release()
	return Array(t, len(c.Values), &c.valid, c.buf)
}

// Buffer is the memory of the values, borrowed.
func (c *Column[T]) Buffer() *memory.Buffer { return c.buf }

// Release gives up a column that does not become an array.
func (c *Column[T]) Release() {
	c.buf.Release()
	c.valid.Release()
}

// Of is values as a column of a type of their width; where seen is not nil those that
// it is false for are null.
func Of[T any](alloc memory.Allocator, t arrow.DataType, values []T, seen []bool) arrow.Array {
	c := Unset[T](alloc, len(values))
	copy(c.Values, values)
	c.valid = ValidityOf(alloc, seen)
	return c.Array(t)
}

// Nulls is a column of n nulls of t, a type of strings or bytes.
func Nulls(alloc memory.Allocator, t arrow.BinaryDataType, n int) arrow.Array {
	width := 4
	if l := t.Layout().Buffers[1]; l.ByteWidth > 0 {
		width = l.ByteWidth
	}
	valid := Validity{alloc: alloc, rows: n, nulls: n}
	if n > 0 {
		valid.bits = NewBuffer(alloc, int(bitutil.BytesForBits(int64(n))))
	}
	offsets, values := NewBuffer(alloc, (n+1)*width), NewBuffer(alloc, 0)
	defer offsets.Release()
	defer values.Release()
	return Array(t, n, &valid, offsets, values)
}

// List is a column of the lists that offsets cut values into, of type t, a list or a
// large list as O is. It takes over the offsets, one more than lists, and the values.
func List[O int32 | int64](t arrow.DataType, valid *Validity, offsets *Column[O], values arrow.Array) arrow.Array {
	bits, nulls := valid.take()
	defer release(bits)
	defer offsets.Release()
	defer values.Release()
	data := array.NewData(t, len(offsets.Values)-1, []*memory.Buffer{bits, offsets.buf}, []arrow.ArrayData{values.Data()}, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// Array is a column of n rows of the buffers that follow the validity, which are
// borrowed. The validity, nil where no row is null, is used up.
func Array(t arrow.DataType, n int, valid *Validity, buffers ...*memory.Buffer) arrow.Array {
	bits, nulls := valid.take()
	defer release(bits)
	data := array.NewData(t, n, append([]*memory.Buffer{bits}, buffers...), nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// Validity says which rows of a column being written are null. It has no memory
// before the first one is.
type Validity struct {
	alloc memory.Allocator
	rows  int
	bits  *memory.Buffer
	nulls int
}

// NewValidity is that of rows none of which is null.
func NewValidity(alloc memory.Allocator, rows int) Validity {
	return Validity{alloc: alloc, rows: rows}
}

// ValidityOf is that of rows that are null where seen is false; none is where seen is
// nil.
func ValidityOf(alloc memory.Allocator, seen []bool) Validity {
	v := NewValidity(alloc, len(seen))
	for i, s := range seen {
		if !s {
			v.Null(i)
		}
	}
	return v
}

// Null makes row i, which was not, null.
func (v *Validity) Null(i int) {
	if v.bits == nil {
		v.bits = NewBuffer(v.alloc, int(bitutil.BytesForBits(int64(v.rows))))
		bitutil.SetBitsTo(v.bits.Bytes(), 0, int64(v.rows), true)
	}
	bitutil.ClearBit(v.bits.Bytes(), i)
	v.nulls++
}

func (v *Validity) take() (bits *memory.Buffer, nulls int) {
	if v == nil {
		return nil, 0
	}
	bits, nulls = v.bits, v.nulls
	v.bits, v.nulls = nil, 0
	return bits, nulls
}

// Release gives up what does not become part of an array.
func (v *Validity) Release() {
	bits, _ := v.take()
	release(bits)
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}

// NewBuffer is a buffer of n zero bytes.
func NewBuffer(alloc memory.Allocator, n int) *memory.Buffer {
	b := UnsetBuffer(alloc, n)
	clear(b.Bytes())
	return b
}

// UnsetBuffer is a buffer of n bytes that are all to be written.
func UnsetBuffer(alloc memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(n)
	return b
}
