package batch

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Take gathers rows of rec into a new batch. Rows may come in any order and more
// than once. A dictionary is shared, not copied. The only error is a string
// column that would pass 2 GiB.
func Take(rec arrow.Record, rows []int32, alloc memory.Allocator) (arrow.Record, error) {
	cols := make([]arrow.Array, rec.NumCols())
	defer releaseAll(cols)
	for i, col := range rec.Columns() {
		var err error
		if cols[i], err = TakeArray(col, rows, alloc); err != nil {
			return nil, fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
		}
	}
	return array.NewRecord(rec.Schema(), cols, int64(len(rows))), nil
}

// TakeArray is Take for one column.
func TakeArray(arr arrow.Array, rows []int32, alloc memory.Allocator) (arrow.Array, error) {
	data, err := takeData(arr.Data(), rows, alloc)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	return array.MakeFromData(data), nil
}

func releaseAll(cols []arrow.Array) {
	for _, c := range cols {
		if c != nil {
			c.Release()
		}
	}
}

// takeData returns a new reference.
func takeData(d arrow.ArrayData, rows []int32, alloc memory.Allocator) (arrow.ArrayData, error) {
	t := d.DataType()
	if t.ID() == arrow.NULL {
		return array.NewData(t, len(rows), []*memory.Buffer{nil}, nil, len(rows), 0), nil
	}
	if ext, ok := t.(arrow.ExtensionType); ok {
		storage := array.NewData(ext.StorageType(), d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
		defer storage.Release()
		taken, err := takeData(storage, rows, alloc)
		if err != nil {
			return nil, err
		}
		defer taken.Release()
		return array.NewData(t, len(rows), taken.Buffers(), taken.Children(), taken.NullN(), 0), nil
	}

	valid, nulls := takeValidity(d, rows, alloc)
	defer release(valid)
	switch t := t.(type) {
	case *arrow.DictionaryType:
		codes := takeFixed(d, rows, t.IndexType.(arrow.FixedWidthDataType).BitWidth()/8, alloc)
		defer codes.Release()
		return array.NewDataWithDictionary(t, len(rows), []*memory.Buffer{valid, codes}, nulls, 0, d.Dictionary().(*array.Data)), nil
	case *arrow.BooleanType:
		bits := takeBits(d.Buffers()[1], d.Offset(), rows, alloc)
		defer bits.Release()
		return array.NewData(t, len(rows), []*memory.Buffer{valid, bits}, nil, nulls, 0), nil
	case *arrow.BinaryType, *arrow.StringType:
		return takeVar(d, rows, arrow.Int32Traits.CastFromBytes(bytesOf(d.Buffers()[1])), math.MaxInt32, valid, nulls, alloc)
	case *arrow.LargeBinaryType, *arrow.LargeStringType:
		return takeVar(d, rows, arrow.Int64Traits.CastFromBytes(bytesOf(d.Buffers()[1])), math.MaxInt64, valid, nulls, alloc)
	case *arrow.ListType, *arrow.MapType:
		return takeList(d, rows, arrow.Int32Traits.CastFromBytes(bytesOf(d.Buffers()[1])), valid, nulls, alloc)
	case *arrow.LargeListType:
		return takeList(d, rows, arrow.Int64Traits.CastFromBytes(bytesOf(d.Buffers()[1])), valid, nulls, alloc)
	case *arrow.FixedSizeListType:
		n := int(t.Len())
		child := make([]int32, 0, len(rows)*n)
		for _, r := range rows {
			for j := range n {
				child = append(child, int32((d.Offset()+int(r))*n+j))
			}
		}
		values, err := takeData(d.Children()[0], child, alloc)
		if err != nil {
			return nil, err
		}
		defer values.Release()
		return array.NewData(t, len(rows), []*memory.Buffer{valid}, []arrow.ArrayData{values}, nulls, 0), nil
	case *arrow.RunEndEncodedType:
		return takeRunEnds(d, t, rows, alloc)
	case *arrow.StructType:
		return takeStruct(d, rows, valid, nulls, alloc)
	case arrow.FixedWidthDataType:
		if t.BitWidth()%8 == 0 && len(d.Children()) == 0 {
			values := takeFixed(d, rows, t.BitWidth()/8, alloc)
			defer values.Release()
			return array.NewData(t, len(rows), []*memory.Buffer{valid, values}, nil, nulls, 0), nil
		}
	}
	return takeRuns(d, rows, alloc)
}

func release(b *memory.Buffer) {
	if b != nil {
		b.Release()
	}
}

func bytesOf(b *memory.Buffer) []byte {
	if b == nil {
		return nil
	}
	return b.Bytes()
}

// newBuffer is a buffer of n bytes of alloc's memory.
func newBuffer(n int, alloc memory.Allocator) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(n)
	return b
}

