package jsonlio

import (
	"context"
	"io"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
)

// stream is a file that can be opened once: it was, to look at its head, which is
// kept until it is read.
type stream struct {
	f      *file.File
	cancel context.CancelCauseFunc
	head   []byte
	ended  bool
}

// streams are those that wait to be read.
type streams struct {
	mu   sync.Mutex
	open map[opened]*stream
}

// opened is how a stream was opened.
type opened struct {
	path        string
	compression file.Compression
}

// find opens the stream at path, or finds it open.
func (all *streams) find(ctx context.Context, s *settings, path string) (*stream, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := opened{path, s.compression}
	if st := all.open[key]; st != nil {
		return st, nil
	}
	// It outlives the call that opens it, and ends with whoever is at it.
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	st := &stream{cancel: cancel}
	defer st.follow(ctx)()
	var err error
	if st.f, err = file.Open(own, path, file.Options{Compression: s.compression}); err != nil {
		cancel(nil)
		return nil, err
	}
	if all.open == nil {
		all.open = map[opened]*stream{}
	}
	all.open[key] = st
	return st, nil
}

// take hands out the stream at path, once; nil: it is not open.
func (all *streams) take(path string, c file.Compression) *stream {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := opened{path, c}
	st := all.open[key]
	delete(all.open, key)
	return st
}

// follow has reading end with ctx, until the function that it returns is called.
func (st *stream) follow(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { st.cancel(context.Cause(ctx)) })
}

// look reads on until there are least bytes, or all.
func (st *stream) look(ctx context.Context, least int) (head []byte, ended bool, err error) {
	defer st.follow(ctx)()
	if !st.ended {
		st.head, st.ended, err = readMore(st.f, st.head, least)
	}
	return st.head, st.ended, err
}

// Read hands out the head, and then reads on.
func (st *stream) Read(p []byte) (int, error) {
	switch {
	case len(st.head) > 0:
		n := copy(p, st.head)
		if st.head = st.head[n:]; len(st.head) == 0 {
			st.head = nil
		}
		return n, nil
	case st.ended:
		return 0, io.EOF
	}
	return st.f.Read(p)
}

func (st *stream) close() {
	st.cancel(nil)
	_ = st.f.Close() // read only: nothing is lost
}
