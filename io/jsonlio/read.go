package jsonlio

import (
	"context"
	"fmt"
	"iter"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
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
	l, err := s.openLines(ctx, split, env)
	if err != nil {
		return err
	}
	defer l.close()
	r, err := newReader(ctx, s, sh, split.Path, env, yield)
	if err != nil {
		return err
	}
	defer r.close()
	r.rank = sh.rank(split)
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
	if !ok || !s.inBlocks(ctx, split) {
		return nil, false
	}
	return func(yield func(dataflow.Block, error) bool) {
		if err := s.cut(ctx, sh, split, env, yield); err != nil && err != errStopped {
			yield(nil, fmt.Errorf("jsonlio: %w", err))
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

func (s *Source) cut(ctx context.Context, sh *shared, split dataflow.Split, env dataflow.Env, yield func(dataflow.Block, error) bool) error {
	l, err := s.openLines(ctx, split, env)
	if err != nil {
		return err
	}
	defer l.close()
	l.bufferBytes *= blockBuffers
	for seq := 0; ; seq++ {
		t, err := l.next()
		if err != nil || t.buf == nil {
			return err
		}
		if !yield(&block{source: s, shared: sh, path: split.Path, text: t, rank: sh.rank(split), seq: seq << 32}, nil) {
			return errStopped
		}
	}
}

// block is whole lines of a file that cannot be cut at any byte.
type block struct {
	source *Source
	shared *shared
	path   string
	text   text
	rank   int
	seq    int
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
	r.rank, r.seq = b.rank, b.seq
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
