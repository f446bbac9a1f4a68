package ipcio

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// body is the bytes behind a message's metadata.
type body interface {
	// buffer is buffer i of the batch, which stands at off, aligned to 8 bytes,
	// as a new reference. The extent was checked against the body's length.
	buffer(i int, off, length int64) (*memory.Buffer, error)
	size() int64
}

// dictionaries gives the values of a dictionary as far as they are known, or nil.
// The reference is borrowed.
type dictionaries interface {
	dictionary(id int64) (*array.Data, error)
}

// decoder makes arrays of a batch. It checks every length, offset and code, so
// that whoever reads the arrays later cannot be led outside of them.
type decoder struct {
	meta  batchMeta
	body  body
	dicts dictionaries
	mem   *claims
}

// zeros is the one offset of a column without rows.
var zeros = make([]byte, 8)

// column decodes the column n, whose parts begin at at. rows < 0: any number.
func (d *decoder) column(n *node, at cursor, rows int64) (*array.Data, cursor, error) {
	next, err := d.meta.span(n, at)
	if err != nil {
		return nil, next, err
	}
	length, nulls := d.meta.nodes.int64(at.node, 0), d.meta.nodes.int64(at.node, 8)
	switch {
	case length < 0 || length > math.MaxInt64>>16 || nulls < -1 || nulls > length:
		err = fmt.Errorf("damaged metadata: %d values of which %d are null", length, nulls)
	case rows >= 0 && length != rows:
		err = fmt.Errorf("damaged metadata: %d values in a batch of %d rows", length, rows)
	}
	if err != nil {
		return nil, next, fmt.Errorf("column %q: %w", n.name, err)
	}
	c := &columnReader{decoder: d, n: n, at: at, next: next, rows: length, nulls: nulls}
	defer c.release()
	data, err := c.read()
	if err != nil && !c.nested {
		err = fmt.Errorf("column %q: %w", n.name, err)
	}
	return data, c.next, err
}

// columnReader decodes one column or nested column.
type columnReader struct {
	*decoder
	n           *node
	at, next    cursor // its own parts; where those of the next column begin
	rows, nulls int64
	bufs        []*memory.Buffer
	kids        []arrow.ArrayData
	nested      bool // the error is of a nested column, which it names
}

// release lets go of the reader's own references; the array has its own.
func (c *columnReader) release() {
	for _, b := range c.bufs {
		if b != nil {
			b.Release()
		}
	}
	for _, k := range c.kids {
		k.Release()
	}
}

func (c *columnReader) read() (*array.Data, error) {
	switch t := c.n.t.(type) {
	case *arrow.NullType:
		c.nulls = c.rows
		if c.rows > math.MaxInt32 {
			return nil, fmt.Errorf("%d nulls: up to %d are read", c.rows, math.MaxInt32)
		}
		c.bufs = append(c.bufs, nil)
		return c.data(nil), nil
	case *arrow.RunEndEncodedType:
		return c.runs(t)
	case arrow.UnionType:
		return c.union(t)
	}
	if err := c.validity(); err != nil {
		return nil, err
	}
	if c.n.dict != nil {
		return c.codes()
	}
	switch t := c.n.t.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return c.strings(4)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return c.strings(8)
	case *arrow.StringViewType, *arrow.BinaryViewType:
		return c.views()
	case *arrow.ListType, *arrow.MapType:
		return c.lists(4)
	case *arrow.LargeListType:
		return c.lists(8)
	case *arrow.ListViewType:
		return c.listViews(4)
	case *arrow.LargeListViewType:
		return c.listViews(8)
	case *arrow.FixedSizeListType:
		return c.fixedLists(int64(t.Len()))
	case *arrow.StructType:
		return c.structs()
	case arrow.FixedWidthDataType:
		if _, err := c.values(1, c.rows, int64(t.BitWidth())); err != nil {
			return nil, err
		}
		return c.data(nil), nil
	}
	return nil, fmt.Errorf("columns of type %s are not read", c.n.t)
}

