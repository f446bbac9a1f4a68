package ipcio

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// nestedMax is how deep types may nest.
const nestedMax = 64

// node is a column, or what is nested in one, as the schema declares it.
type node struct {
	name string // from the column on: a.b
	t    arrow.DataType
	kids []*node
	id   int64 // of its dictionary
	dict *node // the values of its dictionary, nil: it has none
}

// schema is a file's schema, and how its columns are laid out.
type schema struct {
	arrow   *arrow.Schema
	columns []*node
	dicts   map[int64]*node // the values of the dictionaries, by id
}

// schemaReader reads one schema message.
type schemaReader struct {
	left  int // fields that the message has room for: fields may not be named twice, to be many
	dicts map[int64]*node
}

// readSchema decodes and checks the schema table.
func readSchema(t table) (*schema, error) {
	if !t.present() {
		return nil, errors.New("there is no schema")
	}
	if e := t.int16(0, 0); (e == 1) != bigEndian || e < 0 || e > 1 {
		return nil, errors.New("the file was written in the other byte order (big-endian, where this machine is little-endian, or the reverse), which is not read: write it again on a machine like this one")
	}
	r := &schemaReader{left: len(t.f.b) / 8, dicts: map[int64]*node{}}
	fields, columns, err := r.fields(t.vector(1, 4), "", 0)
	if err != nil {
		return nil, err
	}
	meta, err := r.metadata(t.vector(2, 4))
	if err != nil {
		return nil, err
	}
	if t.f.err != nil {
		return nil, t.f.err
	}
	return &schema{arrow: arrow.NewSchema(fields, meta), columns: columns, dicts: r.dicts}, nil
}

func (r *schemaReader) fields(v vector, path string, depth int) ([]arrow.Field, []*node, error) {
	if r.left -= v.n; r.left < 0 {
		return nil, nil, errors.New("damaged metadata: more fields than it has room for")
	}
	if depth > nestedMax {
		return nil, nil, fmt.Errorf("column %q: types nest deeper than %d levels", path, nestedMax)
	}
	fields, nodes := make([]arrow.Field, v.n), make([]*node, v.n)
	for i := range v.n {
		t := v.table(i)
		name := t.string(0)
		at := name
		if path != "" {
			at = path + "." + name
		}
		f, n, err := r.field(t, at, depth)
		if t.present() && t.f.err != nil {
			err = t.f.err
		}
		if err != nil {
			if depth > 0 && path != "" {
				return nil, nil, err // named by its innermost field
			}
			return nil, nil, fmt.Errorf("column %q: %w", name, err)
		}
		f.Name = name
		fields[i], nodes[i] = f, n
	}
	if v.f != nil && v.f.err != nil {
		return nil, nil, v.f.err
	}
	return fields, nodes, nil
}

func (r *schemaReader) field(t table, path string, depth int) (arrow.Field, *node, error) {
	none := arrow.Field{}
	if !t.present() {
		return none, nil, errFlat
	}
	kids, nodes, err := r.fields(t.vector(5, 4), path, depth+1)
	if err != nil {
		return none, nil, err
	}
	meta, err := r.metadata(t.vector(6, 4))
	if err != nil {
		return none, nil, err
	}
	values, err := readType(uint8(t.int8(2, 0)), t.sub(3), kids)
	if err != nil {
		return none, nil, err
	}
	if m, ok := values.(*arrow.MapType); ok {
		nodes[0].t = m.Elem() // which has names of its own for the entries
	}
	n := &node{name: path, t: values, kids: nodes}
	f := arrow.Field{Type: values, Nullable: t.bool(1)}
	if meta != nil {
		f.Metadata = *meta
	}
	enc := t.sub(4)
	if !enc.present() {
		return f, n, nil
	}
	index := arrow.DataType(arrow.PrimitiveTypes.Int32)
	if it := enc.sub(1); it.present() {
		if index, err = intType(it); err != nil {
			return none, nil, fmt.Errorf("dictionary codes: %w", err)
		}
	}
	if enc.int16(3, 0) != 0 {
		return none, nil, fmt.Errorf("dictionaries of kind %d are not known", enc.int16(3, 0))
	}
	id := enc.int64(0, 0)
	if other, ok := r.dicts[id]; !ok {
		r.dicts[id] = n
	} else if !sameShape(other, n) {
		return none, nil, fmt.Errorf("dictionary %d has values of type %s for one column and of type %s for another", id, other.t, n.t)
	}
	f.Type = &arrow.DictionaryType{IndexType: index, ValueType: values, Ordered: enc.bool(2)}
	return f, &node{name: path, t: f.Type, id: id, dict: r.dicts[id]}, nil
}

// sameShape reports whether two nodes have one type, with one set of dictionaries
// below.
func sameShape(a, b *node) bool {
	if !arrow.TypeEqual(a.t, b.t) || len(a.kids) != len(b.kids) || (a.dict == nil) != (b.dict == nil) || a.id != b.id {
		return false
	}
	for i := range a.kids {
		if !sameShape(a.kids[i], b.kids[i]) {
			return false
		}
	}
	return true
}

func (r *schemaReader) metadata(v vector) (*arrow.Metadata, error) {
	if v.n == 0 {
		return nil, nil
	}
	if r.left -= v.n; r.left < 0 {
		return nil, errors.New("damaged metadata: more entries than it has room for")
	}
	keys, values := make([]string, v.n), make([]string, v.n)
	for i := range v.n {
		kv := v.table(i)
		keys[i], values[i] = kv.string(0), kv.string(1)
	}
	if v.f.err != nil {
		return nil, v.f.err
	}
	m := arrow.NewMetadata(keys, values)
	return &m, nil
}
