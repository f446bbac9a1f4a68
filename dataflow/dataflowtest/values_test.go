package dataflowtest_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

var noon = time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC)

func TestRowsGiveBackWhatBatchWasMadeOf(t *testing.T) {
	day := time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		column dataflowtest.Column
		t      string
		want   []any
	}{
		{dataflowtest.Col("c", []int8{-128}), "int8", []any{int8(-128)}},
		{dataflowtest.Col("c", []any{nil, 7, 8}), "int64", []any{nil, int64(7), int64(8)}},
		{dataflowtest.Col("c", []uint64{math.MaxUint64}), "uint64", []any{uint64(math.MaxUint64)}},
		{dataflowtest.Col("c", []float32{0.1}), "float32", []any{float32(0.1)}},
		{dataflowtest.Col("c", []string{"", "é"}), "utf8", []any{"", "é"}},
		{dataflowtest.Col("c", [][]byte{{}, {0xff}}), "binary", []any{[]byte{}, []byte{0xff}}},
		{dataflowtest.Col("c", []bool{true}), "bool", []any{true}},
		{dataflowtest.Col("c", []time.Time{noon}), "timestamp[ns, tz=UTC]", []any{noon}},
		{dataflowtest.Col("c", []time.Duration{3}), "duration[ns]", []any{time.Duration(3)}},
		{dataflowtest.Col("c", []any{nil}), "utf8", []any{nil}},
		{dataflowtest.Col("c", []int32{}), "int32", nil},
		{dataflowtest.ColOf("c", arrow.FixedWidthTypes.Date32, noon, -1), "date32", []any{day, day}},
		{dataflowtest.ColOf("c", arrow.FixedWidthTypes.Date64, noon), "date64", []any{day}},
		{dataflowtest.ColOf("c", arrow.FixedWidthTypes.Timestamp_s, noon, nil), "timestamp[s, tz=UTC]", []any{noon, nil}},
		{dataflowtest.ColOf("c", arrow.FixedWidthTypes.Time32ms, time.Second, 5), "time32[ms]", []any{time.Second, 5 * time.Millisecond}},
		{dataflowtest.ColOf("c", arrow.FixedWidthTypes.Float16, 1.5), "float16", []any{float32(1.5)}},
		{dataflowtest.ColOf("c", &arrow.Decimal128Type{Precision: 9, Scale: 2}, decimal128.FromI64(-5), 5), "decimal(9, 2)", []any{decimal128.FromI64(-5), decimal128.FromI64(5)}},
		{dataflowtest.ColOf("c", &arrow.Decimal256Type{Precision: 50}, -5), "decimal256(50, 0)", []any{decimal256.FromI64(-5)}},
		{dataflowtest.ColOf("c", arrow.Null, nil, nil), "null", []any{nil, nil}},
		{dataflowtest.ColOf("c", &arrow.FixedSizeBinaryType{ByteWidth: 2}, "ab", nil), "fixed_size_binary[2]", []any{[]byte("ab"), nil}},
		{dataflowtest.ColOf("c", arrow.BinaryTypes.LargeString, "x", []byte("y")), "large_utf8", []any{"x", "y"}},
		{dataflowtest.ColOf("c", &arrow.StringViewType{}, "a text that is not short enough", ""), "string_view", []any{"a text that is not short enough", ""}},
		{dataflowtest.ColOf("c", &arrow.BinaryViewType{}, "x"), "binary_view", []any{[]byte("x")}},
		{dataflowtest.ColOf("c", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, "b", nil, "a", "b"),
			"dictionary<values=utf8, indices=uint8, ordered=false>", []any{"b", nil, "a", "b"}},
		{dataflowtest.ColOf("c", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{1, nil}, nil, []any{}), "list<item: int64, nullable>", []any{[]any{int64(1), nil}, nil, []any{}}},
		{dataflowtest.ColOf("c", arrow.LargeListOf(arrow.BinaryTypes.String), []any{"x"}), "large_list<item: utf8, nullable>", []any{[]any{"x"}}},
		{dataflowtest.ColOf("c", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int8), []any{1, 2}, []any{3, 4}),
			"fixed_size_list<item: int8, nullable>[2]", []any{[]any{int8(1), int8(2)}, []any{int8(3), int8(4)}}},
		{dataflowtest.ColOf("c", arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, arrow.Field{Name: "y", Type: arrow.BinaryTypes.String, Nullable: true}), []any{1, nil}, nil),
			"struct<x: int8, y: utf8>", []any{[]any{int8(1), nil}, nil}},
	} {
		rec := dataflowtest.Batch(c.column)
		var want [][]any
		for _, v := range c.want {
			want = append(want, []any{v})
		}
		if d := dataflowtest.Diff(want, dataflowtest.Rows(rec)); d != "" {
			t.Errorf("%s: %s", c.t, d)
		}
		if f := rec.Schema().Field(0); !strings.HasPrefix(f.Type.String(), c.t) || !f.Nullable {
			t.Errorf("field %v, want a nullable %s", f, c.t)
		}
		sliced := rec.NewSlice(rec.NumRows()/2, rec.NumRows())
		if d := dataflowtest.Diff(want[len(want)/2:], dataflowtest.Rows(sliced)); d != "" {
			t.Errorf("%s, sliced: %s", c.t, d)
		}
	}
	if dataflowtest.Batch(dataflowtest.Col("c", []int64{1}).NotNull()).Schema().Field(0).Nullable {
		t.Error("NotNull is nullable")
	}
}

