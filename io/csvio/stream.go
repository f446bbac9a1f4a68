package csvio

import (
	"context"
	"io"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
)

// stream is a file that can be opened once: it was, to infer types, and waits to be
// read. What was read of it is kept.
type stream struct {
	f           *file.File
	cancel      context.CancelCauseFunc
	compression file.Compression
	text        []byte
	ended       bool
}

// streams are those that wait to be read.
type streams struct {
	mu   sync.Mutex
	open map[string]*stream
}

// find opens the stream at path, or finds it open.
func (all *streams) find(ctx context.Context, s *settings, path string) (*stream, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if st, ok := all.open[path]; ok && st.compression == s.compression {
		return st, nil
	}
	st, err := openStream(ctx, s, path)
	if err != nil {
		return nil, err
	}
	if all.open == nil {
		all.open = make(map[string]*stream)
	}
	all.open[path] = st
	return st, nil
}

// take hands out the stream at path, once; nil: it is not open.
func (all *streams) take(path string, c file.Compression) *stream {
	all.mu.Lock()
	defer all.mu.Unlock()
	st, ok := all.open[path]
	if !ok || st.compression != c {
		return nil
	}
	delete(all.open, path)
	return st
}

func openStream(ctx context.Context, s *settings, path string) (*stream, error) {
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	st := &stream{cancel: cancel, compression: s.compression}
	defer st.follow(ctx)()
	var err error
	if st.f, err = file.Open(own, path, file.Options{Compression: s.compression}); err != nil {
		cancel(nil)
		return nil, err
	}
	return st, nil
}

// follow has reading end with ctx, until the function that it returns is called. A
// stream that was ended so cannot be read any more.
func (st *stream) follow(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { st.cancel(context.Cause(ctx)) })
}

// look reads on until there are least bytes, or all.
func (st *stream) look(ctx context.Context, least int) ([]byte, bool, error) {
	defer st.follow(ctx)()
	var err error
	if !st.ended {
		st.text, st.ended, err = readMore(st.f, st.text, least)
	}
	return st.text, st.ended, err
}

// Read hands out what was kept, and then reads on.
func (st *stream) Read(p []byte) (int, error) {
	switch {
	case len(st.text) > 0:
		n := copy(p, st.text)
		if st.text = st.text[n:]; len(st.text) == 0 {
			st.text = nil
		}
		return n, nil
	case st.ended:
		return 0, io.EOF
	}
	return st.f.Read(p)
}

// close ends it.
func (st *stream) close() {
	st.cancel(nil)
	_ = st.f.Close() // read only: nothing is lost
}
