// Package window is a buffer that moves over the text of one split: formats whose
// rows are found by looking at their bytes (lines, records) read through it. It
// opens the file, reads, grows for what is longer than the buffer, hands whole
// buffers on, and reports progress; where a row ends is the format's to say.
//
//		file   …… from │ owned: what begins here …………………………… │ to  over-read ……
//		buf            │ not yet taken │ read now … │ free │
//		               Base            n                   limit, at most MostBytes
//
//	 1. Text is bytes [Base, Base+n) of the file, without its compression.
//	 2. Of a range, no more is read behind to than what begins before to takes: a
//	    little at first, and twice as much each time.
//	 3. Memory that a longer row takes is reserved before it is allocated.
//	 4. What Advance is told of a range that was read to its end is its length.
package window

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// Options say what is read, and how.
type Options struct {
	Split       dataflow.Split   // a range of a plain file, or with To < 0 a whole file
	Compression file.Compression // of a whole file
	Streams     *once.Streams    // that were looked at before; nil: none
	BufferBytes int              // of text that is read at once, unless a row is longer
	MostBytes   int              // that the buffer grows to
	Row         string           // what errors call a row: "line"
	TooLong     string           // and what they say of one that is longer: "is it a text file?"
}

// Window is a part of a file's text. It belongs to one goroutine.
type Window struct {
	ctx     context.Context
	env     dataflow.Env
	o       Options
	f       *file.File
	in      io.Reader // of a whole file; a range is read at its place
	closing func()

	ranged   bool
	to       int64 // where what is owned ends; math.MaxInt64 where the file is read to its end
	buf      *memory.Buffer
	n, limit int // of buf: the text, and what may be used
	base     int64
	ended    bool
	advanced int64
}

// Open opens the file of a split. Reading ends with the cause of ctx when that ends.
// Memory is of env.Alloc, progress goes to env.Advance. Errors name the file.
func Open(ctx context.Context, env dataflow.Env, o Options) (*Window, error) {
	w := &Window{ctx: ctx, env: env, o: o, ranged: o.Split.To >= 0, to: o.Split.To}
	if !w.ranged {
		w.to = math.MaxInt64
		if o.Streams == nil {
			o.Streams = &once.Streams{}
		}
		in, err := o.Streams.Open(ctx, o.Split.Path, file.Options{Compression: o.Compression, Reserve: env.Reserve})
		if err != nil {
			return nil, err
		}
		w.f, w.in, w.closing = in.File(), in, in.Close
		return w, nil
	}
	f, err := file.Open(ctx, o.Split.Path, file.Options{Compression: file.None, Reserve: env.Reserve})
	if err != nil {
		return nil, err
	}
	w.f, w.closing = f, func() { _ = f.Close() } // read only: nothing is lost
	if !f.Plain() || o.Split.From < 0 || o.Split.To < o.Split.From {
		w.Close()
		return nil, fmt.Errorf("%s: this is no range of a plain file", o.Split)
	}
	w.base = max(o.Split.From-1, 0)
	return w, nil
}

// Over is a window over a text that was given away by another, of which nothing
// follows. It takes the text over.
func Over(t Text) *Window {
	return &Window{to: math.MaxInt64, buf: t.Buf, n: t.Buf.Len(), limit: t.Buf.Cap(), base: t.At, ended: true, closing: func() {}}
}

// Begin has a range be read from byte at on, before anything is: without it, that is
// the byte before the range, which tells whether a row begins with the range.
func (w *Window) Begin(at int64) { w.base = at }

// Ranged reports whether the split is a range of the file, which can be read at any
// byte.
func (w *Window) Ranged() bool { return w.ranged }

// File is the file, to be asked, and of a range to be read at other places.
func (w *Window) File() *file.File { return w.f }

// Text is what is there; it holds until the next call of another method that reads,
// drops or gives away. Nothing is there before the first Fill.
func (w *Window) Text() []byte {
	if w.buf == nil {
		return nil
	}
	return w.buf.Buf()[:w.n]
}

// Base is where in the file the text stands, without compression.
func (w *Window) Base() int64 { return w.base }

// Owned is where in the text what the split owns ends; it may be behind the text, or
// negative.
func (w *Window) Owned() int { return int(min(w.to-w.base, math.MaxInt)) }

// Ended reports whether the text goes to the file's end.
func (w *Window) Ended() bool { return w.ended }

// Full reports whether Fill has no room, where there is more: then Grow, or Drop.
func (w *Window) Full() bool { return w.buf != nil && w.n == w.limit && !w.ended }

// advance reports progress: bytes of the file as it is stored.
func (w *Window) advance(at int64) {
	done := w.f.Consumed()
	if w.ranged {
		done = max(min(at, w.to)-w.o.Split.From, 0)
	}
	if done > w.advanced {
		w.env.Advance(done - w.advanced)
		w.advanced = done
	}
}

// Finish ends the split: what of a range need not be read counts as done.
func (w *Window) Finish() {
	if w.ranged {
		w.advance(w.to)
	}
}

// Close lets go of the buffer and the file.
func (w *Window) Close() {
	if w.buf != nil {
		w.buf.Release()
		w.buf = nil
	}
	w.closing()
}
