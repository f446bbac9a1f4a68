package tableio

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/textsink"
)

// DefaultMaxWidth is the width at which a cell is cut, unless MaxWidth is given.
const DefaultMaxWidth = 60

// Option is a setting of a table.
type Option struct{ set func(*settings) }

type settings struct{ maxWidth int }

// MaxWidth cuts cells and column names that are wider than width places; the
// last place of what is left is an ellipsis. With 0, nothing is cut.
func MaxWidth(width int) Option { return Option{func(s *settings) { s.maxWidth = max(width, 0) }} }

// WriteTo is a sink that writes a table to w.
//
// The first rows, at most 1,000 and a megabyte of text, are held back until the
// stream ends or more come; they settle the widths of the columns. Later rows
// are written as they come, and a wider cell moves the rest of its line. What
// was written stays when a run fails, rows that are held back are not. w is not
// closed. An error of w is wrapped, so that errors.Is finds syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func WriteTo(w io.Writer, opts ...Option) dataflow.Sink {
	s := settings{maxWidth: DefaultMaxWidth}
	for _, o := range opts {
		if o.set != nil {
			o.set(&s)
		}
	}
	return textsink.Format{
		Package: "tableio", Name: "table",
		NewEncoder: func(in *arrow.Schema) (textsink.Encoder, []byte, error) {
			t, err := newTable(in, s.maxWidth)
			return t, nil, err
		},
	}.To(w)
}
