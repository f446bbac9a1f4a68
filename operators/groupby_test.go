package operators_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// keyTypes are all types that a key may have, but for null and dictionaries.
var keyTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
	&arrow.FixedSizeBinaryType{ByteWidth: 3}, &arrow.FixedSizeBinaryType{ByteWidth: 16},
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
	arrow.FixedWidthTypes.Timestamp_us, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Europe/Berlin"},
	arrow.FixedWidthTypes.Duration_ms,
	&arrow.Decimal128Type{Precision: 20, Scale: 2}, &arrow.Decimal256Type{Precision: 50, Scale: 3},
}

// canonical is a value as the key of a Go map: NaN is one, -0 is 0.
func canonical(v any) any {
	switch v := v.(type) {
	case float32:
		return canonical(float64(v))
	case float64:
		if math.IsNaN(v) {
			return "NaN"
		}
		return v + 0
	case []byte:
		return "bytes " + string(v)
	}
	return v
}

// naiveGroups is the distinct keys of rows, in order of appearance, each with its
// rows.
func naiveGroups(rows [][]any, keys int) (groups [][][]any) {
	at := map[string]int{}
	for _, row := range rows {
		var key strings.Builder
		for _, v := range row[:keys] {
			fmt.Fprintf(&key, "%T %q|", canonical(v), fmt.Sprint(canonical(v)))
		}
		i, ok := at[key.String()]
		if !ok {
			i = len(groups)
			at[key.String()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], row)
	}
	return groups
}

// keyOf is a row's key as it comes out.
func keyOf(row []any, keys int) []any {
	out := slices.Clone(row[:keys])
	for i, v := range out {
		switch v := v.(type) {
		case float32:
			out[i] = v + 0
		case float64:
			out[i] = v + 0
		}
	}
	return out
}

// naiveLess is the order of Min and Max.
func naiveLess(a, b any) bool {
	switch a := a.(type) {
	case bool:
		return !a && b.(bool)
	case int8:
		return a < b.(int8)
	case int16:
		return a < b.(int16)
	case int32:
		return a < b.(int32)
	case int64:
		return a < b.(int64)
	case uint8:
		return a < b.(uint8)
	case uint16:
		return a < b.(uint16)
	case uint32:
		return a < b.(uint32)
	case uint64:
		return a < b.(uint64)
	case float32:
		return naiveLess(float64(a), float64(b.(float32)))
	case float64:
		b := b.(float64)
		switch {
		case math.IsNaN(a) || math.IsNaN(b):
			return !math.IsNaN(a)
		case a == 0 && b == 0:
			return math.Signbit(a) && !math.Signbit(b)
		}
		return a < b
	case string:
		return a < b.(string)
	case []byte:
		return bytes.Compare(a, b.([]byte)) < 0
	case time.Time:
		return a.Before(b.(time.Time))
	case time.Duration:
		return a < b.(time.Duration)
	case decimal128.Num:
		return a.Less(b.(decimal128.Num))
	case decimal256.Num:
		return a.Less(b.(decimal256.Num))
	}
	panic(fmt.Sprintf("no order of %T", a))
}

// wantGroups is what grouping in by its first columns with Count, CountOf, Min and
// Max of the last column must yield.
func wantGroups(in arrow.Record, keys int) arrow.Record {
	groups := naiveGroups(dataflowtest.Rows(in), keys)
	if keys == 0 && len(groups) == 0 {
		groups = make([][][]any, 1)
	}
	last := int(in.NumCols()) - 1
	cols := make([][]any, keys+4)
	for _, rows := range groups {
		var n int64
		var lo, hi any
		for _, row := range rows {
			v := row[last]
			if v == nil {
				continue
			}
			if n++; lo == nil || naiveLess(v, lo) {
				lo = v
			}
			if hi == nil || naiveLess(hi, v) {
				hi = v
			}
		}
		var row []any
		if keys > 0 {
			row = keyOf(rows[0], keys)
		}
		for i, v := range append(row, int64(len(rows)), n, lo, hi) {
			cols[i] = append(cols[i], v)
		}
	}
	var out []dataflowtest.Column
	for i := range keys {
		out = append(out, dataflowtest.ColOf(in.ColumnName(i), plain(in.Schema().Field(i).Type), cols[i]...))
	}
	value := plain(in.Schema().Field(last).Type)
	out = append(out, dataflowtest.Col("n", ints(cols[keys])), dataflowtest.Col("values", ints(cols[keys+1])),
		dataflowtest.ColOf("lo", value, cols[keys+2]...), dataflowtest.ColOf("hi", value, cols[keys+3]...))
	return dataflowtest.Batch(out...)
}

