package ipcio

import (
	"context"
	"encoding/binary"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

const bodyAlign = 64 // of bodies in a file, and of buffers in a body

// placed is a message that a footer tells of.
type placed struct {
	at         int64
	meta, body int64 // bytes, the padding counted
}

// writer writes one file or stream.
type writer struct {
	options
	schema  *arrow.Schema
	layout  *layout
	to      io.Writer
	env     dataflow.Env
	gather  bool // small batches are put together
	narrow  bool // but not those of different dictionaries: their codes may be too few for one of all
	at      int64
	builder *flatbuffers.Builder
	packer  packer
	books   []*codebook
	batches []placed

	pending      []arrow.Record
	pendingRows  int
	pendingBytes int64
}

var _ filesink.Writer = (*writer)(nil)

// newWriter writes the schema.
func newWriter(in *arrow.Schema, to io.Writer, env dataflow.Env, o options) (*writer, error) {
	l, err := newLayout(in)
	if err != nil {
		return nil, err
	}
	w := &writer{options: o, schema: in, layout: l, to: to, env: env, gather: gatherable(in), narrow: narrow(in), builder: flatbuffers.NewBuilder(1024)}
	w.packer = packer{codec: o.compression, reserve: env.Reserve}
	for _, n := range l.dicts {
		w.books = append(w.books, newCodebook(n))
	}
	if !o.stream {
		if err := w.write([]byte(magic + "\x00\x00")); err != nil {
			return nil, err
		}
	}
	b := w.reset()
	if err := w.frame(w.message(kindSchema, putSchema(b, in, l), 0)); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *writer) write(b []byte) error {
	n, err := w.to.Write(b)
	w.at += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

func (w *writer) reset() *flatbuffers.Builder {
	w.builder.Reset()
	return w.builder
}

// message is the metadata of a message around its header.
func (w *writer) message(k kind, header flatbuffers.UOffsetT, body int64) []byte {
	b := w.builder
	b.Finish(putTable(b, slot{i: 3, n: body, width: 8}, slot{i: 2, ref: header}, slot{i: 0, n: metadataV5, width: 2}, slot{i: 1, n: int64(k), width: 1}))
	return b.FinishedBytes()
}

// frame writes metadata behind its length, padded so that the body behind it is
// aligned.
func (w *writer) frame(meta []byte) error {
	n := len(meta)
	pad := int(-(w.at + 8 + int64(n)) & (bodyAlign - 1))
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], continuation)
	binary.LittleEndian.PutUint32(head[4:], uint32(n+pad))
	if err := w.write(head[:]); err != nil {
		return err
	}
	if err := w.write(meta); err != nil {
		return err
	}
	return w.write(zeroBytes[:pad])
}

var zeroBytes [bodyAlign]byte

// body writes the message of a batch that e has laid out.
func (w *writer) body(k kind, e *encoder, id int64, delta bool) (placed, error) {
	bufs, err := w.packer.pack(e.bufs)
	if err != nil {
		return placed{}, err
	}
	b := w.reset()
	var size int64
	offsets := make([]int64, len(bufs))
	for i, p := range bufs {
		offsets[i] = size
		size += (p.size() + bodyAlign - 1) &^ (bodyAlign - 1)
	}
	header := w.batchTable(e, bufs, offsets)
	if k == kindDictionary {
		header = putTable(b, slot{i: 0, n: id, width: 8}, slot{i: 1, ref: header}, slot{i: 2, n: bit(delta), width: 1})
	}
	p := placed{at: w.at, body: size}
	if err := w.frame(w.message(k, header, size)); err != nil {
		return p, err
	}
	p.meta = w.at - p.at
	for _, buf := range bufs {
		for _, part := range [][]byte{buf.head, buf.data, zeroBytes[:-buf.size()&(bodyAlign-1)]} {
			if err := w.write(part); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

// batchTable writes the RecordBatch table.
func (w *writer) batchTable(e *encoder, bufs []packed, offsets []int64) flatbuffers.UOffsetT {
	b := w.builder
	pairs := func(n int, at func(i int) (first, second int64)) flatbuffers.UOffsetT {
		b.StartVector(structBytes, n, 8)
		for i := n - 1; i >= 0; i-- {
			first, second := at(i)
			b.Prep(8, structBytes)
			b.PrependInt64(second)
			b.PrependInt64(first)
		}
		return b.EndVector(n)
	}
	nodes := pairs(len(e.nodes), func(i int) (int64, int64) { return e.nodes[i][0], e.nodes[i][1] })
	list := pairs(len(bufs), func(i int) (int64, int64) { return offsets[i], bufs[i].size() })
	var variadic, codec flatbuffers.UOffsetT
	if len(e.variadic) > 0 {
		b.StartVector(8, len(e.variadic), 8)
		for i := len(e.variadic) - 1; i >= 0; i-- {
			b.PrependInt64(e.variadic[i])
		}
		variadic = b.EndVector(len(e.variadic))
	}
	if w.compression != None {
		codec = putTable(b, slot{i: 0, n: int64(w.compression - LZ4), width: 1}, slot{i: 1, n: 0, width: 1})
	}
	return putTable(b, slot{i: 0, n: int64(e.rows), width: 8}, slot{i: 1, ref: nodes}, slot{i: 2, ref: list}, slot{i: 3, ref: codec}, slot{i: 4, ref: variadic})
}

// newEncoder lays out columns for w.
func (w *writer) newEncoder() *encoder {
	return &encoder{mem: &claims{alloc: w.env.Alloc, reserve: w.env.Reserve}, codes: w.codes}
}

// Write takes the rows of rec. They are held back until they make a batch.
func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	if rec.NumRows() == 0 {
		return nil
	}
	bytes, rows := batch.Bytes(rec), int(rec.NumRows())
	if !w.gather || len(w.pending) == 0 && (2*rows > w.batchRows || bytes > defaultBatchBytes) {
		if err := w.flush(); err != nil {
			return err
		}
		return w.cut(ctx, rec)
	}
	if w.pendingRows > 0 && (w.pendingRows+rows > w.batchRows || w.pendingBytes+bytes > defaultBatchBytes || w.narrow && !batch.SameDictionaries(w.pending[0], rec)) {
		if err := w.flush(); err != nil {
			return err
		}
		return w.Write(ctx, rec)
	}
	if err := w.env.Reserve(bytes); err != nil {
		return err
	}
	rec.Retain()
	w.pending = append(w.pending, rec)
	w.pendingRows += rows
	w.pendingBytes += bytes
	return nil
}

// flush writes the rows that were held back, as one batch.
func (w *writer) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	defer w.drop()
	whole, err := batch.Concat(w.pending, w.env.Alloc)
	if err != nil {
		return err
	}
	defer whole.Release()
	return w.record(whole, 0, int(whole.NumRows()))
}

// drop lets go of the rows that were held back.
func (w *writer) drop() {
	for _, r := range w.pending {
		r.Release()
	}
	if w.pendingBytes > 0 {
		_ = w.env.Reserve(-w.pendingBytes) // giving back cannot fail
	}
	w.pending, w.pendingRows, w.pendingBytes = w.pending[:0], 0, 0
}

// cut writes the rows of rec, in batches of about batchRows rows.
func (w *writer) cut(ctx context.Context, rec arrow.Record) error {
	rows := int(rec.NumRows())
	parts := max((rows+w.batchRows/2)/w.batchRows, 1)
	for p := range parts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		from, to := int(int64(rows)*int64(p)/int64(parts)), int(int64(rows)*int64(p+1)/int64(parts))
		if err := w.record(rec, from, to); err != nil {
			return err
		}
	}
	return nil
}

