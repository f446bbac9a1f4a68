package hashtab

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// widen changes the layout of the keys, of which column outgrown has too few codes, so
// that there are codes for n rows from one on too, and for all texts, and packs the keys
// of the groups anew. Without the memory
// for it nothing is changed.
func (t *Table) widen(outgrown int, keys []arrow.Array, from, n int) error {
	if t.bound != nil {
		return t.widenBound(outgrown, keys, from, n)
	}
	old, was := t.fields, &t.packed
	fields, spans, texts := slices.Clone(old), make([]span, len(old)), make([]int, len(old))
	for i := range fields {
		f := &fields[i]
		if f.text {
			texts[i] = t.texts[i].n
			continue
		}
		values, nulls := t.load(keys[i], from, n)
		if f.raw {
			f.nulls = f.nulls || len(nulls) > 0
			continue
		}
		spans[i] = was.spanOf(f)
		spans[i].addRows(values, nulls, f.flip)
	}
	width, tight := layOut(fields, spans, texts, outgrown, true)
	return t.relay(fields, width, tight, nil)
}

// relay packs the keys of the groups anew, by fields that have a code for each of their
// values, texts by what is known of them, if that is given. Without the memory for it
// nothing is changed.
func (t *Table) relay(fields []field, width int, tight uint, known [][]knownText) error {
	old, was := t.fields, &t.packed
	next := store{mem: was.mem, width: width, bits: tight, n: was.n, expect: was.expect, most: was.most, same: was.same, hashed: was.hashed}
	scratch := int64(8 * t.rows * (width - was.width))
	if width == was.width {
		next.keys = was.keys
	} else {
		if err := t.mem.Reserve(scratch); err != nil {
			return err
		}
		var err error
		if next.keys, err = reserved.Grow[uint64](t.mem, nil, (was.n+1)*width); err != nil {
			t.mem.Release(scratch)
			return err
		}
	}
	var err error
	if next.direct, next.slots, err = next.index(tight, was.n); err != nil {
		if width != was.width {
			reserved.Free(t.mem, next.keys)
			t.mem.Release(scratch)
		}
		return err
	}
	repack(next.keys, was.keys, fields, old, known, width, was.width, was.n)
	was.freeIndex()
	if width != was.width {
		reserved.Free(t.mem, was.keys)
		t.words = make([]uint64, t.rows*width)
	}
	t.fields, t.packed = fields, next
	t.packed.fill(0)
	return nil
}

// spanOf is what the values of a field of numbers span in the groups.
func (s *store) spanOf(f *field) (out span) {
	if f.bits == 0 {
		out.null = s.n > 0
		return out
	}
	least, most, null := ^uint64(0), uint64(0), false
	for at := s.width; at < (s.n+1)*s.width; at += s.width {
		code := s.keys[at+f.at.word] >> f.at.shift & f.mask()
		if code == 0 {
			null = true
			continue
		}
		least, most = min(least, code), max(most, code)
	}
	out.null = null
	if most > 0 {
		out.add((f.low + least - 1) ^ f.flip)
		out.add((f.low + most - 1) ^ f.flip)
	}
	return out
}

// repack writes the keys of n groups of an old layout in a new one; dst may be src
// where the width is the same.
func repack(dst, src []uint64, fields, old []field, known [][]knownText, width, oldWidth, n int) {
	var key [8]uint64
	row := key[:]
	if width > len(key) {
		row = make([]uint64, width)
	}
	row = row[:width]
	for g := 1; g <= n; g++ {
		repackKey(row, src[g*oldWidth:(g+1)*oldWidth], fields, old, known)
		copy(dst[g*width:], row)
	}
}

// repackKey writes one key of an old layout in a new one.
func repackKey(row, from []uint64, fields, old []field, known [][]knownText) {
	clear(row)
	for i := range fields {
		f, o := &fields[i], &old[i]
		code := from[o.at.word] >> o.at.shift & o.mask()
		switch {
		case f.text:
			if known != nil {
				code = uint64(known[i][code].id)
			}
		case f.raw && o.raw:
			if o.nulls {
				row[f.nullAt.word] |= from[o.nullAt.word] >> o.nullAt.shift & 1 << f.nullAt.shift
			}
		case code == 0:
			if f.raw {
				row[f.nullAt.word] |= 1 << f.nullAt.shift
			}
		case f.raw:
			code += o.low - 1
		default:
			code += o.low - f.low
		}
		row[f.at.word] |= code << f.at.shift
	}
}
