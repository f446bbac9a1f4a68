package ipcio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// layout is the nodes of a schema that is written. Dictionaries are numbered so
// that one nested in another comes before it.
type layout struct {
	columns []*node
	dicts   []*node // those with dict set, by id
}

func newLayout(s *arrow.Schema) (*layout, error) {
	l := &layout{}
	for _, f := range s.Fields() {
		n, err := l.node(f.Name, f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		l.columns = append(l.columns, n)
	}
	return l, nil
}

// storage is what a type is stored as.
func storage(t arrow.DataType) arrow.DataType {
	for {
		ext, ok := t.(arrow.ExtensionType)
		if !ok {
			return t
		}
		t = ext.StorageType()
	}
}

func (l *layout) node(name string, t arrow.DataType) (*node, error) {
	t = storage(t)
	n := &node{name: name, t: t}
	if d, ok := t.(*arrow.DictionaryType); ok {
		if storage(d.ValueType).ID() == arrow.DICTIONARY {
			return nil, fmt.Errorf("the format has no dictionaries whose values are codes of another: cast the column to %s", storage(d.ValueType))
		}
		values, err := l.node(name, d.ValueType)
		if err != nil {
			return nil, err
		}
		n.dict, n.id = values, int64(len(l.dicts))
		l.dicts = append(l.dicts, n)
		return n, nil
	}
	if _, _, err := typeMember(t); err != nil {
		return nil, err
	}
	for _, f := range nestedFields(t) {
		kid, err := l.node(name+"."+f.Name, f.Type)
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, kid)
	}
	return n, nil
}

// nestedFields are the fields that the format nests in a field of type t.
func nestedFields(t arrow.DataType) []arrow.Field {
	switch t := t.(type) {
	case *arrow.RunEndEncodedType:
		return []arrow.Field{{Name: "run_ends", Type: t.RunEnds()}, {Name: "values", Type: t.Encoded(), Nullable: true}}
	case arrow.NestedType:
		return t.Fields()
	}
	return nil
}
