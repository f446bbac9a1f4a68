package ipcio

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/io/file"
)

// pipe is what was read of a pipe to know its schema, kept for the one that reads
// its rows. Sources made of one another share it.
type pipe struct {
	mu   sync.Mutex
	ctx  *laterContext
	open *openedStream
	told *arrow.Schema // of the one that was opened
}

// openedStream is a stream of which the schema was read.
type openedStream struct {
	path   string
	file   *file.File
	reader *streamReader
}

func openStream(ctx context.Context, path string, s *Source, mem *claims) (*openedStream, error) {
	f, err := file.Open(ctx, path, file.Options{Compression: s.compression, Reserve: mem.reserve})
	if err != nil {
		return nil, err
	}
	r, err := newStreamReader(f, mem)
	if err != nil {
		f.Close()
		return nil, named(path, err)
	}
	return &openedStream{path, f, r}, nil
}

// schema reads the schema of the pipe at path, once.
func (p *pipe) schema(ctx context.Context, path string, s *Source) (*arrow.Schema, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.ctx = &laterContext{}
		p.ctx.set(ctx)
		var err error
		if p.open, err = openStream(p.ctx, path, s, freeClaims()); err != nil {
			return nil, err
		}
		p.told = p.open.reader.schema.arrow
	}
	return p.told, nil
}

// takeReader is the opened pipe at path, if it is, for its only reader. From then
// on it ends with ctx.
func (p *pipe) takeReader(ctx context.Context, path string) *openedStream {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil || p.open.path != path {
		return nil
	}
	o := p.open
	p.open = nil
	p.ctx.set(ctx)
	return o
}

// streamAt reports whether path is a pipe or a device, or standard input.
func streamAt(path string) (bool, error) {
	if path == file.Stdin {
		return true, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return !info.Mode().IsRegular(), nil
}

// laterContext is a context that another takes the place of: a pipe is opened
// when the graph is checked, and read when it runs.
type laterContext struct {
	mu  sync.Mutex
	now context.Context
}

func (c *laterContext) set(ctx context.Context) {
	c.mu.Lock()
	c.now = ctx
	c.mu.Unlock()
}

func (c *laterContext) get() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *laterContext) Deadline() (time.Time, bool) { return c.get().Deadline() }
func (c *laterContext) Done() <-chan struct{}       { return c.get().Done() }
func (c *laterContext) Err() error                  { return c.get().Err() }
func (c *laterContext) Value(key any) any           { return c.get().Value(key) }

var _ context.Context = (*laterContext)(nil)
