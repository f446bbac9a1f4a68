package csvio

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/badrows"
	"github.com/arrowmill/arrowmill/io/file/window"
)

// blockBuffers is how many buffers of text a block is as large as.
const blockBuffers = 4

// Blocks cuts what is compressed, or a stream, into blocks of whole records, which
// others parse.
func (s *Source) Blocks(ctx context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	sh, ok := env.Shared.(*shared)
	if !ok || !file.InBlocks(ctx, split, int64(s.bufferBytes), file.Options{Compression: s.compression}) {
		return nil, false
	}
	return func(yield func(dataflow.Block, error) bool) {
		err := s.yieldBlocks(ctx, sh, split, env, yield)
		if err != nil && err != errStopped {
			yield(nil, fmt.Errorf("csvio: %w", err))
		}
	}, true
}

// yieldBlocks opens the file of a split, and closes it.
func (s *Source) yieldBlocks(ctx context.Context, sh *shared, split dataflow.Split, env dataflow.Env, yield func(dataflow.Block, error) bool) error {
	in, err := s.openInput(ctx, split, env, blockBuffers*s.bufferBytes)
	if err != nil {
		return err
	}
	defer in.Close()
	h, at, err := s.openWhole(in)
	if err != nil {
		return err
	}
	return s.cut(sh, in, h, at, split, yield)
}

// cut yields the records of in from text[at:] on, in blocks.
func (s *Source) cut(sh *shared, in *input, h head, at int, split dataflow.Split, yield func(dataflow.Block, error) bool) error {
	d := s.dialect(in.path)
	for seq := 0; ; seq++ {
		in.drop(at)
		if err := in.fill(); err != nil {
			return err
		}
		for {
			if at = len(in.Text()); !in.Ended() {
				at = d.lastRecord(in.Text())
			}
			if at > 0 || in.Ended() {
				break
			}
			if err := in.fill(); err != nil {
				return err
			}
		}
		if at == 0 {
			return nil
		}
		b := &block{source: s, shared: sh, head: h, path: in.path, lines: in.lines, rejected: sh.rejects.Part(split, seq)}
		in.pass(at)
		b.text, at = in.Give(at, false), 0
		if !yield(b, nil) {
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
	source   *Source
	shared   *shared
	head     head
	path     string
	text     window.Text
	lines    int64 // line feeds before it
	rejected badrows.Part
}

// Bytes is the size of the text.
func (b *block) Bytes() int64 { return int64(b.text.Buf.Cap()) }

// Read yields the rows of the block.
func (b *block) Read(ctx context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		b.text.Buf.Retain()
		in := &input{Window: window.Over(b.text), path: b.path, lines: b.lines}
		r := &reader{source: b.source, shared: b.shared, in: in, yield: yield, rejected: b.rejected}
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
	if b.text.Buf != nil {
		b.text.Buf.Release()
		b.text.Buf = nil
	}
}

var _ dataflow.Block = (*block)(nil)
