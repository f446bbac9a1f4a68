package expr

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// vec is the values of an expression: one a row or, where single is set, one for all
// rows. The slice that the kind calls for holds them; it is never written to once
// the vec is made. What stands at nulls means nothing.
type vec struct {
	single bool
	null   bool   // of a single one: it is null, and there are no values
	valid  bitmap // of others: which rows are not

	bools  []bool
	ints   []int64
	uints  []uint64
	floats []float64
	decs   []decimal128.Num
	text   texts
	buf    *memory.Buffer // that the values fill from its first byte; nil: they are another's
	other  arrow.Array    // of a type that the loops do not know; borrowed
}

// bitmap says which rows are valid: bit off+i is row i; without bits all are.
type bitmap struct {
	bits []byte
	off  int
}

func (b bitmap) at(i int) bool {
	i += b.off
	return b.bits == nil || b.bits[i>>3]>>(i&7)&1 != 0
}

// eight are the bits of rows i to i+7; those behind the last row are any.
func (b bitmap) eight(i int) byte {
	at, shift := (b.off+i)>>3, (b.off+i)&7
	bits := b.bits[at] >> shift
	if shift > 0 && at+1 < len(b.bits) {
		bits |= b.bits[at+1] << (8 - shift)
	}
	return bits
}

func (b bitmap) nulls(n int) int {
	if b.bits == nil {
		return 0
	}
	return n - bitutil.CountSetBits(b.bits, b.off, n)
}

// isNull reports whether the value of a row is null.
func (v *vec) isNull(row int) bool {
	if v.single {
		return v.null
	}
	return !v.valid.at(row)
}

// mask makes a row number an index: i&mask is i, or 0 for a single value. Loops over
// two operands read a[i&aMask], so that a constant is never spread.
func (v *vec) mask() int {
	if v.single {
		return 0
	}
	return -1
}

// truth reports whether a bool is true, not null.
func (v *vec) truth(row int) bool { return !v.isNull(row) && v.bools[row&v.mask()] }

// texts are texts or bytes: in the one or the other offsets, or of one size. Where
// codes is not nil, row i is value codes[i].
type texts struct {
	bytes []byte
	small []int32
	large []int64
	size  int
	n     int // values
	codes []int32

	offsets, values *memory.Buffer // that the offsets and bytes fill; nil: they are another's
}

// made is the buffers of the texts where they are just what an array of type t takes.
func (t *texts) made(as arrow.DataType) (offsets, values *memory.Buffer) {
	_, small := as.(arrow.BinaryDataType)
	switch as.(type) {
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		small = false
	}
	if t.codes != nil || small != (t.small != nil) {
		return nil, nil
	}
	return t.offsets, t.values
}

// value is value i.
func (t *texts) value(i int) []byte {
	switch {
	case t.small != nil:
		return t.bytes[t.small[i]:t.small[i+1]]
	case t.large != nil:
		return t.bytes[t.large[i]:t.large[i+1]]
	}
	return t.bytes[i*t.size : (i+1)*t.size]
}

// row is the text of row i.
func (t *texts) row(i int) []byte {
	if t.codes != nil {
		i = int(t.codes[i])
	}
	return t.value(i)
}

