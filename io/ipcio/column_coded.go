package ipcio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// codes reads the codes of a dictionary column. Writers leave anything at rows
// that are null, -1 for one: a code there that leads out of the dictionary is 0
// in a copy.
func (c *columnReader) codes() (*array.Data, error) {
	index := c.n.t.(*arrow.DictionaryType).IndexType
	width := index.(arrow.FixedWidthDataType).BitWidth() / 8
	codes, err := c.values(1, c.rows, int64(8*width))
	if err != nil {
		return nil, err
	}
	dict, err := c.dicts.dictionary(c.n.id)
	if err != nil {
		return nil, err
	}
	if dict == nil {
		// A stream may tell a dictionary behind rows that are all null.
		if c.nulls < c.rows {
			return nil, fmt.Errorf("dictionary %d comes behind the rows that need it, or not at all: where this is a file that is read from front to end (compressed, a pipe), read it from a disk, not compressed", c.n.id)
		}
		if dict, err = emptyDictionary(c.n.dict.t, c.mem); err != nil {
			return nil, err
		}
		defer dict.Release()
	}
	find := func(from int) int {
		n := uint64(dict.Len())
		if most := uint64(1) << (8*width - 1); arrow.IsSignedInteger(index.ID()) && n >= most {
			return badSign(codes, width, int(c.rows), from)
		}
		return badCodeOf(codes, width, int(c.rows), from, n)
	}
	copied := dict.Len() == 0 // no code leads anywhere then
	for i := find(0); i >= 0; i = find(i + 1) {
		if valid(c.bitmap(), i) {
			return nil, fmt.Errorf("damaged: the code of row %d leads out of the dictionary of %d values", i, dict.Len())
		}
		if dict.Len() == 0 {
			continue
		}
		if !copied {
			if codes, err = c.own(1, codes); err != nil {
				return nil, err
			}
			copied = true
		}
		clear(codes[i*width : (i+1)*width])
	}
	return c.data(dict), nil
}

// views reads a column of views. As with codes, what stands at rows that are null
// may lead anywhere.
func (c *columnReader) views() (*array.Data, error) {
	views, err := c.values(1, c.rows, int64(8*arrow.ViewHeaderSizeBytes))
	if err != nil {
		return nil, err
	}
	own := c.next.buffer - c.at.buffer
	lengths := make([]int64, own-2)
	for i := range lengths {
		b, err := c.fetch(2 + i)
		if err != nil {
			return nil, err
		}
		lengths[i] = int64(b.Len())
	}
	copied := false
	for i := badView(views, int(c.rows), 0, lengths); i >= 0; i = badView(views, int(c.rows), i+1, lengths) {
		if valid(c.bitmap(), i) {
			return nil, fmt.Errorf("damaged: the view of row %d leads out of its buffer", i)
		}
		if !copied {
			if views, err = c.own(1, views); err != nil {
				return nil, err
			}
			copied = true
		}
		clear(views[i*arrow.ViewHeaderSizeBytes : (i+1)*arrow.ViewHeaderSizeBytes])
	}
	return c.data(nil), nil
}

// own puts a copy in the place of buffer i.
func (c *columnReader) own(i int, b []byte) ([]byte, error) {
	buf, err := c.mem.allocate(len(b))
	if err != nil {
		return nil, err
	}
	copy(buf.Bytes(), b)
	c.bufs[i].Release()
	c.bufs[i] = buf
	return buf.Bytes(), nil
}

// emptyDictionary is a dictionary of type t without values.
func emptyDictionary(t arrow.DataType, mem *claims) (*array.Data, error) {
	arr := array.MakeArrayOfNull(mem.alloc, t, 0)
	defer arr.Release()
	arr.Data().Retain()
	return arr.Data().(*array.Data), nil
}

// claims is the memory of one reader: what it allocates is asked of the budget
// before.
type claims struct {
	alloc   memory.Allocator
	reserve func(int64) error
	held    int64
}

// claim asks for n bytes, until drop.
func (c *claims) claim(n int64) error {
	if n <= 0 {
		return nil
	}
	if err := c.reserve(n); err != nil {
		return err
	}
	c.held += n
	return nil
}

// drop gives back what was claimed: the allocator counts it by then.
func (c *claims) drop() {
	if c.held > 0 {
		_ = c.reserve(-c.held) // giving back cannot fail
		c.held = 0
	}
}

// allocate is a buffer of n bytes.
func (c *claims) allocate(n int) (*memory.Buffer, error) {
	if err := c.claim(int64(n)); err != nil {
		return nil, err
	}
	b := memory.NewResizableBuffer(c.alloc)
	b.Resize(n)
	return b, nil
}

// freeClaims are of one who allocates nothing that grows with the data.
func freeClaims() *claims {
	return &claims{alloc: memory.DefaultAllocator, reserve: func(int64) error { return nil }}
}
