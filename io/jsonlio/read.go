package jsonlio

import (
	"context"
	"fmt"
	"iter"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// Read yields the rows of the lines that begin in split. It has one file open,
// until it ends.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		sh, own := env.Shared.(*shared)
		if !own { // a run of its own for one split
			c, err := s.Share(ctx, env)
			if err != nil {
				yield(dataflow.Chunk{}, err)
				return
			}
			sh = c.(*shared)
		}
		err := s.readSplit(ctx, sh, split, env, yield)
		if !own {
			if closed := sh.Close(); err == nil {
				err = closed
			}
		}
		if err != nil && err != errStopped {
			yield(dataflow.Chunk{}, fmt.Errorf("jsonlio: %w", err))
		}
	}
}

func (s *Source) readSplit(ctx context.Context, sh *shared, split dataflow.Split, env dataflow.Env, yield func(dataflow.Chunk, error) bool) error {
	l, err := s.openLines(ctx, split, env, s.bufferBytes)
	if err != nil {
		return err
	}
	defer l.Close()
	r, err := newReader(ctx, s, sh, split.Path, env, yield)
	if err != nil {
		return err
	}
	defer r.close()
	r.rejected = sh.rejects.Part(split, 0)
	for {
		t, err := l.next()
		if err != nil {
			return err
		}
		if t.buf == nil {
			return r.end()
		}
		if err := r.run(t); err != nil {
			return err
		}
	}
}

// blockBuffers is how many buffers of text a block is as large as.
const blockBuffers = 4

// Blocks cuts what is compressed, or a stream, into blocks of whole lines, which
// others parse.
func (s *Source) Blocks(ctx context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	sh, ok := env.Shared.(*shared)
	if !ok || !file.InBlocks(ctx, split, int64(s.bufferBytes), file.Options{Compression: s.compression}) {
		return nil, false
	}
	return func(yield func(dataflow.Block, error) bool) {
		if err := s.cut(ctx, sh, split, env, yield); err != nil && err != errStopped {
			yield(nil, fmt.Errorf("jsonlio: %w", err))
		}
	}, true
}

func (s *Source) cut(ctx context.Context, sh *shared, split dataflow.Split, env dataflow.Env, yield func(dataflow.Block, error) bool) error {
	l, err := s.openLines(ctx, split, env, blockBuffers*s.bufferBytes)
	if err != nil {
		return err
	}
	defer l.Close()
	for seq := 0; ; seq++ {
		t, err := l.next()
		if err != nil || t.buf == nil {
			return err
		}
		if !yield(&block{source: s, shared: sh, path: split.Path, text: t, rejected: sh.rejects.Part(split, seq)}, nil) {
			return errStopped
		}
	}
}

// block is whole lines of a file that cannot be cut at any byte.
type block struct {
	source   *Source
	shared   *shared
	path     string
	text     text
	rejected badrows.Part
}

// Bytes is the size of the text.
func (b *block) Bytes() int64 { return int64(b.text.buf.Cap()) }

// Read yields the rows of the block.
func (b *block) Read(ctx context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		err := b.read(ctx, env, yield)
		if err != nil && err != errStopped {
			yield(dataflow.Chunk{}, fmt.Errorf("jsonlio: %w", err))
		}
	}
}

func (b *block) read(ctx context.Context, env dataflow.Env, yield func(dataflow.Chunk, error) bool) error {
	r, err := newReader(ctx, b.source, b.shared, b.path, env, yield)
	if err != nil {
		return err
	}
	defer r.close()
	r.rejected = b.rejected
	t := b.text
	b.text.buf = nil
	if err := r.run(t); err != nil {
		return err
	}
	return r.end()
}

// Close lets go of the text.
func (b *block) Close() {
	if b.text.buf != nil {
		b.text.buf.Release()
		b.text.buf = nil
	}
}

var _ dataflow.Block = (*block)(nil)
