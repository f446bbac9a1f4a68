package tableio

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/io/file/textsink"
)

// The rows that the widths of the columns are taken from are held back, up to
// these bounds.
const (
	sampleRowsMax  = 1000
	sampleBytesMax = 1 << 20
)

// table lays rows out under one another.
type table struct {
	maxWidth int
	columns  []column
	rows     int  // in the cells of the columns
	settled  bool // the widths are, and the header is laid out
}

var _ textsink.Encoder = (*table)(nil)

// column is one column of the table with the cells not yet laid out.
type column struct {
	writer rowtext.Column
	cells  rowtext.Cells
	name   []byte
	width  int
	right  bool
}

func newTable(in *arrow.Schema, maxWidth int) (*table, error) {
	if in.NumFields() == 0 {
		return nil, errors.New("a stream without columns cannot be written as a table")
	}
	t := &table{maxWidth: maxWidth}
	for _, f := range in.Fields() {
		writer, err := rowtext.NewColumn(f.Type, rowtext.Plain, "null")
		if err != nil {
			t.Close()
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		name := cut(rowtext.AppendPlain(nil, []byte(f.Name)), maxWidth)
		t.columns = append(t.columns, column{writer: writer, name: name, width: width(name), right: isNumber(f.Type)})
	}
	return t, nil
}

func isNumber(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t.ID() {
	case arrow.DECIMAL128, arrow.DECIMAL256, arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return true
	}
	return arrow.IsInteger(t.ID())
}

// Append takes rows of rec, and lays them out when the widths are settled.
func (t *table) Append(b []byte, rec arrow.Record, from, to int) []byte {
	for j := range t.columns {
		t.columns[j].writer.Append(&t.columns[j].cells, rec.Column(j), from, to)
	}
	t.rows += to - from
	if t.settled || t.rows >= sampleRowsMax || t.textBytes() >= sampleBytesMax {
		return t.layOut(b)
	}
	return b
}

func (t *table) textBytes() int {
	n := 0
	for j := range t.columns {
		n += len(t.columns[j].cells.Text)
	}
	return n
}

// layOut appends the rows held, behind the header if they are the first.
func (t *table) layOut(b []byte) []byte {
	if !t.settled {
		b = t.settle(b)
	}
	for i := range t.rows {
		for j := range t.columns {
			b = t.cell(b, j, cut(t.columns[j].cells.Cell(i), t.maxWidth), ' ')
		}
	}
	t.rows = 0
	for j := range t.columns {
		t.columns[j].cells.Reset()
	}
	return b
}

// settle takes the widths from the rows held, and appends the header.
func (t *table) settle(b []byte) []byte {
	t.settled = true
	for j := range t.columns {
		c := &t.columns[j]
		for i := range t.rows {
			c.width = max(c.width, width(cut(c.cells.Cell(i), t.maxWidth)))
		}
	}
	for j := range t.columns {
		b = t.cell(b, j, t.columns[j].name, ' ')
	}
	for j := range t.columns {
		b = t.cell(b, j, nil, '-')
	}
	return b
}

// cell appends a cell of column j, filled up to the column's width, with what
// separates it from the next.
func (t *table) cell(b []byte, j int, text []byte, fill byte) []byte {
	c, last := &t.columns[j], j == len(t.columns)-1
	missing := c.width - width(text)
	if c.right || fill != ' ' {
		b = appendRepeated(b, fill, missing)
	}
	b = append(b, text...)
	switch {
	case last:
		return append(b, '\n')
	case !c.right && fill == ' ':
		b = appendRepeated(b, fill, missing)
	}
	return append(b, "  "...)
}

func appendRepeated(b []byte, ch byte, n int) []byte {
	for range n {
		b = append(b, ch)
	}
	return b
}

// Finish lays out the rows held back, and the header where there were none.
func (t *table) Finish(b []byte) []byte {
	if t.rows > 0 || !t.settled {
		b = t.layOut(b)
	}
	return b
}

// HeldBytes is the memory held for cells.
func (t *table) HeldBytes() int64 {
	var n int64
	for j := range t.columns {
		n += t.columns[j].cells.HeldBytes() + t.columns[j].writer.HeldBytes()
	}
	return n
}

// Close lets go of all that is held.
func (t *table) Close() {
	for _, c := range t.columns {
		c.writer.Close()
	}
	t.columns, t.rows = nil, 0
}
