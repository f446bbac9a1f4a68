package ipcio

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// codebook is the dictionary of one column, or nested column, as it is written.
//
// A stream may replace it: whenever the batches come with another one, it is
// written anew. A file may not. There new values are appended to it:
//
//	batch 1: a b      →  dictionary a b
//	batch 2: c a      →  delta c; codes 0 1 become 2 0
//	the end           →  dictionary a b c, the one that the footer tells of
//
// Whoever reads from front to end goes by the deltas, and whoever reads by the
// footer finds one dictionary without any, which not all readers know. Values
// that cannot be compared by their bytes are appended whole, and the footer tells
// of the deltas.
type codebook struct {
	n        *node
	last     arrow.ArrayData // the dictionary of the last batch
	remap    []int64         // its codes in what is written; nil: they are the same
	size     int64
	pieces   []arrow.Array // what was written
	blocks   []placed
	table    *hashtab.Table
	codes    []int64 // of the table's groups
	reserved int64
}

func newCodebook(n *node) *codebook { return &codebook{n: n} }

func (b *codebook) close(reserve func(int64) error) {
	if b.last != nil {
		b.last.Release()
		b.last = nil
	}
	releaseAll(b.pieces)
	b.pieces = nil
	if b.table != nil {
		b.table.Close()
		b.table = nil
	}
	if b.reserved > 0 {
		_ = reserve(-b.reserved) // giving back cannot fail
		b.reserved = 0
	}
}

// codes makes the dictionary that n's next codes are of known to the reader.
func (w *writer) codes(n *node, dict arrow.ArrayData) ([]int64, error) {
	b := w.books[n.id]
	if b.last == dict {
		return b.remap, nil
	}
	if b.last == nil || !identical(b.last, dict) {
		var err error
		switch {
		case w.stream || b.last == nil:
			err = w.begin(b, dict)
		case hashable(n.dict):
			err = w.unify(b, dict)
		default:
			err = w.extend(b, dict)
		}
		if err != nil {
			return nil, err
		}
	}
	dict.Retain()
	if b.last != nil {
		b.last.Release()
	}
	b.last = dict
	return b.remap, nil
}

// begin writes a dictionary, which replaces the one before.
func (w *writer) begin(b *codebook, dict arrow.ArrayData) error {
	if err := w.dictionary(b, dict, false); err != nil {
		return err
	}
	if !w.stream {
		return b.keep(array.MakeFromData(dict), w.env.Reserve)
	}
	return nil
}

// keep takes over a piece of the dictionary.
func (b *codebook) keep(piece arrow.Array, reserve func(int64) error) error {
	b.pieces = append(b.pieces, piece)
	b.size += int64(piece.Len())
	bytes := batch.ArrayBytes(piece)
	if err := reserve(bytes); err != nil {
		return err
	}
	b.reserved += bytes
	return nil
}

// fits is an error where the codes are too few for more values.
func (b *codebook) fits(more int) error {
	t := b.n.t.(*arrow.DictionaryType)
	bits := t.IndexType.(arrow.FixedWidthDataType).BitWidth()
	if arrow.IsSignedInteger(t.IndexType.ID()) {
		bits--
	}
	if bits < 62 && b.size+int64(more) > 1<<bits {
		return fmt.Errorf("the dictionaries of its batches have more than %d values together, which codes of type %s cannot tell apart, and a file has one dictionary: write a stream (.arrows), or cast the column to one with wider codes, or to %s",
			int64(1)<<bits, t.IndexType, t.ValueType)
	}
	return nil
}

// extend appends a dictionary whole.
func (w *writer) extend(b *codebook, dict arrow.ArrayData) error {
	if err := b.fits(dict.Len()); err != nil {
		return err
	}
	b.remap = make([]int64, dict.Len())
	for i := range b.remap {
		b.remap[i] = b.size + int64(i)
	}
	if err := w.dictionary(b, dict, true); err != nil {
		return err
	}
	return b.keep(array.MakeFromData(dict), w.env.Reserve)
}

