package expr

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// result is the values of p as an array of its type, given away.
func (r *run) result(p *bound) (arrow.Array, error) { return r.arrayOf(p, nil) }

// arrayOf is the values of b as an array of its type, given away.
func (r *run) arrayOf(b *bound, w *where) (arrow.Array, error) {
	if b.array != nil {
		return b.array(r, w)
	}
	v, err := b.eval(r, w)
	if err != nil {
		return nil, err
	}
	arr, err := r.toArray(v, b.typ)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.node.text(), err)
	}
	return arr, nil
}

// toArray is v as an array of type t, given away. Its null count is known.
func (r *run) toArray(v *vec, t arrow.DataType) (arrow.Array, error) {
	if v.other != nil {
		v.other.Retain()
		return v.other, nil
	}
	if v.single && v.null {
		return r.nulls(t), nil
	}
	if v.single {
		v = r.spread(v, kindOf(t))
	}
	valid, count := r.validity(v)
	defer release(valid)
	if d, ok := t.(*arrow.DictionaryType); ok {
		return r.toDictionary(v, d, valid, count)
	}
	var values *memory.Buffer
	switch t := t.(type) {
	case *arrow.BooleanType:
		values = r.newBuffer(int(bitutil.BytesForBits(int64(r.rows))))
		pack(values.Bytes(), v.bools)
	case *arrow.Int8Type:
		values = narrowed[int8](r, v.ints)
	case *arrow.Int16Type:
		values = narrowed[int16](r, v.ints)
	case *arrow.Int32Type, *arrow.Date32Type, *arrow.Time32Type:
		values = narrowed[int32](r, v.ints)
	case *arrow.Int64Type, *arrow.Date64Type, *arrow.Time64Type, *arrow.TimestampType, *arrow.DurationType:
		values = whole(r, v.ints, v.buf)
	case *arrow.Uint8Type:
		values = narrowed[uint8](r, v.uints)
	case *arrow.Uint16Type:
		values = narrowed[uint16](r, v.uints)
	case *arrow.Uint32Type:
		values = narrowed[uint32](r, v.uints)
	case *arrow.Uint64Type:
		values = whole(r, v.uints, v.buf)
	case *arrow.Float32Type:
		values = narrowed[float32](r, v.floats)
	case *arrow.Float64Type:
		values = whole(r, v.floats, v.buf)
	case *arrow.Decimal128Type:
		values = whole(r, v.decs, v.buf)
	case *arrow.StringType, *arrow.LargeStringType, *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.FixedSizeBinaryType:
		return r.toTexts(v, t, valid, count)
	default:
		return nil, fmt.Errorf("values of type %s cannot be made", nameOf(t))
	}
	defer values.Release()
	return newArray(t, r.rows, count, valid, values), nil
}

// nulls is an array of nothing but nulls.
func (r *run) nulls(t arrow.DataType) arrow.Array {
	if t.ID() == arrow.NULL {
		return array.NewNull(r.rows)
	}
	b := array.NewBuilder(r.alloc, t)
	defer b.Release()
	b.AppendNulls(r.rows)
	return b.NewArray()
}

// spread is a single value for every row.
func (r *run) spread(v *vec, k kind) *vec {
	out := &vec{}
	zeros := zeroed[int32](r, r.rows)
	if k.textual() {
		out.text = v.text
		out.text.codes = zeros
		return out
	}
	r.lookUp(out, v, zeros)
	return out
}

// validity is the validity of v as a buffer of its own, nil where no row is null, and
// how many are.
func (r *run) validity(v *vec) (*memory.Buffer, int) {
	count := v.valid.nulls(r.rows)
	if count == 0 {
		return nil, 0
	}
	b := r.newBuffer(int(bitutil.BytesForBits(int64(r.rows))))
	bits := b.Bytes()
	for i := range bits {
		bits[i] = v.valid.eight(8 * i)
	}
	return b, count
}

// newBuffer is a buffer of n bytes that the caller releases, with anything in them.
func (r *run) newBuffer(n int) *memory.Buffer {
	b := memory.NewResizableBuffer(r.alloc)
	b.Resize(n)
	return b
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}

