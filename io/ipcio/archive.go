package ipcio

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// block is where a message stands in a file.
type block struct {
	at    int64 // of the message
	body  int64 // of its body
	n     int64 // bytes of the body
	rows  int64
	codec int8
}

// archive is an open file whose batches can be read in any order: one in the file
// format, or one in the stream format none of whose dictionaries is replaced.
// It is safe for concurrent use.
type archive struct {
	path   string
	src    source
	mapped *mapping // nil: src is read
	schema *schema
	order  []block // of the batches
	starts []int64 // first row of each batch, and the number of rows
	bytes  []int64 // of the bodies before each batch, and of all
	pieces map[int64][]block
	mem    *claims // of the dictionaries

	mu     sync.Mutex
	dicts  map[int64]*array.Data
	shared map[int]*sharedBatch
}

// errReplaced says that a stream must be read from front to end.
var errReplaced = errors.New("a dictionary is replaced within the stream")

// openArchive opens the plain file at path.
func openArchive(ctx context.Context, path string, useMap bool, mem *claims) (_ *archive, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a := &archive{path: path, pieces: map[int64][]block{}, dicts: map[int64]*array.Data{}, mem: mem}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	info, err := f.Stat()
	if err == nil && useMap {
		a.mapped, err = mapFile(f, info.Size())
	}
	if err != nil {
		f.Close()
		return a, err
	}
	if a.mapped != nil {
		f.Close()
		a.src = &mappedSource{a.mapped.data}
	} else {
		a.src = &fileSource{f, info.Size()}
	}
	head, err := a.src.bytes(0, min(8, a.src.size()))
	switch {
	case err != nil:
	case len(head) < 4:
		err = fmt.Errorf("not Arrow IPC: the file has %d bytes", len(head))
	case string(head[:min(6, len(head))]) == magic:
		err = a.readFooter(ctx)
	default:
		err = a.walk(ctx)
	}
	return a, err
}

// close lets go of the file. Batches that were given away stay.
func (a *archive) close() {
	for _, s := range a.shared {
		s.release()
	}
	for _, d := range a.dicts {
		d.Release()
	}
	a.shared, a.dicts = nil, nil
	if a.mapped != nil {
		a.mapped.release()
	}
	if f, ok := a.src.(*fileSource); ok {
		f.f.Close()
	}
	a.src = nil
}

// add appends a batch.
func (a *archive) add(b block) {
	if len(a.order) == 0 {
		a.starts, a.bytes = []int64{0}, []int64{0}
	}
	a.order = append(a.order, b)
	a.starts = append(a.starts, a.starts[len(a.starts)-1]+b.rows)
	a.bytes = append(a.bytes, a.bytes[len(a.bytes)-1]+b.n+(b.body-b.at))
}

func (a *archive) rows() int64 {
	if len(a.order) == 0 {
		return 0
	}
	return a.starts[len(a.order)]
}

