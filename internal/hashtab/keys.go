package hashtab

import (
	"bytes"
	"cmp"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// Keys are the key columns of groups, in their order, given away. The error is
// ErrTooLong.
func (t *Table) Keys(groups []int32) ([]arrow.Array, error) {
	if len(t.fields) == 0 {
		return nil, nil
	}
	if t.values != nil && t.width == 0 {
		col, err := t.values.column(t.fields[0].typ, groups, t.alloc)
		if err != nil {
			return nil, err
		}
		return []arrow.Array{col}, nil
	}
	n, width := len(groups), t.width
	if t.single != nil {
		width = 2
	}
	buf := plaincol.NewBuffer(t.alloc, n*width*8)
	defer buf.Release()
	words := arrow.Uint64Traits.CastFromBytes(buf.Bytes())
	t.gather(words, groups, width)
	cols := make([]arrow.Array, len(t.fields))
	var ids []int32
	for c := range t.fields {
		f := &t.fields[c]
		if !f.bytes {
			cols[c] = f.unpack(words, width, n, t.alloc)
			continue
		}
		if ids == nil {
			idBuf := plaincol.NewBuffer(t.alloc, n*4)
			defer idBuf.Release()
			ids = arrow.Int32Traits.CastFromBytes(idBuf.Bytes())
		}
		for i := range ids {
			ids[i] = int32(words[i*width+f.word] >> f.shift)
		}
		var err error
		if cols[c], err = t.columns[c].column(f.typ, ids, t.alloc); err != nil {
			for _, col := range cols[:c] {
				col.Release()
			}
			return nil, err
		}
	}
	return cols, nil
}

// gather writes the words of groups; those of a single column are followed by one
// that says whether it is null.
func (t *Table) gather(dst []uint64, groups []int32, width int) {
	switch {
	case t.single != nil:
		for i, g := range groups {
			dst[2*i] = t.single.keys[g+1][0]
			if int(g) == t.single.loose {
				dst[2*i+1] = 1
			}
		}
	case t.rows != nil:
		t.rows.gather(dst, groups, width)
	default:
		out := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst)*8)
		for i, g := range groups {
			copy(out[i*width*8:], t.longRow(g))
		}
	}
}

// Compare orders groups by their keys, column by column: null first, bytes as
// bytes, everything else by its bits. It depends on the values alone.
func (t *Table) Compare(a, b int32) int {
	if t.values != nil && t.width == 0 {
		return t.values.compare(a, b)
	}
	var row [2][]uint64
	for i, g := range [2]int32{a, b} {
		switch {
		case t.single != nil:
			row[i] = []uint64{t.single.keys[g+1][0], 0}
			if int(g) == t.single.loose {
				row[i][1] = 1
			}
		case t.rows != nil:
			row[i] = t.rows.row(g)
		default:
			row[i] = make([]uint64, t.width)
			t.gather(row[i], []int32{g}, t.width)
		}
	}
	for c := range t.fields {
		if d := t.compareField(c, row[0], row[1]); d != 0 {
			return d
		}
	}
	return 0
}

func (t *Table) compareField(c int, a, b []uint64) int {
	f := &t.fields[c]
	if f.bytes {
		return t.columns[c].compare(int32(a[f.word]>>f.shift), int32(b[f.word]>>f.shift))
	}
	if d := cmp.Compare(b[f.null.word]>>f.null.shift&1, a[f.null.word]>>f.null.shift&1); d != 0 {
		return d
	}
	if f.bits == 0 {
		return 0
	}
	if f.bits <= 64 {
		return cmp.Compare(a[f.word]&f.mask(), b[f.word]&f.mask())
	}
	for w := f.word + f.bits/64 - 1; w >= f.word; w-- {
		if d := cmp.Compare(a[w], b[w]); d != 0 {
			return d
		}
	}
	return 0
}

func (t *interner) compare(a, b int32) int {
	var bufA, bufB [16]byte
	x, nullX := t.value(a, &bufA)
	y, nullY := t.value(b, &bufB)
	switch {
	case nullX && nullY:
		return 0
	case nullX:
		return -1
	case nullY:
		return 1
	}
	return bytes.Compare(x, y)
}
