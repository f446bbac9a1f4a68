package ipcio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// streamReader reads messages from front to end: the stream format, and the file
// format where it comes through a pipe or is compressed.
type streamReader struct {
	in     io.Reader
	at     int64 // bytes read
	schema *schema
	framed bool // the file format: a footer follows
	count  int  // batches
	mem    *claims
	known  map[int64]*known
}

// known is a dictionary as far as it came.
type known struct {
	parts    []arrow.Array
	replaced int // how often it was
	nested   int // how often those nested in it had been, when its first part came
}

// newStreamReader reads up to the schema. What it allocates later is of mem.
func newStreamReader(in io.Reader, mem *claims) (*streamReader, error) {
	r := &streamReader{in: in, mem: mem, known: map[int64]*known{}}
	var head [8]byte
	if err := r.fill(head[:4]); err != nil {
		return nil, fmt.Errorf("not Arrow IPC: %w", err)
	}
	if string(head[:4]) == magic[:4] {
		if err := r.fill(head[4:]); err != nil {
			return nil, err
		}
		if string(head[:6]) != magic {
			return nil, errors.New("not Arrow IPC")
		}
		r.framed = true
		if err := r.fill(head[:4]); err != nil {
			return nil, err
		}
	}
	m, err := r.message(head[:4])
	if err == nil && m.kind != kindSchema {
		err = errors.New("it does not begin with a schema")
	}
	if err == nil {
		r.schema, err = readSchema(m.header)
	}
	if err == nil {
		err = r.skip(m.body)
	}
	if err != nil {
		return nil, fmt.Errorf("not Arrow IPC, or damaged before byte %d: %w", r.at, err)
	}
	return r, nil
}

func (r *streamReader) fill(b []byte) error {
	n, err := io.ReadFull(r.in, b)
	r.at += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errShort
	}
	return err
}

// skip reads over n bytes.
func (r *streamReader) skip(n int64) error {
	got, err := io.CopyN(io.Discard, r.in, n)
	r.at += got
	if err == io.EOF {
		err = errShort
	}
	return err
}

// next is the next message.
func (r *streamReader) next() (message, error) {
	var head [4]byte
	n, err := io.ReadFull(r.in, head[:])
	r.at += int64(n)
	switch {
	case err == io.EOF && !r.framed:
		return message{kind: kindEnd}, nil
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return message{}, errShort
	case err != nil:
		return message{}, err
	}
	return r.message(head[:])
}

// message reads the metadata behind its first four bytes.
func (r *streamReader) message(head []byte) (message, error) {
	n := binary.LittleEndian.Uint32(head)
	if n == continuation {
		if err := r.fill(head); err != nil {
			return message{}, err
		}
		n = binary.LittleEndian.Uint32(head)
	}
	switch {
	case n == 0:
		return message{kind: kindEnd}, nil
	case n > metadataMax:
		return message{}, notAMessage(n)
	}
	b, err := r.growing(int64(n))
	if err != nil {
		return message{}, err
	}
	return readMessage(b)
}

// growing reads n bytes, which may be claimed only.
func (r *streamReader) growing(n int64) ([]byte, error) {
	var b bytes.Buffer
	got, err := b.ReadFrom(io.LimitReader(r.in, n))
	r.at += got
	if err == nil && got < n {
		err = errShort
	}
	return b.Bytes(), err
}

// end reads what is behind the last message.
func (r *streamReader) end() error {
	if !r.framed {
		var more [1]byte
		if n, err := io.ReadFull(r.in, more[:]); n > 0 {
			return errors.New("there is more behind the end of the stream: a file holds one stream")
		} else if err != io.EOF {
			return err
		}
		return nil
	}
	b, err := r.growing(metadataMax)
	if err != nil && err != errShort {
		return err
	}
	n := len(b) - footerTail
	if n < 0 || string(b[n+4:]) != magic || int64(binary.LittleEndian.Uint32(b[n:])) != int64(n) {
		return fmt.Errorf("an Arrow file without its end: %w", errShort)
	}
	foot, err := readFooter(b[:n])
	switch {
	case err != nil:
		return fmt.Errorf("footer: %w", err)
	case foot.batches.n != r.count:
		return fmt.Errorf("damaged: the footer tells of %d record batches, and %d came", foot.batches.n, r.count)
	}
	return nil
}

