package jsonlio

import (
	"bytes"
	"context"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/utf8fix"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

const rowsDefault = 4096 // of a chunk, where nobody says how many

// reader makes chunks of lines.
type reader struct {
	ctx    context.Context
	env    dataflow.Env
	source *Source
	shared *shared
	path   string
	yield  func(dataflow.Chunk, error) bool

	root     *object
	schema   *arrow.Schema
	rowsMost int
	held     int64 // reserved

	text     text
	scan     scanner
	starts   []int // where each row of the text since the last flush begins
	first    int   // row of the chunk that starts[0] is
	told     []badValue
	left     []int   // where each line since the last flush begins that is to be left out
	drop     []int32 // rows of the chunk that are bad
	rejected badrows.Part
}

func newReader(ctx context.Context, s *Source, sh *shared, path string, env dataflow.Env, yield func(dataflow.Chunk, error) bool) (*reader, error) {
	r := &reader{ctx: ctx, env: env, source: s, shared: sh, path: path, yield: yield, schema: sh.plan.schema(s.wanted), rowsMost: env.BatchRows}
	if r.rowsMost <= 0 {
		r.rowsMost = rowsDefault
	}
	var err error
	r.root, err = sh.plan.nodes(s.wanted, s.policy.LeavesOut(), maker{env.Alloc, r.replaced})
	return r, err
}

// replaced tells that sequences of a value were not UTF-8.
func (r *reader) replaced(v textcol.Field, sequences int64) {
	at := int64(v.From & textcol.Mask)
	if at >= int64(r.text.n) { // a string with escapes, which stands behind the text
		at = 0
	}
	r.env.Warn(dataflow.Warning{Text: utf8fix.Warning, Count: sequences, Path: nameOf(r.path), Byte: r.text.base + at})
}

// run makes rows of all lines of t, which it takes over, and yields the chunks that
// are full.
func (r *reader) run(t text) error {
	defer func() {
		if r.scan.buf != nil {
			r.scan.buf.Release()
			r.scan = scanner{}
		}
	}()
	r.text = t
	r.scan = scanner{buf: t.buf, data: t.buf.Buf()[:t.n:t.buf.Cap()]}
	s := &r.scan
	for at := 0; at < t.n; {
		s.at, s.end = at, t.n
		if i := bytes.IndexByte(s.data[at:t.n], '\n'); i >= 0 {
			s.end = at + i
		}
		begin := at
		at = s.end + 1
		if s.peek() == 0 && s.at == s.end {
			continue
		}
		rows := r.root.n
		if f := r.row(s); f != nil {
			r.root.truncate(rows)
			if err := r.refuse(f, begin); err != nil {
				return err
			}
			continue
		}
		if r.starts = append(r.starts, begin); r.root.n == r.rowsMost {
			if err := r.chunk(); err != nil {
				return err
			}
		}
	}
	return r.flush()
}

// row appends the row of one line.
func (r *reader) row(s *scanner) *fault {
	if s.peek() != '{' {
		return s.fault(errNoObject)
	}
	if f := r.root.readMembers(s, 0); f != nil {
		return f
	}
	if s.space(); s.at < s.end {
		return s.fault(errBehind)
	}
	return nil
}

// flush makes values of what was gathered, whose text is about to go.
func (r *reader) flush() error {
	r.told = r.told[:0]
	r.root.flush(r.scan.data, &r.told)
	starts, first := r.starts, r.first
	r.starts, r.first = r.starts[:0], r.root.n
	if len(r.told) > 0 {
		if err := r.wrong(starts, first); err != nil {
			return err
		}
	}
	slices.Sort(r.left)
	for _, begin := range r.left {
		if err := r.leave(begin); err != nil {
			return err
		}
	}
	r.left = r.left[:0]
	held := r.root.heldBytes() + 8*int64(cap(r.starts)+cap(r.left)) + 4*int64(cap(r.drop)) + r.rejected.HeldBytes()
	err := r.env.Reserve(held - r.held)
	if err == nil {
		r.held = held
	}
	return err
}

// chunk yields the rows that were gathered.
func (r *reader) chunk() error {
	if err := r.flush(); err != nil || r.root.n == 0 {
		return err
	}
	rows := r.root.n
	columns := make([]arrow.Array, 0, r.schema.NumFields())
	for i, m := range r.root.members {
		arr := m.array()
		if arr == nil {
			continue
		}
		defer arr.Release()
		if next := len(columns); next < r.schema.NumFields() && r.schema.Field(next).Name == string(r.root.names[i]) {
			columns = append(columns, arr)
		}
	}
	r.root.n, r.first = 0, 0
	rec := array.NewRecord(r.schema, columns, int64(rows))
	if len(r.drop) > 0 {
		rest := keep(rows, r.drop)
		r.drop = r.drop[:0]
		clean, err := batch.Compact(rec, rest, r.env.Alloc)
		rec.Release()
		if err != nil {
			return err
		}
		if rec = clean; len(rest) == 0 {
			rec.Release()
			return nil
		}
		batch.CountNulls(rec)
	}
	if !r.yield(dataflow.Chunk{Rec: rec}, nil) {
		return errStopped
	}
	return nil
}

// end yields the last rows.
func (r *reader) end() error {
	if err := r.chunk(); err != nil {
		return err
	}
	return r.rejected.Flush()
}

// close lets go of all that is held.
func (r *reader) close() {
	r.root.close()
	if r.held > 0 {
		_ = r.env.Reserve(-r.held)
		r.held = 0
	}
}