func ints(values []any) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = v.(int64)
	}
	return out
}

func plain(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

// grouping groups by the first columns of in, with four aggregates of the last.
func grouping(in *arrow.Schema, keys int) dataflow.Reducer {
	var names []string
	for _, f := range in.Fields()[:keys] {
		names = append(names, f.Name)
	}
	v := operators.Col(in.Field(in.NumFields() - 1).Name)
	return operators.GroupBy(names...).Agg(operators.Count().As("n"), operators.CountOf(v).As("values"),
		operators.Min(v).As("lo"), operators.Max(v).As("hi"))
}

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

// bothHashes runs a test with a hash that is constant, while no other test runs, and as it is
// beside others.
func bothHashes(t *testing.T, f func(t *testing.T)) {
	t.Run("constant hash", func(t *testing.T) {
		defer hashtab.ConstantHash()()
		f(t)
	})
	t.Parallel()
	f(t)
}

func TestGroupByEveryKeyType(t *testing.T) {
	check := func(t *testing.T, seed int) {
		typ := keyTypes[seed]
		in := dataflowtest.Random(uint64(seed), 30, field("key", typ), field("v", typ))
		dataflowtest.CheckReducer(t, adapting(seed, grouping(in.Schema(), 1)), in, wantGroups(in, 1))
	}
	t.Run("constant hash", func(t *testing.T) {
		defer hashtab.ConstantHash()()
		for i := 0; i < len(keyTypes); i += 4 {
			check(t, i)
		}
	})
	t.Parallel()
	for i, typ := range keyTypes {
		t.Run(typ.String(), func(t *testing.T) { check(t, i) })
	}
}

func TestGroupByDictionaries(t *testing.T) {
	t.Parallel()
	codes := []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64}
	step := 1
	if testing.Short() {
		step = 3
	}
	for i := 0; i < len(keyTypes); i += step {
		typ := keyTypes[i]
		t.Run(typ.String(), func(t *testing.T) {
			dict := &arrow.DictionaryType{IndexType: codes[i%len(codes)], ValueType: typ}
			in := dataflowtest.Random(uint64(i), 16, field("key", dict), field("v", dict))
			dataflowtest.CheckReducer(t, grouping(in.Schema(), 1), in, wantGroups(in, 1))
			if i/step%2 == 1 { // two keys are packed, of every other type
				return
			}
			in = dataflowtest.Random(uint64(i), 16, field("a", dict), field("b", arrow.PrimitiveTypes.Int16), field("v", typ))
			dataflowtest.CheckReducer(t, adapting(i/step/2, grouping(in.Schema(), 2)), in, wantGroups(in, 2))
		})
	}
	in := dataflowtest.Random(7, 100, field("a", arrow.BinaryTypes.String), field("b", arrow.BinaryTypes.String), field("v", arrow.PrimitiveTypes.Int64))
	dataflowtest.CheckReducer(t, adapting(2, grouping(in.Schema(), 2)), in, wantGroups(in, 2), dataflowtest.DictionaryToo())
}

// Any number of keys, of random types: the words of a row have every width.
func TestGroupByManyKeys(t *testing.T) {
	bothHashes(t, func(t *testing.T) {
		seed := rand.Uint64()
		rng := rand.New(rand.NewPCG(seed, 0))
		widths := []int{0, 2, 3, 4, 6, 9, 20}
		if testing.Short() {
			widths = []int{0, 2, 9}
		}
		for _, keys := range widths {
			var fields []arrow.Field
			for i := range keys {
				typ := keyTypes[rng.IntN(len(keyTypes))]
				fields = append(fields, field(fmt.Sprint("k", i), typ))
			}
			// Rows are repeated, for many random keys hardly ever meet.
			in := repeated(dataflowtest.Random(rng.Uint64(), 12, append(fields, field("v", arrow.PrimitiveTypes.Int32))...), 3)
			dataflowtest.CheckReducer(t, adapting(keys, grouping(in.Schema(), keys)), in, wantGroups(in, keys))
			if t.Failed() {
				t.Fatalf("seed %#x, %d keys: %s", seed, keys, in.Schema())
			}
		}
	})
}

