package textio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

const (
	overreadBytes = 4 << 10            // read beyond a split's end at first, for the end of its last segment
	lineMax       = math.MaxInt32 - 63 // with its end, in a buffer of an Arrow utf8 column
	pieceMax      = 1 << 30
	byteOrderMark = "\xef\xbb\xbf"
)

// segmentNames are what errors call a segment.
var segmentNames = [...]string{lines: "line", pieces: "stretch without white space"}

// block is whole segments, as they are stored.
type block struct {
	values *memory.Buffer // nil: there are no more
	at     int64          // where it stands in the file, decompressed
}

// segments reads the segments of one split, a block at a time.
//
//	buf  │ carried from the last block │ read now … │ free │
//	     base                                       n      limit
//
// No byte of [0, scanned) is a delimiter.
type segments struct {
	ctx    context.Context
	source *Source
	env    dataflow.Env
	split  dataflow.Split
	f      *file.File
	in     io.Reader

	from, to int64 // what is owned; to is math.MaxInt64 where the file is read to its end
	ranged   bool

	buf      *memory.Buffer
	n        int
	limit    int
	scanned  int
	base     int64 // of buf[0] in the file, decompressed
	eof      bool
	done     bool
	advanced int64
}

func openSegments(ctx context.Context, s *Source, split dataflow.Split, env dataflow.Env) (*segments, error) {
	ranged := split.To >= 0
	o := file.Options{Compression: s.compression, Reserve: env.Reserve}
	if ranged {
		o.Compression = file.None
	}
	f, err := file.Open(ctx, split.Path, o)
	if err != nil {
		return nil, fmt.Errorf("textio: %w", err)
	}
	r := &segments{ctx: ctx, source: s, env: env, split: split, f: f, in: f, from: split.From, to: split.To, ranged: ranged}
	if !ranged {
		r.to = math.MaxInt64
		return r, nil
	}
	if !f.Plain() || split.From < 0 || split.To < split.From {
		f.Close()
		return nil, fmt.Errorf("textio: %s: this is no range of a plain file", split)
	}
	r.base = max(split.From-1, 0)
	r.in = io.NewSectionReader(f, r.base, math.MaxInt64-r.base)
	return r, nil
}

// close gives back what next has not given away.
func (r *segments) close() {
	r.drop()
	_ = r.f.Close() // read only: nothing is lost
}

func (r *segments) drop() {
	if r.buf != nil {
		r.buf.Release()
		r.buf = nil
	}
}

// next returns the next block, which is given away and holds at least one byte.
func (r *segments) next() (block, error) {
	if r.ctx.Err() != nil {
		return block{}, context.Cause(r.ctx)
	}
	if r.done || r.ranged && r.from == r.to {
		return block{}, nil
	}
	if r.buf == nil {
		if err := r.start(); err != nil || r.done {
			return block{}, err
		}
	}
	for r.n < r.limit && !r.eof && r.base+int64(r.n) < r.to {
		if err := r.fill(); err != nil {
			return block{}, err
		}
	}
	for {
		if cut, last := r.cut(); cut > 0 || last {
			return r.give(cut, last), nil
		}
		r.scanned = r.n
		if r.n == r.limit {
			if err := r.grow(); err != nil {
				return block{}, err
			}
		}
		if err := r.fill(); err != nil {
			return block{}, err
		}
	}
}

// start reads up to the first segment that begins in the split: behind a
// byte-order mark, or behind the first delimiter at from-1 or later.
func (r *segments) start() error {
	r.allocate(0)
	if r.from == 0 {
		for r.n < len(byteOrderMark) && !r.eof {
			if err := r.fill(); err != nil {
				return err
			}
		}
		if bytes.HasPrefix(r.buf.Buf()[:r.n], []byte(byteOrderMark)) {
			r.discard(len(byteOrderMark))
		}
		return nil
	}
	for {
		if err := r.fill(); err != nil {
			return err
		}
		upTo := min(int64(r.n), r.to-1-r.base) // a segment behind a delimiter at to-1 begins at to
		if i := first(r.source.kind, r.buf.Buf()[:upTo]); i >= 0 {
			r.discard(i + 1)
			return nil
		}
		r.discard(r.n)
		if r.base >= r.to-1 || r.eof {
			r.finish()
			return nil
		}
	}
}

