package csvio

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

const (
	rowsDefault = 4096     // of a chunk, where nobody says how many
	chunkBytes  = 16 << 20 // of text that a chunk is made of at most, and a step's more
	rejectBytes = 64 << 10 // of rejected rows that are handed on at once
)

// errStopped says that no more rows are wanted.
var errStopped = errors.New("csvio: no more is wanted")

// The texts of warnings.
const (
	invalidText  = "byte sequences that are not UTF-8 (replaced by U+FFFD)"
	skippedText  = "bad rows (left out)"
	rejectedText = "bad rows (written to the file of rejected rows)"
)

// reader makes chunks of the records of a window.
type reader struct {
	source *Source
	shared *shared
	w      *window
	env    dataflow.Env
	yield  func(dataflow.Chunk, error) bool
	p      *parser
	next   int // where in the text the next record begins

	schema   *arrow.Schema
	columns  []textcol.Column // that are made
	which    []int            // of the plan's columns each is
	out      []int            // which of columns a chunk has
	guarded  []bool           // of columns: numbers whose type was inferred
	held     int64            // bytes of columns that are reserved
	reserved int64            // of everything else

	rows, rowsMost int
	bytes          int     // of text that the rows of the chunk stand in, about
	drop           []int32 // rows of the chunk that are bad

	bad      []int32
	fields   []textcol.Field // that are being appended
	refused  []badRecord     // of a step, where bad rows are left out
	warnings [2]dataflow.Warning

	rank, seq int
	rejected  []byte
}

// open makes the columns of a file that begins with h.
func (r *reader) open(h head, env dataflow.Env) error {
	s, plan := r.source, r.shared.plan
	r.env = env
	if r.rowsMost = env.BatchRows; r.rowsMost <= 0 {
		r.rowsMost = rowsDefault
	}
	var wanted []int
	r.schema, wanted = plan.pruned(s.columns)
	if r.which = wanted; s.policy.act != fail {
		_, r.which = plan.pruned(nil)
	}
	r.out = make([]int, len(wanted))
	for i, c := range wanted {
		if r.out[i] = c; s.policy.act == fail {
			r.out[i] = i
		}
	}
	l, err := plan.layout(&s.settings, r.w.path, h, r.which)
	if err != nil {
		return err
	}
	r.reserved = parserBytes(len(r.which)) + 2*rejectBytes
	if err := env.Reserve(r.reserved); err != nil {
		r.reserved = 0
		return err
	}
	r.p = newParser(s.dialect(r.w.path), l, s.policy.act == fail)
	o := textcol.Options{Nulls: s.nulls, Quote: s.quote, Replaced: r.replaced}
	for _, c := range r.which {
		t := plan.schema.Field(c).Type
		column, err := textcol.New(t, o, env.Alloc)
		if err != nil {
			return err
		}
		r.columns = append(r.columns, column)
		r.guarded = append(r.guarded, plan.inferred[c] && (arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID())))
	}
	return nil
}

