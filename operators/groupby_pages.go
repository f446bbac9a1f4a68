package operators

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// pages is a column of the open pages of a scatterer.
type pages interface {
	// open begins a page of partition p, with room for rows.
	open(p, rows int)

	// put copies the rows from, from+1, … of col: row from+i to row[i] of the page of
	// part[i]. Rows of one page come in their order. Of a dictionary it copies values:
	// those of code[i], null where that is negative.
	put(col arrow.Array, from int, part, row, code []int32)

	// bytes is how many bytes the text of the page of p has.
	bytes(p int) int

	// close is the column of a page of so many rows, given away.
	close(p, rows int) arrow.Array

	// drop lets go of an open page.
	drop(p int)
}

// newPages is a column of n open pages; nil where columns of type t cannot be scattered.
func newPages(t arrow.DataType, n int, alloc memory.Allocator) pages {
	c := pageBuffers{typ: t, alloc: alloc, values: make([]*memory.Buffer, n), valid: make([]plaincol.Validity, n)}
	switch t.ID() {
	case arrow.NULL:
		return nullPages{}
	case arrow.STRING, arrow.BINARY:
		return newTextPages[int32](c, n)
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return newTextPages[int64](c, n)
	case arrow.BOOL:
		return &bitPages{c}
	case arrow.DICTIONARY, arrow.EXTENSION:
		return nil
	}
	fixed, ok := t.(arrow.FixedWidthDataType)
	if _, nested := t.(arrow.NestedType); !ok || nested {
		return nil
	}
	switch fixed.BitWidth() {
	case 8:
		return &fixedPages[uint8]{c, make([][]uint8, n)}
	case 16:
		return &fixedPages[uint16]{c, make([][]uint16, n)}
	case 32:
		return &fixedPages[uint32]{c, make([][]uint32, n)}
	case 64:
		return &fixedPages[uint64]{c, make([][]uint64, n)}
	case 128:
		return &fixedPages[[2]uint64]{c, make([][][2]uint64, n)}
	case 256:
		return &fixedPages[[4]uint64]{c, make([][][4]uint64, n)}
	}
	return &widePages{c, fixed.BitWidth() / 8}
}

// pageBuffers is the memory of pages: what columns of all types have.
type pageBuffers struct {
	typ    arrow.DataType
	alloc  memory.Allocator
	values []*memory.Buffer // by partition
	valid  []plaincol.Validity
}

func (c *pageBuffers) openBuffer(p, rows, size int) {
	c.values[p] = newPageBuffer(c.alloc, size)
	c.valid[p] = plaincol.NewValidity(c.alloc, rows)
}

func newPageBuffer(alloc memory.Allocator, size int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(size)
	return b
}

func (c *pageBuffers) close(p, rows int) arrow.Array {
	b := c.values[p]
	c.values[p] = nil
	defer b.Release()
	return plaincol.Array(c.typ, rows, &c.valid[p], b)
}

func (c *pageBuffers) drop(p int) {
	if b := c.values[p]; b != nil {
		b.Release()
		c.values[p] = nil
	}
	c.valid[p].Release()
}

func (c *pageBuffers) bytes(int) int { return 0 }

// putNulls marks the rows that are null.
func (c *pageBuffers) putNulls(col arrow.Array, from int, part, row, code []int32) {
	if code != nil {
		for i, k := range code {
			if k < 0 {
				c.valid[part[i]].Null(int(row[i]))
			}
		}
		return
	}
	bits, first := col.NullBitmapBytes(), col.Data().Offset()+from
	if col.NullN() == 0 || len(bits) == 0 {
		return
	}
	for i, p := range part {
		if !bitutil.BitIsSet(bits, first+i) {
			c.valid[p].Null(int(row[i]))
		}
	}
}

// fixedPages are those of values of the width of T.
type fixedPages[T any] struct {
	pageBuffers
	to [][]T
}

func (c *fixedPages[T]) open(p, rows int) {
	var zero T
	c.openBuffer(p, rows, rows*int(unsafe.Sizeof(zero)))
	c.to[p] = plaincol.Cast[T](c.values[p])
}

func (c *fixedPages[T]) put(col arrow.Array, from int, part, row, code []int32) {
	if code != nil {
		scatterCoded(c.to, plaincol.Values[T](col.(*array.Dictionary).Dictionary()), part, row, code)
	} else {
		scatterValues(c.to, plaincol.Values[T](col)[from:], part, row)
	}
	c.putNulls(col, from, part, row, code)
}

func scatterValues[T any](to [][]T, values []T, part, row []int32) {
	values, row = values[:len(part)], row[:len(part)]
	for i, p := range part {
		to[p][row[i]] = values[i]
	}
}

func scatterCoded[T any](to [][]T, values []T, part, row, code []int32) {
	row, code = row[:len(part)], code[:len(part)]
	for i, p := range part {
		if k := code[i]; k >= 0 {
			to[p][row[i]] = values[k]
		}
	}
}

// widePages are those of values of some number of bytes.
type widePages struct {
	pageBuffers
	width int
}

func (c *widePages) open(p, rows int) { c.openBuffer(p, rows, rows*c.width) }

func (c *widePages) put(col arrow.Array, from int, part, row, code []int32) {
	var values []byte
	if code != nil {
		values = plaincol.Fixed(col.(*array.Dictionary).Dictionary(), c.width)
	} else {
		values = plaincol.Fixed(col, c.width)
	}
	for i, p := range part {
		k := from + i
		if code != nil {
			if k = int(code[i]); k < 0 {
				continue
			}
		}
		copy(c.values[p].Bytes()[int(row[i])*c.width:], values[k*c.width:(k+1)*c.width])
	}
	c.putNulls(col, from, part, row, code)
}

// bitPages are those of booleans.
type bitPages struct{ pageBuffers }

func (c *bitPages) open(p, rows int) {
	c.openBuffer(p, rows, (rows+7)/8)
	clear(c.values[p].Bytes())
}

func (c *bitPages) put(col arrow.Array, from int, part, row, code []int32) {
	values := col
	if code != nil {
		values = col.(*array.Dictionary).Dictionary()
	}
	bits, first := plaincol.Cast[byte](values.Data().Buffers()[1]), values.Data().Offset()
	for i, p := range part {
		k := from + i
		if code != nil {
			if k = int(code[i]); k < 0 {
				continue
			}
		}
		if bitutil.BitIsSet(bits, first+k) {
			bitutil.SetBit(c.values[p].Bytes(), int(row[i]))
		}
	}
	c.putNulls(col, from, part, row, code)
}

// nullPages are those of a column without values.
type nullPages struct{}

func (nullPages) open(int, int)                                   {}
func (nullPages) put(arrow.Array, int, []int32, []int32, []int32) {}
func (nullPages) bytes(int) int                                   { return 0 }
func (nullPages) close(_, rows int) arrow.Array                   { return array.NewNull(rows) }
func (nullPages) drop(int)                                        {}
