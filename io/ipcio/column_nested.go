package ipcio

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// kid decodes nested column i; rows < 0: of any length.
func (c *columnReader) kid(i int, rows int64) (*array.Data, error) {
	data, next, err := c.column(c.n.kids[i], c.next, rows)
	if err != nil {
		c.nested = true
		return nil, err
	}
	c.next = next
	c.kids = append(c.kids, data)
	return data, nil
}

func (c *columnReader) lists(width int64) (*array.Data, error) {
	offsets, err := c.offsets(width)
	if err != nil {
		return nil, err
	}
	values, err := c.kid(0, -1)
	if err != nil {
		return nil, err
	}
	if err := checkOffsets(offsets, width, int64(values.Len())); err != nil {
		return nil, err
	}
	if _, ok := c.n.t.(*arrow.MapType); ok && (values.NullN() != 0 || values.Children()[0].NullN() != 0) {
		return nil, fmt.Errorf("damaged: a map has entries or keys that are null")
	}
	return c.data(nil), nil
}

func (c *columnReader) listViews(width int64) (*array.Data, error) {
	offsets, err := c.values(1, c.rows, 8*width)
	if err != nil {
		return nil, err
	}
	sizes, err := c.values(2, c.rows, 8*width)
	if err != nil {
		return nil, err
	}
	values, err := c.kid(0, -1)
	if err != nil {
		return nil, err
	}
	bad, limit := 0, int64(values.Len())
	if width == 4 {
		bad = badRange(arrow.Int32Traits.CastFromBytes(offsets), arrow.Int32Traits.CastFromBytes(sizes), limit)
	} else {
		bad = badRange(arrow.Int64Traits.CastFromBytes(offsets), arrow.Int64Traits.CastFromBytes(sizes), limit)
	}
	if bad >= 0 {
		return nil, fmt.Errorf("damaged: the list of row %d leads out of the %d values", bad, limit)
	}
	return c.data(nil), nil
}

func (c *columnReader) fixedLists(size int64) (*array.Data, error) {
	values, err := c.kid(0, -1)
	if err != nil {
		return nil, err
	}
	if int64(values.Len())/size < c.rows {
		return nil, fmt.Errorf("damaged metadata: %d values for %d lists of %d", values.Len(), c.rows, size)
	}
	return c.data(nil), nil
}

func (c *columnReader) structs() (*array.Data, error) {
	if c.rows > math.MaxInt32 && len(c.n.kids) == 0 {
		return nil, fmt.Errorf("%d values without fields: up to %d are read", c.rows, math.MaxInt32)
	}
	for i := range c.n.kids {
		if _, err := c.kid(i, c.rows); err != nil {
			return nil, err
		}
	}
	return c.data(nil), nil
}

func (c *columnReader) union(t arrow.UnionType) (*array.Data, error) {
	first := 0
	if c.meta.version < metadataV5 { // unions had nulls of their own then
		first = 1
		if c.nulls > 0 {
			return nil, fmt.Errorf("a union with nulls of its own, from before version 1.0 of Arrow, is not read: write the file again with a newer one")
		}
	}
	c.nulls = 0
	c.bufs = append(c.bufs, nil)
	codes, err := c.values(first, c.rows, 8)
	if err != nil {
		return nil, err
	}
	if bad := badTypeCode(codes, t.ChildIDs()); bad >= 0 {
		return nil, fmt.Errorf("damaged: row %d has the type code %d, which the union has not", bad, codes[bad])
	}
	dense := t.Mode() == arrow.DenseMode
	var offsets []byte
	if dense {
		if offsets, err = c.values(first+1, c.rows, 32); err != nil {
			return nil, err
		}
	}
	lengths := make([]int64, len(c.n.kids))
	for i := range c.n.kids {
		rows := c.rows
		if dense {
			rows = -1
		}
		kid, err := c.kid(i, rows)
		if err != nil {
			return nil, err
		}
		lengths[i] = int64(kid.Len())
	}
	if dense {
		if bad := badUnionOffset(codes, arrow.Int32Traits.CastFromBytes(offsets), t.ChildIDs(), lengths); bad >= 0 {
			return nil, fmt.Errorf("damaged: the value of row %d is not there", bad)
		}
	}
	return c.data(nil), nil
}

func (c *columnReader) runs(t *arrow.RunEndEncodedType) (*array.Data, error) {
	if c.nulls > 0 {
		return nil, fmt.Errorf("damaged metadata: a run-end encoded column with nulls of its own")
	}
	c.nulls = 0
	c.bufs = append(c.bufs, nil)
	ends, err := c.kid(0, -1)
	if err != nil {
		return nil, err
	}
	if _, err := c.kid(1, int64(ends.Len())); err != nil {
		return nil, err
	}
	bad, last := 0, int64(0)
	switch b := ends.Buffers()[1].Bytes(); t.RunEnds().ID() {
	case arrow.INT16:
		bad, last = checkRuns(arrow.Int16Traits.CastFromBytes(b)[:ends.Len()])
	case arrow.INT32:
		bad, last = checkRuns(arrow.Int32Traits.CastFromBytes(b)[:ends.Len()])
	default:
		bad, last = checkRuns(arrow.Int64Traits.CastFromBytes(b)[:ends.Len()])
	}
	switch {
	case ends.NullN() != 0:
		err = fmt.Errorf("damaged: run ends that are null")
	case bad >= 0:
		err = fmt.Errorf("damaged: the end of run %d is not behind the one before", bad)
	case last < c.rows || c.rows > math.MaxInt32:
		err = fmt.Errorf("damaged: the last run ends at row %d of %d", last, c.rows)
	}
	if err != nil {
		return nil, err
	}
	return c.data(nil), nil
}

func checkRuns[E int16 | int32 | int64](ends []E) (bad int, last int64) {
	if len(ends) > 0 {
		last = int64(ends[len(ends)-1])
	}
	return badRunEnd(ends), last
}
