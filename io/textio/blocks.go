package textio

import (
	"context"
	"fmt"
	"iter"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/window"
)

// Blocks cuts what is compressed, or a stream, into blocks of whole segments, whose
// rows others find and, where order does not matter, pass on.
func (s *Source) Blocks(ctx context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	if !file.InBlocks(ctx, split, int64(s.bufferBytes), file.Options{Compression: s.compression}) {
		return nil, false
	}
	return func(yield func(dataflow.Block, error) bool) {
		r, err := openSegments(ctx, s, split, env)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		for {
			t, err := r.Next()
			if err != nil {
				yield(nil, fmt.Errorf("textio: %w", err))
				return
			}
			if t.Buf == nil || !yield(&block{source: s, path: split.Path, text: t}, nil) {
				return
			}
		}
	}, true
}

// block is whole segments of a file that cannot be cut at any byte.
type block struct {
	source *Source
	path   string
	text   window.Text
}

// Bytes is the size of the text.
func (b *block) Bytes() int64 { return int64(b.text.Buf.Cap()) }

// Read yields the rows of the block, whose values stay where they were read to.
func (b *block) Read(_ context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		c := &chunker{source: b.source, schema: b.source.schema(), env: env, path: b.path}
		defer c.close()
		t := b.text
		b.text.Buf = nil
		if _, err := c.emit(t, yield); err != nil {
			yield(dataflow.Chunk{}, fmt.Errorf("textio: %w", err))
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

var (
	_ dataflow.BlockSource = (*Source)(nil)
	_ dataflow.Block       = (*block)(nil)
)