// dictionary is the values of a dictionary as far as they came.
func (r *streamReader) dictionary(id int64) (*array.Data, error) {
	k := r.known[id]
	if k == nil {
		return nil, nil
	}
	if len(k.parts) > 1 {
		d, err := r.join(k, r.schema.dicts[id])
		if err != nil {
			return nil, fmt.Errorf("dictionary %d: %w", id, err)
		}
		releaseAll(k.parts)
		k.parts = []arrow.Array{array.MakeFromData(d)}
		d.Release()
	}
	return k.parts[0].Data().(*array.Data), nil
}

// join is the parts of a dictionary as one. Dictionaries nested in the parts may
// have grown from one part to the next: all get the last one, of which theirs are
// the beginning (array.Concatenate is wrong about different ones).
func (r *streamReader) join(k *known, n *node) (*array.Data, error) {
	parts := make([]arrow.Array, 0, len(k.parts))
	defer func() { releaseAll(parts) }()
	for _, p := range k.parts {
		d, err := r.renew(p.Data(), n)
		if err != nil {
			return nil, err
		}
		parts = append(parts, array.MakeFromData(d))
		d.Release()
	}
	return join(parts, r.mem)
}

// renew is d with the nested dictionaries as they are now.
func (r *streamReader) renew(d arrow.ArrayData, n *node) (arrow.ArrayData, error) {
	if n.dict != nil {
		dict, err := r.dictionary(n.id)
		if err != nil || dict == nil { // nil: all codes are null
			d.Retain()
			return d, err
		}
		return array.NewDataWithDictionary(d.DataType(), d.Len(), slices.Clone(d.Buffers()), d.NullN(), d.Offset(), dict), nil
	}
	kids := make([]arrow.ArrayData, 0, len(n.kids))
	defer func() {
		for _, k := range kids {
			k.Release()
		}
	}()
	for i, kid := range n.kids {
		k, err := r.renew(d.Children()[i], kid)
		if err != nil {
			return nil, err
		}
		kids = append(kids, k)
	}
	return array.NewData(d.DataType(), d.Len(), slices.Clone(d.Buffers()), slices.Clone(kids), d.NullN(), d.Offset()), nil
}

// nestedReplaced is how often the dictionaries nested in n were replaced.
func (r *streamReader) nestedReplaced(n *node) int {
	total := 0
	if n.dict != nil {
		if k := r.known[n.id]; k != nil {
			total = k.replaced
		}
		return total + r.nestedReplaced(n.dict)
	}
	for _, kid := range n.kids {
		total += r.nestedReplaced(kid)
	}
	return total
}

// learn takes a dictionary message in.
func (r *streamReader) learn(m message) error {
	id, delta := m.header.int64(0, 0), m.header.bool(2)
	n := r.schema.dicts[id]
	if n == nil {
		return fmt.Errorf("dictionary %d is of no column", id)
	}
	k, nested := r.known[id], r.nestedReplaced(n)
	switch {
	case delta && k == nil:
		return fmt.Errorf("more of dictionary %d, of which there is nothing yet", id)
	case delta && k.nested != nested:
		return fmt.Errorf("more of dictionary %d, after one that is nested in it was replaced, which is not read: replace it too", id)
	}
	meta, err := readBatchMeta(m.header.sub(1), m.version)
	if err != nil {
		return err
	}
	at, err := meta.columns([]*node{n})
	if err != nil {
		return err
	}
	b, err := r.body(meta, m.body, at, []int{0})
	if err != nil {
		return err
	}
	defer b.release()
	d, err := decodeDictionary(m, n, b, r, r.mem)
	if err != nil {
		return fmt.Errorf("dictionary %d: %w", id, err)
	}
	switch {
	case k == nil:
		k = &known{nested: nested}
		r.known[id] = k
	case !delta:
		releaseAll(k.parts)
		k.parts, k.nested = nil, nested
		k.replaced++
	}
	k.parts = append(k.parts, array.MakeFromData(d))
	d.Release()
	return nil
}

