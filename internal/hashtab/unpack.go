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

// unpack makes the column of a field of fixed width from the words of n rows.
func (f *field) unpack(words []uint64, stride, n int, alloc memory.Allocator) arrow.Array {
	if f.typ.ID() == arrow.NULL {
		return array.NewNull(n)
	}
	values := plaincol.NewBuffer(alloc, (n*f.bits+7)/8)
	defer values.Release()
	b, src := values.Bytes(), words[min(f.word, len(words)):]
	switch f.bits {
	case 1:
		for i := range n {
			b[i>>3] |= byte(src[i*stride]>>f.shift&1) << (i & 7)
		}
	case 8:
		unpackInts(b, src, stride, f.shift)
	case 16:
		unpackInts(arrow.Uint16Traits.CastFromBytes(b), src, stride, f.shift)
	case 32:
		unpackInts(arrow.Uint32Traits.CastFromBytes(b), src, stride, f.shift)
	default:
		width := f.bits / 64
		out := arrow.Uint64Traits.CastFromBytes(b)
		for i := range n {
			copy(out[i*width:(i+1)*width], src[i*stride:])
		}
	}
	valid := plaincol.NewValidity(alloc, n)
	at := words[min(f.null.word, len(words)):]
	for i := range n {
		if at[i*stride]>>f.null.shift&1 != 0 {
			valid.Null(i)
		}
	}
	return plaincol.Array(f.typ, n, &valid, values)
}

func unpackInts[T uint8 | uint16 | uint32](dst []T, src []uint64, stride int, shift uint) {
	for i := range dst {
		dst[i] = T(src[i*stride] >> (shift & 63))
	}
}

// column makes a column of the values of the given numbers.
func (t *interner) column(typ arrow.DataType, ids []int32, alloc memory.Allocator) (arrow.Array, error) {
	n := len(ids)
	valid, total := plaincol.NewValidity(alloc, n), 0
	for i, id := range ids {
		if v := t.store.keys[id+1]; v == nullView {
			valid.Null(i)
		} else {
			total += int(uint32(v[0]))
		}
	}
	switch fixed, ok := typ.(*arrow.FixedSizeBinaryType); {
	case ok:
		values := plaincol.NewBuffer(alloc, n*fixed.ByteWidth)
		defer values.Release()
		t.fillFixed(values.Bytes(), ids, fixed.ByteWidth)
		return plaincol.Array(typ, n, &valid, values), nil
	case isLarge(typ):
		return textColumn[int64](t, typ, ids, total, &valid, alloc), nil
	case total > math.MaxInt32:
		valid.Release()
		return nil, fmt.Errorf("%d keys of %d bytes: %w", n, total, ErrTooLong)
	}
	return textColumn[int32](t, typ, ids, total, &valid, alloc), nil
}

func textColumn[O int32 | int64](t *interner, typ arrow.DataType, ids []int32, bytes int, valid *plaincol.Validity, alloc memory.Allocator) arrow.Array {
	offsets, values := plaincol.New[O](alloc, len(ids)+1), plaincol.NewBuffer(alloc, bytes)
	defer offsets.Release()
	defer values.Release()
	fillColumn(t, values.Bytes(), offsets.Values, ids)
	return plaincol.Array(typ, len(ids), valid, offsets.Buffer(), values)
}

func fillColumn[O int32 | int64](t *interner, values []byte, offsets []O, ids []int32) {
	var buf [16]byte
	at := 0
	offsets[0] = 0
	for i, id := range ids {
		b, _ := t.value(id, &buf)
		at += copy(values[at:], b)
		offsets[i+1] = O(at)
	}
}

func (t *interner) fillFixed(values []byte, ids []int32, width int) {
	var buf [16]byte
	for i, id := range ids {
		b, _ := t.value(id, &buf)
		copy(values[i*width:], b)
	}
}
