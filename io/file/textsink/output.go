package textsink

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/io/file"
)

// flushBytes is how much text is gathered before it is written.
const flushBytes = 64 << 10

// output writes the rows of one run.
type output struct {
	pkg      string
	to       io.Writer
	file     *file.Output // nil: to is not ours to end
	eager    bool         // what a batch came to is written at once
	encoder  Encoder
	reserve  func(int64) error
	reserved int64
	buf      []byte // the text that is not written yet, the head at first
}

var _ dataflow.Output = (*output)(nil)

// Write writes the rows of in, up to what stays in the buffer.
func (o *output) Write(ctx context.Context, in dataflow.Chunk) error {
	err := o.write(ctx, in.Rec)
	if err == nil && o.eager {
		err = o.flush()
	}
	return o.wrap(err)
}

func (o *output) write(ctx context.Context, rec arrow.Record) error {
	block, rows := blockRows(rec), int(rec.NumRows())
	for from := 0; from < rows; from += block {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		o.buf = o.encoder.Append(o.buf, rec, from, min(from+block, rows))
		if err := o.account(); err != nil {
			return err
		}
		if len(o.buf) >= flushBytes {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	blockRowsMax = 1024
	blockBytes   = 256 << 10
)

// blockRows is how many rows of rec to encode at once: enough that a column's
// loop pays, few enough that the cells stay in the cache.
func blockRows(rec arrow.Record) int {
	rows := rec.NumRows()
	if rows == 0 {
		return 1
	}
	return int(min(max(blockBytes*rows/(batch.Bytes(rec)+1), 1), blockRowsMax))
}

// account reserves what the buffers have grown by: a block's text at most.
func (o *output) account() error {
	held := int64(cap(o.buf)) + o.encoder.HeldBytes()
	if held <= o.reserved {
		return nil
	}
	if err := o.reserve(held - o.reserved); err != nil {
		return err
	}
	o.reserved = held
	return nil
}

// flush writes what stands in the buffer.
func (o *output) flush() error {
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

// Commit writes what is left, also where no row came, and makes a file appear.
func (o *output) Commit(context.Context) error {
	o.buf = o.encoder.Finish(o.buf)
	if err := o.flush(); err != nil {
		return o.wrap(err)
	}
	o.close()
	if o.file == nil {
		return nil
	}
	return o.wrap(o.file.Commit())
}

// Abort drops what was not written, and of a file all.
func (o *output) Abort() error {
	o.close()
	if o.file == nil {
		return nil
	}
	return o.wrap(o.file.Abort())
}

// close lets go of all memory. It may be called again.
func (o *output) close() {
	o.encoder.Close()
	o.buf = nil
	if o.reserved > 0 {
		_ = o.reserve(-o.reserved) // giving back cannot fail
		o.reserved = 0
	}
}

func (o *output) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", o.pkg, err)
}
