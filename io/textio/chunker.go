package textio

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/utf8fix"
	"github.com/arrowmill/arrowmill/io/file/window"
)

const (
	rowsMax      = 64 << 10      // of a chunk
	offsetsFirst = 2 * stepBytes // lines that there is room for at first
)

// chunker makes chunks of texts of whole segments.
type chunker struct {
	source  *Source
	schema  *arrow.Schema
	env     dataflow.Env
	path    string
	offsets *memory.Buffer // where the lines of a text end, kept from text to text
	feeds   lineFeeds
}

func (c *chunker) close() {
	if c.offsets != nil {
		c.offsets.Release()
	}
}

// emit yields the rows of t, which it takes over. It returns false when no more
// are wanted.
func (c *chunker) emit(t window.Text, yield func(dataflow.Chunk, error) bool) (more bool, err error) {
	values := t.Buf
	defer func() { values.Release() }()
	if c.source.pruned && !c.source.strict {
		return c.count(values.Bytes(), yield), nil
	}
	if !utf8fix.Valid(values.Bytes()) {
		clean, err := c.clean(t)
		if err != nil {
			return false, err
		}
		values.Release()
		values = clean
	}
	if c.source.pruned {
		return c.count(values.Bytes(), yield), nil
	}
	if c.source.kind == pieces {
		return c.piece(values, yield), nil
	}
	return c.lines(values, yield), nil
}

// clean is t with U+FFFD for what is not UTF-8, in new memory, or the error that
// Strict asks for. It reports what it replaced.
func (c *chunker) clean(t window.Text) (*memory.Buffer, error) {
	in := t.Buf.Bytes()
	count, at, size := utf8fix.Invalid(in)
	if c.source.strict {
		_, n := utf8fix.Sequence(in[at:])
		return nil, fmt.Errorf("%s: byte %d: % x is not UTF-8: convert the file, or read it without Strict to have U+FFFD in place of such bytes", c.path, t.At+int64(at), in[at:at+n])
	}
	if size > lineMax {
		return nil, fmt.Errorf("%s: byte %d: a row of %s that begins about here does not fit a column with U+FFFD in place of %d sequences that are not UTF-8: is it a text file?", c.path, t.At, dataflow.FormatBytes(int64(len(in))), count)
	}
	if extra := int64(size - c.source.bufferBytes); extra > 0 {
		if err := c.env.Reserve(int64(size)); err != nil {
			return nil, fmt.Errorf("%s: byte %d: %w", c.path, t.At, err)
		}
		defer func() { _ = c.env.Reserve(int64(-size)) }()
	}
	out := newBuffer(c.env.Alloc, size)
	utf8fix.Append(out.Bytes()[:0], in) // size bytes
	c.env.Warn(dataflow.Warning{Text: utf8fix.Warning, Count: int64(count), Path: c.path, Byte: t.At + int64(at)})
	return out, nil
}

// piece yields values as one row, not copied.
func (c *chunker) piece(values *memory.Buffer, yield func(dataflow.Chunk, error) bool) bool {
	offsets := newBuffer(c.env.Alloc, 2*arrow.Int32SizeBytes)
	defer offsets.Release()
	to := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	to[0], to[1] = 0, int32(values.Len())
	return yield(c.chunk(1, offsets, values), nil)
}

// lines yields the lines of values, moved together in place, in chunks that
// share it.
func (c *chunker) lines(values *memory.Buffer, yield func(dataflow.Chunk, error) bool) bool {
	data := values.Bytes()
	rows, written := c.compact(data)
	ends := arrow.Int32Traits.CastFromBytes(c.offsets.Bytes())
	values.ResizeNoShrink(written)
	step := rowsMax
	if c.env.BatchRows > 0 {
		step = min(step, c.env.BatchRows)
	}
	for from := 0; from < rows; from += step {
		n := min(step, rows-from)
		offsets := newBuffer(c.env.Alloc, (n+1)*arrow.Int32SizeBytes)
		copy(arrow.Int32Traits.CastFromBytes(offsets.Bytes()), ends[from:from+n+1])
		chunk := c.chunk(n, offsets, values)
		offsets.Release()
		if !yield(chunk, nil) {
			return false
		}
	}
	return true
}

// count yields the rows of data without their column.
func (c *chunker) count(data []byte, yield func(dataflow.Chunk, error) bool) bool {
	rows := int64(1)
	if c.source.kind == lines {
		rows = int64(bytes.Count(data, []byte{'\n'}))
		if data[len(data)-1] != '\n' {
			rows++
		}
	}
	return yield(dataflow.Chunk{Rec: array.NewRecord(c.schema, nil, rows)}, nil)
}

// chunk is rows rows, whose values are in the given buffers.
func (c *chunker) chunk(rows int, offsets, values *memory.Buffer) dataflow.Chunk {
	data := array.NewData(arrow.BinaryTypes.String, rows, []*memory.Buffer{nil, offsets, values}, nil, 0, 0)
	defer data.Release()
	column := array.NewStringData(data)
	defer column.Release()
	return dataflow.Chunk{Rec: array.NewRecord(c.schema, []arrow.Array{column}, int64(rows))}
}

// newBuffer is a buffer of n bytes of alloc's memory.
func newBuffer(alloc memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.ResizeNoShrink(n)
	return b
}
