// Package textsink makes the sink of a text format of its [Encoder]. Where the
// text goes, and how a run's end ends it, is told in package filesink.
//
//	batch ─ Encoder.Append, a block of rows at a time ─► text ─► filesink
package textsink

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

// Format is a text format. It is immutable.
type Format struct {
	Package string // that errors begin with: csvio
	Name    string // as plans print it: csv
	Ending  string // of the files of a folder, with its dot: .csv

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

// To is a sink that writes to w, as filesink.Format.To does.
func (f Format) To(w io.Writer) dataflow.Sink { return f.sink().To(w) }

// File is a sink that writes the file or folder at path, as filesink.Format.File
// does: compressed where path ends in .gz or .zst.
func (f Format) File(path string) dataflow.Sink { return f.sink().File(path) }

func (f Format) sink() filesink.Format {
	return filesink.Format{
		Package: f.Package, Name: f.Name, Ending: f.Ending, Compressed: true,
		New: func(_ context.Context, in *arrow.Schema, to io.Writer, env dataflow.Env) (filesink.Writer, error) {
			e, head, err := f.NewEncoder(in)
			if err != nil {
				return nil, err
			}
			return &writer{to: to, encoder: e, reserve: env.Reserve, buf: head}, nil
		},
	}
}
