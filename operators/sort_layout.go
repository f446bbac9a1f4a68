package operators

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// rowLayout says which bytes of its words a row has:
//
//	words of all rows   69 64 30 30 30 31 32 00 …   69 64 30 30 39 39 32 00 …
//	                             └ they differ ┘             └ at ┘
//	a row               … 30 31 …   … 39 39 …
//
// Of each word it has the bytes from the first to the last that differ among the rows. A row
// that differs elsewhere needs another layout: one with more bytes, so that there are few.
type rowLayout struct {
	cells  []cell
	stride int    // bytes of a row
	kept   []bool // by column: its values are in columns
}

// cell is a word of the rows of a layout.
type cell struct {
	at    int    // byte of the row from which on it has those that differ
	shift uint   // of them in the word
	mask  uint64 // of them, shifted down; 0: no row has a byte of it
	base  uint64 // the others, the same in all rows
}

// loose is the part of the word that may differ.
func (c cell) loose() uint64 { return c.mask << c.shift }

// firstLayout is that of rows that are all equal to one.
func firstLayout(p *sortPlan, row func(cell int) uint64) *rowLayout {
	l := &rowLayout{cells: make([]cell, p.cells), kept: make([]bool, len(p.columns))}
	for i := range l.cells {
		l.cells[i].base = row(i)
	}
	for i, c := range p.columns {
		l.kept[i] = c.kind == heldWhole
	}
	return l
}

// widened is l for rows that differ from its own also in some bits of each word, and
// for columns that are kept beside its own.
func (l *rowLayout) widened(p *sortPlan, differ func(cell int) uint64, kept []bool) *rowLayout {
	w := &rowLayout{cells: make([]cell, p.cells), kept: make([]bool, len(p.columns))}
	for i, c := range l.cells {
		w.cells[i] = cell{base: c.base}
		w.cells[i].open(c.loose() | differ(i))
	}
	for i := range p.columns {
		w.kept[i] = l.kept[i] || kept[i]
		if h := &p.columns[i]; w.kept[i] && !h.key {
			clear(w.cells[h.cell : h.cell+h.cells])
		}
	}
	for i := range w.cells {
		w.cells[i].at = w.stride
		w.stride += bits.Len64(w.cells[i].mask) / 8
	}
	return w
}

// open has rows have all bytes from the first to the last with a bit of differ.
func (c *cell) open(differ uint64) {
	if differ == 0 {
		return
	}
	from, to := bits.TrailingZeros64(differ)&^7, (bits.Len64(differ)+7)&^7
	c.shift, c.mask = uint(from), ^uint64(0)>>(64-(to-from))
	c.base &^= c.loose()
}

// same reports whether rows of the two read alike.
func (l *rowLayout) same(m *rowLayout) bool {
	if l == m {
		return true
	}
	for i, c := range l.cells {
		if c != m.cells[i] {
			return false
		}
	}
	for i, k := range l.kept {
		if k != m.kept[i] {
			return false
		}
	}
	return true
}

// differing are the bits of the words in which one of them differs from base.
func differing(words []uint64, base uint64) uint64 {
	var d uint64
	for _, w := range words {
		d |= w ^ base
	}
	return d
}

// rowSlack is how many bytes behind the last row are read and written with it.
const rowSlack = 8

// put writes the words to rows of zeros.
func (c cell) put(words []uint64, rows []byte, stride int) {
	if c.mask == 0 {
		return
	}
	shift := c.shift & 63
	at := c.at
	for _, w := range words {
		to := rows[at : at+8]
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(to)|w>>shift&c.mask)
		at += stride
	}
}

// get reads the words of rows, by where they begin.
func (c cell) get(words []uint64, rows []unsafe.Pointer) {
	if c.mask == 0 {
		for i := range words {
			words[i] = c.base
		}
		return
	}
	at, shift, mask, base := c.at, c.shift&63, c.mask, c.base
	rows = rows[:len(words)]
	for i := range words {
		words[i] = base | *(*uint64)(unsafe.Add(rows[i], at))&mask<<shift
	}
}
