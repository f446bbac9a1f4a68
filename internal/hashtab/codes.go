package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// finder numbers the values of a plain column; see interner.find.
type finder interface {
	find(arr arrow.Array, from int, ids []int32) (int, error)
}

// codes maps the codes of one dictionary, the last one seen, to numbers. A code
// is mapped when it is first met: values that no row has get no number. The
// dictionary is retained, so that its identity can be relied on.
type codes struct {
	mem   *reserved.Ledger
	alloc memory.Allocator
	dict  arrow.ArrayData
	ids   []int32 // by code; unknown, or asked for
	null  int32
	code  []int32 // scratch
	ask   []int32
}

const (
	unknown = -1
	asked   = -2
)

// find is that of f for a dictionary column: rows from, from+1, … of arr.
func (c *codes) find(f finder, arr *array.Dictionary, from int, ids []int32) (int, error) {
	if err := c.open(arr.Data().Dictionary(), len(ids)); err != nil {
		return 0, err
	}
	n := len(ids)
	code, ask := c.code[:n], c.ask[:0]
	loadCodes(code, -1, arr, from)
	for i, k := range code {
		if k < 0 {
			continue
		}
		if ids[i] = c.ids[k]; ids[i] == unknown {
			c.ids[k] = asked
			ask = append(ask, k)
		}
	}
	err := c.resolve(f, ask)
	if arr.NullN() == 0 && len(ask) == 0 {
		return n, err
	}
	for i, k := range code {
		switch {
		case k >= 0:
			ids[i] = c.ids[k]
		case c.null == unknown && err == nil:
			err = c.resolveNull(f)
			fallthrough
		default:
			ids[i] = c.null
		}
		if ids[i] < 0 {
			return i, err
		}
	}
	return n, nil
}

// open makes dict the dictionary whose codes are mapped, and room for n rows.
func (c *codes) open(dict arrow.ArrayData, n int) error {
	if len(c.code) < n {
		rows := scratchRows(n)
		if err := c.mem.Reserve(int64(rows-len(c.code)) * 8); err != nil {
			return err
		}
		c.code, c.ask = make([]int32, rows), make([]int32, rows)
	}
	if c.dict == dict {
		return nil
	}
	c.forget()
	if err := c.mem.Reserve(int64(dict.Len()) * 4); err != nil {
		return err
	}
	c.ids = make([]int32, dict.Len())
	for i := range c.ids {
		c.ids[i] = unknown
	}
	dict.Retain()
	c.dict, c.null = dict, unknown
	return nil
}

// resolve numbers codes that were marked as asked for. With an error some may
// be; the others are unknown again.
func (c *codes) resolve(f finder, ask []int32) error {
	if len(ask) == 0 {
		return nil
	}
	defer func() {
		for _, k := range ask {
			if c.ids[k] == asked {
				c.ids[k] = unknown
			}
		}
	}()
	values := array.MakeFromData(c.dict)
	defer values.Release()
	plain, err := batch.TakeArray(values, ask, c.alloc)
	if err != nil {
		return err
	}
	defer plain.Release()
	ids := make([]int32, len(ask))
	n, err := f.find(plain, 0, ids)
	for i, k := range ask[:n] {
		c.ids[k] = ids[i]
	}
	return err
}

func (c *codes) resolveNull(f finder) error {
	null := array.MakeArrayOfNull(c.alloc, c.dict.DataType(), 1)
	defer null.Release()
	var id [1]int32
	n, err := f.find(null, 0, id[:])
	if n == 1 {
		c.null = id[0]
	}
	return err
}

// forget lets go of the dictionary and of what its codes were mapped to.
func (c *codes) forget() {
	if c.dict != nil {
		c.dict.Release()
		c.mem.Release(int64(len(c.ids)) * 4)
	}
	c.dict, c.ids = nil, nil
}