func TestBatchPanicsOnValuesThatDoNotFit(t *testing.T) {
	for want, make := range map[string]func() arrow.Record{
		"a slice is wanted":  func() arrow.Record { return dataflowtest.Batch(dataflowtest.Col("c", 1)) },
		"no column type for": func() arrow.Record { return dataflowtest.Batch(dataflowtest.Col("c", []error{errors.New("x")})) },
		"row 1: 128 is outside of": func() arrow.Record {
			return dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Int8, 1, 128))
		},
		"row 0: 256 is above": func() arrow.Record {
			return dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Uint8, 256))
		},
		"is not a number": func() arrow.Record {
			return dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Float64, "x"))
		},
		"does not fit a column of type": func() arrow.Record { return dataflowtest.Batch(dataflowtest.ColOf("c", arrow.BinaryTypes.String, 5)) },
		`"d" has 1 values, the ones`: func() arrow.Record {
			return dataflowtest.Batch(dataflowtest.Col("c", []int64{1, 2}), dataflowtest.Col("d", []int64{1}))
		},
		"has a null": func() arrow.Record { return dataflowtest.Batch(dataflowtest.Col("c", []any{nil}).NotNull()) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			make()
			t.Errorf("no panic where %q is wanted", want)
		}()
	}
}

func TestDiff(t *testing.T) {
	negZero, nan := math.Copysign(0, -1), math.Float64frombits(0x7ff8000000000abc)
	for _, c := range []struct {
		name      string
		want, got [][]any
		opts      []dataflowtest.Option
		same      bool
	}{
		{"NaN is one value", [][]any{{math.NaN()}}, [][]any{{nan}}, nil, true},
		{"-0 is not 0", [][]any{{negZero}}, [][]any{{0.0}}, nil, false},
		{"types differ", [][]any{{int64(1)}}, [][]any{{int32(1)}}, nil, false},
		{"null is not 0", [][]any{{nil}}, [][]any{{int64(0)}}, nil, false},
		{"rounding", [][]any{{1.0}}, [][]any{{1.0 + 1e-15}}, nil, false},
		{"rounding allowed", [][]any{{1.0}}, [][]any{{1.0 + 1e-15}}, []dataflowtest.Option{dataflowtest.Tolerance(1e-12)}, true},
		{"too much rounding", [][]any{{1.0}}, [][]any{{1.0 + 1e-9}}, []dataflowtest.Option{dataflowtest.Tolerance(1e-12)}, false},
		{"a NaN is not within", [][]any{{1.0}}, [][]any{{math.NaN()}}, []dataflowtest.Option{dataflowtest.Tolerance(1)}, false},
		{"infinity is not within", [][]any{{math.Inf(1)}}, [][]any{{1.0}}, []dataflowtest.Option{dataflowtest.Tolerance(0.5)}, false},
		{"order", [][]any{{"a"}, {"b"}}, [][]any{{"b"}, {"a"}}, nil, false},
		{"no order", [][]any{{"a"}, {"b"}, {nil}}, [][]any{{nil}, {"b"}, {"a"}}, []dataflowtest.Option{dataflowtest.Unordered()}, true},
		{"multiplicity", [][]any{{"a"}, {"a"}, {"b"}}, [][]any{{"a"}, {"b"}, {"b"}}, []dataflowtest.Option{dataflowtest.Unordered()}, false},
		{"no order, floats of -0 and 0", [][]any{{negZero}, {0.0}}, [][]any{{0.0}, {negZero}}, []dataflowtest.Option{dataflowtest.Unordered()}, true},
		{"no order, rounding", [][]any{{1.0, "b"}, {1.0 + 1e-15, "a"}}, [][]any{{1.0 + 1e-15, "b"}, {1.0, "a"}},
			[]dataflowtest.Option{dataflowtest.Unordered(), dataflowtest.Tolerance(1e-12)}, true},
		{"one row less", [][]any{{"a"}, {"b"}}, [][]any{{"a"}}, nil, false},
		{"lists", [][]any{{[]any{1.5, nil}}}, [][]any{{[]any{1.5, nil}}}, nil, true},
		{"times by instant", [][]any{{noon}}, [][]any{{noon.In(time.FixedZone("x", 3600))}}, nil, true},
	} {
		if d := dataflowtest.Diff(c.want, c.got, c.opts...); (d == "") != c.same {
			t.Errorf("%s: %q", c.name, d)
		}
		if d := dataflowtest.Diff(c.got, c.want, c.opts...); (d == "") != c.same {
			t.Errorf("%s, the other way: %q", c.name, d)
		}
	}
}