// unify appends the values of a dictionary that are new.
func (w *writer) unify(b *codebook, dict arrow.ArrayData) error {
	if b.table == nil {
		var err error
		if b.table, err = hashtab.New([]arrow.DataType{b.n.dict.t}, w.env.Alloc, w.env.Reserve); err != nil {
			return err
		}
		if _, _, err := b.number(b.pieces[0]); err != nil {
			return err
		}
	}
	arr := array.MakeFromData(dict)
	defer arr.Release()
	was := b.size
	remap, fresh, err := b.number(arr)
	if err != nil {
		return err
	}
	b.remap = remap
	if len(fresh) == 0 {
		return nil
	}
	if err := b.fits(len(fresh)); err != nil {
		return err
	}
	added, err := batch.TakeArray(arr, fresh, w.env.Alloc)
	if err != nil {
		return err
	}
	if err := w.dictionary(b, added.Data(), true); err != nil {
		added.Release()
		return err
	}
	if err := b.keep(added, w.env.Reserve); err != nil {
		return err
	}
	if b.size != was+int64(len(fresh)) {
		return fmt.Errorf("%d values where %d were added to a dictionary of %d", b.size, len(fresh), was)
	}
	return nil
}

// number is the codes of the values of arr, and the rows of those that are new.
func (b *codebook) number(arr arrow.Array) (codes []int64, fresh []int32, err error) {
	groups := make([]int32, arr.Len())
	if _, err := b.table.Find([]arrow.Array{arr}, 0, arr.Len(), groups); err != nil {
		return nil, nil, err
	}
	codes = make([]int64, arr.Len())
	first := len(b.codes) == 0 // codes are those of the piece itself
	for i, g := range groups {
		if int(g) == len(b.codes) {
			code := int64(i)
			if !first {
				code = b.size + int64(len(fresh))
			}
			b.codes = append(b.codes, code)
			fresh = append(fresh, int32(i))
		}
		codes[i] = b.codes[g]
	}
	return codes, fresh, nil
}

// rewrite writes a dictionary that grew as one.
func (w *writer) rewrite(b *codebook) error {
	if len(b.pieces) < 2 || !hashable(b.n.dict) {
		return nil
	}
	whole, err := array.Concatenate(b.pieces, w.env.Alloc)
	if err != nil {
		return err
	}
	defer whole.Release()
	b.blocks = nil
	return w.dictionary(b, whole.Data(), false)
}

// dictionary writes a dictionary message.
func (w *writer) dictionary(b *codebook, dict arrow.ArrayData, delta bool) error {
	e := w.newEncoder()
	defer e.release()
	e.rows = dict.Len()
	if err := e.column(b.n.dict, dict, dict.Offset(), dict.Len()); err != nil {
		return err
	}
	p, err := w.body(kindDictionary, e, b.n.id, delta)
	b.blocks = append(b.blocks, p)
	return err
}

// hashable reports whether equal values of a dictionary have equal bytes and a
// hash table keeps them apart as such: not floats, of which -0 is 0.
func hashable(n *node) bool {
	switch n.t.ID() {
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DICTIONARY:
		return false
	}
	if len(n.kids) > 0 || !joinable(n.t) {
		return false
	}
	_, err := hashtab.KeyType(n.t)
	return err == nil
}

// identical reports whether two dictionaries are the same, byte by byte. It may
// say no of types that are not plain.
func identical(a, b arrow.ArrayData) bool {
	n := a.Len()
	if n != b.Len() || len(a.Children())+len(b.Children()) > 0 || a.DataType().ID() == arrow.DICTIONARY {
		return false
	}
	x, y := array.MakeFromData(a), array.MakeFromData(b)
	defer x.Release()
	defer y.Release()
	for i := range n {
		if x.IsNull(i) != y.IsNull(i) {
			return false
		}
	}
	switch t := a.DataType().(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return sameText(arrow.Int32Traits.CastFromBytes(bytesOf(a, 1)), arrow.Int32Traits.CastFromBytes(bytesOf(b, 1)), a, b)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return sameText(arrow.Int64Traits.CastFromBytes(bytesOf(a, 1)), arrow.Int64Traits.CastFromBytes(bytesOf(b, 1)), a, b)
	case arrow.FixedWidthDataType:
		w := t.BitWidth() / 8
		return t.BitWidth()%8 == 0 && bytes.Equal(bytesOf(a, 1)[a.Offset()*w:][:n*w], bytesOf(b, 1)[b.Offset()*w:][:n*w])
	}
	return false
}

func sameText[O int32 | int64](x, y []O, a, b arrow.ArrayData) bool {
	n := a.Len()
	if n == 0 {
		return true
	}
	x, y = x[a.Offset():][:n+1], y[b.Offset():][:n+1]
	for i := range x {
		if x[i]-x[0] != y[i]-y[0] {
			return false
		}
	}
	return bytes.Equal(bytesOf(a, 2)[x[0]:x[n]], bytesOf(b, 2)[y[0]:y[n]])
}
