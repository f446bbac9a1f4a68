// Package textsink is all of a text format's sink but the text: where it goes,
// a writer or a file that appears whole, when it is written, the memory that it
// waits in, and how a run's end ends it. A format adds its [Encoder].
//
//	batch ─ Encoder.Append ─► buffer ─ 64 KiB or, to a writer, each batch ─► writer | file
package textsink

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Format is a text format. It is immutable.
type Format struct {
	Package string // that errors begin with: csvio
	Name    string // as plans print it: csv

	// NewEncoder makes the encoder of a stream with the schema in, and the text
	// that stands before all rows. It is the place of the error for a type that
	// the format has no text for.
	NewEncoder func(in *arrow.Schema) (e Encoder, head []byte, err error)
}

// Encoder lays out the rows of one stream as text. It belongs to one goroutine.
type Encoder interface {
	// Append appends the text of rows from to to-1 of rec, which is borrowed,
	// to b. It may hold rows back.
	Append(b []byte, rec arrow.Record, from, to int) []byte

	// Finish appends what was held back and what ends the stream. It is called
	// once, behind the last row, and not where the run fails.
	Finish(b []byte) []byte

	// HeldBytes is the memory that the encoder holds.
	HeldBytes() int64

	// Close lets go of it. It may be called again.
	Close()
}

// To is a sink that writes to w. What was encoded of a batch has been written
// when the next one is taken, and stays when a run fails. w is not closed. An
// error of w is wrapped, so that errors.Is finds syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func (f Format) To(w io.Writer) dataflow.Sink { return writerSink{f, w} }

type writerSink struct {
	format Format
	w      io.Writer
}

var _ dataflow.Sink = writerSink{}

// String is the sink as plans print it.
func (s writerSink) String() string { return s.format.Name }

// Open makes the encoder.
func (s writerSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	o, err := s.format.open(in, env)
	if err != nil {
		return nil, err
	}
	o.to, o.eager = s.w, true
	return o, nil
}

// File is a sink that writes the file at path, compressed where path ends in .gz
// or .zst. The file appears whole when the run has succeeded, or not at all; one
// that was there is replaced then. Errors name the path.
func (f Format) File(path string) dataflow.Sink { return fileSink{f, path} }

type fileSink struct {
	format Format
	path   string
}

var _ dataflow.Sink = fileSink{}

// String is the sink as plans print it.
func (s fileSink) String() string { return s.format.Name + " " + s.path }

// Open makes the encoder, and begins the file under another name.
func (s fileSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	o, err := s.format.open(in, env)
	if err != nil {
		return nil, err
	}
	f, err := file.Create(s.path)
	if err != nil {
		o.close()
		return nil, o.wrap(err)
	}
	o.to, o.file = f, f
	return o, nil
}

// open is an output that goes nowhere yet.
func (f Format) open(in *arrow.Schema, env dataflow.Env) (*output, error) {
	o := &output{pkg: f.Package, reserve: env.Reserve}
	var err error
	if o.encoder, o.buf, err = f.NewEncoder(in); err != nil {
		return nil, o.wrap(err)
	}
	return o, nil
}