// record writes rows from to to-1 of rec as one batch.
func (w *writer) record(rec arrow.Record, from, to int) error {
	e := w.newEncoder()
	defer e.release()
	e.rows = to - from
	for i, n := range w.layout.columns {
		d := rec.Column(i).Data()
		if err := e.column(n, d, d.Offset()+from, to-from); err != nil {
			return err
		}
	}
	p, err := w.body(kindBatch, e, 0, false)
	w.batches = append(w.batches, p)
	return err
}

// Finish writes what was held back, the end of the stream and, of a file, the
// dictionaries that grew and the footer.
func (w *writer) Finish(context.Context) error {
	if err := w.flush(); err != nil {
		return err
	}
	if !w.stream {
		for _, b := range w.books {
			if err := w.rewrite(b); err != nil {
				return err
			}
		}
	}
	if err := w.write([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}); err != nil || w.stream {
		return err
	}
	var dicts []placed
	for _, b := range w.books {
		dicts = append(dicts, b.blocks...)
	}
	b := w.reset()
	schema := putSchema(b, w.schema, w.layout)
	dictList, batchList := putBlocks(b, dicts), putBlocks(b, w.batches)
	b.Finish(putTable(b, slot{i: 1, ref: schema}, slot{i: 2, ref: dictList}, slot{i: 3, ref: batchList}, slot{i: 0, n: metadataV5, width: 2}))
	foot := b.FinishedBytes()
	if err := w.write(foot); err != nil {
		return err
	}
	return w.write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(foot))), magic...))
}

func putBlocks(b *flatbuffers.Builder, list []placed) flatbuffers.UOffsetT {
	b.StartVector(blockBytes, len(list), 8)
	for i := len(list) - 1; i >= 0; i-- {
		b.Prep(8, blockBytes)
		b.PrependInt64(list[i].body)
		b.Pad(4)
		b.PrependInt32(int32(list[i].meta))
		b.PrependInt64(list[i].at)
	}
	return b.EndVector(len(list))
}

// Close lets go of all memory.
func (w *writer) Close() {
	w.drop()
	w.packer.close()
	for _, b := range w.books {
		b.close(w.env.Reserve)
	}
}

// gatherable reports whether batches of the schema can be put together: not
// where array.Concatenate is wrong about a type or does not have it.
func gatherable(s *arrow.Schema) bool {
	for _, f := range s.Fields() {
		t := f.Type
		if d, ok := t.(*arrow.DictionaryType); ok {
			t = d.ValueType
		}
		if !joinable(t) {
			return false
		}
	}
	return true
}

// narrow reports whether a dictionary column has codes of less than 32 bits.
func narrow(s *arrow.Schema) bool {
	for _, f := range s.Fields() {
		if d, ok := f.Type.(*arrow.DictionaryType); ok && d.IndexType.(arrow.FixedWidthDataType).BitWidth() < 32 {
			return true
		}
	}
	return false
}

func joinable(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.NullType, *arrow.DictionaryType, arrow.ExtensionType, arrow.UnionType, *arrow.RunEndEncodedType,
		*arrow.StringViewType, *arrow.BinaryViewType, *arrow.ListViewType, *arrow.LargeListViewType, *arrow.MapType:
		return false
	case arrow.NestedType:
		for _, f := range t.Fields() {
			if !joinable(f.Type) {
				return false
			}
		}
	}
	return true
}
