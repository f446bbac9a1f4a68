package jsonlio

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
)

// WriteTo is a sink that writes JSON lines to w. The rows of a batch have been
// written when the next one is taken. What was written stays when a run fails; w
// is not closed. An error of w is wrapped, so that errors.Is finds
// syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func WriteTo(w io.Writer) dataflow.Sink { return writerSink{w} }

type writerSink struct{ w io.Writer }

var _ dataflow.Sink = writerSink{}

// String is the sink as plans print it.
func (s writerSink) String() string { return "json lines" }

// Open lays out the columns. It is the place of the error for a type that JSON
// has no text for.
func (s writerSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	rows, err := layout(in)
	if err != nil {
		return nil, err
	}
	return writerOutput{rowtext.NewOutput(s.w, nil, rows, env.Reserve)}, nil
}

// layout is the rows of a schema as JSON objects.
func layout(in *arrow.Schema) (rows rowtext.Rows, err error) {
	rows.End = []byte("}\n")
	if in.NumFields() == 0 {
		rows.End = []byte("{}\n")
	}
	open := byte('{')
	for _, f := range in.Fields() {
		column, err := rowtext.NewColumn(f.Type, rowtext.JSON, "null")
		if err != nil {
			rows.Close()
			return rows, fmt.Errorf("jsonlio: column %q: %w", f.Name, err)
		}
		rows.Add(column, append(rowtext.AppendJSON([]byte{open}, []byte(f.Name)), ':'))
		open = ','
	}
	return rows, nil
}

type writerOutput struct{ *rowtext.Output }

var _ dataflow.Output = writerOutput{}

// Write writes the rows of in.
func (o writerOutput) Write(ctx context.Context, in dataflow.Chunk) error {
	err := o.Output.Write(ctx, in.Rec)
	if err == nil {
		err = o.Flush()
	}
	return wrap(err)
}

// Commit lets go of the buffers, which are empty.
func (o writerOutput) Commit(context.Context) error {
	err := o.Flush()
	o.Close()
	return wrap(err)
}

// Abort drops what was not written.
func (o writerOutput) Abort() error {
	o.Close()
	return nil
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("jsonlio: %w", err)
}