// readFooter finds the batches of the file format.
func (a *archive) readFooter(ctx context.Context) error {
	size := a.src.size()
	if size < int64(8+footerTail) {
		return fmt.Errorf("an Arrow file of %d bytes: %w", size, errShort)
	}
	tail, err := a.src.bytes(size-int64(footerTail), int64(footerTail))
	if err != nil {
		return err
	}
	if string(tail[4:]) != magic {
		return fmt.Errorf("an Arrow file without its end: %w", errShort)
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > size-int64(8+footerTail) || n > metadataMax {
		return fmt.Errorf("damaged: a footer of %d bytes in a file of %d", n, size)
	}
	end := size - int64(footerTail) - n
	b, err := a.src.bytes(end, n)
	if err != nil {
		return err
	}
	foot, err := readFooter(b)
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	a.schema = foot.schema
	for i := range foot.dicts.n {
		if err := a.place(foot.dicts, i, end, kindDictionary); err != nil {
			if err == errReplaced {
				err = errors.New("it replaces another, which the file format does not allow: write a stream (.arrows), or one dictionary for all batches")
			}
			return fmt.Errorf("dictionary block %d: %w", i, err)
		}
	}
	for i := range foot.batches.n {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := a.place(foot.batches, i, end, kindBatch); err != nil {
			return fmt.Errorf("record batch %d: %w", i, err)
		}
	}
	return a.untold(end)
}

// untold looks for record batches that the footer does not tell of, so that none
// is lost by a damaged one. It goes by the lengths of the messages, as far as
// they lead; a file may have other things between them.
func (a *archive) untold(end int64) error {
	told := make(map[int64]int64, len(a.order))
	for _, b := range a.order {
		told[b.at] = b.body + b.n
	}
	for _, list := range a.pieces {
		for _, b := range list {
			told[b.at] = b.body + b.n
		}
	}
	for at := int64(8); at < end; {
		if next, ok := told[at]; ok {
			at = next
			continue
		}
		m, body, err := messageAt(a.src, at)
		if err != nil || m.kind == kindEnd || m.body > end-body {
			return nil
		}
		if m.kind == kindBatch {
			return fmt.Errorf("damaged footer: it does not tell of the record batch at byte %d", at)
		}
		at = body + m.body
	}
	return nil
}

// footer is what ends a file.
type footer struct {
	schema         *schema
	dicts, batches vector
}

func readFooter(b []byte) (footer, error) {
	f := newFlat(b)
	t := f.root()
	if f.err != nil {
		return footer{}, f.err
	}
	if v := t.int16(0, 0); v != metadataV4 && v != metadataV5 {
		return footer{}, fmt.Errorf("metadata of version %d, where 4 and 5 are read: write the file again with a newer Arrow", v+1)
	}
	s, err := readSchema(t.sub(1))
	if err != nil {
		return footer{}, err
	}
	foot := footer{s, t.vector(2, blockBytes), t.vector(3, blockBytes)}
	return foot, f.err
}

// place takes block i of the footer's list in.
func (a *archive) place(v vector, i int, end int64, want kind) error {
	at, meta, n := v.int64(i, 0), int64(int32(v.int64(i, 8))), v.int64(i, 16)
	if at < 8 || meta < 8 || n < 0 || at > end || meta > end-at || n > end-at-meta {
		return fmt.Errorf("damaged footer: %d and %d bytes at byte %d", meta, n, at)
	}
	m, body, err := messageAt(a.src, at)
	if err != nil {
		return fmt.Errorf("at byte %d: %w", at, err)
	}
	if m.kind != want || m.body != n || body > at+meta {
		return fmt.Errorf("damaged: what stands at byte %d is not what the footer says", at)
	}
	return a.take(m, at, at+meta)
}

// take takes a message in whose body begins at body.
func (a *archive) take(m message, at, body int64) error {
	b := block{at: at, body: body, n: m.body}
	t := m.header
	if m.kind == kindDictionary {
		t = m.header.sub(1)
	}
	meta, err := readBatchMeta(t, m.version)
	if err != nil {
		return fmt.Errorf("at byte %d: %w", at, err)
	}
	if m.kind == kindBatch {
		b.rows, b.codec = meta.rows, meta.codec
		a.add(b)
		return nil
	}
	id, delta := m.header.int64(0, 0), m.header.bool(2)
	if m.header.f.err != nil {
		return m.header.f.err
	}
	if a.schema.dicts[id] == nil {
		return fmt.Errorf("at byte %d: dictionary %d is of no column", at, id)
	}
	if delta && len(a.pieces[id]) == 0 {
		return fmt.Errorf("at byte %d: more of dictionary %d, of which there is nothing yet", at, id)
	}
	if !delta && len(a.pieces[id]) > 0 {
		return errReplaced
	}
	a.pieces[id] = append(a.pieces[id], b)
	return nil
}

// walk finds the batches of the stream format, by the lengths of its messages.
func (a *archive) walk(ctx context.Context) error {
	for at, first := int64(0), true; ; first = false {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		m, body, err := messageAt(a.src, at)
		switch {
		case err != nil && first:
			return fmt.Errorf("not Arrow IPC, or damaged at its start: %w", err)
		case err != nil:
			return fmt.Errorf("at byte %d: %w", at, err)
		case m.kind == kindEnd && first:
			return errors.New("not Arrow IPC: there is no schema")
		case m.kind == kindEnd && body != a.src.size():
			return fmt.Errorf("at byte %d: %d bytes behind the end of the stream: a file holds one stream", body, a.src.size()-body)
		case m.kind == kindEnd:
			return nil
		case (m.kind == kindSchema) != first:
			return fmt.Errorf("at byte %d: damaged: a stream has one schema, and begins with it", at)
		case first:
			a.schema, err = readSchema(m.header)
		default:
			err = a.take(m, at, body)
		}
		if err != nil {
			return err
		}
		at = body + m.body
	}
}

// body is the bytes of a message.
func (a *archive) body(b block, mem *claims) body {
	if a.mapped != nil {
		return &mappedBody{a.mapped, b.body, b.n, mem}
	}
	return &readBody{a.src, b.body, b.n, mem}
}

// decode reads the wanted columns of a batch, in the order of want.
func (a *archive) decode(i int, want []int, mem *claims) ([]arrow.Array, error) {
	m, _, err := messageAt(a.src, a.order[i].at)
	if err != nil {
		return nil, err
	}
	meta, err := readBatchMeta(m.header, m.version)
	if err != nil {
		return nil, err
	}
	d := &decoder{meta: meta, body: a.body(a.order[i], mem), dicts: a, mem: mem}
	return d.columns(a.schema, want)
}

// columns decodes the wanted columns.
func (d *decoder) columns(s *schema, want []int) (_ []arrow.Array, err error) {
	at, err := d.meta.columns(s.columns)
	if err != nil {
		return nil, err
	}
	out := make([]arrow.Array, 0, len(want))
	defer func() {
		if err != nil {
			releaseAll(out)
		}
	}()
	for _, c := range want {
		data, _, err := d.column(s.columns[c], at[c], d.meta.rows)
		if err != nil {
			return out, err
		}
		out = append(out, array.MakeFromData(data))
		data.Release()
	}
	return out, nil
}

func releaseAll(arrs []arrow.Array) {
	for _, a := range arrs {
		a.Release()
	}
}

// mappedSource is a file in memory.
type mappedSource struct{ data []byte }

func (s *mappedSource) size() int64 { return int64(len(s.data)) }

func (s *mappedSource) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > s.size() || off > s.size()-n {
		return nil, errShort
	}
	return s.data[off:][:n:n], nil
}

func (s *mappedSource) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, s.data[min(max(off, 0), s.size()):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fileSource is a file that is read.
type fileSource struct {
	f *os.File
	n int64
}

func (s *fileSource) size() int64 { return s.n }

func (s *fileSource) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > s.n || off > s.n-n {
		return nil, errShort
	}
	b := make([]byte, n)
	if got, err := s.f.ReadAt(b, off); err != nil && int64(got) < n {
		return nil, err
	}
	return b, nil
}

func (s *fileSource) ReadAt(p []byte, off int64) (int, error) { return s.f.ReadAt(p, off) }