func TestUnorderedDiffFindsShuffledRows(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	fields := []arrow.Field{
		{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "b", Type: arrow.BinaryTypes.Binary, Nullable: true}, {Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int16), Nullable: true},
		{Name: "t", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true}, {Name: "d", Type: &arrow.Decimal128Type{Precision: 5}, Nullable: true}}
	for range 100 {
		rows := dataflowtest.Rows(dataflowtest.Random(rng.Uint64(), 60, fields[rng.IntN(3):3+rng.IntN(4)]...))
		shuffled := append([][]any(nil), rows...)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if d := dataflowtest.Diff(rows, shuffled, dataflowtest.Unordered()); d != "" {
			t.Fatalf("seed %#x: %s", seed, d)
		}
		if d := dataflowtest.Diff(rows, shuffled, dataflowtest.Unordered(), dataflowtest.Tolerance(1e-12)); d != "" {
			t.Fatalf("seed %#x, with tolerance: %s", seed, d)
		}
		if d := dataflowtest.Diff(rows, shuffled[1:], dataflowtest.Unordered()); d == "" {
			t.Fatalf("seed %#x: a missing row is not found", seed)
		}
	}
}

func TestRandomHasWhatBreaksThings(t *testing.T) {
	fields := []arrow.Field{
		{Name: "i", Type: arrow.PrimitiveTypes.Int16, Nullable: true}, {Name: "u", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "f", Type: arrow.PrimitiveTypes.Float32, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "d", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "n", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.FixedSizeListOf(2, arrow.FixedWidthTypes.Boolean)})}}
	rows := dataflowtest.Rows(dataflowtest.Random(1, 500, fields...))
	if len(rows) != 500 {
		t.Fatalf("%d rows", len(rows))
	}
	has := map[string]bool{}
	for _, row := range rows {
		for i, v := range row {
			if v == nil && !fields[i].Nullable {
				t.Fatalf("a null in %s, which has none", fields[i].Name)
			}
		}
		has["null"] = has["null"] || row[0] == nil
		has["least int16"] = has["least int16"] || row[0] == int16(math.MinInt16)
		has["most uint64"] = has["most uint64"] || row[1] == uint64(math.MaxUint64)
		has["empty string"] = has["empty string"] || row[3] == ""
		if f, ok := row[2].(float32); ok {
			has["NaN"] = has["NaN"] || f != f
			has["-0"] = has["-0"] || math.Float32bits(f) == 1<<31
			has["infinity"] = has["infinity"] || math.IsInf(float64(f), -1)
		}
	}
	for what, ok := range has {
		if !ok {
			t.Errorf("no %s in 500 rows", what)
		}
	}
	if d := dataflowtest.Diff(rows, dataflowtest.Rows(dataflowtest.Random(1, 500, fields...))); d != "" {
		t.Errorf("the same seed, but %s", d)
	}
	if dataflowtest.Diff(rows, dataflowtest.Rows(dataflowtest.Random(2, 500, fields...))) == "" {
		t.Error("another seed, but the same rows")
	}
}
