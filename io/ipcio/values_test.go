package ipcio

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var gomem = memory.NewGoAllocator()

// everyType is a type of each kind that Arrow v17 has.
func everyType() []arrow.DataType {
	f := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	text, i32 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: text}
	largeMap := arrow.MapOf(text, i32)
	largeMap.KeysSorted = true
	return []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean,
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, i32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		text, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary,
		arrow.BinaryTypes.StringView, arrow.BinaryTypes.BinaryView,
		&arrow.FixedSizeBinaryType{ByteWidth: 5}, &arrow.FixedSizeBinaryType{ByteWidth: 0},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
		&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}, arrow.FixedWidthTypes.Timestamp_ns,
		arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_ms, arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.Duration_ns,
		arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval,
		&arrow.Decimal128Type{Precision: 20, Scale: 3}, &arrow.Decimal256Type{Precision: 50, Scale: -2},
		arrow.ListOf(i32), arrow.LargeListOf(text), arrow.ListViewOf(text), arrow.LargeListViewOf(i32), arrow.FixedSizeListOf(3, i32),
		arrow.ListOfNonNullable(arrow.ListOf(arrow.FixedWidthTypes.Boolean)),
		arrow.StructOf(f("a", i32), f("b", arrow.ListOf(text)), f("c", arrow.FixedWidthTypes.Boolean)), arrow.StructOf(),
		arrow.MapOf(text, i32), largeMap, arrow.MapOf(i32, arrow.ListOf(text)),
		arrow.SparseUnionOf([]arrow.Field{f("x", i32), f("y", text)}, []arrow.UnionTypeCode{3, 7}),
		arrow.DenseUnionOf([]arrow.Field{f("x", i32), f("y", text), f("z", arrow.ListOf(i32))}, []arrow.UnionTypeCode{0, 5, 120}),
		arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int16, text), arrow.RunEndEncodedOf(i32, i32), arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int64, arrow.ListOf(i32)),
		dict, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.PrimitiveTypes.Float64, Ordered: true},
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int64, ValueType: arrow.ListOf(i32)},
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.LargeString},
		arrow.ListOf(dict), arrow.StructOf(f("d", dict), f("e", arrow.FixedSizeListOf(2, dict))),
		&arrow.DictionaryType{IndexType: i32, ValueType: arrow.StructOf(f("inner", dict), f("n", i32))},
	}
}

// fieldsOf is a nullable field of each type.
func fieldsOf(types ...arrow.DataType) []arrow.Field {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: t, Nullable: true}
	}
	return fields
}

// generator makes arrays of any type.
type generator struct {
	rng   *rand.Rand
	nulls bool
	plain bool // offsets begin at 0
}

// record is a batch of rows rows; half of the time its columns are slices of
// longer ones.
func (g generator) record(schema *arrow.Schema, rows int) arrow.Record {
	cols := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		before, after := 0, 0
		if g.rng.IntN(2) == 0 {
			before, after = g.rng.IntN(20), g.rng.IntN(20)
		}
		whole := g.array(f.Type, before+rows+after)
		cols[i] = array.NewSlice(whole, int64(before), int64(before+rows))
	}
	return array.NewRecord(schema, cols, int64(rows))
}

func (g generator) array(t arrow.DataType, rows int) arrow.Array {
	return array.MakeFromData(g.data(t, rows))
}

func (g generator) bits(rows int, often int) *memory.Buffer {
	b := make([]byte, bitutil.BytesForBits(int64(rows))+1)
	for i := range rows {
		if g.rng.IntN(often) > 0 {
			bitutil.SetBit(b, i)
		}
	}
	return memory.NewBufferBytes(b)
}

func (g generator) bytes(n int) *memory.Buffer {
	b := make([]byte, n)
	for i := range b {
		if g.rng.IntN(4) > 0 {
			b[i] = byte(g.rng.IntN(256))
		}
	}
	return memory.NewBufferBytes(b)
}

