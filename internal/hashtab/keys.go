package hashtab

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// ErrTooLong says that the values asked for do not fit one column, whose offsets
// end at 2 GiB: ask for fewer.
var ErrTooLong = errors.New("more than 2 GiB of strings for one column")

// Keys are the key columns of groups, in their order, given away. The error is
// ErrTooLong.
func (t *Table) Keys(groups []int32) ([]arrow.Array, error) {
	return t.keys(groups, 0, len(groups))
}

// KeysBetween are the key columns of groups from to to-1, as those of Keys.
func (t *Table) KeysBetween(from, to int) ([]arrow.Array, error) {
	return t.keys(nil, from, to-from)
}

// keys are those of the groups listed or, where that is nil, of n groups from one on.
func (t *Table) keys(groups []int32, from, n int) ([]arrow.Array, error) {
	var cols []arrow.Array
	for c := range t.fields {
		col, err := t.keyColumn(c, groups, from, n)
		if err != nil {
			for _, col := range cols {
				col.Release()
			}
			return nil, err
		}
		cols = append(cols, col)
	}
	return cols, nil
}

func (t *Table) keyColumn(c int, groups []int32, from, n int) (arrow.Array, error) {
	f := &t.fields[c]
	switch {
	case f.text:
		ids := plaincol.UnsetBuffer(t.alloc, n*4)
		defer ids.Release()
		t.idsOf(arrow.Int32Traits.CastFromBytes(ids.Bytes()), c, groups, from)
		return t.valuesOfText(c).column(f.typ, arrow.Int32Traits.CastFromBytes(ids.Bytes()), t.alloc)
	case f.typ.ID() == arrow.NULL:
		return array.NewNull(n), nil
	}
	width := widthOf(f.typ)
	values := plaincol.UnsetBuffer(t.alloc, (n*width+7)/8)
	defer values.Release()
	out, valid := values.Bytes(), plaincol.NewValidity(t.alloc, n)
	if width == 1 {
		clear(out)
	}
	var words [keyBlock]uint64
	for at := 0; at < n; at += keyBlock {
		part := words[:min(keyBlock, n-at)]
		var some []int32
		if groups != nil {
			some = groups[at : at+len(part)]
		}
		t.valuesOf(part, c, some, from+at, at, &valid)
		switch width {
		case 1:
			for i, w := range part {
				out[(at+i)>>3] |= byte(w) << ((at + i) & 7)
			}
		case 8:
			narrow(out[at:], part)
		case 16:
			narrow(arrow.Uint16Traits.CastFromBytes(out)[at:], part)
		case 32:
			narrow(arrow.Uint32Traits.CastFromBytes(out)[at:], part)
		default:
			copy(arrow.Uint64Traits.CastFromBytes(out)[at:], part)
		}
	}
	return plaincol.Array(f.typ, n, &valid, values), nil
}

// keyBlock is how many groups are taken from their words to a column at once.
const keyBlock = 512

func narrow[T uint8 | uint16 | uint32](dst []T, words []uint64) {
	dst = dst[:len(words)]
	for i, w := range words {
		dst[i] = T(w)
	}
}

// valuesOf writes the values of a column of numbers, of the groups listed or from one
// on; those that are null are 0 and noted in valid, of which the first is number at.
func (t *Table) valuesOf(dst []uint64, c int, groups []int32, from, at int, valid *plaincol.Validity) {
	f := &t.fields[c]
	t.codesOf(dst, c, groups, from)
	if f.raw {
		if f.nulls {
			for i := range dst {
				if t.nullOf(f, plaincol.RowAt(i, from, groups)) {
					valid.Null(at + i)
				}
			}
		}
		return
	}
	some := uint64(1)
	for i, code := range dst {
		some = min(some, code)
		dst[i] = code + f.low - 1
	}
	if some > 0 {
		return
	}
	for i, w := range dst {
		if w == f.low-1 {
			dst[i] = 0
			valid.Null(at + i)
		}
	}
}

