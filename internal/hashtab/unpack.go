package hashtab

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ErrTooLong says that the values asked for do not fit one column, whose offsets
// end at 2 GiB: ask for fewer.
var ErrTooLong = errors.New("more than 2 GiB of strings for one column")

// unpack makes the column of a field of fixed width from the words of n rows.
func (f *field) unpack(words []uint64, stride, n int, alloc memory.Allocator) arrow.Array {
	if f.typ.ID() == arrow.NULL {
		return array.NewNull(n)
	}
	values := newBuffer((n*f.bits+7)/8, alloc)
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
	var valid *memory.Buffer
	nulls := 0
	at := words[min(f.null.word, len(words)):]
	for i := range n {
		nulls += int(at[i*stride] >> f.null.shift & 1)
	}
	if nulls > 0 {
		valid = newBuffer((n+7)/8, alloc)
		defer valid.Release()
		bits := valid.Bytes()
		for i := range n {
			bits[i>>3] |= byte(^(at[i*stride]>>f.null.shift)&1) << (i & 7)
		}
	}
	return makeArray(f.typ, n, nulls, valid, values)
}

func unpackInts[T uint8 | uint16 | uint32](dst []T, src []uint64, stride int, shift uint) {
	for i := range dst {
		dst[i] = T(src[i*stride] >> (shift & 63))
	}
}

// column makes a column of the values of the given numbers.
func (t *interner) column(typ arrow.DataType, ids []int32, alloc memory.Allocator) (arrow.Array, error) {
	n := len(ids)
	var total, nulls int
	for _, id := range ids {
		if v := t.store.keys[id+1]; v == nullView {
			nulls++
		} else {
			total += int(uint32(v[0]))
		}
	}
	var valid *memory.Buffer
	if nulls > 0 {
		valid = newBuffer((n+7)/8, alloc)
		defer valid.Release()
		bits := valid.Bytes()
		for i, id := range ids {
			if t.store.keys[id+1] != nullView {
				bits[i>>3] |= 1 << (i & 7)
			}
		}
	}
	if fixed, ok := typ.(*arrow.FixedSizeBinaryType); ok {
		values := newBuffer(n*fixed.ByteWidth, alloc)
		defer values.Release()
		t.fillFixed(values.Bytes(), ids, fixed.ByteWidth)
		return makeArray(typ, n, nulls, valid, values), nil
	}
	if !isLarge(typ) && total > math.MaxInt32 {
		return nil, fmt.Errorf("%d keys of %d bytes: %w", n, total, ErrTooLong)
	}
	values := newBuffer(total, alloc)
	defer values.Release()
	var offsets *memory.Buffer
	if isLarge(typ) {
		offsets = newBuffer(8*(n+1), alloc)
		fillColumn(t, values.Bytes(), arrow.Int64Traits.CastFromBytes(offsets.Bytes()), ids)
	} else {
		offsets = newBuffer(4*(n+1), alloc)
		fillColumn(t, values.Bytes(), arrow.Int32Traits.CastFromBytes(offsets.Bytes()), ids)
	}
	defer offsets.Release()
	return makeArray(typ, n, nulls, valid, offsets, values), nil
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

func makeArray(typ arrow.DataType, n, nulls int, buffers ...*memory.Buffer) arrow.Array {
	data := array.NewData(typ, n, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

func newBuffer(n int, alloc memory.Allocator) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(n)
	clear(b.Bytes())
	return b
}