func takeValidity(d arrow.ArrayData, rows []int32, alloc memory.Allocator) (*memory.Buffer, int) {
	bufs := d.Buffers()
	if d.NullN() == 0 || len(bufs) == 0 || bufs[0] == nil {
		return nil, 0
	}
	valid := takeBits(bufs[0], d.Offset(), rows, alloc)
	nulls := len(rows) - bitutil.CountSetBits(valid.Bytes(), 0, len(rows))
	if nulls == 0 {
		valid.Release()
		return nil, 0
	}
	return valid, nulls
}

func takeBits(src *memory.Buffer, offset int, rows []int32, alloc memory.Allocator) *memory.Buffer {
	out := newBuffer(int(bitutil.BytesForBits(int64(len(rows)))), alloc)
	in, bits := bytesOf(src), out.Bytes()
	clear(bits)
	for i, r := range rows {
		at := offset + int(r)
		bits[i>>3] |= (in[at>>3] >> (at & 7) & 1) << (i & 7)
	}
	return out
}

func takeFixed(d arrow.ArrayData, rows []int32, width int, alloc memory.Allocator) *memory.Buffer {
	out := newBuffer(width*len(rows), alloc)
	in := bytesOf(d.Buffers()[1])
	if len(rows) == 0 {
		return out
	}
	in = in[d.Offset()*width:]
	switch width {
	case 1:
		gather(out.Bytes(), in, rows)
	case 2:
		gather(arrow.Uint16Traits.CastFromBytes(out.Bytes()), arrow.Uint16Traits.CastFromBytes(in), rows)
	case 4:
		gather(arrow.Uint32Traits.CastFromBytes(out.Bytes()), arrow.Uint32Traits.CastFromBytes(in), rows)
	case 8:
		gather(arrow.Uint64Traits.CastFromBytes(out.Bytes()), arrow.Uint64Traits.CastFromBytes(in), rows)
	default:
		b := out.Bytes()
		for i, r := range rows {
			copy(b[i*width:(i+1)*width], in[int(r)*width:])
		}
	}
	return out
}

func gather[T any](out, in []T, rows []int32) {
	out = out[:len(rows)]
	for i, r := range rows {
		out[i] = in[r]
	}
}

func takeVar[O int32 | int64](d arrow.ArrayData, rows []int32, offsets []O, most int64, valid *memory.Buffer, nulls int, alloc memory.Allocator) (arrow.ArrayData, error) {
	var total int64
	if len(rows) > 0 {
		offsets = offsets[d.Offset():]
		for _, r := range rows {
			total += int64(offsets[r+1] - offsets[r])
		}
	}
	if total > most {
		return nil, fmt.Errorf("%d bytes of strings do not fit a column of type %s", total, d.DataType())
	}
	var zero O
	size := 4
	if any(zero) == any(int64(0)) {
		size = 8
	}
	outOffsets := newBuffer(size*(len(rows)+1), alloc)
	defer outOffsets.Release()
	outValues := newBuffer(int(total), alloc)
	defer outValues.Release()
	to, values, in := castOffsets[O](outOffsets.Bytes()), outValues.Bytes(), bytesOf(d.Buffers()[2])
	var at O
	to[0] = 0
	for i, r := range rows {
		at += O(copy(values[at:], in[offsets[r]:offsets[r+1]]))
		to[i+1] = at
	}
	return array.NewData(d.DataType(), len(rows), []*memory.Buffer{valid, outOffsets, outValues}, nil, nulls, 0), nil
}

func castOffsets[O int32 | int64](b []byte) []O {
	var zero O
	if _, ok := any(zero).(int32); ok {
		return any(arrow.Int32Traits.CastFromBytes(b)).([]O)
	}
	return any(arrow.Int64Traits.CastFromBytes(b)).([]O)
}