func (g generator) data(t arrow.DataType, rows int) arrow.ArrayData {
	var valid *memory.Buffer
	nulls := 0
	if g.nulls && g.rng.IntN(4) > 0 {
		valid, nulls = g.bits(rows, 4), array.UnknownNullCount
	}
	kid := func(t arrow.DataType, n int) arrow.ArrayData { return g.data(t, n) }
	switch t := t.(type) {
	case *arrow.NullType:
		return array.NewData(t, rows, []*memory.Buffer{nil}, nil, rows, 0)
	case *arrow.BooleanType:
		return array.NewData(t, rows, []*memory.Buffer{valid, g.bits(rows, 2)}, nil, nulls, 0)
	case *arrow.StringType, *arrow.BinaryType, *arrow.LargeStringType, *arrow.LargeBinaryType:
		offsets, n := g.offsets(t, rows)
		return array.NewData(t, rows, []*memory.Buffer{valid, offsets, g.letters(n + 3)}, nil, nulls, 0)
	case *arrow.StringViewType, *arrow.BinaryViewType:
		b := array.NewBinaryViewBuilder(gomem)
		for range rows {
			b.Append(g.letters(g.rng.IntN(20)).Bytes())
		}
		d := b.NewArray().Data()
		return array.NewData(t, rows, append([]*memory.Buffer{valid}, d.Buffers()[1:]...), nil, nulls, 0)
	case *arrow.DictionaryType:
		values := g.array(t.ValueType, 1+g.rng.IntN(6)).Data().(*array.Data)
		width := t.IndexType.(arrow.FixedWidthDataType).BitWidth() / 8
		codes := make([]byte, rows*width)
		for i := range rows {
			codes[i*width] = byte(g.rng.IntN(values.Len()))
		}
		return array.NewDataWithDictionary(t, rows, []*memory.Buffer{valid, memory.NewBufferBytes(codes)}, nulls, 0, values)
	case *arrow.ListType, *arrow.LargeListType:
		offsets, n := g.offsets(t, rows)
		return array.NewData(t, rows, []*memory.Buffer{valid, offsets}, []arrow.ArrayData{kid(t.(arrow.ListLikeType).Elem(), n+2)}, nulls, 0)
	case *arrow.MapType:
		offsets, n := g.offsets(t, rows)
		strict := generator{g.rng, false, g.plain}
		entries := array.NewData(t.Elem(), n, []*memory.Buffer{nil}, []arrow.ArrayData{strict.data(t.KeyType(), n), kid(t.ItemType(), n)}, 0, 0)
		return array.NewData(t, rows, []*memory.Buffer{valid, offsets}, []arrow.ArrayData{entries}, nulls, 0)
	case *arrow.ListViewType:
		n := 30
		offsets, sizes := make([]int32, rows), make([]int32, rows)
		for i := range rows {
			offsets[i] = int32(g.rng.IntN(n))
			sizes[i] = int32(g.rng.IntN(min(5, n-int(offsets[i])+1)))
		}
		return array.NewData(t, rows, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(sizes))}, []arrow.ArrayData{kid(t.Elem(), n)}, nulls, 0)
	case *arrow.LargeListViewType:
		n := 30
		offsets, sizes := make([]int64, rows), make([]int64, rows)
		for i := range rows {
			offsets[i] = int64(g.rng.IntN(n))
			sizes[i] = int64(g.rng.IntN(min(5, n-int(offsets[i])+1)))
		}
		return array.NewData(t, rows, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(offsets)), memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(sizes))}, []arrow.ArrayData{kid(t.Elem(), n)}, nulls, 0)
	case *arrow.FixedSizeListType:
		return array.NewData(t, rows, []*memory.Buffer{valid}, []arrow.ArrayData{kid(t.Elem(), rows*int(t.Len()))}, nulls, 0)
	case *arrow.StructType:
		var kids []arrow.ArrayData
		for _, f := range t.Fields() {
			kids = append(kids, kid(f.Type, rows))
		}
		return array.NewData(t, rows, []*memory.Buffer{valid}, kids, nulls, 0)
	case *arrow.RunEndEncodedType:
		return g.runs(t, rows)
	case arrow.UnionType:
		return g.union(t, rows)
	}
	return array.NewData(t, rows, []*memory.Buffer{valid, g.bytes(rows * t.(arrow.FixedWidthDataType).BitWidth() / 8)}, nil, nulls, 0)
}

