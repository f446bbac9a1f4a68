package ipcio

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// mapping is a file in memory. It is unmapped when the last of its owner and the
// buffers that point into it is released. It is the allocator of those buffers,
// whose only use is that releasing one calls Free.
type mapping struct {
	data []byte
	refs atomic.Int64
}

func (m *mapping) retain() { m.refs.Add(1) }

func (m *mapping) release() {
	if m.refs.Add(-1) == 0 {
		unmap(m.data)
		m.data = nil
	}
}

// Free lets go of a buffer.
func (m *mapping) Free([]byte) { m.release() }

// Allocate is not used: buffers of a mapping are never resized. It answers with
// memory of Go's.
func (m *mapping) Allocate(n int) []byte { return make([]byte, n) }

// Reallocate is as Allocate.
func (m *mapping) Reallocate(n int, b []byte) []byte {
	out := make([]byte, n)
	copy(out, b)
	return out
}

var _ memory.Allocator = (*mapping)(nil)
