package batch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// samples are columns of every shape that Take knows, as JSON.
var samples = []struct {
	t    arrow.DataType
	json string
}{
	{arrow.Null, `[null, null, null, null, null]`},
	{arrow.FixedWidthTypes.Boolean, `[true, false, null, true, false]`},
	{arrow.PrimitiveTypes.Int8, `[1, null, -3, 4, 5]`},
	{arrow.PrimitiveTypes.Uint16, `[1, null, 3, 4, 65535]`},
	{arrow.PrimitiveTypes.Float32, `[1.5, null, 3, 4, 5]`},
	{arrow.PrimitiveTypes.Int64, `[1, null, -3, 4, 9223372036854775807]`},
	{arrow.PrimitiveTypes.Float64, `[1.5, 2, 3, 4, 5]`},
	{arrow.FixedWidthTypes.Timestamp_us, `[1, null, 3, 4, 5]`},
	{arrow.FixedWidthTypes.Date32, `[1, null, 3, 4, 5]`},
	{&arrow.Decimal128Type{Precision: 10, Scale: 2}, `["1.25", null, "-3.00", "4.10", "5.99"]`},
	{&arrow.FixedSizeBinaryType{ByteWidth: 3}, `["YWJj", null, "eHl6", "MTIz", "NDU2"]`},
	{arrow.BinaryTypes.String, `["a", null, "", "ddd", "é"]`},
	{arrow.BinaryTypes.LargeString, `["a", null, "", "ddd", "é"]`},
	{arrow.BinaryTypes.Binary, `["YQ==", null, "", "ZGRk", "eHl6"]`},
	{arrow.ListOf(arrow.BinaryTypes.String), `[["a", "b"], null, [], ["c", null], ["d"]]`},
	{arrow.LargeListOf(arrow.PrimitiveTypes.Int32), `[[1, 2], null, [], [3, null], [4]]`},
	{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32), `[[1, 2], null, [3, 4], [5, null], [6, 7]]`},
	{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "y", Type: arrow.BinaryTypes.String, Nullable: true}),
		`[{"x": 1, "y": "a"}, null, {"x": null, "y": "c"}, {"x": 4, "y": ""}, {"x": 5, "y": null}]`},
	{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32),
		`[[{"key": "a", "value": 1}], null, [], [{"key": "b", "value": null}], [{"key": "c", "value": 3}]]`},
	{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, `["a", null, "b", "a", "c"]`},
	{arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), `["a", "a", null, "b", "b"]`},
}

// sample is a column of the type, sliced from rows before and behind.
func sample(t *testing.T, alloc memory.Allocator, typ arrow.DataType, json string) arrow.Array {
	t.Helper()
	whole, _, err := array.FromJSON(alloc, typ, strings.NewReader(json))
	if err != nil {
		t.Fatal(typ, err)
	}
	defer whole.Release()
	return array.NewSlice(whole, 1, 5)
}

func TestTakeArray(t *testing.T) {
	for _, s := range samples {
		t.Run(s.t.String(), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			in := sample(t, alloc, s.t, s.json)
			defer in.Release()
			for _, rows := range [][]int32{{}, {0}, {3, 2, 1, 0}, {1, 1, 1}, {0, 1, 2, 3}, {2, 3}} {
				got, err := batch.TakeArray(in, rows, alloc)
				if err != nil {
					t.Fatal(err)
				}
				if got.Len() != len(rows) || !arrow.TypeEqual(got.DataType(), s.t) {
					t.Fatalf("%v: %d rows of %v", rows, got.Len(), got.DataType())
				}
				nulls := 0
				for i, r := range rows {
					if got.IsNull(i) != in.IsNull(int(r)) || got.ValueStr(i) != in.ValueStr(int(r)) {
						t.Errorf("%v: row %d is %s, want %s", rows, i, got.ValueStr(i), in.ValueStr(int(r)))
					}
					if in.IsNull(int(r)) {
						nulls++
					}
				}
				if s.t.ID() != arrow.RUN_END_ENCODED && s.t.ID() != arrow.NULL && got.NullN() != nulls {
					t.Errorf("%v: counts %d nulls, want %d", rows, got.NullN(), nulls)
				}
				got.Release()
			}
		})
	}
}

func TestTakeRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	b := array.NewRecordBuilder(alloc, arrow.NewSchema([]arrow.Field{
		{Name: "i", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, {Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "d", Type: &arrow.Decimal128Type{Precision: 20}}}, nil))
	defer b.Release()
	for i := range 3000 {
		for c := range 3 {
			switch null := rng.IntN(4) == 0; {
			case null:
				b.Field(c).AppendNull()
			case c == 0:
				b.Field(c).(*array.Int32Builder).Append(rng.Int32())
			case c == 1:
				b.Field(c).(*array.BooleanBuilder).Append(rng.IntN(2) == 0)
			default:
				b.Field(c).(*array.StringBuilder).Append(strings.Repeat("x", rng.IntN(20)))
			}
		}
		b.Field(3).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(i)))
	}
	whole := b.NewRecord()
	defer whole.Release()
	for range 20 {
		from := rng.Int64N(1500)
		in := whole.NewSlice(from, from+1+rng.Int64N(1500))
		var rows []int32
		for range rng.IntN(2000) {
			rows = append(rows, int32(rng.Int64N(in.NumRows())))
		}
		got, err := batch.Take(in, rows, alloc)
		if err != nil {
			t.Fatal(err)
		}
		for c := range 4 {
			for i, r := range rows {
				if g, w := got.Column(c), in.Column(c); g.IsNull(i) != w.IsNull(int(r)) || g.ValueStr(i) != w.ValueStr(int(r)) {
					t.Fatalf("column %d, row %d: %s, want %s", c, i, g.ValueStr(i), w.ValueStr(int(r)))
				}
			}
		}
		got.Release()
		in.Release()
	}
}

func TestDictionariesAreShared(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	s := samples[len(samples)-2]
	in := sample(t, alloc, s.t, s.json)
	defer in.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: s.t, Nullable: true}}, nil)
	rec := array.NewRecord(schema, []arrow.Array{in}, int64(in.Len()))
	defer rec.Release()
	other := sample(t, alloc, s.t, s.json)
	defer other.Release()
	different := array.NewRecord(schema, []arrow.Array{other}, int64(other.Len()))
	defer different.Release()

	taken, err := batch.Take(rec, []int32{3, 1}, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Release()
	if !batch.SameDictionaries(rec, taken) || batch.SameDictionaries(rec, different) {
		t.Error("the dictionary of a taken column is not that of its source")
	}
	both, err := batch.Concat([]arrow.Record{rec, taken}, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer both.Release()
	if !batch.SameDictionaries(rec, both) {
		t.Error("the dictionary of concatenated columns is not that of its source")
	}
	mixed, err := batch.Concat([]arrow.Record{rec, different}, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer mixed.Release()
	for i := range in.Len() {
		for _, at := range []int{i, i + in.Len()} {
			if got := mixed.Column(0).ValueStr(at); got != in.ValueStr(i) {
				t.Errorf("row %d of the concatenation is %s, want %s", at, got, in.ValueStr(i))
			}
		}
	}
}

func TestConcat(t *testing.T) {
	for _, s := range samples {
		t.Run(s.t.String(), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			in := sample(t, alloc, s.t, s.json)
			defer in.Release()
			rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: s.t, Nullable: true}}, nil), []arrow.Array{in}, int64(in.Len()))
			defer rec.Release()
			both, err := batch.Concat([]arrow.Record{rec, rec}, alloc)
			if err != nil {
				t.Fatal(err)
			}
			defer both.Release()
			if both.NumRows() != 8 {
				t.Fatalf("%d rows", both.NumRows())
			}
			for i := range 8 {
				if got, want := both.Column(0).ValueStr(i), in.ValueStr(i%4); got != want {
					t.Errorf("row %d is %s, want %s", i, got, want)
				}
			}
			one, err := batch.Concat([]arrow.Record{rec}, alloc)
			if err != nil || one != rec {
				t.Errorf("the concatenation of one batch is not that batch: %v", err)
			}
			one.Release()
		})
	}
}

