package csvio

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/io/file/textsink"
)

var format = textsink.Format{Package: "csvio", Name: "csv", Ending: ".csv", NewEncoder: newEncoder}

// WriteTo is a sink that writes CSV to w. The rows of a batch have been written
// when the next one is taken. What was written stays when a run fails; w is not
// closed. An error of w is wrapped, so that errors.Is finds syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func WriteTo(w io.Writer) dataflow.Sink { return format.To(w) }

// Write is a sink that writes a CSV file, compressed where path ends in .gz or
// .zst. The file appears whole when the run has succeeded, or not at all; one
// that was there is replaced then. Errors name the path.
func Write(path string) dataflow.Sink { return format.File(path) }

// newEncoder is the rows of a schema as CSV lays them out, and the header.
func newEncoder(in *arrow.Schema) (_ textsink.Encoder, head []byte, err error) {
	if in.NumFields() == 0 {
		return nil, nil, errors.New("a stream without columns cannot be written as CSV")
	}
	rows := &rowtext.Rows{End: []byte{'\n'}}
	var before []byte
	for _, f := range in.Fields() {
		column, err := rowtext.NewColumn(f.Type, rowtext.CSV, "")
		if err != nil {
			rows.Close()
			return nil, nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		rows.Add(column, before)
		head = rowtext.AppendCSV(append(head, before...), []byte(f.Name))
		before = []byte{','}
	}
	return rows, append(head, '\n'), nil
}
