package csvio

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"os"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// blockBuffers is how many buffers of text a block is as large as.
const blockBuffers = 4

// Blocks cuts what is compressed, or a stream, into blocks of whole records, which
// others parse.
func (s *Source) Blocks(ctx context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	sh, ok := env.Shared.(*shared)
	if !ok || !s.inBlocks(ctx, split) {
		return nil, false
	}
	return func(yield func(dataflow.Block, error) bool) {
		w := &window{ctx: ctx, env: env, path: split.Path, bufferBytes: blockBuffers * s.bufferBytes, recordMax: s.recordMax}
		defer w.close()
		h, at, err := s.openWhole(ctx, w)
		if err == nil {
			err = s.cut(sh, w, h, at, sh.rank(split), yield)
		}
		if err != nil && err != errStopped {
			yield(nil, fmt.Errorf("csvio: %w", err))
		}
	}, true
}

// inBlocks reports whether the split is worth it: large, and not to be cut at any
// byte.
func (s *Source) inBlocks(ctx context.Context, split dataflow.Split) bool {
	if split.To >= 0 {
		return false
	}
	if split.Path == file.Stdin {
		return true
	}
	info, err := os.Stat(split.Path)
	if err != nil || !info.Mode().IsRegular() {
		return err == nil
	}
	if info.Size() < int64(s.bufferBytes) {
		return false
	}
	f, err := file.Open(ctx, split.Path, file.Options{Compression: s.compression})
	if err != nil {
		return false // Read will say so
	}
	defer f.Close()
	return !f.Plain()
}

// cut yields the records of w from text[at:] on, in blocks.
func (s *Source) cut(sh *shared, w *window, h head, at int, rank int, yield func(dataflow.Block, error) bool) error {
	d := s.dialect(w.path)
	for seq := 0; ; {
		w.drop(at)
		if err := w.fill(); err != nil {
			return err
		}
		for {
			if at = w.n; !w.eof {
				at = d.lastRecord(w.text())
			}
			if at > 0 || w.eof {
				break
			}
			if err := w.fill(); err != nil {
				return err
			}
		}
		if at == 0 {
			return nil
		}
		// The block takes the buffer, and what is left over moves to a new one.
		b := &block{source: s, shared: sh, head: h, path: w.path, buf: w.buf, n: at, base: w.base, lines: w.lines, rank: rank, seq: seq << 32}
		rest := w.text()[at:]
		w.lines += int64(bytes.Count(w.text()[:at], []byte{'\n'}))
		w.base += int64(at)
		w.buf = nil
		if w.allocate(); len(rest) > w.buf.Cap() {
			w.buf.Reserve(len(rest))
		}
		w.n, at = copy(w.buf.Buf(), rest), 0
		if seq++; !yield(b, nil) {
			return errStopped
		}
	}
}

// lastRecord is where the last record of text ends that is known to, which begins
// with one; 0: none is.
func (d dialect) lastRecord(text []byte) int {
	last := 0
	for at := 0; at < len(text); {
		if d.comment == 0 {
			to := len(text)
			if d.quote != 0 {
				if q := d.opening(text, at, to, '\n'); q >= 0 {
					to = q
				}
			}
			if i := bytes.LastIndexByte(text[at:to], '\n'); i >= 0 {
				last = at + i + 1
			}
			if to == len(text) {
				return last
			}
			at = max(last, at)
		}
		n, _ := d.nextRecord(text[at:], d.first(text[at]), '\n')
		if n < 0 {
			return last
		}
		at += n
		last = at
	}
	return last
}

// block is whole records of a file that cannot be cut at any byte.
type block struct {
	source *Source
	shared *shared
	head   head
	path   string
	buf    *memory.Buffer
	n      int
	base   int64
	lines  int64
	rank   int
	seq    int
}

// Bytes is the size of the text.
func (b *block) Bytes() int64 { return int64(b.buf.Cap()) }

// Read yields the rows of the block.
func (b *block) Read(ctx context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		b.buf.Retain()
		w := &window{ctx: ctx, env: env, path: b.path, to: math.MaxInt64, buf: b.buf, n: b.n, base: b.base, lines: b.lines, eof: true}
		r := &reader{source: b.source, shared: b.shared, w: w, yield: yield, rank: b.rank, seq: b.seq}
		defer r.close()
		err := r.open(b.head, env)
		if err == nil {
			err = r.run(0)
		}
		if err != nil && err != errStopped {
			yield(dataflow.Chunk{}, fmt.Errorf("csvio: %w", err))
		}
	}
}

// Close lets go of the text.
func (b *block) Close() {
	if b.buf != nil {
		b.buf.Release()
		b.buf = nil
	}
}

var _ dataflow.Block = (*block)(nil)