// batch reads the wanted columns of a record batch.
func (r *streamReader) batch(m message, want []int) (_ []arrow.Array, rows int64, err error) {
	meta, err := readBatchMeta(m.header, m.version)
	if err != nil {
		return nil, 0, err
	}
	at, err := meta.columns(r.schema.columns)
	if err != nil {
		return nil, 0, err
	}
	b, err := r.body(meta, m.body, at, want)
	if err != nil {
		return nil, 0, err
	}
	defer b.release()
	r.count++
	d := &decoder{meta: meta, body: b, dicts: r, mem: r.mem}
	arrs, err := d.columns(r.schema, want)
	return arrs, meta.rows, err
}

// body reads the buffers of the wanted columns, and over the others. at is where
// the columns begin.
func (r *streamReader) body(meta batchMeta, size int64, at []cursor, want []int) (_ *streamBody, err error) {
	type part struct {
		i      int
		off, n int64
	}
	var parts []part
	for _, c := range want {
		for i := at[c].buffer; i < at[c+1].buffer; i++ {
			off, n := meta.extent(i)
			if off < 0 || n < 0 || n > size || off > size-n {
				return nil, fmt.Errorf("damaged metadata: %d bytes from byte %d of a batch of %d bytes", n, off, size)
			}
			if n > 0 {
				parts = append(parts, part{i, off, n})
			}
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.n, b.n), cmp.Compare(a.i, b.i))
	})
	b := &streamBody{n: size, bufs: make(map[int]*memory.Buffer, len(parts))}
	defer func() {
		if err != nil {
			b.release()
		}
	}()
	pos := int64(0)
	for k, p := range parts {
		if k > 0 && p.off == parts[k-1].off && p.n == parts[k-1].n {
			same := b.bufs[parts[k-1].i]
			same.Retain()
			b.bufs[p.i] = same
			continue
		}
		if p.off < pos {
			return nil, errors.New("damaged metadata: buffers that overlap")
		}
		if err := r.skip(p.off - pos); err != nil {
			return nil, err
		}
		buf, err := readGrowing(r.in, p.n, r.mem)
		if err != nil {
			return nil, err
		}
		b.bufs[p.i] = buf
		r.at += p.n
		pos = p.off + p.n
	}
	return b, r.skip(size - pos)
}

func (r *streamReader) close() {
	for _, k := range r.known {
		releaseAll(k.parts)
	}
	r.known = nil
}

// readStream yields the rows of a stream.
func (r *reader) readStream(ctx context.Context, in *streamReader, whole *arrow.Schema, consumed func() int64) error {
	defer in.close()
	in.mem = &r.mem
	if err := r.fit(in.schema.arrow, whole); err != nil {
		return err
	}
	for !r.stopped {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		at := in.at
		m, err := in.next()
		if err == nil && m.kind == kindEnd {
			if err = in.end(); err == nil {
				r.advance(r.split.Bytes)
				return nil
			}
		}
		if err == nil {
			err = r.message(ctx, in, m)
		}
		if err != nil {
			return fmt.Errorf("message at byte %d: %w", at, err)
		}
		r.advance(consumed())
	}
	return nil
}

func (r *reader) message(ctx context.Context, in *streamReader, m message) error {
	switch m.kind {
	case kindDictionary:
		return in.learn(m)
	case kindBatch:
		arrs, rows, err := in.batch(m, r.want)
		if err != nil {
			return err
		}
		defer releaseAll(arrs)
		return r.emit(ctx, arrs, 0, rows)
	}
	return errors.New("damaged: a stream has one schema, at its start")
}
