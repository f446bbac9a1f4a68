package operators

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// A sorter's rows are made of words of 64 bits, of which a row has only the bytes that
// differ among the rows (see rowLayout):
//
//	a bit for each column that is null       a word for 64 columns
//	unsigned integers, floats, bool          the bits of the value
//	signed integers, times, dates            the value, zigzag: 0, -1, 1, -2, …
//	decimals                                 the limbs, lowest first, the highest zigzag
//	strings, bytes                           three pieces of eight bytes, zeros behind the
//	                                         end, the first byte lowest; and the length
//
// The words of a null are 0. Values of other types, and strings that do not end within the
// pieces, are kept in columns, beside the rows.

const (
	textPieces = 3
	textInRow  = 8 * textPieces // bytes of a string that a row may have
	textCells  = textPieces + 1
)

// sortPlan says what the rows of a sort are made of and what orders them.
type sortPlan struct {
	in      *arrow.Schema
	columns []heldColumn // those of in; then values, plain, of keys that are kept in columns
	nulls   int          // words of null marks: the first ones
	cells   int          // words of a row
	words   []keyWord    // what decides, first to last
}

// heldColumn is a column of the rows.
type heldColumn struct {
	from  int // column of the input
	typ   arrow.DataType
	kind  heldKind
	key   bool
	cell  int // its first word
	cells int
}

type heldKind uint8

const (
	heldWhole  heldKind = iota // in columns
	heldBits                   // a word
	heldSigned                 // a word or limbs, the last of them zigzag
	heldText
)

// keyWord is a word that rows are ordered by, in part or in whole.
type keyWord struct {
	column int // in sortPlan.columns
	desc   bool
	part   int // of the value, those that decide first; nullPart: whether there is none
}

// nullPart is the keyWord.part that says whether a row has no value; textPieces, of a
// string, is what is behind its pieces.
const nullPart = -1

func planSort(keys []SortKey, in *arrow.Schema) (*sortPlan, error) {
	resolved, err := orderKeys(keys, in)
	if err != nil {
		return nil, err
	}
	p := &sortPlan{in: in}
	for i, f := range in.Fields() {
		p.columns = append(p.columns, heldColumn{from: i, typ: f.Type, kind: heldAs(f.Type)})
	}
	for _, k := range resolved {
		at := k.column
		if p.columns[at].kind == heldWhole {
			typ := in.Field(at).Type
			if d, ok := typ.(*arrow.DictionaryType); ok {
				typ = d.ValueType
			}
			h := heldColumn{from: at, typ: typ, kind: heldAs(typ)}
			if h.kind == heldWhole { // long bytes of one size
				h.kind = heldText
			}
			at = len(p.columns)
			p.columns = append(p.columns, h)
		}
		p.columns[at].key = true
		parts := k.words
		if k.text {
			parts = textPieces + 1
		}
		for part := nullPart; part < parts; part++ {
			p.words = append(p.words, keyWord{at, k.desc, part})
		}
	}
	p.nulls = (len(p.columns) + 63) / 64
	p.cells = p.nulls
	for i := range p.columns {
		c := &p.columns[i]
		c.cell, c.cells = p.cells, cellsOf(c)
		p.cells += c.cells
	}
	return p, nil
}

// heldAs is how values of a plain type are held.
func heldAs(t arrow.DataType) heldKind {
	switch t := t.(type) {
	case *arrow.Decimal128Type, *arrow.Decimal256Type:
		return heldSigned
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth > textInRow || t.ByteWidth == 0 {
			return heldWhole
		}
	}
	switch plaincol.KindOf(t) {
	case plaincol.Signed:
		return heldSigned
	case plaincol.Unsigned, plaincol.Float:
		return heldBits
	}
	if ofText(t) {
		return heldText
	}
	return heldWhole
}

func cellsOf(c *heldColumn) int {
	switch c.kind {
	case heldText:
		return textCells
	case heldWhole:
		return 0
	}
	return orderWords(c.typ)
}

// cellOf is the word of a row that a keyWord is made of.
func (p *sortPlan) cellOf(k keyWord) int {
	c := &p.columns[k.column]
	switch {
	case k.part == nullPart:
		return k.column / 64
	case c.kind == heldText:
		return c.cell + k.part
	}
	return c.cell + c.cells - 1 - k.part
}

// order makes order words of the words of some rows that cellOf names. marks are those of
// the same rows that say which columns are null.
func (p *sortPlan) order(k keyWord, words, marks []uint64) {
	c, bit := &p.columns[k.column], k.column&63
	if k.part == nullPart {
		for i, x := range marks {
			words[i] = x >> bit & 1
		}
		return
	}
	switch {
	case c.kind == heldText:
		if k.part < textPieces {
			for i, x := range words {
				words[i] = bits.ReverseBytes64(x)
			}
		}
	case c.kind == heldSigned && k.part == 0:
		for i, x := range words {
			words[i] = unzigzag(x) ^ signBit
		}
	case plaincol.KindOf(c.typ) == plaincol.Float:
		widenFloats(c.typ, words)
		floatOrder(words)
	}
	flip := uint64(0)
	if k.desc {
		flip--
	}
	for i, x := range marks[:len(words)] {
		words[i] = (words[i] ^ flip) &^ -(x >> bit & 1)
	}
}

func zigzag(x uint64) uint64 { return x<<1 ^ uint64(int64(x)>>63) }

func unzigzag(x uint64) uint64 { return x>>1 ^ -(x & 1) }