// idsOf writes the numbers of the texts of a column.
func (t *Table) idsOf(dst []int32, c int, groups []int32, from int) {
	if t.single != nil && groups != nil {
		copy(dst, groups)
		return
	}
	var words [keyBlock]uint64
	for at := 0; at < len(dst); at += keyBlock {
		part := words[:min(keyBlock, len(dst)-at)]
		var some []int32
		if groups != nil {
			some = groups[at : at+len(part)]
		}
		t.codesOf(part, c, some, from+at)
		for i, w := range part {
			dst[at+i] = int32(w)
		}
	}
}

// column makes a column of the values of the given numbers.
func (t *interner) column(typ arrow.DataType, ids []int32, alloc memory.Allocator) (arrow.Array, error) {
	n := len(ids)
	valid := plaincol.NewValidity(alloc, n)
	if !isBytes(typ) || typ.ID() == arrow.FIXED_SIZE_BINARY {
		width := typ.(arrow.FixedWidthDataType).BitWidth() / 8
		values := plaincol.NewBuffer(alloc, n*width)
		defer values.Release()
		t.fillFixed(values.Bytes(), ids, width, &valid)
		return plaincol.Array(typ, n, &valid, values), nil
	}
	total := uint64(n) * uint64(max(t.even, 0))
	if t.even < 0 {
		total = t.textBytes(ids, &valid)
	}
	if isLarge(typ) {
		return textColumn[int64](t, typ, ids, int(total), &valid, alloc), nil
	}
	if total > math.MaxInt32 {
		valid.Release()
		return nil, fmt.Errorf("%d keys of %d bytes: %w", n, total, ErrTooLong)
	}
	return textColumn[int32](t, typ, ids, int(total), &valid, alloc), nil
}

// textBytes is how many bytes values have, those that are null none; they are noted in valid.
func (t *interner) textBytes(ids []int32, valid *plaincol.Validity) (total uint64) {
	for i, id := range ids {
		w := t.views[id+1][0]
		if uint32(w) == math.MaxUint32 {
			valid.Null(i)
			continue
		}
		total += uint64(uint32(w))
	}
	return total
}

func textColumn[O int32 | int64](t *interner, typ arrow.DataType, ids []int32, bytes int, valid *plaincol.Validity, alloc memory.Allocator) arrow.Array {
	offsets, values := plaincol.Unset[O](alloc, len(ids)+1), plaincol.UnsetBuffer(alloc, bytes)
	defer offsets.Release()
	defer values.Release()
	if t.even >= 0 && t.even <= inlineBytes {
		fillEven(t, values.Bytes(), offsets.Values, ids)
	} else {
		fillColumn(t, values.Bytes(), offsets.Values, ids)
	}
	return plaincol.Array(typ, len(ids), valid, offsets.Buffer(), values)
}

// fillColumn writes values one behind the other. A short one is written as 16 bytes,
// what is beyond it by the next one again, as far as there is room.
func fillColumn[O int32 | int64](t *interner, values []byte, offsets []O, ids []int32) {
	var buf [16]byte
	at, views := 0, t.views
	offsets[0] = 0
	offsets = offsets[1 : len(ids)+1]
	for i, id := range ids {
		v := views[id+1]
		if n := int(uint32(v[0])); n <= inlineBytes && at+16 <= len(values) {
			putView(values[at:at+16], v)
			at += n
		} else if b, null := t.value(id, &buf); !null {
			at += copy(values[at:], b)
		}
		offsets[i] = O(at)
	}
}

// fillEven is fillColumn for short values of one length: where each goes depends on none
// before it.
func fillEven[O int32 | int64](t *interner, values []byte, offsets []O, ids []int32) {
	for i := range offsets {
		offsets[i] = O(i * int(t.even))
	}
	n, at, views := int(t.even), 0, t.views
	for len(ids) > 0 && at+16 <= len(values) {
		putView(values[at:at+16], views[ids[0]+1])
		ids = ids[1:]
		at += n
	}
	var buf [16]byte
	for _, id := range ids {
		b, _ := t.value(id, &buf)
		at += copy(values[at:], b)
	}
}

func (t *interner) fillFixed(values []byte, ids []int32, width int, valid *plaincol.Validity) {
	var buf [16]byte
	for i, id := range ids {
		b, null := t.value(id, &buf)
		if null {
			valid.Null(i)
		}
		copy(values[i*width:], b)
	}
}