// load is a column as a vec. It is a view where the column's values are what the loops
// take.
func (r *run) load(col arrow.Array) *vec {
	n := col.Len()
	if d, ok := col.(*array.Dictionary); ok {
		return r.loadCoded(d)
	}
	v := &vec{}
	if runs, ok := col.(*array.RunEndEncoded); ok {
		r.annul(v, n, func(row int) bool { return runs.Values().IsNull(runs.GetPhysicalIndex(row)) })
		return v
	}
	if col.NullN() > 0 {
		v.valid = bitmap{col.NullBitmapBytes(), col.Data().Offset()}
	}
	switch t := col.DataType().(type) {
	case *arrow.NullType:
		return &vec{single: true, null: true}
	case *arrow.BooleanType:
		v.bools = scratch[bool](r, n)
		if n > 0 {
			unpack(v.bools, plaincol.Cast[byte](col.Data().Buffers()[1]), col.Data().Offset())
		}
	case *arrow.Int8Type:
		v.ints = widened[int64](r, plaincol.Values[int8](col))
	case *arrow.Int16Type:
		v.ints = widened[int64](r, plaincol.Values[int16](col))
	case *arrow.Int32Type, *arrow.Date32Type, *arrow.Time32Type:
		v.ints = widened[int64](r, plaincol.Values[int32](col))
	case *arrow.Int64Type, *arrow.Date64Type, *arrow.Time64Type, *arrow.TimestampType, *arrow.DurationType:
		v.ints = plaincol.Values[int64](col)
	case *arrow.Uint8Type:
		v.uints = widened[uint64](r, plaincol.Values[uint8](col))
	case *arrow.Uint16Type:
		v.uints = widened[uint64](r, plaincol.Values[uint16](col))
	case *arrow.Uint32Type:
		v.uints = widened[uint64](r, plaincol.Values[uint32](col))
	case *arrow.Uint64Type:
		v.uints = plaincol.Values[uint64](col)
	case *arrow.Float16Type:
		v.floats = scratch[float64](r, n)
		for i, h := range col.(*array.Float16).Values() {
			v.floats[i] = float64(plaincol.HalfFloat(h))
		}
	case *arrow.Float32Type:
		v.floats = widened[float64](r, plaincol.Values[float32](col))
	case *arrow.Float64Type:
		v.floats = plaincol.Values[float64](col)
	case *arrow.Decimal128Type:
		v.decs = plaincol.Values[decimal128.Num](col)
	case *arrow.StringType, *arrow.BinaryType:
		v.text = texts{bytes: plaincol.Text(col), small: plaincol.Offsets[int32](col), n: n}
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		v.text = texts{bytes: plaincol.Text(col), large: plaincol.Offsets[int64](col), n: n}
	case *arrow.FixedSizeBinaryType:
		v.text = texts{bytes: plaincol.Fixed(col, t.ByteWidth), size: t.ByteWidth, n: n}
	}
	return v
}

// loadCoded is a dictionary column as a vec: text stays coded, other values are looked
// up. A row whose value is a null of the dictionary is null.
func (r *run) loadCoded(d *array.Dictionary) *vec {
	n := d.Len()
	values := r.load(d.Dictionary())
	if values.single || d.NullN() == n { // of type null, or nothing but nulls
		return &vec{single: true, null: true}
	}
	v := &vec{}
	if d.NullN() > 0 {
		v.valid = bitmap{d.NullBitmapBytes(), d.Data().Offset()}
	}
	codes := scratch[int32](r, n)
	plaincol.Codes(codes, d, 0, nil)
	plaincol.MarkNulls(codes, 0, d, 0, nil) // what a null row's code says, is nothing
	if values.valid.bits != nil {
		bits := scratch[byte](r, int(bitutil.BytesForBits(int64(n))))
		clear(bits)
		for i, c := range codes {
			if values.valid.at(int(c)) && v.valid.at(i) {
				bitutil.SetBit(bits, i)
			}
		}
		v.valid = bitmap{bits: bits}
	}
	if kindOf(d.Dictionary().DataType()).textual() {
		v.text = values.text
		v.text.codes = codes
		return v
	}
	r.lookUp(v, values, codes)
	return v
}

// lookUp sets row i of v to value codes[i], but for text and validity.
func (r *run) lookUp(v, values *vec, codes []int32) {
	v.bools = chosen(r, values.bools, codes)
	v.ints = chosen(r, values.ints, codes)
	v.uints = chosen(r, values.uints, codes)
	v.floats = chosen(r, values.floats, codes)
	v.decs = chosen(r, values.decs, codes)
}

func chosen[T any](r *run, values []T, codes []int32) []T {
	if values == nil {
		return nil
	}
	out := scratch[T](r, len(codes))
	for i, c := range codes {
		out[i] = values[c]
	}
	return out
}

type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

func widened[D, T number](r *run, v []T) []D {
	out := scratch[D](r, len(v))
	for i, x := range v {
		out[i] = D(x)
	}
	return out
}

// unpack writes bits from off on as bools.
func unpack(out []bool, bits []byte, off int) {
	from, bytes := bitmap{bits, off}, asBytes(out)
	i := 0
	for ; i+8 <= len(bytes); i += 8 {
		binary.LittleEndian.PutUint64(bytes[i:i+8], spreadBits(from.eight(i)))
	}
	for ; i < len(out); i++ {
		out[i] = from.at(i)
	}
}

// asBytes is bools as bytes of 0 and 1.
func asBytes(b []bool) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}

// spreadBits is eight bits as bytes of 0 and 1, the lowest first: each byte of a product
// has them all, of which one is kept and moved to the bottom.
func spreadBits(bits byte) uint64 {
	const each, own, full = 0x0101010101010101, 0x8040201008040201, 0x7f7f7f7f7f7f7f7f
	return (uint64(bits)*each&own + full) >> 7 & each
}
