package jsonlio

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/io/file/textsink"
)

var format = textsink.Format{Package: "jsonlio", Name: "json lines", Ending: ".jsonl", NewEncoder: newEncoder}

// WriteTo is a sink that writes JSON lines to w, as csvio.WriteTo writes CSV:
// batch by batch, with errors of w wrapped, and without closing w.
func WriteTo(w io.Writer) dataflow.Sink { return format.To(w) }

// Write is a sink that writes a file of JSON lines, as csvio.Write writes CSV:
// compressed where path ends in .gz or .zst, and whole or not at all.
func Write(path string) dataflow.Sink { return format.File(path) }

// newEncoder is the rows of a schema as JSON objects.
func newEncoder(in *arrow.Schema) (_ textsink.Encoder, head []byte, err error) {
	rows := &rowtext.Rows{End: []byte("}\n")}
	if in.NumFields() == 0 {
		rows.End = []byte("{}\n")
	}
	open := byte('{')
	for _, f := range in.Fields() {
		column, err := rowtext.NewColumn(f.Type, rowtext.JSON, "null")
		if err != nil {
			rows.Close()
			return nil, nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		rows.Add(column, append(rowtext.AppendJSON([]byte{open}, []byte(f.Name)), ':'))
		open = ','
	}
	return rows, nil, nil
}