func (g generator) letters(n int) *memory.Buffer {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefgh"[g.rng.IntN(8)]
	}
	return memory.NewBufferBytes(b)
}

func (g generator) offsets(t arrow.DataType, rows int) (*memory.Buffer, int) {
	small, large := make([]int32, rows+1), make([]int64, rows+1)
	at := 0
	if !g.plain {
		at = g.rng.IntN(4)
	}
	for i := range small {
		small[i], large[i] = int32(at), int64(at)
		if i < rows {
			at += g.rng.IntN(4)
		}
	}
	switch t.ID() {
	case arrow.LARGE_LIST, arrow.LARGE_BINARY, arrow.LARGE_STRING:
		return memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(large)), at
	}
	return memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(small)), at
}

func (g generator) runs(t *arrow.RunEndEncodedType, rows int) arrow.ArrayData {
	b := array.NewBuilder(gomem, t.RunEnds())
	n := 0
	for end := 0; end < rows; n++ {
		end += 1 + g.rng.IntN(4)
		if err := b.AppendValueFromString(fmt.Sprint(end)); err != nil {
			panic(err)
		}
	}
	return array.NewData(t, rows, []*memory.Buffer{nil}, []arrow.ArrayData{b.NewArray().Data(), g.data(t.Encoded(), n)}, 0, 0)
}

func (g generator) union(t arrow.UnionType, rows int) arrow.ArrayData {
	codes, offsets, used := make([]byte, rows), make([]int32, rows), make([]int, t.NumFields())
	for i := range rows {
		k := g.rng.IntN(t.NumFields())
		codes[i], offsets[i] = byte(t.TypeCodes()[k]), int32(used[k])
		used[k]++
	}
	bufs := []*memory.Buffer{nil, memory.NewBufferBytes(codes)}
	if t.Mode() == arrow.DenseMode {
		bufs = append(bufs, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)))
	}
	var kids []arrow.ArrayData
	for k, f := range t.Fields() {
		n := rows
		if t.Mode() == arrow.DenseMode {
			n = used[k]
		}
		kids = append(kids, g.data(f.Type, n))
	}
	return array.NewData(t.(arrow.DataType), rows, bufs, kids, 0, 0)
}

