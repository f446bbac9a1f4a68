package csvio

import (
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/utf8fix"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

const (
	rowsDefault = 4096     // of a chunk, where nobody says how many
	rowsNarrow  = 16 << 10 // at most, where there are few columns,
	chunkValues = 32 << 10 // which are so many values: they still fit a core's own cache
	chunkBytes  = 16 << 20 // of text that a chunk is made of at most, and a step's more
)

// errStopped says that no more rows are wanted.
var errStopped = errors.New("csvio: no more is wanted")

// reader makes chunks of the records of an input.
type reader struct {
	source *Source
	shared *shared
	in     *input
	env    dataflow.Env
	yield  func(dataflow.Chunk, error) bool
	p      *parser
	next   int     // where in the text the next record begins
	parted *parted // the file, where this is a part of it,
	bound  int64   // which begins there

	schema   *arrow.Schema
	columns  []textcol.Column // that are made
	which    []int            // of the plan's columns each is
	out      []int            // which of columns a chunk has
	codes    []columnCodes    // of columns that are dictionaries, to be given back
	held     int64            // bytes of columns that are reserved
	reserved int64            // of everything else

	rows, rowsMost int
	bytes          int     // of text that the rows of the chunk stand in, about
	drop           []int32 // rows of the chunk that are bad

	bad      []int32
	fields   []textcol.Field // that are being appended
	refused  []badRecord     // of a step, where bad rows are left out
	warnings [2]dataflow.Warning

	rejected badrows.Part
}

// open makes the columns of a file that begins with h.
func (r *reader) open(h head, env dataflow.Env) error {
	s, plan := r.source, r.shared.plan
	r.env = env
	var wanted []int
	r.schema, wanted = plan.pruned(s.columns, s.coded)
	read := r.schema
	if r.which = wanted; s.policy.LeavesOut() {
		read, r.which = plan.pruned(nil, s.coded)
	}
	r.out = make([]int, len(wanted))
	for i, c := range wanted {
		if r.out[i] = c; !s.policy.LeavesOut() {
			r.out[i] = i
		}
	}
	r.rowsMost = chunkRows(env.BatchRows, len(r.which))
	l, err := plan.layout(&s.settings, r.in.path, h, r.which)
	if err != nil {
		return err
	}
	r.reserved = parserBytes(len(r.which)) + badrows.HeldMost
	if err := env.Reserve(r.reserved); err != nil {
		r.reserved = 0
		return err
	}
	r.p = newParser(s.dialect(r.in.path), l, !s.policy.LeavesOut())
	o := textcol.Options{Nulls: s.nulls, Quote: s.quote, Replaced: r.replaced}
	for i, c := range r.which {
		t := read.Field(i).Type
		o.Exact, o.Codes = plan.inferred[c], nil
		if t.ID() == arrow.DICTIONARY {
			o.Codes = r.shared.codes.take(c)
			r.codes = append(r.codes, columnCodes{c, o.Codes})
		}
		column, err := textcol.New(t, o, env.Alloc)
		if err != nil {
			return err
		}
		r.columns = append(r.columns, column)
	}
	return nil
}

// chunkRows is how many rows of so many columns a chunk has, where about asked are asked for, 0:
// nobody says. Most of what a chunk costs is not by row, so that few columns have more of them,
// unless few are asked for.
func chunkRows(asked, columns int) int {
	if asked <= 0 {
		asked = rowsDefault
	}
	if asked < rowsDefault {
		return asked
	}
	for rows := rowsNarrow; rows > asked; rows /= 2 {
		if rows*columns <= chunkValues {
			return rows
		}
	}
	return asked
}

// run yields the rows of the records from text[at:] on.
func (r *reader) run(at int) error {
	in := r.in
	for {
		next, more := r.p.step(in.Text(), at, in.Owned(), in.Ended())
		if err := r.take(in.Text(), at, next); err != nil {
			return err
		}
		at = next
		switch {
		case at >= in.Owned(), in.Ended() && at == len(in.Text()):
			r.next = at
			if err := r.rejected.Flush(); err != nil {
				return err
			}
			return r.flush()
		case more:
			r.p.forget()
			in.drop(at)
			at = 0
			if r.parted != nil {
				r.parted.reach(r.bound, in.Base())
			}
			if err := in.fill(); err != nil {
				return err
			}
		}
	}
}

// take makes columns of the rows of a step, which has looked at text[at:next].
func (r *reader) take(text []byte, at, next int) error {
	for a := 0; a < r.p.rows; {
		b := min(r.p.rows, a+r.rowsMost-r.rows)
		if err := r.append(text, a, b); err != nil {
			return err
		}
		if b == r.p.rows {
			r.bytes += next - at
		}
		if a = b; r.rows == r.rowsMost || r.bytes >= chunkBytes {
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
	if len(r.p.bad) > 0 || len(r.refused) > 0 {
		if err := r.refuse(text); err != nil {
			return err
		}
	}
	return r.settle()
}

// append appends rows from a to b-1 of the step to the columns.
func (r *reader) append(text []byte, a, b int) error {
	worst, at := -1, 0 // the first value that is bad
	for c, column := range r.columns {
		r.fields = r.p.column(c)[a:b]
		r.bad = column.Append(text, r.fields, r.bad[:0])
		for _, i := range r.bad {
			if r.source.policy.LeavesOut() {
				r.drop = append(r.drop, int32(r.rows)+i)
				r.refused = append(r.refused, badRecord{fault: notOfItsType, from: r.p.start(a + int(i))})
			} else if worst < 0 || a+int(i) < at {
				worst, at = c, a+int(i)
			}
		}
	}
	r.rows += b - a
	if worst >= 0 {
		return r.valueError(text, worst, at)
	}
	return nil
}

// replaced is told of text that is not UTF-8.
func (r *reader) replaced(i int, sequences int64) {
	r.warn(0, utf8fix.Warning, sequences, int(r.fields[i].From&textcol.Mask))
}

// warn counts what is odd, and keeps where it was first.
func (r *reader) warn(which int, text string, n int64, at int) {
	w := &r.warnings[which]
	place := r.in.Base() + int64(at)
	if w.Count == 0 || place < w.Byte {
		*w = dataflow.Warning{Text: text, Count: w.Count, Path: r.in.path, Byte: place}
	}
	w.Count += n
}

// settle reserves what the columns have come to hold.
func (r *reader) settle() error {
	var held int64
	for _, c := range r.columns {
		held += c.HeldBytes()
	}
	if held == r.held {
		return nil
	}
	if err := r.env.Reserve(held - r.held); err != nil {
		return err
	}
	r.held = held
	return nil
}

// flush yields the chunk.
func (r *reader) flush() error {
	if r.rows > 0 {
		rec, err := r.record()
		if err != nil {
			return err
		}
		r.rows, r.bytes, r.drop = 0, 0, r.drop[:0]
		if rec.NumRows() == 0 {
			rec.Release()
		} else if !r.yield(dataflow.Chunk{Rec: rec}, nil) {
			return errStopped
		}
	}
	for i, w := range r.warnings {
		if w.Count > 0 {
			r.env.Warn(w)
			r.warnings[i] = dataflow.Warning{}
		}
	}
	return nil
}

// record is the rows that were gathered, without the bad ones.
func (r *reader) record() (arrow.Record, error) {
	arrays := make([]arrow.Array, len(r.columns))
	for c, column := range r.columns {
		arrays[c] = column.Array()
		defer arrays[c].Release()
	}
	cols := make([]arrow.Array, len(r.out))
	for i, c := range r.out {
		cols[i] = arrays[c]
	}
	rec := array.NewRecord(r.schema, cols, int64(r.rows))
	if len(r.drop) == 0 {
		return rec, nil
	}
	defer rec.Release()
	slices.Sort(r.drop)
	sel, drop := make([]int32, 0, r.rows), r.drop
	for i := range int32(r.rows) {
		for len(drop) > 0 && drop[0] < i {
			drop = drop[1:]
		}
		if len(drop) == 0 || drop[0] != i {
			sel = append(sel, i)
		}
	}
	return batch.Compact(rec, sel, r.env.Alloc)
}

// close lets go of everything.
func (r *reader) close() {
	for _, c := range r.columns {
		c.Close()
	}
	if r.p != nil {
		r.p.close()
	}
	r.in.Close()
	for _, c := range r.codes {
		r.shared.codes.give(c)
	}
	if r.env.Reserve != nil {
		_ = r.env.Reserve(-r.held - r.reserved) // giving back does not fail
	}
}
