package ipcio

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// idleMax is how many files that nobody reads stay open for their next split.
const idleMax = 64

// files are the open files of one run. They are safe for concurrent use.
type files struct {
	source *Source
	mem    claims

	schemaOnce sync.Once
	schema     *arrow.Schema
	schemaErr  error

	mu   sync.Mutex
	open map[string]*opened
	idle []*opened // longest first
	done bool
}

// opened is a file that some read, or nobody at the time.
type opened struct {
	path    string
	users   int
	once    sync.Once
	archive *archive // nil: it is read from front to end
	err     error
}

var _ io.Closer = (*files)(nil)

func newFiles(s *Source, env dataflow.Env) *files {
	return &files{source: s, mem: claims{alloc: env.Alloc, reserve: env.Reserve}, open: map[string]*opened{}}
}

// wholeSchema is the schema of all files, that of the first.
func (f *files) wholeSchema(ctx context.Context) (*arrow.Schema, error) {
	f.schemaOnce.Do(func() { f.schema, f.schemaErr = f.source.wholeSchema(ctx) })
	return f.schema, f.schemaErr
}

// take opens the file at path, or finds it open. It is given back by give.
func (f *files) take(ctx context.Context, path string) (*opened, error) {
	f.mu.Lock()
	o := f.open[path]
	if o == nil {
		o = &opened{path: path}
		f.open[path] = o
	}
	if o.users++; o.users == 1 {
		f.idle = slices.DeleteFunc(f.idle, func(i *opened) bool { return i == o })
	}
	f.mu.Unlock()
	o.once.Do(func() {
		mem := f.mem // a file counts for itself
		o.archive, o.err = f.source.openPlain(ctx, path, &mem)
	})
	if o.err != nil {
		f.give(o)
		return nil, o.err
	}
	return o, nil
}

// give gives a file back. One that could not be opened is tried again by the next
// who asks.
func (f *files) give(o *opened) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.users--; o.users > 0 {
		return
	}
	if o.err != nil || f.done {
		f.end(o)
		return
	}
	if f.idle = append(f.idle, o); len(f.idle) > idleMax {
		f.end(f.idle[0])
		f.idle = f.idle[1:]
	}
}

func (f *files) end(o *opened) {
	delete(f.open, o.path)
	if o.archive != nil {
		o.archive.close()
	}
}

// Close closes the files. Batches that were given away stay.
func (f *files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.idle {
		f.end(o)
	}
	f.idle, f.done = nil, true
	return nil
}

// openPlain opens a file whose batches can be read in any order; nil: it must be
// read from front to end.
func (s *Source) openPlain(ctx context.Context, path string, mem *claims) (*archive, error) {
	f, err := file.Open(ctx, path, file.Options{Compression: s.compression, Reserve: mem.reserve})
	if err != nil {
		return nil, err
	}
	plain := f.Plain()
	f.Close()
	if !plain {
		return nil, nil
	}
	a, err := openArchive(ctx, path, !s.unmapped, mem)
	switch {
	case err == errReplaced:
		return nil, nil
	case err != nil:
		return nil, named(path, err)
	}
	return a, nil
}