// data is the column, complete.
func (c *columnReader) data(dict *array.Data) *array.Data {
	bufs := append([]*memory.Buffer(nil), c.bufs...)
	if dict != nil {
		return array.NewDataWithDictionary(c.n.t, int(c.rows), bufs, int(c.nulls), 0, dict)
	}
	return array.NewData(c.n.t, int(c.rows), bufs, append([]arrow.ArrayData(nil), c.kids...), int(c.nulls), 0)
}

// fetch is the column's own buffer i, empty where it has no bytes. It belongs to
// the reader.
func (c *columnReader) fetch(i int) (*memory.Buffer, error) {
	b, err := c.load(c.at.buffer + i)
	if err != nil {
		return nil, err
	}
	if b == nil {
		b = memory.NewBufferBytes([]byte{})
	}
	c.bufs = append(c.bufs, b)
	return b, nil
}

// validity reads the bitmap and counts the nulls. It is left out where there are
// none.
func (c *columnReader) validity() error {
	b, err := c.load(c.at.buffer)
	if err != nil {
		return err
	}
	if b == nil || c.rows == 0 {
		if b != nil {
			b.Release()
		}
		c.bufs = append(c.bufs, nil)
		if c.nulls > 0 {
			return fmt.Errorf("damaged metadata: %d nulls, but nothing says which", c.nulls)
		}
		c.nulls = 0
		return nil
	}
	c.bufs = append(c.bufs, b)
	if want := bitutil.BytesForBits(c.rows); int64(b.Len()) < want {
		return fmt.Errorf("damaged metadata: %d bytes say which of %d values are null, where %d are needed", b.Len(), c.rows, want)
	}
	nulls := c.rows - int64(bitutil.CountSetBits(b.Bytes(), 0, int(c.rows)))
	if c.nulls >= 0 && c.nulls != nulls {
		return fmt.Errorf("damaged: %d nulls are promised and %d are there", c.nulls, nulls)
	}
	if c.nulls = nulls; nulls == 0 {
		c.bufs[0] = nil
		b.Release()
	}
	return nil
}

// bitmap is the bitmap's bytes, nil without nulls.
func (c *columnReader) bitmap() []byte {
	if len(c.bufs) == 0 || c.bufs[0] == nil {
		return nil
	}
	return c.bufs[0].Bytes()
}

// values is the column's own buffer i, of n values of width bits.
func (c *columnReader) values(i int, n, width int64) ([]byte, error) {
	b, err := c.fetch(i)
	if err != nil {
		return nil, err
	}
	want, ok := need(n, width)
	if !ok || int64(b.Len()) < want {
		return nil, fmt.Errorf("damaged metadata: %d bytes for %d values, where %d are needed", b.Len(), n, want)
	}
	return b.Bytes()[:want], nil
}

// offsets is the buffer of n+1 offsets; without rows it may be empty.
func (c *columnReader) offsets(width int64) ([]byte, error) {
	if c.rows > 0 {
		return c.values(1, c.rows+1, 8*width)
	}
	b, err := c.fetch(1)
	if err != nil {
		return nil, err
	}
	if int64(b.Len()) < width {
		b.Release()
		b = memory.NewBufferBytes(zeros)
		c.bufs[len(c.bufs)-1] = b
	}
	return b.Bytes()[:width], nil
}

// checkOffsets checks offsets into limit values.
func checkOffsets(offsets []byte, width, limit int64) error {
	bad := 0
	if width == 4 {
		bad = badOffset(arrow.Int32Traits.CastFromBytes(offsets), limit)
	} else {
		bad = badOffset(arrow.Int64Traits.CastFromBytes(offsets), limit)
	}
	if bad >= 0 {
		return fmt.Errorf("damaged: the offsets of row %d lead out of the %d values", bad, limit)
	}
	return nil
}

func (c *columnReader) strings(width int64) (*array.Data, error) {
	offsets, err := c.offsets(width)
	if err != nil {
		return nil, err
	}
	text, err := c.fetch(2)
	if err != nil {
		return nil, err
	}
	if err := checkOffsets(offsets, width, int64(text.Len())); err != nil {
		return nil, err
	}
	return c.data(nil), nil
}
