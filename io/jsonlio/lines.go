package jsonlio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

const (
	overreadBytes = 4 << 10   // read beyond a split's end at first, for the end of its last line
	lineMax       = 500 << 20 // a text and what its strings mean fit in fields together
)

var errTooLong = fmt.Errorf("a line of more than %s: is it a file of JSON lines?", dataflow.FormatBytes(lineMax))

// text is whole lines, as they are stored.
type text struct {
	buf  *memory.Buffer // nil: there are no more
	n    int
	base int64 // of the text in the file, decompressed
	line int64 // its first line, from 1; 0: not known
}

// lines reads the lines of one split, many at a time. The split [from, to) owns the
// lines that begin in it; a line begins at byte 0 or behind a line feed, which in
// JSON stands in no value.
//
//	buf  │ carried from the last text │ read now … │ free │
//	     base                                      n
//
// No byte of [0, scanned) is a line feed.
type lines struct {
	ctx      context.Context
	env      dataflow.Env
	path     string
	from, to int64 // to is math.MaxInt64 where the file is read to its end
	ranged   bool
	f        *file.File
	in       io.Reader
	closing  func()

	bufferBytes int
	buf         *memory.Buffer
	n           int
	scanned     int
	base, line  int64
	eof, done   bool
	advanced    int64
}

func (s *Source) openLines(ctx context.Context, split dataflow.Split, env dataflow.Env) (*lines, error) {
	l := &lines{ctx: ctx, env: env, path: split.Path, from: split.From, to: split.To, ranged: split.To >= 0, bufferBytes: s.bufferBytes}
	var err error
	if !l.ranged {
		l.to, l.line = math.MaxInt64, 1
		if st := s.known.streams.take(l.path, s.compression); st != nil {
			stop := st.follow(ctx)
			l.f, l.in, l.closing = st.f, st, func() { stop(); st.close() }
			return l, nil
		}
		if l.f, err = file.Open(ctx, l.path, file.Options{Compression: s.compression, Reserve: env.Reserve}); err != nil {
			return nil, err
		}
		l.in, l.closing = l.f, func() { _ = l.f.Close() } // read only: nothing is lost
		return l, nil
	}
	if l.f, err = file.Open(ctx, l.path, file.Options{Compression: file.None, Reserve: env.Reserve}); err != nil {
		return nil, err
	}
	l.closing = func() { _ = l.f.Close() }
	if !l.f.Plain() || l.from < 0 || l.to < l.from {
		l.close()
		return nil, fmt.Errorf("%s: this is no range of a plain file", split)
	}
	if l.base = max(l.from-1, 0); l.from == 0 {
		l.line = 1
	}
	l.in = io.NewSectionReader(l.f, l.base, math.MaxInt64-l.base)
	return l, nil
}

// close gives back what next has not given away.
func (l *lines) close() {
	if l.buf != nil {
		l.buf.Release()
		l.buf = nil
	}
	l.closing()
}

// next returns the next text, which is given away and holds at least one byte.
func (l *lines) next() (text, error) {
	if l.done || l.from == l.to {
		l.finish()
		return text{}, nil
	}
	if l.buf == nil {
		if err := l.start(); err != nil || l.done {
			return text{}, err
		}
	}
	for {
		if cut, last := l.cut(); cut > 0 || last {
			return l.give(cut, last), nil
		}
		l.scanned = l.n
		if l.n == l.buf.Cap() {
			if err := l.grow(); err != nil {
				return text{}, err
			}
		}
		if err := l.fill(); err != nil {
			return text{}, err
		}
	}
}

// start reads up to the first line that begins in the split: behind a byte-order
// mark, or behind the first line feed at from-1 or later.
func (l *lines) start() error {
	l.allocate(0)
	if l.from == 0 {
		if err := l.fill(); err != nil {
			return err
		}
		if bytes.HasPrefix(l.buf.Buf()[:l.n], []byte(byteOrderMark)) {
			l.drop(len(byteOrderMark))
		}
		return nil
	}
	for {
		if err := l.fill(); err != nil {
			return err
		}
		upTo := min(int64(l.n), l.to-1-l.base) // a line behind a line feed at to-1 begins at to
		if i := bytes.IndexByte(l.buf.Buf()[:upTo], '\n'); i >= 0 {
			l.drop(i + 1)
			return nil
		}
		if l.drop(l.n); l.base >= l.to-1 || l.eof {
			l.finish()
			return nil
		}
	}
}

