package csvio

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// refuse deals with the bad records of a step.
func (r *reader) refuse(text []byte) error {
	for _, b := range r.p.bad {
		if !r.source.policy.LeavesOut() || b.fault == neverClosed {
			at := b.from
			if b.fault == neverClosed {
				at = b.quote
			}
			line, err := r.in.line(at)
			if err != nil {
				return err
			}
			return &ParseError{Path: r.in.path, Line: line, Err: wrongRow(b.fault, b.fields, r.p.width)}
		}
		r.refused = append(r.refused, b)
	}
	slices.SortFunc(r.refused, func(a, b badRecord) int { return cmp.Compare(a.from, b.from) })
	r.refused = slices.CompactFunc(r.refused, func(a, b badRecord) bool { return a.from == b.from })
	r.warn(1, r.source.policy.Warning(), int64(len(r.refused)), r.refused[0].from)
	if r.source.policy.Keeps() {
		for _, b := range r.refused {
			if b.to == 0 {
				n, _ := r.p.nextRecord(text[b.from:], outside, '\n')
				if b.to = b.from + n; n < 0 {
					b.to = len(text)
				}
			}
			if err := r.rejected.Add(text[b.from:b.to]); err != nil {
				return err
			}
		}
	}
	r.refused = r.refused[:0]
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
	line, err := r.in.line(int(f.From & textcol.Mask))
	if err != nil {
		return err
	}
	return &ParseError{Path: r.in.path, Line: line, Column: field.Name, Value: value, Type: field.Type, Better: better(field.Type, value)}
}
