package plaincol

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Cast is the bytes of buf, which may be nil, as values.
func Cast[T any](buf *memory.Buffer) []T {
	if buf == nil || buf.Len() == 0 {
		return nil
	}
	var zero T
	b := buf.Bytes()
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// Values are the rows of a column whose values have the width of T. Of a dictionary
// they are the codes.
func Values[T any](col arrow.Array) []T {
	d := col.Data()
	if d.Len() == 0 {
		return nil
	}
	return Cast[T](d.Buffers()[1])[d.Offset() : d.Offset()+d.Len()]
}

// Offsets are where the rows of a column of strings, bytes or lists begin, and where
// the last one ends; O is the type that the column has them in. Without a buffer all rows
// are empty.
func Offsets[O int32 | int64](col arrow.Array) []O {
	d := col.Data()
	if d.Len() == 0 || d.Buffers()[1] == nil {
		return make([]O, d.Len()+1)
	}
	return Cast[O](d.Buffers()[1])[d.Offset() : d.Offset()+d.Len()+1]
}

// Text are the bytes that the offsets of a column of strings or bytes cut.
func Text(col arrow.Array) []byte {
	if bufs := col.Data().Buffers(); len(bufs) > 2 {
		return Cast[byte](bufs[2])
	}
	return nil
}

// Fixed are the bytes of the rows of a column whose values have width bytes.
func Fixed(col arrow.Array, width int) []byte {
	d := col.Data()
	if d.Len() == 0 {
		return nil
	}
	return Cast[byte](d.Buffers()[1])[d.Offset()*width : (d.Offset()+d.Len())*width]
}
