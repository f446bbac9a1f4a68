package jsonlio

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

// refuse deals with the line at begin, which is no row.
func (r *reader) refuse(f *fault, begin int) error {
	if !r.source.policy.LeavesOut() {
		return r.failed(f)
	}
	r.left = append(r.left, begin)
	return nil
}

// failed is the error of a fault, or that of a row before it.
func (r *reader) failed(f *fault) error {
	if err := r.flush(); err != nil {
		return err
	}
	e := &ParseError{Path: nameOf(r.path), Byte: r.text.base + int64(f.at), Column: f.column, Err: f.err, top: f.top}
	if r.text.line > 0 {
		e.Line = r.text.line + int64(bytes.Count(r.scan.data[:min(f.at, r.text.n)], []byte{'\n'}))
	} else {
		e.Line = r.source.countLines(r.ctx, place{r.path, e.Byte})
	}
	return e
}

// wrong deals with the rows that have a value which is not of its column's type.
func (r *reader) wrong(starts []int, first int) error {
	slices.SortStableFunc(r.told, func(a, b badValue) int { return cmp.Compare(a.row, b.row) })
	if !r.source.policy.LeavesOut() {
		bad := slices.MinFunc(r.told, func(a, b badValue) int {
			return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.field.From&textcol.Mask, b.field.From&textcol.Mask))
		})
		from, to := int(bad.field.From&textcol.Mask), int(bad.field.To)
		f := &fault{at: from, top: bad.leaf.top(), column: bad.leaf.path(), err: &typeError{clip(r.scan.data[from:to]), bad.leaf.t}}
		if bad.field.From&textcol.Quoted != 0 {
			f.err = &typeError{`"` + clip(r.scan.data[from:to]) + `"`, bad.leaf.t}
			f.at--
		}
		if f.at >= r.text.n { // a string with escapes, which stands behind the text
			f.at = starts[bad.row-first]
		}
		return r.failed(f)
	}
	for i, bad := range r.told {
		if i > 0 && bad.row == r.told[i-1].row {
			continue
		}
		r.drop = append(r.drop, int32(bad.row))
		r.left = append(r.left, starts[bad.row-first])
	}
	return nil
}

// leave leaves out the line that begins at begin.
func (r *reader) leave(begin int) error {
	policy := r.source.policy
	r.env.Warn(dataflow.Warning{Text: policy.Warning(), Count: 1, Path: nameOf(r.path), Byte: r.text.base + int64(begin)})
	if !policy.Keeps() {
		return nil
	}
	line := r.scan.data[begin:r.text.n]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	return r.rejected.Add(line)
}

// keep is the rows that are not in drop, which ascends.
func keep(rows int, drop []int32) []int32 {
	out := make([]int32, 0, rows)
	for i := range int32(rows) {
		if len(drop) > 0 && drop[0] == i {
			drop = drop[1:]
			continue
		}
		out = append(out, i)
	}
	return out
}
