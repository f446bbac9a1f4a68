package batch

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Pool is an allocator that counts what it has handed out and uses released
// buffers again. It is safe for concurrent use: a batch may be released by
// another goroutine than the one that made it.
//
// Buffers come from a size class of four steps an octave, zeroed, aligned to 64
// bytes. At most KeepBytes of released ones are kept.
type Pool struct {
	under memory.Allocator
	keep  int64
	live  atomic.Int64

	mu    sync.Mutex
	kept  int64
	free  []shelf
	ended bool
}

// shelf holds released buffers of one size class. A pool meets few classes: they are
// looked through one by one.
type shelf struct {
	class   int
	buffers [][]byte
}

// NewPool returns a pool that takes its memory from under and keeps at most
// keepBytes of released buffers.
func NewPool(under memory.Allocator, keepBytes int64) *Pool {
	return &Pool{under: under, keep: keepBytes}
}

// LiveBytes is how many bytes are handed out and not released, by their size
// class.
func (p *Pool) LiveBytes() int64 { return p.live.Load() }

// Allocate returns size zero bytes.
func (p *Pool) Allocate(size int) []byte {
	b, _ := p.take(size)
	return b
}

func (p *Pool) take(size int) ([]byte, int) {
	class := sizeClass(size)
	p.live.Add(int64(class))
	p.mu.Lock()
	if s := p.shelf(class); s != nil && len(s.buffers) > 0 {
		last := len(s.buffers) - 1
		b := s.buffers[last]
		s.buffers = s.buffers[:last]
		p.kept -= int64(class)
		p.mu.Unlock()
		clear(b[:size])
		return b[:size:class], class
	}
	p.mu.Unlock()
	return p.under.Allocate(class)[:size:class], class
}

// Reallocate returns b with size bytes, moved where it does not fit.
func (p *Pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) && cap(b) > 0 && sizeClass(size) == cap(b) {
		old := len(b)
		b = b[:size]
		if size > old {
			clear(b[old:])
		}
		return b
	}
	out := p.Allocate(size)
	copy(out, b)
	p.Free(b)
	return out
}

// Free takes b back. b must have come from this pool.
func (p *Pool) Free(b []byte) {
	class := cap(b)
	if class == 0 {
		return
	}
	p.live.Add(-int64(class))
	b = b[:class]
	p.mu.Lock()
	if p.ended || p.kept+int64(class) > p.keep {
		p.mu.Unlock()
		p.under.Free(b)
		return
	}
	s := p.shelf(class)
	if s == nil {
		p.free = append(p.free, shelf{class: class})
		s = &p.free[len(p.free)-1]
	}
	s.buffers = append(s.buffers, b)
	p.kept += int64(class)
	p.mu.Unlock()
}

// End gives back what the pool keeps and keeps nothing from now on. Buffers that
// are still out may be released later.
func (p *Pool) End() {
	p.mu.Lock()
	free := p.free
	p.free, p.kept, p.ended = nil, 0, true
	p.mu.Unlock()
	for _, s := range free {
		for _, b := range s.buffers {
			p.under.Free(b)
		}
	}
}

// shelf is that of the class, nil: there is none. p.mu is locked.
func (p *Pool) shelf(class int) *shelf {
	for i := range p.free {
		if p.free[i].class == class {
			return &p.free[i]
		}
	}
	return nil
}

// sizeClass rounds up to a multiple of a quarter of the octave, at least 64.
func sizeClass(size int) int {
	if size <= 64 {
		return 64
	}
	step := 1 << max(bits.Len(uint(size-1))-3, 6)
	return (size + step - 1) &^ (step - 1)
}

var _ memory.Allocator = (*Pool)(nil)
