package ipcio

import (
	"context"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// pipes are those of which the schema was read. What was read is kept for the one
// that reads the rows. Sources made of one another share them.
type pipes struct {
	streams once.Streams

	mu   sync.Mutex
	told map[pipe]*arrow.Schema
}

// pipe is how a pipe is opened.
type pipe struct {
	path        string
	compression file.Compression
}

// schema reads the schema of the pipe at path, once.
func (all *pipes) schema(ctx context.Context, path string, c file.Compression) (*arrow.Schema, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := pipe{path, c}
	if told := all.told[key]; told != nil {
		return told, nil
	}
	in, err := all.streams.Peek(ctx, path, c)
	if err != nil {
		return nil, err
	}
	r, err := newStreamReader(in, freeClaims())
	if err != nil {
		return nil, named(path, err)
	}
	if all.told == nil {
		all.told = map[pipe]*arrow.Schema{}
	}
	all.told[key] = r.schema.arrow
	return r.schema.arrow, nil
}

// openStream opens what is read from front to end, and reads its schema.
func (s *Source) openStream(ctx context.Context, path string, mem *claims) (*once.Stream, *streamReader, error) {
	in, err := s.pipes.streams.Open(ctx, path, file.Options{Compression: s.compression, Reserve: mem.reserve})
	if err != nil {
		return nil, nil, err
	}
	r, err := newStreamReader(in, mem)
	if err != nil {
		in.Close()
		return nil, nil, named(path, err)
	}
	return in, r, nil
}
