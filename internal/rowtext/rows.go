package rowtext

import "github.com/apache/arrow/go/v17/arrow"

// Rows puts the cells of columns side by side: what Add was told to put before a
// cell, the cell, and so on, and End behind the last.
type Rows struct {
	End     []byte
	columns []Column
	before  [][]byte
	cells   []Cells
}

// Add adds a column on the right, with the text that stands before its cells.
func (r *Rows) Add(c Column, before []byte) {
	r.columns = append(r.columns, c)
	r.before = append(r.before, before)
	r.cells = append(r.cells, Cells{})
}

// Append appends rows from to to-1 of rec, which is borrowed and has the columns
// that were added.
func (r *Rows) Append(b []byte, rec arrow.Record, from, to int) []byte {
	r.fill(rec.Column, from, to)
	for i := range to - from {
		b = append(r.row(b, i), r.End...)
	}
	return b
}

func (r *Rows) fill(column func(int) arrow.Array, from, to int) {
	for j, c := range r.columns {
		r.cells[j].Reset()
		c.Append(&r.cells[j], column(j), from, to)
	}
}

// row appends row i of what was filled in, without its end.
func (r *Rows) row(b []byte, i int) []byte {
	for j := range r.cells {
		b = append(b, r.before[j]...)
		b = append(b, r.cells[j].Cell(i)...)
	}
	return b
}

// Finish appends nothing: no row is held back, and nothing stands behind the last.
func (r *Rows) Finish(b []byte) []byte { return b }

// HeldBytes is the memory held for cells.
func (r *Rows) HeldBytes() int64 {
	var n int64
	for j := range r.cells {
		n += r.cells[j].HeldBytes() + r.columns[j].HeldBytes()
	}
	return n
}

// Close lets go of all that is held.
func (r *Rows) Close() {
	for _, c := range r.columns {
		c.Close()
	}
	*r = Rows{}
}
