// Package once keeps what can be opened once, standard input and pipes, from
// whoever looks at its start, to know its columns, to whoever reads it.
//
//	Peek ─► a │ b │ c          what was read is kept
//	Open ─► a │ b │ c │ d …    hands it out, and then reads on
package once

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
)

// Streams are those that were looked at and wait to be read. The zero value has
// none. They are safe for concurrent use.
type Streams struct {
	mu   sync.Mutex
	open map[opened]*Stream
}

// opened is how a stream was opened.
type opened struct {
	path        string
	compression file.Compression
}

// Peek is the stream at path from its start on, opened unless it is. What is read
// of it is kept for [Streams.Open]: read no more than it takes. Reading ends with
// ctx, also where it waits for a pipe; a stream that has ended so cannot be read
// any more. Peeks are safe for concurrent use, and end when the stream is opened
// to be read.
func (all *Streams) Peek(ctx context.Context, path string, c file.Compression) (io.Reader, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := opened{path, c}
	if s := all.open[key]; s != nil {
		return &peek{ctx: ctx, of: s}, nil
	}
	// It outlives the call that opens it, and ends with whoever is at it.
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	s := &Stream{path: path, cancel: cancel}
	defer s.follow(ctx)()
	var err error
	if s.f, err = file.Open(own, path, file.Options{Compression: c}); err != nil {
		cancel(nil)
		return nil, err
	}
	if all.open == nil {
		all.open = map[opened]*Stream{}
	}
	all.open[key] = s
	return &peek{ctx: ctx, of: s}, nil
}

// Open is the file or stream at path from its start on: the one that was looked at,
// which is handed out once, or one that is opened now. Reading ends with ctx. What
// was opened by Peek reserves no memory.
func (all *Streams) Open(ctx context.Context, path string, o file.Options) (*Stream, error) {
	key := opened{path, o.Compression}
	all.mu.Lock()
	s := all.open[key]
	delete(all.open, key)
	all.mu.Unlock()
	if s != nil {
		s.stop = s.follow(ctx)
		s.mu.Lock()
		s.taken = true
		s.mu.Unlock()
		return s, nil
	}
	f, err := file.Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return &Stream{path: path, f: f}, nil
}

// Stream is a file that is read from front to end. It belongs to one goroutine.
type Stream struct {
	path   string
	f      *file.File
	cancel context.CancelCauseFunc // nil: f ends with the context that it was opened with
	stop   func() bool             // following the context of who reads it

	mu    sync.Mutex // for those who look
	kept  []byte
	ended bool // behind what is kept is nothing
	taken bool // to be read; from then on kept is the reader's alone
}

// follow has reading end with ctx, until the function that it returns is called.
func (s *Stream) follow(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })
}

// File is the file behind it, to be asked: reading it would pass over what was
// kept.
func (s *Stream) File() *file.File { return s.f }

// Read hands out what was kept, and then reads on.
func (s *Stream) Read(p []byte) (int, error) {
	switch {
	case len(s.kept) > 0:
		n := copy(p, s.kept)
		if s.kept = s.kept[n:]; len(s.kept) == 0 {
			s.kept = nil
		}
		return n, nil
	case s.ended:
		return 0, io.EOF
	}
	return s.f.Read(p)
}

// Close closes it.
func (s *Stream) Close() {
	if s.stop != nil {
		s.stop()
		s.cancel(nil)
	}
	_ = s.f.Close() // read only: nothing is lost
}

// peek reads a stream and leaves it as it was.
type peek struct {
	ctx context.Context
	of  *Stream
	at  int
}

func (p *peek) Read(to []byte) (int, error) {
	s := p.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken {
		return 0, fmt.Errorf("%s: it is being read, and cannot be looked at any more", s.path)
	}
	if p.at == len(s.kept) && !s.ended {
		defer s.follow(p.ctx)()
		if err := s.keep(len(to)); err != nil {
			return 0, err
		}
	}
	n := copy(to, s.kept[p.at:])
	if p.at += n; n == 0 && s.ended {
		return 0, io.EOF
	}
	return n, nil
}

// keep reads up to n bytes more.
func (s *Stream) keep(n int) error {
	s.kept = slices.Grow(s.kept, n)
	n, err := s.f.Read(s.kept[len(s.kept) : len(s.kept)+n])
	s.kept = s.kept[:len(s.kept)+n]
	if err == io.EOF {
		s.ended, err = true, nil
	}
	return err
}
