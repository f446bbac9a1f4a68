package parquetio

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// scratch is memory that a reader works in and never hands out. It is reserved
// from the budget while it is held.
type scratch struct {
	b   []byte
	env *dataflow.Env
}

// room returns n bytes whose contents do not matter. What was returned before is
// lost.
func (s *scratch) room(n int) ([]byte, error) {
	if n > len(s.b) {
		s.free()
		if err := s.grow(n); err != nil {
			return nil, err
		}
	}
	return s.b[:n], nil
}

// keep returns n bytes that begin with the first kept of what was returned before.
func (s *scratch) keep(kept, n int) ([]byte, error) {
	if n <= len(s.b) {
		return s.b[:n], nil
	}
	old := *s
	s.b = nil
	if err := s.grow(n); err != nil {
		*s = old
		return nil, err
	}
	copy(s.b, old.b[:kept])
	old.free()
	return s.b[:n], nil
}

// grow allocates an eighth more than is needed: the next one may be a little longer.
func (s *scratch) grow(n int) error {
	n = max(n+n/8, 4<<10)
	if err := s.env.Reserve(int64(n)); err != nil {
		return fmt.Errorf("a buffer of %s: %w", dataflow.FormatBytes(int64(n)), err)
	}
	s.b = s.env.Alloc.Allocate(n)
	return nil
}

func (s *scratch) free() {
	if s.b != nil {
		_ = s.env.Reserve(-int64(len(s.b))) // giving back cannot fail
		s.env.Alloc.Free(s.b)
		s.b = nil
	}
}

// newBuffer is n zero bytes that become part of an array.
func newBuffer(n int, alloc memory.Allocator) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(n)
	return b
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}
