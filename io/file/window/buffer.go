package window

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// overreadBytes is what is read beyond a split's end at first, for the end of its
// last row.
const overreadBytes = 4 << 10

// bufferLeast is the smallest buffer: it holds a byte-order mark and a byte more.
const bufferLeast = len(ByteOrderMark) + 1

// Fill reads on, until there are most bytes more, or there is no room, or the file
// ends, or what is to be read of it. Most as large as the buffer keeps a text short
// that was begun by a long row; math.MaxInt suits who looks at a text anew after
// every Fill.
func (w *Window) Fill(most int) error {
	if w.buf == nil {
		w.allocate(0)
	}
	room := w.buf.Buf()[w.n:w.limit]
	if at := w.base + int64(w.n); w.ranged {
		over := max(overreadBytes, at-w.to)
		room = room[:min(int64(len(room)), max(w.to-at, 0)+over)]
	}
	room = room[:min(len(room), most)]
	for len(room) > 0 && !w.ended {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		n, err := w.read(room)
		w.n += n
		room = room[n:]
		switch {
		case err == io.EOF:
			w.ended = true
			if end := w.base + int64(w.n); w.ranged && end < w.to {
				return Shorter(w.o.Split.Path, end, w.to)
			}
		case err != nil:
			return err
		}
		w.advance(w.base + int64(w.n))
	}
	return nil
}

func (w *Window) read(p []byte) (int, error) {
	if w.ranged {
		return w.f.ReadAt(p, w.base+int64(w.n))
	}
	return w.in.Read(p)
}

// Shorter is the error of a file that ends at a byte before what it had.
func Shorter(path string, end, had int64) error {
	return fmt.Errorf("%s: the file ends at byte %d, but had %d or more when the run began: do not change it while it is read", path, end, had)
}

// allocate makes a buffer of the usual size, or less where the file has less, behind
// room for what is carried over.
func (w *Window) allocate(carried int) {
	size := int64(w.o.BufferBytes)
	switch at := w.base + int64(carried); {
	case w.ranged:
		size = min(size, max(w.to-at, 0)+overreadBytes)
	case w.f.Plain():
		size = min(size, max(w.f.Size()-at, 0)+1) // one more, to see the end
	}
	w.buf, w.n = memory.NewResizableBuffer(w.env.Alloc), 0
	w.limit = max(int(size)+carried, bufferLeast)
	w.buf.Reserve(w.limit)
}

// Grow doubles the buffer, for a row that begins with the text and is longer. Its
// errors do not say where that is, since formats differ in how they do.
func (w *Window) Grow() error {
	if w.n >= w.o.MostBytes {
		return fmt.Errorf("a %s of more than %s begins here: %s", w.o.Row, dataflow.FormatBytes(int64(w.o.MostBytes)), w.o.TooLong)
	}
	size := min(2*w.limit, w.o.MostBytes)
	// What the allocator has handed out is counted when this call is over; ask
	// before, because it can be much.
	if err := w.env.Reserve(int64(size)); err != nil {
		return fmt.Errorf("a %s of more than %s begins here: %w", w.o.Row, dataflow.FormatBytes(int64(w.n)), err)
	}
	w.buf.Reserve(size)
	w.limit = size
	return w.env.Reserve(int64(-size))
}

// Drop forgets the first n bytes of the text.
func (w *Window) Drop(n int) {
	if n > 0 {
		w.n = copy(w.buf.Buf(), w.buf.Buf()[n:w.n])
		w.base += int64(n)
	}
}

// Text is bytes of a file in a buffer of their own, Buf.Bytes().
type Text struct {
	Buf *memory.Buffer // nil: there are no more
	At  int64          // where they stand in the file, without compression
}

// Give gives the first n bytes of the text away. The rest moves to a new buffer;
// where they are the last that are wanted, it is dropped.
func (w *Window) Give(n int, last bool) Text {
	t := Text{w.buf, w.base}
	rest := w.buf.Buf()[n:w.n]
	w.buf, w.n, w.base = nil, 0, w.base+int64(n)
	if !last {
		w.allocate(len(rest))
		w.n = copy(w.buf.Buf(), rest)
	}
	t.Buf.ResizeNoShrink(n)
	return t
}