// cut is where the block ends, 0 where the buffer holds no whole segment, and
// whether it is the last.
func (r *segments) cut() (cut int, last bool) {
	data := r.buf.Buf()[:r.n]
	if end := r.to - 1 - r.base; end < int64(r.n) {
		// The last segment that begins before to ends at the first delimiter from to-1.
		at := max(int(end), r.scanned)
		if i := first(r.source.kind, data[at:]); i >= 0 {
			return at + i + 1, true
		}
	}
	if r.eof {
		return r.n, true
	}
	if i := lastDelimiter(r.source.kind, data[r.scanned:]); i >= 0 {
		return r.scanned + i + 1, false
	}
	return 0, false
}

// give hands out the first cut bytes of the buffer and keeps the others.
func (r *segments) give(cut int, last bool) block {
	if last {
		r.finish()
		if cut == 0 {
			return block{}
		}
	}
	b := block{values: r.buf, at: r.base}
	rest := r.buf.Buf()[cut:r.n]
	r.buf, r.base = nil, r.base+int64(cut)
	if !last {
		r.allocate(len(rest))
		r.n = copy(r.buf.Buf(), rest)
		r.scanned = r.n
	}
	b.values.ResizeNoShrink(cut)
	return b
}

// allocate makes a buffer of the usual size, or less where the file has less.
func (r *segments) allocate(carried int) {
	size := int64(r.source.bufferBytes)
	switch at := r.base + int64(carried); {
	case r.ranged:
		size = min(size, max(r.to-at, 0)+overreadBytes)
	case r.f.Plain():
		size = min(size, max(r.f.Size()-at, 0)+1) // one more, to see the end
	}
	r.buf, r.n = memory.NewResizableBuffer(r.env.Alloc), 0
	r.limit = max(int(size)+carried, len(byteOrderMark)+1)
	r.buf.Reserve(r.limit)
}

// grow doubles the buffer, for a segment that is longer.
func (r *segments) grow() error {
	k, most := r.source.kind, r.source.segmentMax
	if r.n >= most {
		return fmt.Errorf("%s: byte %d: a %s of more than %s begins here, and no row can hold it: is it a text file?", r.split.Path, r.base, segmentNames[k], dataflow.FormatBytes(int64(most)))
	}
	size := min(2*r.limit, most)
	// What the allocator has handed out is counted when this call is over; ask
	// before, because it can be much.
	if err := r.env.Reserve(int64(size)); err != nil {
		return fmt.Errorf("%s: byte %d: a %s of more than %s begins here: %w", r.split.Path, r.base, segmentNames[k], dataflow.FormatBytes(int64(r.n)), err)
	}
	r.buf.Reserve(size)
	r.limit = size
	return r.env.Reserve(int64(-size))
}

// fill reads once, up to the end of the buffer or a little beyond the split's.
func (r *segments) fill() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	room := r.buf.Buf()[r.n:r.limit]
	if at := r.base + int64(r.n); r.ranged {
		over := min(max(overreadBytes, at-r.to), int64(r.source.bufferBytes)) // twice as much each time
		room = room[:min(int64(len(room)), max(r.to-at, 0)+over)]
	}
	room = room[:min(len(room), r.source.bufferBytes)]
	n, err := r.in.Read(room)
	r.n += n
	if err == io.EOF {
		r.eof = true
		if r.ranged && r.base+int64(r.n) < r.to {
			return fmt.Errorf("%s: the file ends at byte %d, but had %d or more when the run began: do not change it while it is read", r.split.Path, r.base+int64(r.n), r.to)
		}
	} else if err != nil {
		return err
	}
	r.advance(r.base + int64(r.n))
	return nil
}

// advance reports progress: bytes of the file as it is stored.
func (r *segments) advance(at int64) {
	done := r.f.Consumed()
	if r.ranged {
		done = max(min(at, r.to)-r.from, 0)
	}
	if done > r.advanced {
		r.env.Advance(done - r.advanced)
		r.advanced = done
	}
}

// finish ends the split; what of it was left unread because it need not be
// counts as done.
func (r *segments) finish() {
	r.done = true
	if r.ranged {
		r.advance(r.to)
	}
}

// discard drops the first n bytes of the buffer.
func (r *segments) discard(n int) {
	data := r.buf.Buf()
	r.n = copy(data, data[n:r.n])
	r.base += int64(n)
}
