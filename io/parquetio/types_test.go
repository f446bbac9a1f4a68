package parquetio

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

// flatTypes are those that this package decodes, and keepers of their type.
var flatTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
	&arrow.FixedSizeBinaryType{ByteWidth: 1}, &arrow.FixedSizeBinaryType{ByteWidth: 7}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
	arrow.FixedWidthTypes.Date32,
	arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
	&arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond},
	&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Oslo"},
	arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_us,
	arrow.Null,
}

// decimalTypes are apart because random ones do not keep to their precision.
var decimalTypes = []arrow.DataType{
	&arrow.Decimal128Type{Precision: 5, Scale: 2}, &arrow.Decimal128Type{Precision: 18, Scale: 3}, &arrow.Decimal128Type{Precision: 38, Scale: 0},
	&arrow.Decimal256Type{Precision: 50, Scale: 4}, &arrow.Decimal256Type{Precision: 76, Scale: 0},
}

var nestedTypes = []arrow.DataType{
	arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.ListOf(arrow.BinaryTypes.String), arrow.LargeListOf(arrow.PrimitiveTypes.Int32),
	arrow.ListOf(arrow.ListOf(arrow.BinaryTypes.String)),
	arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}),
	arrow.ListOf(arrow.StructOf(arrow.Field{Name: "x", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, arrow.Field{Name: "y", Type: arrow.ListOf(arrow.PrimitiveTypes.Float64), Nullable: true})),
	arrow.StructOf(arrow.Field{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "d", Type: arrow.FixedWidthTypes.Duration_ms, Nullable: true}), Nullable: true}),
}

func decimalColumn(rng *rand.Rand, t arrow.DataType, rows int) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	digits := int(t.(arrow.DecimalType).GetPrecision())
	scale := int(t.(arrow.DecimalType).GetScale())
	for range rows {
		if rng.IntN(5) == 0 {
			b.AppendNull()
			continue
		}
		var text strings.Builder
		if rng.IntN(2) == 0 {
			text.WriteByte('-')
		}
		n := 1 + rng.IntN(digits)
		if n <= scale {
			text.WriteByte('0')
		}
		for i := n; i > 0; i-- {
			if i == scale {
				text.WriteByte('.')
			}
			text.WriteByte(byte('0' + rng.IntN(10)))
		}
		if err := b.AppendValueFromString(text.String()); err != nil {
			panic(err)
		}
	}
	return b.NewArray()
}

// table is a batch with a column of each type, nullable or not.
func table(seed uint64, rows int, nullable bool, types ...arrow.DataType) arrow.Record {
	rng := rand.New(rand.NewPCG(seed, 1))
	fields := make([]arrow.Field, len(types))
	cols := make([]arrow.Array, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: t, Nullable: nullable || t.ID() == arrow.NULL}
		if _, ok := t.(arrow.DecimalType); ok {
			fields[i].Nullable = true
			cols[i] = decimalColumn(rng, t, rows)
			continue
		}
		cols[i] = df.Random(seed+uint64(i), rows, fields[i]).Column(0)
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(rows))
}

// TestRoundTrips: what is written comes back, type and all.
func TestRoundTrips(t *testing.T) {
	seed := rand.Uint64()
	for _, all := range [][]arrow.DataType{flatTypes, decimalTypes, nestedTypes} {
		for _, typ := range all {
			for _, nullable := range []bool{true, false} {
				t.Run(fmt.Sprint(typ, nullable), func(t *testing.T) {
					rec := table(seed, 300, nullable, typ)
					for _, dict := range []bool{true, false} {
						if testing.Short() && dict == nullable { // both codings, and both nullabilities, of each type
							continue
						}
						s := Scan(written(t, slices3(rec), RowGroupRows(170), Dictionary(dict)))
						res := read(t, s, 64)
						if res.err != nil {
							t.Fatalf("seed %d: %v", seed, res.err)
						}
						if got := res.schema.Field(0).Type; !arrow.TypeEqual(got, typ) {
							t.Errorf("%s became %s", typ, got)
						}
						if d := df.Diff(df.Rows(rec), res.rows); d != "" {
							t.Errorf("seed %d, dictionary %t: %s", seed, dict, d)
						}
						if len(res.splits) != 2 {
							t.Errorf("%d row groups", len(res.splits))
						}
						if st := s.Stats(); len(childTypes(typ)) == 0 && st.LibraryValues != 0 || len(childTypes(typ)) > 0 && st.Values != 0 {
							t.Errorf("decoded: %s", st)
						}
					}
				})
			}
		}
	}
}

