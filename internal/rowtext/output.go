package rowtext

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// flushBytes is how much text is gathered before it is written.
const flushBytes = 64 << 10

// Output writes the rows of batches to a writer. It is what the outputs of the
// text formats have in common. It belongs to one goroutine.
type Output struct {
	to       io.Writer
	rows     Rows
	reserve  func(int64) error
	reserved int64
	buf      []byte
}

// NewOutput returns an output that writes head, then rows as rows are laid out,
// which belong to it from now on. reserve is asked for the memory of the buffers,
// and gets it back (negative) when the output is closed.
func NewOutput(to io.Writer, head []byte, rows Rows, reserve func(bytes int64) error) *Output {
	return &Output{to: to, rows: rows, reserve: reserve, buf: head}
}

// Write writes the rows of rec, which is borrowed, up to what stays in the
// buffer.
func (o *Output) Write(ctx context.Context, rec arrow.Record) error {
	block := BlockRows(rec)
	for from := 0; from < int(rec.NumRows()); from += block {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		o.buf = o.rows.Append(o.buf, rec, from, min(from+block, int(rec.NumRows())))
		if err := o.account(); err != nil {
			return err
		}
		if len(o.buf) >= flushBytes {
			if err := o.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// account reserves what the buffers have grown by: a block's text at most.
func (o *Output) account() error {
	held := int64(cap(o.buf)) + o.rows.HeldBytes()
	if held <= o.reserved {
		return nil
	}
	if err := o.reserve(held - o.reserved); err != nil {
		return err
	}
	o.reserved = held
	return nil
}

// Flush writes what stands in the buffer.
func (o *Output) Flush() error {
	if len(o.buf) == 0 {
		return nil
	}
	n, err := o.to.Write(o.buf)
	if err == nil && n < len(o.buf) {
		err = io.ErrShortWrite
	}
	o.buf = o.buf[:0]
	return err
}

// Close drops what stands in the buffer and lets go of all memory. It may be
// called again.
func (o *Output) Close() {
	o.rows.Close()
	o.buf = nil
	if o.reserved > 0 {
		// Giving back cannot fail.
		_ = o.reserve(-o.reserved)
		o.reserved = 0
	}
}
