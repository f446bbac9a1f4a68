package operators

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// textPages are those of strings and bytes.
type textPages[O int32 | int64] struct {
	pageBuffers               // values are the offsets
	to          []textPage[O] // by partition
	rows, total int64         // that were put, of all pages
}

type textPage[O int32 | int64] struct {
	offsets []O // of the open page
	text    []byte
	used    int
	buffer  *memory.Buffer // of text
}

func newTextPages[O int32 | int64](c pageBuffers, n int) pages {
	return &textPages[O]{pageBuffers: c, to: make([]textPage[O], n)}
}

func (c *textPages[O]) open(p, rows int) {
	var zero O
	c.openBuffer(p, rows, (rows+1)*int(unsafe.Sizeof(zero)))
	t := &c.to[p]
	t.offsets, t.used = plaincol.Cast[O](c.values[p]), 0
	t.offsets[0] = 0
	each := int64(8)
	if c.rows > 0 {
		each = c.total/c.rows + 1
	}
	t.buffer = newPageBuffer(c.alloc, int(min(each*int64(rows)*9/8, mostPageText/16))+16)
	t.text = t.buffer.Bytes()
}

func (c *textPages[O]) put(col arrow.Array, from int, part, row, code []int32) {
	if code != nil {
		values := col.(*array.Dictionary).Dictionary()
		if values.Len() > 0 {
			c.total += scatterCodedText(c.to, plaincol.Offsets[O](values), plaincol.Text(values), part, row, code)
		} else {
			for i, p := range part {
				c.to[p].add(row[i], nil)
			}
		}
	} else {
		offsets := plaincol.Offsets[O](col)[from:]
		c.total += int64(offsets[len(part)] - offsets[0])
		scatterText(c.to, offsets, plaincol.Text(col), part, row)
	}
	c.rows += int64(len(part))
	c.putNulls(col, from, part, row, code)
}

// scatterText copies short values as two words, where they may be copied over what
// follows.
func scatterText[O int32 | int64](to []textPage[O], offsets []O, text []byte, part, row []int32) {
	offsets, row = offsets[:len(part)+1], row[:len(part)]
	for i, p := range part {
		t := &to[p]
		first, end := int(offsets[i]), int(offsets[i+1])
		if n, at := end-first, t.used; n <= 16 && first+16 <= len(text) && at+16 <= len(t.text) {
			*(*[16]byte)(t.text[at:]) = *(*[16]byte)(text[first:])
			t.used = at + n
			t.offsets[row[i]+1] = O(t.used)
			continue
		}
		t.add(row[i], text[first:end])
	}
}

// scatterCodedText is scatterText of values by their codes. It returns how many bytes they
// have.
func scatterCodedText[O int32 | int64](to []textPage[O], offsets []O, text []byte, part, row, code []int32) (total int64) {
	row, code = row[:len(part)], code[:len(part)]
	for i, p := range part {
		t := &to[p]
		first, end := 0, 0
		if k := code[i]; k >= 0 {
			first, end = int(offsets[k]), int(offsets[k+1])
		}
		n, at := end-first, t.used
		total += int64(n)
		if n <= 16 && first+16 <= len(text) && at+16 <= len(t.text) {
			*(*[16]byte)(t.text[at:]) = *(*[16]byte)(text[first:])
			t.used = at + n
			t.offsets[row[i]+1] = O(t.used)
			continue
		}
		t.add(row[i], text[first:end])
	}
	return total
}

// add appends a value, which is that of row.
func (t *textPage[O]) add(row int32, value []byte) {
	if t.used+len(value) > len(t.text) {
		t.buffer.Resize(max(t.used+len(value), len(t.text)+len(t.text)/2))
		t.text = t.buffer.Bytes()
	}
	t.used += copy(t.text[t.used:], value)
	t.offsets[row+1] = O(t.used)
}

func (c *textPages[O]) bytes(p int) int { return c.to[p].used }

func (c *textPages[O]) close(p, rows int) arrow.Array {
	b, t := c.values[p], c.to[p].buffer
	c.values[p], c.to[p] = nil, textPage[O]{}
	defer b.Release()
	defer t.Release()
	return plaincol.Array(c.typ, rows, &c.valid[p], b, t)
}

func (c *textPages[O]) drop(p int) {
	if t := c.to[p].buffer; t != nil {
		t.Release()
	}
	c.to[p] = textPage[O]{}
	c.pageBuffers.drop(p)
}
