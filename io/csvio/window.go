package csvio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/io/file"
)

const (
	overreadBytes = 4 << 10      // read beyond a split's end at first, for the end of its last record
	recordMax     = textcol.Mask // bytes of a record
	byteOrderMark = "\xef\xbb\xbf"
)

// window is a part of a file's text, in a buffer that is used again for the next.
//
//	buf  │ not yet parsed │ read now … │ free │
//	     base                          n
type window struct {
	ctx  context.Context
	env  dataflow.Env
	path string
	f    *file.File // nil: all the text there is stands in the buffer
	in   io.Reader

	closing func() // closes f; nil: f.Close

	from, to    int64 // what is owned; to is math.MaxInt64 where the file is read to its end
	ranged      bool
	bufferBytes int
	recordMax   int

	buf      *memory.Buffer
	n        int
	base     int64 // of the buffer in the file, decompressed
	eof      bool
	lines    int64 // line feeds before base, where they cannot be counted again
	advanced int64
}

// text is the part that is there.
func (w *window) text() []byte { return w.buf.Buf()[:w.n] }

// limit is where in the text what is owned ends.
func (w *window) limit() int { return int(min(w.to-w.base, math.MaxInt)) }

// allocate makes the buffer, of the usual size or less where the file has less.
func (w *window) allocate() {
	size := int64(w.bufferBytes)
	switch {
	case w.ranged:
		size = min(size, w.to-w.base+overreadBytes)
	case w.f.Plain():
		size = min(size, max(w.f.Size()-w.base, 0)+1) // one more, to see the end
	}
	w.buf = memory.NewResizableBuffer(w.env.Alloc)
	w.buf.Reserve(max(int(size), 8))
}

// drop forgets the first n bytes of the text.
func (w *window) drop(n int) {
	if n == 0 {
		return
	}
	if !w.ranged {
		w.lines += int64(bytes.Count(w.text()[:n], []byte{'\n'}))
	}
	w.n = copy(w.buf.Buf(), w.text()[n:])
	w.base += int64(n)
}

// fill reads more text behind that which is there, in a larger buffer where there
// is no room.
func (w *window) fill() error {
	if w.n == w.buf.Cap() {
		if err := w.grow(); err != nil {
			return err
		}
	}
	room := w.buf.Buf()[w.n:w.buf.Cap()]
	if at := w.base + int64(w.n); w.ranged {
		over := max(overreadBytes, at-w.to) // twice as much each time
		room = room[:min(int64(len(room)), max(w.to-at, 0)+over)]
	}
	for len(room) > 0 && !w.eof {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		n, err := w.in.Read(room)
		w.n += n
		room = room[n:]
		switch {
		case err == io.EOF:
			w.eof = true
			if end := w.base + int64(w.n); w.ranged && end < w.to {
				return fmt.Errorf("%s: the file ends at byte %d, but had %d or more when the run began: do not change it while it is read", w.path, end, w.to)
			}
		case err != nil:
			return err
		}
		w.advance(w.base + int64(w.n))
	}
	return nil
}

// grow doubles the buffer, for a record that is longer.
func (w *window) grow() error {
	size := min(2*w.buf.Cap(), w.recordMax)
	if size <= w.n {
		return w.at(0, fmt.Errorf("a record of more than %s begins here: is a quote missing, or a line's end?", dataflow.FormatBytes(int64(w.recordMax))))
	}
	// What the allocator has handed out is counted when this call is over; ask
	// before, because it can be much.
	if err := w.env.Reserve(int64(size)); err != nil {
		return w.at(0, fmt.Errorf("a record of more than %s begins here: %w", dataflow.FormatBytes(int64(w.n)), err))
	}
	w.buf.Reserve(size)
	return w.env.Reserve(int64(-size))
}

// advance reports progress: bytes of the file as it is stored.
func (w *window) advance(at int64) {
	done := w.f.Consumed()
	if w.ranged {
		done = max(min(at, w.to)-w.from, 0)
	}
	if done > w.advanced {
		w.env.Advance(done - w.advanced)
		w.advanced = done
	}
}

// finish ends the split: what of it need not be read counts as done.
func (w *window) finish() {
	if w.ranged {
		w.advance(w.to)
	}
}

// at is err with the line that byte i of the text stands in.
func (w *window) at(i int, err error) error {
	line, counted := w.line(i)
	return fmt.Errorf("%s:%d: %w", w.path, line, errors.Join(err, counted))
}

// line is the number of the line that byte i of the text stands in, from 1.
func (w *window) line(i int) (int64, error) {
	line := w.lines + int64(bytes.Count(w.text()[:i], []byte{'\n'})) + 1
	if !w.ranged {
		return line, nil
	}
	part := make([]byte, min(256<<10, w.base))
	for at := int64(0); at < w.base; {
		n, err := w.f.ReadAt(part[:min(int64(len(part)), w.base-at)], at)
		line += int64(bytes.Count(part[:n], []byte{'\n'}))
		if at += int64(n); err != nil || n == 0 {
			return line, err
		}
	}
	return line, nil
}

// close lets go of the buffer and the file.
func (w *window) close() {
	if w.buf != nil {
		w.buf.Release()
		w.buf = nil
	}
	switch {
	case w.closing != nil:
		w.closing()
	case w.f != nil:
		_ = w.f.Close() // read only: nothing is lost
	}
}