// cut is where the text ends, 0 where the buffer holds no whole line, and whether
// it is the last.
func (l *lines) cut() (cut int, last bool) {
	data := l.buf.Buf()[:l.n]
	if end := l.to - 1 - l.base; end < int64(l.n) {
		at := max(int(end), l.scanned)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			return at + i + 1, true
		}
		if l.eof {
			return l.n, true
		}
		data = data[:max(int(end), 0)] // the lines before the last
	}
	if l.eof {
		return l.n, true
	}
	if l.scanned < len(data) {
		if i := bytes.LastIndexByte(data[l.scanned:], '\n'); i >= 0 {
			return l.scanned + i + 1, false
		}
	}
	return 0, false
}

// give hands out the first cut bytes of the buffer and keeps the others.
func (l *lines) give(cut int, last bool) text {
	if last {
		l.finish()
		if cut == 0 {
			return text{}
		}
	}
	t := text{l.buf, cut, l.base, l.line}
	rest := l.buf.Buf()[cut:l.n]
	if l.line > 0 {
		l.line += int64(bytes.Count(l.buf.Buf()[:cut], []byte{'\n'}))
	}
	l.buf, l.base = nil, l.base+int64(cut)
	if !last {
		l.allocate(len(rest))
		l.n = copy(l.buf.Buf(), rest)
		l.scanned = 0
	}
	return t
}

// allocate makes a buffer of the usual size, or less where there is less to read.
func (l *lines) allocate(carried int) {
	size := int64(l.bufferBytes)
	switch at := l.base + int64(carried); {
	case l.ranged:
		size = min(size, max(l.to-at, 0)+overreadBytes)
	case l.f.Plain():
		size = min(size, max(l.f.Size()-at, 0)+1) // one more, to see the end
	}
	l.buf, l.n, l.scanned = memory.NewResizableBuffer(l.env.Alloc), 0, 0
	l.buf.Reserve(max(int(size)+carried, 64))
}

// grow doubles the buffer, for a line that is longer.
func (l *lines) grow() error {
	if l.n >= lineMax {
		return fmt.Errorf("%s: byte %d: %w", l.path, l.base, errTooLong)
	}
	size := min(2*l.buf.Cap(), lineMax)
	// What the allocator has handed out is counted when this call is over; ask
	// before, because it can be much.
	if err := l.env.Reserve(int64(size)); err != nil {
		return fmt.Errorf("%s: byte %d: a line of more than %s begins here: %w", l.path, l.base, dataflow.FormatBytes(int64(l.n)), err)
	}
	l.buf.Reserve(size)
	return l.env.Reserve(int64(-size))
}

// fill reads until the buffer is full, or the file or what is to be read of it
// ends: a split's end, and a little beyond it, twice as much each time.
func (l *lines) fill() error {
	room := l.buf.Buf()[l.n:]
	if at := l.base + int64(l.n); l.ranged {
		over := max(overreadBytes, at-l.to)
		room = room[:min(int64(len(room)), max(l.to-at, 0)+over)]
	}
	for len(room) > 0 && !l.eof {
		if l.ctx.Err() != nil {
			return context.Cause(l.ctx)
		}
		n, err := l.in.Read(room)
		l.n += n
		room = room[n:]
		switch {
		case err == io.EOF:
			l.eof = true
			if l.ranged && l.base+int64(l.n) < l.to {
				return fmt.Errorf("%s: the file ends at byte %d, but had %d or more when the run began: do not change it while it is read", l.path, l.base+int64(l.n), l.to)
			}
		case err != nil:
			return err
		}
		l.advance(l.base + int64(l.n))
	}
	return nil
}

// advance reports progress: bytes of the file as it is stored.
func (l *lines) advance(at int64) {
	done := l.f.Consumed()
	if l.ranged {
		done = max(min(at, l.to)-l.from, 0)
	}
	if done > l.advanced {
		l.env.Advance(done - l.advanced)
		l.advanced = done
	}
}

// finish ends the split; what of it was left unread because it need not be counts
// as done.
func (l *lines) finish() {
	l.done = true
	if l.ranged {
		l.advance(l.to)
	}
}

// drop forgets the first n bytes of the buffer.
func (l *lines) drop(n int) {
	data := l.buf.Buf()
	l.n = copy(data, data[n:l.n])
	l.base += int64(n)
	l.scanned = 0
}

// errStopped says that no more rows are wanted.
var errStopped = errors.New("jsonlio: no more is wanted")