func repeated(rec arrow.Record, times int) arrow.Record {
	rows := dataflowtest.Rows(rec)
	var cols []dataflowtest.Column
	for j, f := range rec.Schema().Fields() {
		var values []any
		for range times {
			for _, row := range rows {
				values = append(values, row[j])
			}
		}
		cols = append(cols, dataflowtest.ColOf(f.Name, f.Type, values...))
	}
	return dataflowtest.Batch(cols...)
}

func TestGroupByCases(t *testing.T) {
	negZero, otherNaN := math.Copysign(0, -1), math.Float64frombits(0xfff8_0000_0000_0123)
	cases := []struct {
		name     string
		r        dataflow.Reducer
		in, want arrow.Record
	}{
		{"NaN, zero and null are one key each", operators.GroupBy("k").Agg(operators.Count()),
			dataflowtest.Batch(dataflowtest.Col("k", []any{0.0, negZero, math.NaN(), otherNaN, nil, nil, 1.0})),
			dataflowtest.Batch(dataflowtest.Col("k", []any{0.0, math.NaN(), nil, 1.0}), dataflowtest.Col("count()", []int64{2, 2, 2, 1}))},
		{"distinct", operators.GroupBy("a", "b"),
			dataflowtest.Batch(dataflowtest.Col("a", []string{"x", "x", "y", "x"}), dataflowtest.Col("b", []int32{1, 2, 1, 1})),
			dataflowtest.Batch(dataflowtest.Col("a", []string{"x", "x", "y"}), dataflowtest.Col("b", []int32{1, 2, 1}))},
		{"no columns and no rows", operators.GroupBy().Agg(operators.Count(), operators.Max(operators.Col("v"))),
			dataflowtest.Batch(dataflowtest.Col("v", []string{})),
			dataflowtest.Batch(dataflowtest.Col("count()", []int64{0}), dataflowtest.ColOf("max(v)", arrow.BinaryTypes.String, nil))},
		{"no rows", operators.GroupBy("v").Agg(operators.Count()),
			dataflowtest.Batch(dataflowtest.Col("v", []string{})),
			dataflowtest.Batch(dataflowtest.Col("v", []string{}), dataflowtest.Col("count()", []int64{}))},
		{"extremes of floats", operators.GroupBy("k").Agg(operators.Min(operators.Col("v")), operators.Max(operators.Col("v"))),
			dataflowtest.Batch(dataflowtest.Col("k", []string{"nan", "nan", "some", "some", "zero", "zero", "null"}),
				dataflowtest.Col("v", []any{math.NaN(), otherNaN, math.NaN(), 3.0, negZero, 0.0, nil})),
			dataflowtest.Batch(dataflowtest.Col("k", []string{"nan", "some", "zero", "null"}),
				dataflowtest.Col("min(v)", []any{math.NaN(), 3.0, negZero, nil}), dataflowtest.Col("max(v)", []any{math.NaN(), math.NaN(), 0.0, nil}))},
		{"a string of any content", operators.GroupBy("k").Agg(operators.Count()),
			dataflowtest.Batch(dataflowtest.Col("k", []any{"", "\x00", "\x00\x00", nil, "123456789012", "1234567890123", "1234567890124", "1234567890123", ""})),
			dataflowtest.Batch(dataflowtest.Col("k", []any{"", "\x00", "\x00\x00", nil, "123456789012", "1234567890123", "1234567890124"}),
				dataflowtest.Col("count()", []int64{2, 1, 1, 1, 1, 2, 1}))},
		{"a column is key and argument", operators.GroupBy("k").Agg(operators.Max(operators.Col("k")).As("k2")),
			dataflowtest.Batch(dataflowtest.Col("k", []int64{3, 1, 3})),
			dataflowtest.Batch(dataflowtest.Col("k", []int64{3, 1}), dataflowtest.Col("k2", []int64{3, 1}))},
	}
	bothHashes(t, func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) { dataflowtest.CheckReducer(t, c.r, c.in, c.want) })
		}
	})
}