func TestCompact(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	in := sample(t, alloc, arrow.PrimitiveTypes.Int64, `[0, 1, 2, 3, 4]`)
	defer in.Release()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "n", Type: in.DataType()}}, nil), []arrow.Array{in}, 4)
	defer rec.Release()
	for _, test := range []struct {
		sel  []int32
		want string
		copy bool
	}{
		{nil, "[1 2 3 4]", false}, {[]int32{}, "[]", false}, {[]int32{1, 2}, "[2 3]", false}, {[]int32{0, 3}, "[1 4]", true},
	} {
		got, err := batch.Compact(rec, test.sel, alloc)
		if err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got.Column(0)); s != test.want {
			t.Errorf("%v: got %s, want %s", test.sel, s, test.want)
		}
		if copied := got.Column(0).Data().Buffers()[1] != in.Data().Buffers()[1]; copied != test.copy {
			t.Errorf("%v: copied %v", test.sel, copied)
		}
		got.Release()
	}
}

func TestBytes(t *testing.T) {
	for _, test := range []struct {
		t     arrow.DataType
		json  string
		least int64
		most  int64
	}{
		{arrow.PrimitiveTypes.Int64, `[0, 1, 2, 3, 4]`, 32, 33},
		{arrow.BinaryTypes.String, `["0123456789", "a", "b", "c", "d"]`, 4 + 16, 4 + 16 + 1},
		{arrow.FixedWidthTypes.Boolean, `[true, true, true, true, true]`, 1, 2},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), `[[1, 2, 3, 4], [2], [3], [4], [5]]`, 4*4 + 32, 4*4 + 32 + 2},
		{arrow.LargeListOf(arrow.BinaryTypes.String), `[["a", "b"], ["cde"], [], ["f"], null]`, 4*8 + 2*4 + 4, 4*8 + 2*4 + 4 + 2},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32), `[[1, 2], [3, 4], [5, 6], [7, 8], [9, 0]]`, 32, 34},
		{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.BinaryTypes.String}), `[{"x": "0123456789"}, {"x": "a"}, {"x": "b"}, {"x": "c"}, {"x": "d"}]`, 4*4 + 4, 4*4 + 4 + 2},
		{arrow.Null, `[null, null, null, null, null]`, 0, 0},
	} {
		in := sample(t, memory.NewGoAllocator(), test.t, test.json)
		if got := batch.ArrayBytes(in); got < test.least || got > test.most {
			t.Errorf("%v: %d bytes, want %d to %d", test.t, got, test.least, test.most)
		}
	}
}

// A batch is read by many goroutines: what Arrow counts at first use has been
// counted before. The race detector sees it otherwise.
func TestCountNulls(t *testing.T) {
	alloc := memory.NewGoAllocator()
	words := sample(t, alloc, arrow.BinaryTypes.String, `["a", "b", null, "d", "e"]`)
	codes := sample(t, alloc, arrow.PrimitiveTypes.Int8, `[0, 0, null, 1, 3]`)
	coded := array.NewDictionaryArray(&arrow.DictionaryType{IndexType: codes.DataType(), ValueType: words.DataType()}, codes, words)
	lists := sample(t, alloc, arrow.ListOf(arrow.BinaryTypes.String), `[["a"], ["b"], null, ["d", null], []]`)
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{
		{Name: "words", Type: words.DataType(), Nullable: true}, {Name: "coded", Type: coded.DataType(), Nullable: true},
		{Name: "lists", Type: lists.DataType(), Nullable: true}}, nil), []arrow.Array{words, coded, lists}, 4)
	inner := array.MakeFromData(rec.Column(1).Data().Dictionary())
	batch.CountNulls(rec)
	var readers sync.WaitGroup
	start := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			<-start
			if n := []int{rec.Column(0).NullN(), rec.Column(1).NullN(), rec.Column(2).NullN(), inner.NullN()}; !slices.Equal(n, []int{1, 1, 1, 1}) {
				t.Errorf("%v nulls", n)
			}
		})
	}
	close(start)
	readers.Wait()
}
