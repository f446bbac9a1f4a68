package tableio

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/rowtext"
)

// The rows that the widths of the columns are taken from are held back, up to
// these bounds.
const (
	sampleRowsMax  = 1000
	sampleBytesMax = 1 << 20
)

// DefaultMaxWidth is the width at which a cell is cut, unless MaxWidth is given.
const DefaultMaxWidth = 60

// Option is a setting of a table.
type Option struct{ set func(*sink) }

// MaxWidth cuts cells and column names that are wider than width places; the
// last place of what is left is an ellipsis. With 0, nothing is cut.
func MaxWidth(width int) Option { return Option{func(s *sink) { s.maxWidth = max(width, 0) }} }

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
	s := &sink{w: w, maxWidth: DefaultMaxWidth}
	for _, o := range opts {
		if o.set != nil {
			o.set(s)
		}
	}
	return s
}

type sink struct {
	w        io.Writer
	maxWidth int
}

var _ dataflow.Sink = (*sink)(nil)

// String is the sink as plans print it.
func (s *sink) String() string { return "table" }

// Open lays out the columns. It is the place of the error for a type that has
// no text.
func (s *sink) Open(_ context.Context, in *arrow.Schema, env dataflow.Env) (dataflow.Output, error) {
	if in.NumFields() == 0 {
		return nil, errors.New("tableio: a stream without columns cannot be written as a table")
	}
	o := &output{w: s.w, maxWidth: s.maxWidth, reserve: env.Reserve}
	for _, f := range in.Fields() {
		writer, err := rowtext.NewColumn(f.Type, rowtext.Plain, "null")
		if err != nil {
			o.close()
			return nil, fmt.Errorf("tableio: column %q: %w", f.Name, err)
		}
		name := cut(rowtext.AppendPlain(nil, []byte(f.Name)), s.maxWidth)
		o.columns = append(o.columns, column{writer: writer, name: name, width: width(name), right: isNumber(f.Type)})
	}
	return o, nil
}

func isNumber(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t.ID() {
	case arrow.DECIMAL128, arrow.DECIMAL256, arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return true
	}
	return arrow.IsInteger(t.ID())
}

type output struct {
	w        io.Writer
	maxWidth int
	columns  []column
	rows     int  // in the cells of the columns
	settled  bool // the widths are, and the header is written
	line     []byte
	reserve  func(int64) error
	reserved int64
}

var _ dataflow.Output = (*output)(nil)

// column is one column of the table with the cells not yet written.
type column struct {
	writer rowtext.Column
	cells  rowtext.Cells
	name   []byte
	width  int
	right  bool
}

// Write takes the rows of in, which is borrowed.
func (o *output) Write(ctx context.Context, in dataflow.Chunk) error {
	block := rowtext.BlockRows(in.Rec)
	for from := 0; from < int(in.Rec.NumRows()); from += block {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		to := min(from+block, int(in.Rec.NumRows()))
		for j := range o.columns {
			o.columns[j].writer.Append(&o.columns[j].cells, in.Rec.Column(j), from, to)
		}
		o.rows += to - from
		if err := o.account(); err != nil {
			return err
		}
		if o.settled || o.rows >= sampleRowsMax || o.textBytes() >= sampleBytesMax {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *output) textBytes() int {
	n := 0
	for j := range o.columns {
		n += len(o.columns[j].cells.Text)
	}
	return n
}

// account reserves what the cells have grown by.
func (o *output) account() error {
	held := int64(cap(o.line))
	for j := range o.columns {
		held += o.columns[j].cells.HeldBytes() + o.columns[j].writer.HeldBytes()
	}
	if held <= o.reserved {
		return nil
	}
	if err := o.reserve(held - o.reserved); err != nil {
		return fmt.Errorf("tableio: %w", err)
	}
	o.reserved = held
	return nil
}

// flush writes the rows held, behind the header if they are the first.
func (o *output) flush() error {
	if !o.settled {
		o.settle()
	}
	for i := range o.rows {
		for j := range o.columns {
			o.cell(j, cut(o.columns[j].cells.Cell(i), o.maxWidth), ' ')
		}
	}
	o.rows = 0
	for j := range o.columns {
		o.columns[j].cells.Reset()
	}
	n, err := o.w.Write(o.line)
	if err == nil && n < len(o.line) {
		err = io.ErrShortWrite
	}
	o.line = o.line[:0]
	if err != nil {
		return fmt.Errorf("tableio: %w", err)
	}
	return nil
}

// settle takes the widths from the rows held, and lays out the header.
func (o *output) settle() {
	o.settled = true
	for j := range o.columns {
		c := &o.columns[j]
		for i := range o.rows {
			c.width = max(c.width, width(cut(c.cells.Cell(i), o.maxWidth)))
		}
	}
	for j := range o.columns {
		o.cell(j, o.columns[j].name, ' ')
	}
	for j := range o.columns {
		o.cell(j, nil, '-')
	}
}

// cell appends a cell of column j, filled up to the column's width, with what
// separates it from the next.
func (o *output) cell(j int, text []byte, fill byte) {
	c, last := &o.columns[j], j == len(o.columns)-1
	missing := c.width - width(text)
	if c.right || fill != ' ' {
		o.line = appendRepeated(o.line, fill, missing)
	}
	o.line = append(o.line, text...)
	switch {
	case last:
		o.line = append(o.line, '\n')
		return
	case !c.right && fill == ' ':
		o.line = appendRepeated(o.line, fill, missing)
	}
	o.line = append(o.line, "  "...)
}

func appendRepeated(b []byte, ch byte, n int) []byte {
	for range n {
		b = append(b, ch)
	}
	return b
}

// Commit writes the rows held back, and the header where there were none.
func (o *output) Commit(context.Context) error {
	var err error
	if o.rows > 0 || !o.settled {
		err = o.flush()
	}
	o.close()
	return err
}

// Abort drops the rows held back.
func (o *output) Abort() error {
	o.close()
	return nil
}

func (o *output) close() {
	for _, c := range o.columns {
		c.writer.Close()
	}
	o.columns, o.line = nil, nil
	if o.reserved > 0 {
		_ = o.reserve(-o.reserved) // giving back cannot fail
		o.reserved = 0
	}
}
