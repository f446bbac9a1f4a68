package textcol

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// core is what all columns have.
type core struct {
	t     arrow.DataType
	o     Options
	alloc memory.Allocator
	nulls nullTexts
	rows  int
	miss  misses
	hint  int // rows of the array before
	most  int // bytes of text that offsets of 32 bits reach
}

// misses are the rows without a value. Null rows are kept as a list, so that a
// value costs nothing, and made a bitmap of when there are some.
type misses struct {
	null  []int32 // rows of the array, ascending
	bad   []int32 // fields of this Append
	first int32   // row of its first field

	// What the loops of numbers go by.
	exact  bool
	long   bool // there are many fields of more than eight characters
	leasts *leasts
	wholes *leastFloats
	pause  int  // calls that are to do without a kernel, since it could do little
	mixed  int  // calls that are to do without the one of scaled floats
	scaled bool // that one did the last call
}

// skip says that field i is null.
func (m *misses) skip(i int) { m.null = append(m.null, m.first+int32(i)) }

// refuse says that field i is no value of the type.
func (m *misses) refuse(i int) {
	m.skip(i)
	m.bad = append(m.bad, int32(i))
}

func newCore(t arrow.DataType, o Options, alloc memory.Allocator) core {
	c := core{t: t, o: o, alloc: alloc, nulls: newNullTexts(o.Nulls), most: math.MaxInt32}
	c.miss = misses{exact: o.Exact, leasts: anyDigits, wholes: anyWhole}
	if o.Exact {
		c.miss.leasts, c.miss.wholes = noZeros, noWholeZeros
	}
	return c
}

// begin starts an Append.
func (c *core) begin(bad []int32) {
	c.miss.bad, c.miss.first = bad, int32(c.rows)
}

// end ends an Append of n fields.
func (c *core) end(n int) []int32 {
	c.rows += n
	bad := c.miss.bad
	c.miss.bad = nil
	return bad
}

// Len is how many values were appended since the last array.
func (c *core) Len() int { return c.rows }

// HeldBytes is the memory held outside of the allocator.
func (c *core) HeldBytes() int64 {
	return 4*int64(cap(c.miss.null)) + 8*int64(cap(c.nulls.fields))
}

// array gives away rows rows whose values are in buffers, and empties the core.
// It releases buffers.
func (c *core) array(dictionary *array.Data, buffers ...*memory.Buffer) arrow.Array {
	valid := c.bitmap()
	all := append([]*memory.Buffer{valid}, buffers...)
	var data *array.Data
	if dictionary != nil {
		data = array.NewDataWithDictionary(c.t, c.rows, all, len(c.miss.null), 0, dictionary)
	} else {
		data = array.NewData(c.t, c.rows, all, nil, len(c.miss.null), 0)
	}
	defer data.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	c.hint, c.rows, c.miss.null = c.rows, 0, c.miss.null[:0]
	return array.MakeFromData(data)
}

// bitmap is the validity of the rows, nil where all are valid.
func (c *core) bitmap() *memory.Buffer {
	if len(c.miss.null) == 0 {
		return nil
	}
	b := memory.NewResizableBuffer(c.alloc)
	b.ResizeNoShrink((c.rows + 7) / 8)
	bits := b.Bytes()
	for i := range bits {
		bits[i] = 0xFF
	}
	if rest := c.rows & 7; rest != 0 {
		bits[len(bits)-1] = 1<<rest - 1
	}
	for _, row := range c.miss.null {
		bits[row>>3] &^= 1 << (row & 7)
	}
	return b
}

// grow makes b, which may be nil, hold used+more bytes, with room for hint where
// it is new. Bytes behind used are undefined.
func (c *core) grow(b *memory.Buffer, used, more, hint int) *memory.Buffer {
	if b == nil {
		b = memory.NewResizableBuffer(c.alloc)
		b.Reserve(max(used+more, hint, 64))
	}
	if need := used + more; need > b.Cap() {
		b.Reserve(max(need, 2*b.Cap()))
	}
	return b
}

// nullColumn is a column of nothing but nulls.
type nullColumn struct{ core }

func (c *nullColumn) Append(data []byte, fields []Field, bad []int32) []int32 {
	for i, f := range c.nulls.prepare(data, fields, false) {
		if f.From&Mask < f.To {
			bad = append(bad, int32(i))
		}
	}
	c.rows += len(fields)
	return bad
}

func (c *nullColumn) Array() arrow.Array {
	n := c.rows
	c.rows = 0
	return array.NewNull(n)
}

func (c *nullColumn) Close() {}
