package csvio

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
)

// WriteTo is a sink that writes CSV to w. The rows of a batch have been written
// when the next one is taken. What was written stays when a run fails; w is not
// closed. An error of w is wrapped, so that errors.Is finds syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func WriteTo(w io.Writer) dataflow.Sink { return writerSink{w} }

type writerSink struct{ w io.Writer }

var _ dataflow.Sink = writerSink{}

// String is the sink as plans print it.
func (s writerSink) String() string { return "csv" }

// Open lays out the columns. It is the place of the error for a type that CSV
// has no text for.
func (s writerSink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	rows, head, err := layout(in)
	if err != nil {
		return nil, err
	}
	return writerOutput{rowtext.NewOutput(s.w, head, rows, env.Reserve)}, nil
}

// layout is the rows of a schema as CSV lays them out, and the header.
func layout(in *arrow.Schema) (rows rowtext.Rows, head []byte, err error) {
	if in.NumFields() == 0 {
		return rows, nil, errors.New("csvio: a stream without columns cannot be written as CSV")
	}
	null := ""
	if in.NumFields() == 1 {
		null = `""`
	}
	var before []byte
	for _, f := range in.Fields() {
		column, err := rowtext.NewColumn(f.Type, rowtext.CSV, null)
		if err != nil {
			rows.Close()
			return rows, nil, fmt.Errorf("csvio: column %q: %w", f.Name, err)
		}
		rows.Add(column, before)
		head = rowtext.AppendCSV(append(head, before...), []byte(f.Name))
		before = []byte{','}
	}
	rows.End = []byte{'\n'}
	return rows, append(head, '\n'), nil
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

// Commit writes the header where no row came.
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
	return fmt.Errorf("csvio: %w", err)
}
