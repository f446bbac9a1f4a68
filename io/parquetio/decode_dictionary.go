package parquetio

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// dictionaryColumn keeps the codes of a string column as the indices of dictionary
// arrays. All arrays of a chunk share one dictionary.
type dictionaryColumn struct {
	t   *arrow.DictionaryType // int32 → utf8 or binary
	env *dataflow.Env

	codes codes
	dict  arrow.ArrayData
	out   *memory.Buffer
}

var _ values = (*dictionaryColumn)(nil)

// dictionary makes the dictionary's array.
func (d *dictionaryColumn) dictionary(p *page) error {
	n := p.values
	if n > len(p.data)/4 {
		return fmt.Errorf("a dictionary of %d values in %d bytes", n, len(p.data))
	}
	if len(p.data) > math.MaxInt32 {
		return fmt.Errorf("a dictionary of %d bytes", len(p.data))
	}
	offsets := newBuffer(4*(n+1), d.env.Alloc)
	defer offsets.Release()
	bytes := newBuffer(len(p.data)-4*n, d.env.Alloc)
	defer bytes.Release()
	if err := cutDictionary(p.data, bytes.Bytes(), cast[uint32](offsets.Bytes())); err != nil {
		return err
	}
	d.codes.entries = n
	d.dict = array.NewData(d.t.ValueType, n, []*memory.Buffer{nil, offsets, bytes}, nil, 0, 0)
	return nil
}

// cutDictionary writes the PLAIN values of data to dict, one behind another, and
// where each begins, and the last ends, to offsets.
func cutDictionary(data, dict []byte, offsets []uint32) error {
	at, to := 0, 0
	for i := range len(offsets) - 1 {
		v, next, err := plainBytes(data, at)
		if err != nil {
			return err
		}
		offsets[i] = uint32(to)
		to += copy(dict[to:], v)
		at = next
	}
	offsets[len(offsets)-1] = uint32(to)
	return nil
}

func (d *dictionaryColumn) page(p *page) error {
	switch p.encoding {
	case encodingDictionary, encodingOldDictionary:
		return d.codes.page(p.data)
	}
	return fmt.Errorf("a page in the encoding %s, where the footer says that all are dictionary-coded", encodingName(p.encoding))
}

func (d *dictionaryColumn) begin(rows int) int {
	d.out = newBuffer(4*rows, d.env.Alloc)
	return rows
}

func (d *dictionaryColumn) read(at, rows, present int, valid []byte) error {
	to := cast[int32](d.out.Bytes())[at : at+rows]
	if err := d.codes.readTo(to[:present]); err != nil {
		return err
	}
	if valid != nil {
		spread(to, valid, at, present)
	}
	return nil
}

func (d *dictionaryColumn) skip(n int) (bool, error) { return d.codes.skip(n) }

func (d *dictionaryColumn) full() bool { return false }

// end makes an empty dictionary where the chunk has no page of one: all of it is
// null then.
func (d *dictionaryColumn) end(rows int, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	if d.dict == nil {
		if err := d.dictionary(&page{}); err != nil {
			return nil, err
		}
	}
	data := array.NewDataWithDictionary(d.t, rows, []*memory.Buffer{valid, d.out}, nulls, 0, d.dict.(*array.Data))
	defer data.Release()
	return array.MakeFromData(data), nil
}

func (d *dictionaryColumn) drop() {
	release(d.out)
	d.out = nil
}

func (d *dictionaryColumn) close() {
	if d.dict != nil {
		d.dict.Release()
		d.dict = nil
	}
}