func newArray(t arrow.DataType, rows, nulls int, buffers ...*memory.Buffer) arrow.Array {
	data := array.NewData(t, rows, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// pack writes bools as bits.
func pack(out []byte, bools []bool) {
	n := len(bools) / 8
	for i := range n {
		b := bools[i*8 : i*8+8 : i*8+8]
		out[i] = byte(one(b[0]) | one(b[1])<<1 | one(b[2])<<2 | one(b[3])<<3 | one(b[4])<<4 | one(b[5])<<5 | one(b[6])<<6 | one(b[7])<<7)
	}
	if rest := bools[n*8:]; len(rest) > 0 {
		out[n] = 0
		for i, b := range rest {
			out[n] |= byte(one(b) << i)
		}
	}
}

// narrowed is values as a buffer of narrower ones.
func narrowed[D, T number](r *run, v []T) *memory.Buffer {
	var zero D
	b := r.newBuffer(len(v) * sizeOf(zero))
	out := plaincol.Cast[D](b)
	for i, x := range v {
		out[i] = D(x)
	}
	return b
}

// whole is values as a buffer: the one that they fill, or a copy.
func whole[T any](r *run, v []T, buf *memory.Buffer) *memory.Buffer {
	if buf != nil {
		buf.Retain()
		return buf
	}
	var zero T
	b := r.newBuffer(len(v) * sizeOf(zero))
	copy(plaincol.Cast[T](b), v)
	return b
}

// toTexts is an array of texts or bytes.
func (r *run) toTexts(v *vec, t arrow.DataType, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	if fixed, ok := t.(*arrow.FixedSizeBinaryType); ok {
		b := r.newBuffer(r.rows * fixed.ByteWidth)
		defer b.Release()
		for i := range r.rows {
			copy(b.Bytes()[i*fixed.ByteWidth:], v.text.row(i))
		}
		return newArray(t, r.rows, nulls, valid, b), nil
	}
	offsets, values := v.text.made(t)
	if offsets == nil {
		out := r.newTexts(t, r.rows)
		for i := range r.rows {
			if v.valid.at(i) {
				out.add(v.text.row(i))
			} else {
				out.add(nil)
			}
		}
		made, err := out.texts()
		if err != nil {
			return nil, err
		}
		offsets, values = made.made(t)
	}
	return newArray(t, r.rows, nulls, valid, offsets, values), nil
}

// toDictionary is an array of codes into a dictionary of texts.
func (r *run) toDictionary(v *vec, t *arrow.DictionaryType, valid *memory.Buffer, nulls int) (arrow.Array, error) {
	if v.text.codes == nil {
		return nil, errors.New("values without codes are no dictionary")
	}
	from, codes := r.used(v.text)
	if most := codesMost(t.IndexType); from.n > most {
		return nil, fmt.Errorf("%d different texts do not fit %s", from.n, nameOf(t.IndexType))
	}
	inner := &run{ctx: r.ctx, rows: from.n, alloc: r.alloc}
	defer inner.release()
	dictionary, err := inner.toTexts(&vec{text: from}, t.ValueType, nil, 0)
	if err != nil {
		return nil, err
	}
	defer dictionary.Release()
	var indices *memory.Buffer
	switch t.IndexType.ID() {
	case arrow.INT8, arrow.UINT8:
		indices = narrowed[uint8](r, codes)
	case arrow.INT16, arrow.UINT16:
		indices = narrowed[uint16](r, codes)
	case arrow.INT32, arrow.UINT32:
		indices = narrowed[uint32](r, codes)
	default:
		indices = narrowed[uint64](r, codes)
	}
	defer indices.Release()
	data := array.NewDataWithDictionary(t, r.rows, []*memory.Buffer{valid, indices}, nulls, 0, dictionary.Data().(*array.Data))
	defer data.Release()
	return array.MakeFromData(data), nil
}

// codesMost is how many codes an index type has, of those that a column can use.
func codesMost(t arrow.DataType) int {
	n := t.(arrow.FixedWidthDataType).BitWidth()
	if arrow.IsSignedInteger(t.ID()) {
		n--
	}
	return 1 << min(n, 31)
}