// text is row i of an array as text, by what the format says and nothing else.
func text(d arrow.ArrayData, i int) string {
	at := d.Offset() + i
	bytes := func(k int) []byte {
		if d.Buffers()[k] == nil {
			return nil
		}
		return d.Buffers()[k].Bytes()
	}
	list := func(from, to int) string {
		var b strings.Builder
		for k := from; k < to; k++ {
			b.WriteString(text(d.Children()[0], k) + ",")
		}
		return "[" + b.String() + "]"
	}
	if d.DataType().ID() == arrow.NULL {
		return "null"
	}
	if b := bytes(0); b != nil && !bitutil.BitIsSet(b, at) {
		return "null"
	}
	switch t := d.DataType().(type) {
	case *arrow.BooleanType:
		return fmt.Sprint(bitutil.BitIsSet(bytes(1), at))
	case *arrow.StringType, *arrow.BinaryType:
		o := arrow.Int32Traits.CastFromBytes(bytes(1))
		return fmt.Sprintf("%q", bytes(2)[o[at]:o[at+1]])
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		o := arrow.Int64Traits.CastFromBytes(bytes(1))
		return fmt.Sprintf("%q", bytes(2)[o[at]:o[at+1]])
	case *arrow.StringViewType, *arrow.BinaryViewType:
		h := arrow.ViewHeaderTraits.CastFromBytes(bytes(1))[at]
		if h.IsInline() {
			return fmt.Sprintf("%q", h.InlineBytes())
		}
		return fmt.Sprintf("%q", bytes(2 + int(h.BufferIndex()))[h.BufferOffset():][:h.Len()])
	case *arrow.DictionaryType:
		return text(d.(*array.Data).Dictionary(), number(bytes(1), t.IndexType, at))
	case *arrow.ListType, *arrow.MapType:
		o := arrow.Int32Traits.CastFromBytes(bytes(1))
		return list(int(o[at]), int(o[at+1]))
	case *arrow.LargeListType:
		o := arrow.Int64Traits.CastFromBytes(bytes(1))
		return list(int(o[at]), int(o[at+1]))
	case *arrow.ListViewType:
		o := int(arrow.Int32Traits.CastFromBytes(bytes(1))[at])
		return list(o, o+int(arrow.Int32Traits.CastFromBytes(bytes(2))[at]))
	case *arrow.LargeListViewType:
		o := int(arrow.Int64Traits.CastFromBytes(bytes(1))[at])
		return list(o, o+int(arrow.Int64Traits.CastFromBytes(bytes(2))[at]))
	case *arrow.FixedSizeListType:
		return list(at*int(t.Len()), (at+1)*int(t.Len()))
	case *arrow.StructType:
		s := "{"
		for _, k := range d.Children() {
			s += text(k, at) + ","
		}
		return s + "}"
	case *arrow.RunEndEncodedType:
		ends := d.Children()[0]
		for k := range ends.Len() {
			if at < number(ends.Buffers()[1].Bytes(), t.RunEnds(), ends.Offset()+k) {
				return text(d.Children()[1], k)
			}
		}
		return "no run"
	case arrow.UnionType:
		k := t.ChildIDs()[bytes(1)[at]]
		if t.Mode() == arrow.DenseMode {
			return fmt.Sprintf("%d:%s", k, text(d.Children()[k], int(arrow.Int32Traits.CastFromBytes(bytes(2))[at])))
		}
		return fmt.Sprintf("%d:%s", k, text(d.Children()[k], at))
	case arrow.FixedWidthDataType:
		w := t.BitWidth() / 8
		return fmt.Sprintf("%x", bytes(1)[at*w:(at+1)*w])
	}
	return "?"
}

// number is integer i of a buffer.
func number(b []byte, t arrow.DataType, i int) int {
	switch t.(arrow.FixedWidthDataType).BitWidth() {
	case 8:
		return int(b[i])
	case 16:
		return int(arrow.Uint16Traits.CastFromBytes(b)[i])
	case 32:
		return int(arrow.Uint32Traits.CastFromBytes(b)[i])
	}
	return int(arrow.Int64Traits.CastFromBytes(b)[i])
}

// texts are the rows of batches, a string each.
func texts(recs ...arrow.Record) []string {
	var rows []string
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			var b strings.Builder
			for _, col := range rec.Columns() {
				b.WriteString(text(col.Data(), i) + " ")
			}
			rows = append(rows, b.String())
		}
	}
	return rows
}

func sameRows(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: row %d:\n got %s\nwant %s", what, i, got[i], want[i])
			return
		}
	}
}

// generatorRecord is a batch of arrays that are no slices.
func generatorRecord(g generator, schema *arrow.Schema, rows int) arrow.Record {
	cols := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		cols[i] = g.array(f.Type, rows)
	}
	return array.NewRecord(schema, cols, int64(rows))
}

// zerosOf is a column of zeros.
func zerosOf(rows int) arrow.Array {
	d := array.NewData(arrow.PrimitiveTypes.Int64, rows, []*memory.Buffer{nil, memory.NewBufferBytes(make([]byte, 8*rows))}, nil, 0, 0)
	return array.MakeFromData(d)
}

func newRecord(s *arrow.Schema, cols []arrow.Array) arrow.Record {
	return array.NewRecord(s, cols, int64(cols[0].Len()))
}

// listOf are the buffers of one list of n values.
func (g generator) listOf(n int) []*memory.Buffer {
	return []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, int32(n)}))}
}