// run yields the rows of the records from text[at:] on.
func (r *reader) run(at int) error {
	w := r.w
	for {
		next, more := r.p.step(w.text(), at, w.limit(), w.eof)
		if err := r.take(w.text(), at, next); err != nil {
			return err
		}
		at = next
		switch {
		case at >= w.limit(), w.eof && at == w.n:
			r.next = at
			if err := r.handOn(r.rejected); err != nil {
				return err
			}
			return r.flush()
		case more:
			r.p.forget()
			w.drop(at)
			at = 0
			if err := w.fill(); err != nil {
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
		if r.guarded[c] {
			r.bad = leadingZeros(text, r.fields, r.bad)
		}
		for _, i := range r.bad {
			if r.source.policy.act != fail {
				r.drop = append(r.drop, int32(r.rows)+i)
				r.refused = append(r.refused, badRecord{fault: notOfItsType, from: int(r.p.starts[a+int(i)])})
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
	r.warn(0, invalidText, sequences, int(r.fields[i].From&textcol.Mask))
}

// warn counts what is odd, and keeps where it was first.
func (r *reader) warn(which int, text string, n int64, at int) {
	w := &r.warnings[which]
	place := r.w.base + int64(at)
	if w.Count == 0 || place < w.Byte {
		*w = dataflow.Warning{Text: text, Count: w.Count, Path: r.w.path, Byte: place}
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

// valueError is the error of a value: of column c of row i of the step.
func (r *reader) valueError(text []byte, c, i int) error {
	f := r.p.column(c)[i]
	value := string(text[f.From&textcol.Mask : f.To])
	if q := string(rune(r.p.quote)); f.From&textcol.Escaped != 0 {
		value = string(bytes.ReplaceAll([]byte(value), []byte(q+q), []byte(q)))
	}
	field := r.shared.plan.schema.Field(r.which[c])
	line, err := r.w.line(int(f.From & textcol.Mask))
	if err != nil {
		return err
	}
	return &ParseError{Path: r.w.path, Line: line, Column: field.Name, Value: value, Type: field.Type, Better: better(field.Type, value)}
}

// refuse deals with the bad records of a step.
func (r *reader) refuse(text []byte) error {
	for _, b := range r.p.bad {
		if r.source.policy.act == fail || b.fault == neverClosed {
			at := b.from
			if b.fault == neverClosed {
				at = b.quote
			}
			line, err := r.w.line(at)
			if err != nil {
				return err
			}
			return &ParseError{Path: r.w.path, Line: line, Err: wrongRow(b.fault, b.fields, r.p.width)}
		}
		r.refused = append(r.refused, b)
	}
	slices.SortFunc(r.refused, func(a, b badRecord) int { return cmp.Compare(a.from, b.from) })
	r.refused = slices.CompactFunc(r.refused, func(a, b badRecord) bool { return a.from == b.from })
	what := skippedText
	if r.source.policy.act == reject {
		what = rejectedText
	}
	r.warn(1, what, int64(len(r.refused)), r.refused[0].from)
	if r.source.policy.act == reject {
		for _, b := range r.refused {
			if b.to == 0 {
				n, _ := r.p.nextRecord(text[b.from:], outside, '\n')
				if b.to = b.from + n; n < 0 {
					b.to = len(text)
				}
			}
			if err := r.reject(text[b.from:b.to]); err != nil {
				return err
			}
		}
	}
	r.refused = r.refused[:0]
	return nil
}

// reject keeps a record for the file of rejected ones.
func (r *reader) reject(record []byte) error {
	if len(r.rejected)+len(record) > rejectBytes {
		if err := r.handOn(r.rejected); err != nil {
			return err
		}
		r.rejected = r.rejected[:0]
	}
	if record[len(record)-1] != '\n' {
		record = append(slices.Clip(record), '\n')
	}
	if len(record) > rejectBytes {
		return r.handOn(record)
	}
	r.rejected = append(r.rejected, record...)
	return nil
}

func (r *reader) handOn(rows []byte) error {
	if len(rows) == 0 {
		return nil
	}
	r.seq++
	return r.shared.rejects.add(r.rank, r.seq, rows)
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
	r.w.close()
	if r.env.Reserve != nil {
		_ = r.env.Reserve(-r.held - r.reserved) // giving back does not fail
	}
}

// leadingZeros appends to bad the fields that would lose characters as numbers, in
// a column whose type was inferred from fields that would not: those with a zero
// before a digit, or with a plus sign.
func leadingZeros(text []byte, fields []textcol.Field, bad []int32) []int32 {
	for i, f := range fields {
		from := f.From & textcol.Mask
		if from >= f.To || text[from]-'1' < 9 {
			continue
		}
		if f.To-from > 1 && leadingZero(string(text[from:f.To])) {
			bad = append(bad, int32(i))
		}
	}
	return bad
}

// leadingZero reports whether s is a number with a zero before a digit, or a plus
// sign.
func leadingZero(s string) bool {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	return len(s) > 1 && (s[0] == '+' || s[0] == '0' && s[1]-'0' <= 9)
}
