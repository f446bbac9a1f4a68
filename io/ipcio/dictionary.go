package ipcio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// dictionary is the values of a dictionary of the file, with all that was added
// to it, decoded at its first use. Batches of one file share it.
func (a *archive) dictionary(id int64) (*array.Data, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.mem.drop()
	return lockedDictionaries{a}.dictionary(id)
}

// lockedDictionaries are the dictionaries of an archive whose lock is held: one
// may need another.
type lockedDictionaries struct{ a *archive }

func (l lockedDictionaries) dictionary(id int64) (*array.Data, error) {
	a := l.a
	if d := a.dicts[id]; d != nil || len(a.pieces[id]) == 0 {
		return d, nil
	}
	var parts []arrow.Array
	defer func() { releaseAll(parts) }()
	for _, b := range a.pieces[id] {
		m, _, err := messageAt(a.src, b.at)
		if err != nil {
			return nil, err
		}
		d, err := decodeDictionary(m, a.schema.dicts[id], a.body(b, a.mem), l, a.mem)
		if err != nil {
			return nil, fmt.Errorf("dictionary %d at byte %d: %w", id, b.at, err)
		}
		parts = append(parts, array.MakeFromData(d))
		d.Release()
	}
	d, err := join(parts, a.mem)
	if err != nil {
		return nil, fmt.Errorf("dictionary %d: %w", id, err)
	}
	a.dicts[id] = d
	return d, nil
}

// decodeDictionary reads the values of a dictionary message.
func decodeDictionary(m message, n *node, b body, dicts dictionaries, mem *claims) (*array.Data, error) {
	meta, err := readBatchMeta(m.header.sub(1), m.version)
	if err != nil {
		return nil, err
	}
	d := &decoder{meta: meta, body: b, dicts: dicts, mem: mem}
	if _, err := meta.columns([]*node{n}); err != nil {
		return nil, err
	}
	data, _, err := d.column(n, cursor{}, meta.rows)
	return data, err
}

// join is the parts of a dictionary as one.
func join(parts []arrow.Array, mem *claims) (*array.Data, error) {
	whole := parts[0]
	if len(parts) > 1 {
		var bytes int64
		for _, p := range parts {
			bytes += int64(p.Data().SizeInBytes())
		}
		if err := mem.claim(bytes); err != nil {
			return nil, err
		}
		var err error
		if whole, err = array.Concatenate(parts, mem.alloc); err != nil {
			return nil, err
		}
		defer whole.Release()
	}
	d := whole.Data().(*array.Data)
	countNulls(d)
	d.Retain()
	return d, nil
}

// countNulls counts the nulls of what Concatenate made, before it is shared.
func countNulls(d arrow.ArrayData) {
	arr := array.MakeFromData(d)
	arr.NullN()
	arr.Release()
	for _, kid := range d.Children() {
		countNulls(kid)
	}
}
