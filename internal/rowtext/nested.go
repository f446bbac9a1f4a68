package rowtext

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// newNested returns the writer of lists, structs and maps: JSON, and in the other
// styles its text, quoted by their rules.
func newNested(t arrow.DataType, as look) (Column, error) {
	if t, ok := t.(arrow.UnionType); ok {
		return newUnions(t, as)
	}
	null := as.null
	if as.style == CSV {
		null = "" // set apart by its validity, below
	}
	inner, err := newJSON(t, null)
	if err != nil || as.style != CSV {
		return inner, err
	}
	return &nested{look: as, inner: inner}, nil
}

func newJSON(t arrow.DataType, null string) (Column, error) {
	switch t := t.(type) {
	case arrow.ListLikeType:
		child, err := NewColumn(t.Elem(), JSON, "null")
		if err != nil {
			return nil, err
		}
		return &lists{null: null, child: child}, nil
	case *arrow.StructType:
		s := &structs{null: null}
		for i, f := range t.Fields() {
			child, err := NewColumn(f.Type, JSON, "null")
			if err != nil {
				s.Close()
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
			s.rows.Add(child, jsonKey(f.Name, i == 0))
		}
		return s, nil
	}
	return nil, fmt.Errorf("values of type %s cannot be written as text", t)
}

// jsonKey is what stands before a member of a JSON object.
func jsonKey(name string, first bool) []byte {
	b := []byte{','}
	if first {
		b[0] = '{'
	}
	return append(AppendJSON(b, []byte(name)), ':')
}

// nested quotes JSON as CSV fields.
type nested struct {
	look
	inner Column
	json  Cells
}

func (n *nested) Append(c *Cells, arr arrow.Array, from, to int) {
	valid := validityOf(arr)
	n.json.Reset()
	n.inner.Append(&n.json, arr, from, to)
	for i := from; i < to; i++ {
		if valid.null(i) {
			c.Text = append(c.Text, n.null...)
		} else {
			c.Text = AppendCSV(c.Text, n.json.Cell(i-from))
		}
		c.end()
	}
}

func (n *nested) HeldBytes() int64 { return n.json.HeldBytes() + n.inner.HeldBytes() }
func (n *nested) Close()           { n.inner.Close() }

// lists writes lists of every kind, and maps, as JSON arrays.
type lists struct {
	null  string
	child Column
	elems Cells
}

func (l *lists) Append(c *Cells, arr arrow.Array, from, to int) {
	list, valid := arr.(array.ListLike), validityOf(arr)
	values := list.ListValues()
	switch arr.DataType().ID() {
	case arrow.LIST_VIEW, arrow.LARGE_LIST_VIEW: // in any order, maybe shared
		for i := from; i < to; i++ {
			start, end := list.ValueOffsets(i)
			l.fill(values, start, end)
			l.list(c, valid.null(i), 0, int(end-start))
		}
		return
	}
	if from == to {
		return
	}
	first, _ := list.ValueOffsets(from)
	_, last := list.ValueOffsets(to - 1)
	l.fill(values, first, last)
	for i := from; i < to; i++ {
		start, end := list.ValueOffsets(i)
		l.list(c, valid.null(i), int(start-first), int(end-first))
	}
}

func (l *lists) fill(values arrow.Array, from, to int64) {
	l.elems.Reset()
	l.child.Append(&l.elems, values, int(from), int(to))
}

func (l *lists) list(c *Cells, null bool, from, to int) {
	if null {
		c.Text = append(c.Text, l.null...)
		c.end()
		return
	}
	c.Text = append(c.Text, '[')
	for i := from; i < to; i++ {
		if i > from {
			c.Text = append(c.Text, ',')
		}
		c.Text = append(c.Text, l.elems.Cell(i)...)
	}
	c.Text = append(c.Text, ']')
	c.end()
}

func (l *lists) HeldBytes() int64 { return l.elems.HeldBytes() + l.child.HeldBytes() }
func (l *lists) Close()           { l.child.Close() }

// structs writes JSON objects with their fields in order.
type structs struct {
	null string
	rows Rows
}

func (s *structs) Append(c *Cells, arr arrow.Array, from, to int) {
	fields, valid := arr.(*array.Struct), validityOf(arr)
	s.rows.fill(fields.Field, from, to)
	for i := from; i < to; i++ {
		switch {
		case valid.null(i):
			c.Text = append(c.Text, s.null...)
		case len(s.rows.columns) == 0:
			c.Text = append(c.Text, "{}"...)
		default:
			c.Text = append(s.rows.row(c.Text, i-from), '}')
		}
		c.end()
	}
}

func (s *structs) HeldBytes() int64 { return s.rows.HeldBytes() }
func (s *structs) Close()           { s.rows.Close() }