// Columns of type null, which dataflowtest.Rows does not know.
func TestGroupByNullColumns(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	null := array.NewNull(5)
	codes := array.NewInt8Builder(memory.NewGoAllocator())
	codes.AppendValues([]int8{0, 0, 0, 0, 0}, []bool{true, false, true, true, true})
	dict := array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.Null}, codes.NewArray(), array.NewNull(1))
	k := dataflowtest.Batch(dataflowtest.Col("k", []int64{1, 2, 1, 1, 2})).Column(0)
	in := array.NewRecord(arrow.NewSchema([]arrow.Field{field("null", arrow.Null), field("dict", dict.DataType()), field("k", k.DataType())}, nil),
		[]arrow.Array{null, dict, k}, 5)
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"null"}, "[(null)] [5] [0] [(null)]"},
		{[]string{"dict"}, "[(null)] [5] [0] [(null)]"},
		{[]string{"dict", "null", "k"}, "[(null) (null)] [(null) (null)] [1 2] [3 2] [0 0] [(null) (null)]"},
	} {
		r := operators.GroupBy(c.keys...).Agg(operators.Count().As("n"), operators.CountOf(operators.Col("dict")).As("m"), operators.Min(operators.Col("dict")).As("lo"))
		var got []string
		for _, col := range run(t, r, alloc, in).Columns() {
			got = append(got, fmt.Sprint(col))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("by %v: %s, want %s", c.keys, got, c.want)
		}
	}
}

