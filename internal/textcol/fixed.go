package textcol

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// number is what a column of fixed width holds.
type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64 | decimal128.Num
}

// loop parses fields to dst, which is as long, and tells m of those without a
// value. A value that is refused may be anything.
type loop[T number] func(dst []T, data []byte, fields []Field, m *misses)

// fixed is a column whose values have one width.
type fixed[T number] struct {
	core
	parse  loop[T]
	values *memory.Buffer
}

func newFixed[T number](c core, parse loop[T]) *fixed[T] { return &fixed[T]{core: c, parse: parse} }

func (c *fixed[T]) Append(data []byte, fields []Field, bad []int32) []int32 {
	width := int(unsafe.Sizeof(*new(T)))
	n := len(fields)
	if n == 0 {
		return bad
	}
	c.values = c.grow(c.values, c.rows*width, n*width, c.hint*width)
	dst := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(c.values.Buf()))), c.rows+n)[c.rows:]
	c.begin(bad)
	c.parse(dst, data, c.nulls.prepare(data, fields, false), &c.miss)
	for i := len(c.miss.null) - 1; i >= 0 && c.miss.null[i] >= c.miss.first; i-- {
		dst[c.miss.null[i]-c.miss.first] = *new(T) // what is null is the same bytes in every run
	}
	return c.end(n)
}

func (c *fixed[T]) Array() arrow.Array {
	width := int(unsafe.Sizeof(*new(T)))
	values := c.grow(c.values, c.rows*width, 0, 0)
	values.ResizeNoShrink(c.rows * width)
	c.values = nil
	return c.array(nil, values)
}

func (c *fixed[T]) Close() {
	if c.values != nil {
		c.values.Release()
		c.values = nil
	}
	c.rows, c.miss.null = 0, nil
}