func takeList[O int32 | int64](d arrow.ArrayData, rows []int32, offsets []O, valid *memory.Buffer, nulls int, alloc memory.Allocator) (arrow.ArrayData, error) {
	var child []int32
	var zero O
	size := 4
	if _, ok := any(zero).(int64); ok {
		size = 8
	}
	outOffsets := newBuffer(size*(len(rows)+1), alloc)
	defer outOffsets.Release()
	to := castOffsets[O](outOffsets.Bytes())
	to[0] = 0
	for i, r := range rows {
		from, end := offsets[d.Offset()+int(r)], offsets[d.Offset()+int(r)+1]
		if int64(end) > math.MaxInt32 {
			return nil, fmt.Errorf("a list column with more than %d elements", math.MaxInt32)
		}
		for j := from; j < end; j++ {
			child = append(child, int32(j))
		}
		to[i+1] = O(len(child))
	}
	values, err := takeData(d.Children()[0], child, alloc)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	return array.NewData(d.DataType(), len(rows), []*memory.Buffer{valid, outOffsets}, []arrow.ArrayData{values}, nulls, 0), nil
}

func takeStruct(d arrow.ArrayData, rows []int32, valid *memory.Buffer, nulls int, alloc memory.Allocator) (arrow.ArrayData, error) {
	inner := rows
	if d.Offset() != 0 {
		inner = make([]int32, len(rows))
		for i, r := range rows {
			inner[i] = r + int32(d.Offset())
		}
	}
	fields := make([]arrow.ArrayData, len(d.Children()))
	defer func() {
		for _, f := range fields {
			if f != nil {
				f.Release()
			}
		}
	}()
	for i, child := range d.Children() {
		var err error
		if fields[i], err = takeData(child, inner, alloc); err != nil {
			return nil, err
		}
	}
	return array.NewData(d.DataType(), len(rows), []*memory.Buffer{valid}, fields, nulls, 0), nil
}

// takeRunEnds gathers the runs that the rows are in; rows that follow one another
// in one run stay one run.
func takeRunEnds(d arrow.ArrayData, t *arrow.RunEndEncodedType, rows []int32, alloc memory.Allocator) (arrow.ArrayData, error) {
	in := array.NewRunEndEncodedData(d.(*array.Data))
	defer in.Release()
	ends := array.NewBuilder(alloc, t.RunEnds())
	defer ends.Release()
	var runs []int32
	end := func(at int) {
		switch b := ends.(type) {
		case *array.Int16Builder:
			b.Append(int16(at))
		case *array.Int32Builder:
			b.Append(int32(at))
		case *array.Int64Builder:
			b.Append(int64(at))
		}
	}
	for i, r := range rows {
		run := int32(in.GetPhysicalIndex(int(r)))
		if len(runs) > 0 && runs[len(runs)-1] == run {
			continue
		}
		if len(runs) > 0 {
			end(i)
		}
		runs = append(runs, run)
	}
	if len(rows) > 0 {
		end(len(rows))
	}
	values, err := takeData(in.Values().Data(), runs, alloc)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	runEnds := ends.NewArray()
	defer runEnds.Release()
	return array.NewData(t, len(rows), []*memory.Buffer{nil}, []arrow.ArrayData{runEnds.Data(), values}, 0, 0), nil
}

// takeRuns gathers the rare types (unions, views) run by run.
func takeRuns(d arrow.ArrayData, rows []int32, alloc memory.Allocator) (arrow.ArrayData, error) {
	var parts []arrow.Array
	defer func() { releaseAll(parts) }()
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && rows[j] == rows[j-1]+1 {
			j++
		}
		slice := array.NewSliceData(d, int64(rows[i]), int64(rows[j-1])+1)
		parts = append(parts, array.MakeFromData(slice))
		slice.Release()
		i = j
	}
	if len(parts) == 0 {
		return array.NewSliceData(d, 0, 0), nil
	}
	whole, err := array.Concatenate(parts, alloc)
	if err != nil {
		return nil, err
	}
	defer whole.Release()
	whole.Data().Retain()
	return whole.Data(), nil
}