// run is the answer of one accumulator, merged into another in between. It is
// released when the test ends.
func run(t *testing.T, r dataflow.Reducer, alloc memory.Allocator, in ...arrow.Record) arrow.Record {
	t.Helper()
	ctx := t.Context()
	var out []arrow.Record
	last, err := r.NewAccumulator(in[0].Schema(), dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	first, err := r.NewAccumulator(in[0].Schema(), dataflowtest.NewEnv(t, alloc), dataflow.Exchange{Partial: func(_ int, c dataflow.Chunk) error {
		defer c.Rec.Release()
		return last.Merge(ctx, c)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	for _, rec := range in {
		if err := first.Add(ctx, dataflow.Chunk{Rec: rec}); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if err := last.Result(ctx, func(c dataflow.Chunk) error { out = append(out, c.Rec); return nil }); err != nil {
		t.Fatal(err)
	}
	whole, err := batch.Concat(out, memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	copied := dup(whole)
	for _, rec := range append(out, whole) {
		rec.Release()
	}
	return copied
}

// dup is a copy of rec in memory that needs no release.
func dup(rec arrow.Record) arrow.Record {
	rows := make([]int32, rec.NumRows())
	for i := range rows {
		rows[i] = int32(i)
	}
	out, err := batch.Take(rec, rows, memory.NewGoAllocator())
	if err != nil {
		panic(err)
	}
	return out
}

func TestGroupByMistakes(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("a", []int64{1}), dataflowtest.ColOf("list", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{int64(1)}))
	v := operators.Col("a")
	cases := []struct {
		r    dataflow.Reducer
		want []string
	}{
		{operators.GroupBy("b").Agg(operators.Count()), []string{`"b"`, "a, list"}},
		{operators.GroupBy("a", "a"), []string{`"a"`, "twice"}},
		{operators.GroupBy("list"), []string{`"list"`, "list<"}},
		{operators.GroupBy("a").Agg(operators.Min(operators.Col("list"))), []string{"min(list)", "no order"}},
		{operators.GroupBy("a").Agg(operators.Min(operators.Col("b"))), []string{"min(b)", `"b"`}},
		{operators.GroupBy("a").Agg(operators.Count().As("n"), operators.Min(v).As("n")), []string{`"n"`, "As"}},
		{operators.GroupBy("a").Agg(operators.Count().As("a")), []string{`"a"`, "As"}},
		{operators.GroupBy(), []string{"nothing"}},
		{operators.GroupBy("a").Agg(operators.Agg{}), []string{"no aggregate"}},
		{operators.GroupBy("a").Agg(operators.Aggregated("min", geoMean{}, v, v)), []string{"min(a, a)", "argument"}},
	}
	for _, c := range cases {
		for _, want := range c.want {
			dataflowtest.Fails(t, c.r, in, want)
		}
	}
}

func TestGroupByDescription(t *testing.T) {
	rev := operators.Col("rev")
	described := operators.GroupBy("region").Agg(operators.Quantile(rev, 0.9).As("p90"), operators.Largest(rev, 3), operators.Min(rev).As("min(rev)"))
	if got, want := described.(fmt.Stringer).String(), "group by region: quantile(rev, 0.9) as p90, largest(rev, 3), min(rev)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	g := operators.GroupBy("region", "shop").Agg(operators.Min(rev), operators.Count().As("n"))
	if got, want := g.(fmt.Stringer).String(), "group by region, shop: min(rev), count() as n"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := g.(dataflow.ColumnUser).InColumns([]string{"n"}), []string{"region", "rev", "shop"}; !slices.Equal(got, want) {
		t.Errorf("InColumns() = %v, want %v", got, want)
	}
	if !g.(dataflow.Keyed).Keyed() || operators.GroupBy().Agg(operators.Count()).(dataflow.Keyed).Keyed() {
		t.Error("keyed is what has key columns")
	}
	in := arrow.NewSchema([]arrow.Field{{Name: "region", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}},
		field("shop", arrow.PrimitiveTypes.Int32), field("rev", arrow.PrimitiveTypes.Float64)}, nil)
	partial, out, err := g.Schemas(in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(partial), "region shop 0.min 1.count"; got != want {
		t.Errorf("partial has %s, want %s", got, want)
	}
	if got, want := names(out), "region shop min(rev) n"; got != want {
		t.Errorf("out has %s, want %s", got, want)
	}
	if f := out.Field(0); f.Type.ID() != arrow.STRING || f.Nullable {
		t.Errorf("region comes out as %v, want strings that are not null", f)
	}
}

func names(s *arrow.Schema) string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	return strings.Join(out, " ")
}

// Without columns a grouping has one group: of all rows, or behind a shuffle of each
// partition that has rows.
func TestGroupByNothing(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("k", []int64{1, 2, 3, 1, 2, 1}), dataflowtest.Col("v", []int64{1, 10, 100, 1, 10, 1}))
	count := operators.GroupBy().Agg(operators.Count().As("n"), operators.Sum(operators.Col("v")).As("v"))
	for _, workers := range []int{1, 2, 7} {
		for _, partitions := range []int{0, 1, 2, 50} {
			for _, rows := range []int64{6, 0} {
				g := dataflow.New()
				s, want := g.Source("in", memio.Batches(in.NewSlice(0, rows))), 1
				if partitions > 0 {
					used := route(t, operators.HashBy("k"), dataflow.Chunk{Rec: in.NewSlice(0, rows)}, partitions, 0)
					want = len(slices.Compact(slices.Sorted(slices.Values(used))))
					s = s.Shuffle("by k", operators.HashBy("k"), dataflow.Partitions(partitions))
				}
				job, err := executor.Start(t.Context(), s.TreeReduce("count", count), executor.Options{Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				groups, n, sum := 0, int64(0), int64(0)
				for rec, err := range job.Batches() {
					if err != nil {
						t.Fatal(err)
					}
					for _, row := range dataflowtest.Rows(rec) {
						groups++
						n += row[0].(int64)
						if v, ok := row[1].(int64); ok != (row[0].(int64) > 0) {
							t.Errorf("%d rows have the sum %v", row[0], row[1])
						} else {
							sum += v
						}
					}
				}
				if groups != want || n != rows || rows > 0 && sum != 123 || rows == 0 && sum != 0 {
					t.Errorf("%d workers, %d partitions, %d rows: %d groups of %d rows, sum %d, want %d groups", workers, partitions, rows, groups, n, sum, want)
				}
			}
		}
	}
}
