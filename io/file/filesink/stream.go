package filesink

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// one is one file, or the stream to a writer, and the memory that it takes.
type one struct {
	out      *file.Output
	writer   Writer
	reserve  func(int64) error
	reserved int64
	ended    bool
}

// open makes the writer to out, which it takes over, also where it fails.
func (f Format) open(ctx context.Context, in *arrow.Schema, out *file.Output, env dataflow.Env) (*one, error) {
	o := &one{out: out, reserve: env.Reserve}
	opened := false
	defer func() {
		if !opened { // New failed or panicked
			_ = o.abort()
		}
	}()
	if err := env.Reserve(out.HeldBytes()); err != nil {
		return nil, fmt.Errorf("the buffer of an output: %w", err)
	}
	o.reserved = out.HeldBytes()
	w, err := f.New(ctx, in, out, env)
	if err != nil {
		return nil, err
	}
	o.writer, opened = w, true
	return o, nil
}

// finish writes what ends the file and lets go of the writer.
func (o *one) finish(ctx context.Context) error {
	if err := o.writer.Finish(ctx); err != nil {
		return err
	}
	o.close()
	return nil
}

// close lets go of the writer and of what was reserved. It may be called again.
func (o *one) close() {
	if o.ended {
		return
	}
	o.ended = true
	if o.writer != nil {
		o.writer.Close()
	}
	if o.reserved > 0 {
		_ = o.reserve(-o.reserved) // giving back cannot fail
	}
}

func (o *one) abort() error {
	defer func() { _ = o.out.Abort() }() // also where Close panics
	o.close()
	return o.out.Abort()
}

// stream writes the rows of one run to one place.
type stream struct {
	format Format
	one    *one
	eager  bool // what a batch came to is written at once
}

var _ dataflow.Output = (*stream)(nil)

// Write writes the rows of in, up to what the writer holds back.
func (s *stream) Write(ctx context.Context, in dataflow.Chunk) error {
	err := s.one.writer.Write(ctx, in.Rec)
	if err == nil && s.eager {
		err = s.one.out.Flush()
	}
	return s.format.wrap(err)
}

// Commit writes what is left, also where no row came, and makes a file appear.
func (s *stream) Commit(ctx context.Context) error {
	err := s.one.finish(ctx)
	if err == nil {
		err = s.one.out.Commit()
	}
	return s.format.wrap(err)
}

// Abort drops what was not written, and of a file all.
func (s *stream) Abort() error { return s.format.wrap(s.one.abort()) }
