package textsink

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

// writer writes one stream of text.
type writer struct {
	to       io.Writer // gathers
	encoder  Encoder
	reserve  func(int64) error
	reserved int64
	buf      []byte // the text of a block; the head at first
}

var _ filesink.Writer = (*writer)(nil)

// Write writes the rows of rec, but for those that the encoder holds back.
func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	block, rows := blockRows(rec), int(rec.NumRows())
	for from := 0; from < rows; from += block {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		w.buf = w.encoder.Append(w.buf, rec, from, min(from+block, rows))
		if err := w.account(); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
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
func (w *writer) account() error {
	held := int64(cap(w.buf)) + w.encoder.HeldBytes()
	if held <= w.reserved {
		return nil
	}
	if err := w.reserve(held - w.reserved); err != nil {
		return err
	}
	w.reserved = held
	return nil
}

// flush hands on what stands in the buffer.
func (w *writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.to.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// Finish writes what the encoder held back.
func (w *writer) Finish(context.Context) error {
	w.buf = w.encoder.Finish(w.buf)
	return w.flush()
}

// Close lets go of all memory.
func (w *writer) Close() {
	w.encoder.Close()
	w.buf = nil
	if w.reserved > 0 {
		_ = w.reserve(-w.reserved) // giving back cannot fail
		w.reserved = 0
	}
}
