package ipcio

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// batchMeta is the metadata of a record batch: how long each column is, and which
// parts of the body are its buffers.
type batchMeta struct {
	rows     int64
	nodes    vector
	buffers  vector
	variadic vector
	codec    int8 // of each buffer by itself
	version  int16
}

func readBatchMeta(t table, version int16) (batchMeta, error) {
	if !t.present() {
		return batchMeta{}, errors.New("damaged metadata: a batch without its header")
	}
	m := batchMeta{rows: t.int64(0, 0), nodes: t.vector(1, structBytes), buffers: t.vector(2, structBytes), variadic: t.vector(4, 8), codec: noCompression, version: version}
	if c := t.sub(3); c.present() {
		m.codec = c.int8(0, 0)
		if method := c.int8(1, 0); method != 0 || m.codec != codecLZ4 && m.codec != codecZstd {
			return m, fmt.Errorf("compression %d by method %d is not known: write the file with lz4, zstd or none", m.codec, method)
		}
	}
	if t.f.err != nil {
		return m, t.f.err
	}
	if m.rows < 0 || m.rows > math.MaxInt32 {
		return m, fmt.Errorf("a batch of %d rows: from 0 to %d are read", m.rows, math.MaxInt32)
	}
	return m, nil
}

// cursor is where the parts of a column begin in a batch's lists.
type cursor struct {
	node, buffer, variadic int
}

// span is how many parts a column without its children has.
func (m *batchMeta) span(n *node, at cursor) (cursor, error) {
	next := cursor{at.node + 1, at.buffer + 2, at.variadic}
	if n.dict != nil {
		return next, nil
	}
	switch n.t.ID() {
	case arrow.NULL:
		next.buffer = at.buffer
	case arrow.RUN_END_ENCODED:
		next.buffer = at.buffer
		if m.version < metadataV5 { // all but null had nulls of their own then
			next.buffer++
		}
	case arrow.STRUCT, arrow.FIXED_SIZE_LIST:
		next.buffer = at.buffer + 1
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY, arrow.LIST_VIEW, arrow.LARGE_LIST_VIEW:
		next.buffer = at.buffer + 3
	case arrow.SPARSE_UNION, arrow.DENSE_UNION:
		next.buffer = at.buffer + 1
		if n.t.ID() == arrow.DENSE_UNION {
			next.buffer++
		}
		if m.version < metadataV5 {
			next.buffer++
		}
	case arrow.STRING_VIEW, arrow.BINARY_VIEW:
		if at.variadic >= m.variadic.n {
			return next, fmt.Errorf("column %q: damaged metadata: no count of buffers for a column of views", n.name)
		}
		count := m.variadic.int64(at.variadic, 0)
		if count < 0 || count > int64(m.buffers.n) {
			return next, fmt.Errorf("column %q: damaged metadata: views of %d buffers", n.name, count)
		}
		next.buffer += int(count)
		next.variadic++
	}
	return next, nil
}

// whole is where the parts of the column behind n begin.
func (m *batchMeta) whole(n *node, at cursor) (cursor, error) {
	next, err := m.span(n, at)
	if n.dict == nil {
		for _, kid := range n.kids {
			if err == nil {
				next, err = m.whole(kid, next)
			}
		}
	}
	if err == nil && (next.node > m.nodes.n || next.buffer > m.buffers.n) {
		err = fmt.Errorf("column %q: damaged metadata: the batch has %d columns and %d buffers, nested ones counted, and this column needs more", n.name, m.nodes.n, m.buffers.n)
	}
	return next, err
}

// columns is where each column begins, and where the last one ends.
func (m *batchMeta) columns(columns []*node) ([]cursor, error) {
	at := make([]cursor, len(columns)+1)
	for i, n := range columns {
		var err error
		if at[i+1], err = m.whole(n, at[i]); err != nil {
			return nil, err
		}
	}
	if end := at[len(columns)]; end.node != m.nodes.n || end.buffer != m.buffers.n || end.variadic != m.variadic.n {
		return nil, fmt.Errorf("damaged metadata: a batch with %d columns and %d buffers, nested ones counted, where the schema has %d and %d", m.nodes.n, m.buffers.n, end.node, end.buffer)
	}
	return at, nil
}

// extent is where buffer i stands in the body.
func (m *batchMeta) extent(i int) (off, length int64) {
	return m.buffers.int64(i, 0), m.buffers.int64(i, 8)
}
