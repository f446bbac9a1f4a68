package rowtext

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// dictionaries writes coded columns by value. The text of a dictionary is made
// once and kept for as long as batches share it; a dictionary that is much
// larger than its batch is read only where a code points.
type dictionaries struct {
	null   string
	values Column
	coded  arrow.ArrayData // the dictionary that text is of, retained
	text   Cells
}

func newDictionaries(t *arrow.DictionaryType, style Style, null string) (Column, error) {
	values, err := NewColumn(t.ValueType, style, null)
	if err != nil {
		return nil, err
	}
	return &dictionaries{null: null, values: values}, nil
}

func (d *dictionaries) Append(c *Cells, arr arrow.Array, from, to int) {
	dict := arr.(*array.Dictionary)
	if !d.read(dict) {
		for i := from; i < to; i++ {
			if dict.IsNull(i) {
				c.Text = append(c.Text, d.null...)
				c.end()
				continue
			}
			code := dict.GetValueIndex(i)
			d.values.Append(c, dict.Dictionary(), code, code+1)
		}
		return
	}
	valid := validityOf(arr)
	switch codes := dict.Indices().(type) {
	case *array.Int8:
		appendCoded(c, d.null, valid, codes.Int8Values(), &d.text, from, to)
	case *array.Int16:
		appendCoded(c, d.null, valid, codes.Int16Values(), &d.text, from, to)
	case *array.Int32:
		appendCoded(c, d.null, valid, codes.Int32Values(), &d.text, from, to)
	case *array.Int64:
		appendCoded(c, d.null, valid, codes.Int64Values(), &d.text, from, to)
	case *array.Uint8:
		appendCoded(c, d.null, valid, codes.Uint8Values(), &d.text, from, to)
	case *array.Uint16:
		appendCoded(c, d.null, valid, codes.Uint16Values(), &d.text, from, to)
	case *array.Uint32:
		appendCoded(c, d.null, valid, codes.Uint32Values(), &d.text, from, to)
	case *array.Uint64:
		appendCoded(c, d.null, valid, codes.Uint64Values(), &d.text, from, to)
	}
}

// read makes sure that the text of the dictionary is there, and reports false
// where making it does not pay.
func (d *dictionaries) read(dict *array.Dictionary) bool {
	data := dict.Data().Dictionary()
	if data == d.coded {
		return true
	}
	if data.Len() > 4*dict.Len()+64 {
		return false
	}
	d.Close()
	d.text.Reset()
	d.values.Append(&d.text, dict.Dictionary(), 0, data.Len())
	data.Retain()
	d.coded = data
	return true
}

func appendCoded[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](c *Cells, null string, valid validity, codes []T, values *Cells, from, to int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		if valid.null(i) {
			text = append(text, null...)
		} else {
			text = append(text, values.Cell(int(codes[i]))...)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

func (d *dictionaries) HeldBytes() int64 { return d.text.HeldBytes() + d.values.HeldBytes() }

func (d *dictionaries) Close() {
	if d.coded != nil {
		d.coded.Release()
		d.coded = nil
	}
}

// extensions writes the storage of extension types.
type extensions struct{ Column }

func newExtensions(t arrow.ExtensionType, style Style, null string) (Column, error) {
	storage, err := NewColumn(t.StorageType(), style, null)
	if err != nil {
		return nil, fmt.Errorf("extension type %s: %w", t.ExtensionName(), err)
	}
	return extensions{storage}, nil
}

func (e extensions) Append(c *Cells, arr arrow.Array, from, to int) {
	e.Column.Append(c, arr.(array.ExtensionArray).Storage(), from, to)
}

// runs writes run-end encoded columns by value.
type runs struct{ Column }

func newRuns(t *arrow.RunEndEncodedType, style Style, null string) (Column, error) {
	values, err := NewColumn(t.Encoded(), style, null)
	if err != nil {
		return nil, err
	}
	return runs{values}, nil
}

func (r runs) Append(c *Cells, arr arrow.Array, from, to int) {
	ree := arr.(*array.RunEndEncoded)
	for i := from; i < to; i++ {
		at := ree.GetPhysicalIndex(i)
		r.Column.Append(c, ree.Values(), at, at+1)
	}
}

// unions writes the value of the child that each row has.
type unions struct {
	children []Column
}

func newUnions(t arrow.UnionType, as look) (Column, error) {
	var u unions
	for _, f := range t.Fields() {
		child, err := NewColumn(f.Type, as.style, as.null)
		if err != nil {
			u.Close()
			return nil, fmt.Errorf("union field %q: %w", f.Name, err)
		}
		u.children = append(u.children, child)
	}
	return u, nil
}

func (u unions) Append(c *Cells, arr arrow.Array, from, to int) {
	union := arr.(array.Union)
	for i := from; i < to; i++ {
		at := i
		if dense, ok := arr.(*array.DenseUnion); ok {
			at = int(dense.ValueOffset(i))
		}
		child := union.ChildID(i)
		u.children[child].Append(c, union.Field(child), at, at+1)
	}
}

func (u unions) HeldBytes() int64 {
	var n int64
	for _, child := range u.children {
		n += child.HeldBytes()
	}
	return n
}

func (u unions) Close() {
	for _, child := range u.children {
		child.Close()
	}
}