// TestBecomesAnother: types that the format has not.
func TestBecomesAnother(t *testing.T) {
	days := df.ColOf("c", arrow.FixedWidthTypes.Date64, int64(0), nil, int64(-86_400_000))
	seconds := df.ColOf("c", &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, int64(5), nil, int64(-7))
	times := df.ColOf("c", arrow.FixedWidthTypes.Time32s, int64(5), nil)
	coded := df.ColOf("c", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "a", nil, "b", "a")
	numbers := df.ColOf("c", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.PrimitiveTypes.Int64}, int64(7), nil, int64(7))
	for _, c := range []struct {
		in, want arrow.Record
	}{
		{df.Batch(days), df.Batch(df.ColOf("c", arrow.FixedWidthTypes.Date32, int64(0), nil, int64(-1)))},
		{df.Batch(seconds), df.Batch(df.ColOf("c", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, int64(5000), nil, int64(-7000)))},
		{df.Batch(times), df.Batch(df.ColOf("c", arrow.FixedWidthTypes.Time32ms, int64(5000), nil))},
		{df.Batch(coded), df.Batch(df.ColOf("c", arrow.BinaryTypes.String, "a", nil, "b", "a"))},
		{df.Batch(numbers), df.Batch(df.ColOf("c", arrow.PrimitiveTypes.Int64, int64(7), nil, int64(7)))},
		{table(3, 90, true, arrow.FixedSizeListOf(3, arrow.BinaryTypes.String)), table(3, 90, true, arrow.ListOf(arrow.BinaryTypes.String))},
		{table(4, 90, true, arrow.ListOf(arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int8))), table(4, 90, true, arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int8)))},
	} {
		if _, sizes := c.in.Column(0).DataType().(*arrow.FixedSizeListType); sizes || arrow.IsNested(c.in.Column(0).DataType().ID()) {
			res := read(t, Scan(written(t, slices3(c.in))), 0)
			if res.err != nil {
				t.Fatal(res.err)
			}
			if !sameType(res.schema.Field(0).Type, c.want.Column(0).DataType()) {
				t.Errorf("%s became %s", c.in.Column(0).DataType(), res.schema.Field(0).Type)
			}
			if d := df.Diff(df.Rows(c.in), res.rows); d != "" {
				t.Errorf("%s: %s", c.in.Column(0).DataType(), d)
			}
			continue
		}
		res := read(t, Scan(written(t, []arrow.Record{c.in})), 0)
		if res.err != nil {
			t.Fatal(res.err)
		}
		if !arrow.TypeEqual(res.schema.Field(0).Type, c.want.Column(0).DataType()) {
			t.Errorf("%s became %s", c.in.Column(0).DataType(), res.schema.Field(0).Type)
		}
		if d := df.Diff(df.Rows(c.want), res.rows); d != "" {
			t.Errorf("%s: %s", c.in.Column(0).DataType(), d)
		}
	}
}

// TestNestedDictionary: codes inside of a struct.
func TestNestedDictionary(t *testing.T) {
	coded := df.ColOf("k", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "a", nil, "b", "a")
	arr, err := array.NewStructArray([]arrow.Array{df.Batch(coded).Column(0)}, []string{"k"})
	if err != nil {
		t.Fatal(err)
	}
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "s", Type: arr.DataType()}}, nil), []arrow.Array{arr}, 4)
	got := rows(t, Scan(written(t, []arrow.Record{rec})), 0)
	if d := df.Diff([][]any{{[]any{"a"}}, {[]any{nil}}, {[]any{"b"}}, {[]any{"a"}}}, got); d != "" {
		t.Error(d)
	}
}

func TestMaps(t *testing.T) {
	m := arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64)
	b := array.NewMapBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, false)
	for i := range 50 {
		if i%7 == 0 {
			b.AppendNull()
			continue
		}
		b.Append(true)
		for j := range i % 4 {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("k", j))
			if j == 2 {
				b.ItemBuilder().AppendNull()
			} else {
				b.ItemBuilder().(*array.Int64Builder).Append(int64(i))
			}
		}
	}
	col := b.NewArray()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "m", Type: m, Nullable: true}}, nil), []arrow.Array{col}, 50)
	path := written(t, []arrow.Record{rec})
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	s := Scan(path)
	env := df.NewEnv(t, alloc)
	splits, err := s.Splits(t.Context(), 0, env)
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range s.Read(t.Context(), splits[0], env) {
		if err != nil {
			t.Fatal(err)
		}
		if !array.Equal(c.Rec.Column(0), col) {
			t.Errorf("got %v\nwant %v", c.Rec.Column(0), col)
		}
		c.Rec.Release()
	}
}

// TestRefused: types that have no place are an error when the run begins.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		t    arrow.DataType
		want string
	}{
		{arrow.BinaryTypes.StringView, `column "c": type string_view has no place in Parquet`},
		{&arrow.MonthIntervalType{}, "has no place in Parquet"},
		{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64), "has no place in Parquet"},
		{arrow.ListOf(&arrow.MonthDayNanoIntervalType{}), "has no place in Parquet"},
		{arrow.StructOf(), "a struct without fields"},
	} {
		sinktest.Refuses(t, WriteTo(io.Discard), arrow.NewSchema([]arrow.Field{{Name: "c", Type: c.t}}, nil), c.want)
	}
	sinktest.Refuses(t, WriteTo(io.Discard), arrow.NewSchema(nil, nil), "at least one column")
	sinktest.Refuses(t, WriteTo(io.Discard, Compression(99)), df.Batch(df.Col("a", []int64{1})).Schema(), "there is no codec 99")

	var b bytes.Buffer
	if err := sinktest.Write(t, WriteTo(&b), df.Batch(df.ColOf("c", arrow.FixedWidthTypes.Date64, int64(1)))); err == nil || !strings.Contains(err.Error(), `column "c": a date64 with a time of day`) {
		t.Errorf("error %v", err)
	}
	if err := sinktest.Write(t, WriteTo(&b), df.Batch(df.ColOf("c", &arrow.TimestampType{Unit: arrow.Second}, int64(1)<<62))); err == nil || !strings.Contains(err.Error(), "does not fit 64 bits") {
		t.Errorf("error %v", err)
	}
}
