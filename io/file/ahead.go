package file

import (
	"context"
	"io"
	"runtime/debug"

	"github.com/arrowmill/arrowmill/dataflow"
)

const (
	aheadFrom   = 1 << 20 // bytes of a file that are read without reading ahead: many files are small
	aheadBlock  = 64 << 10
	aheadBlocks = 32
)

// ahead reads on in a goroutine of its own, so that decompressing, or whoever
// writes to a pipe, does not stand still while what was read is worked on.
//
//	        ┌──────────── full: blocks in order ──────────►┐
//	read ── goroutine                                     Read
//	        └◄─────────── free ────────────────────────────┘
//
// There are aheadBlocks blocks, so that neither channel can be full and a send
// never waits. The goroutine ends with its source, and before close returns.
type ahead struct {
	full    chan filled
	free    chan []byte
	current filled // what Read has not handed out
	block   []byte // that current is part of
	stop    context.CancelFunc
}

// filled is a block that was read, and the error behind it.
type filled struct {
	data []byte
	err  error
}

// goAhead starts reading ahead where that can pay, and where the memory for it
// may be held.
func (f *File) goAhead() {
	const bytes = aheadBlock * aheadBlocks
	if f.decoder == nil && !f.raw.waits || f.raw.waits && !waitsEnd {
		return
	}
	if f.options.Reserve != nil {
		if f.options.Reserve(bytes) != nil {
			return
		}
		f.reserved += bytes
	}
	a := &ahead{full: make(chan filled, aheadBlocks), free: make(chan []byte, aheadBlocks)}
	memory := make([]byte, bytes)
	for i := range aheadBlocks {
		a.free <- memory[i*aheadBlock : (i+1)*aheadBlock : (i+1)*aheadBlock]
	}
	f.raw.ctx, a.stop = context.WithCancel(f.raw.ctx)
	f.ahead = a
	go a.run(f.raw.ctx, f.read, f.decoder != nil)
}

// run reads until read fails or ctx ends. whole: blocks are filled; without, what
// has come through a pipe is passed on at once.
func (a *ahead) run(ctx context.Context, read func([]byte) (int, error), whole bool) {
	defer close(a.full)
	defer func() {
		if v := recover(); v != nil {
			a.full <- filled{err: &dataflow.PanicError{Value: v, Stack: debug.Stack()}}
		}
	}()
	for {
		select {
		case block := <-a.free:
			n, err := read(block)
			for whole && err == nil && n < len(block) {
				var more int
				more, err = read(block[n:])
				n += more
			}
			a.full <- filled{block[:n], err}
			if err != nil {
				return
			}
		case <-ctx.Done():
			// Whoever reads on is to learn of it; whoever closes does not look.
			a.full <- filled{err: context.Cause(ctx)}
			return
		}
	}
}

// Read hands out what was read ahead.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.current.data) == 0 {
		if a.current.err != nil {
			return 0, a.current.err
		}
		if a.block != nil {
			a.free <- a.block
		}
		next, ok := <-a.full
		if !ok { // not reached: an error comes first
			return 0, io.ErrUnexpectedEOF
		}
		a.current, a.block = next, next.data[:cap(next.data)]
	}
	n := copy(p, a.current.data)
	a.current.data = a.current.data[n:]
	return n, nil
}

// close stops reading and waits for the goroutine. It drops what was read.
func (a *ahead) close() {
	a.stop()
	for range a.full {
	}
}
