package operators_test

import (
	"bytes"
	"cmp"
	"context"
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
	"github.com/arrowmill/arrowmill/operators"
)

// oracleKey is a sort key of the oracle: a column by index.
type oracleKey struct {
	column int
	desc   bool
}

// oracleTop is the first k rows of rec by the keys, in source order where equal.
func oracleTop(rec arrow.Record, k int, keys ...oracleKey) arrow.Record {
	rows := dataflowtest.Rows(rec)
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		for _, key := range keys {
			if c := oracleCompare(rows[a][key.column], rows[b][key.column], key.desc); c != 0 {
				return c
			}
		}
		return 0
	})
	top, err := batch.Take(rec, order[:min(k, len(order))], memory.DefaultAllocator)
	if err != nil {
		panic(err)
	}
	return top
}

func oracleCompare(a, b any, desc bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	c := 0
	switch a := a.(type) {
	case bool:
		c = strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) // "false" < "true"
	case int8:
		c = cmp.Compare(a, b.(int8))
	case int16:
		c = cmp.Compare(a, b.(int16))
	case int32:
		c = cmp.Compare(a, b.(int32))
	case int64:
		c = cmp.Compare(a, b.(int64))
	case uint8:
		c = cmp.Compare(a, b.(uint8))
	case uint16:
		c = cmp.Compare(a, b.(uint16))
	case uint32:
		c = cmp.Compare(a, b.(uint32))
	case uint64:
		c = cmp.Compare(a, b.(uint64))
	case float32:
		c = oracleFloats(float64(a), float64(b.(float32)))
	case float64:
		c = oracleFloats(a, b.(float64))
	case string:
		c = strings.Compare(a, b.(string))
	case []byte:
		c = bytes.Compare(a, b.([]byte))
	case time.Time:
		c = a.Compare(b.(time.Time))
	case time.Duration:
		c = cmp.Compare(a, b.(time.Duration))
	case decimal128.Num:
		c = a.Cmp(b.(decimal128.Num))
	case decimal256.Num:
		c = a.Cmp(b.(decimal256.Num))
	default:
		panic(fmt.Sprintf("no order for %T", a))
	}
	if desc {
		return -c
	}
	return c
}

func oracleFloats(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestTopK(t *testing.T) {
	t.Parallel()
	in := dataflowtest.Batch(
		dataflowtest.Col("word", []string{"b", "a", "c", "a", "d"}),
		dataflowtest.Col("n", []any{int64(2), int64(2), nil, int64(9), int64(-1)}),
		dataflowtest.Col("i", []int32{0, 1, 2, 3, 4}),
	)
	for _, c := range []struct {
		k    int
		keys []operators.SortKey
		want []int32 // of column i
	}{
		{2, []operators.SortKey{operators.Desc("n"), operators.Asc("word")}, []int32{3, 1}},
		{3, []operators.SortKey{operators.Desc("n")}, []int32{3, 0, 1}},
		{9, []operators.SortKey{operators.Asc("n")}, []int32{4, 0, 1, 3, 2}},
		{9, []operators.SortKey{operators.Desc("n")}, []int32{3, 0, 1, 4, 2}},
		{math.MaxInt, []operators.SortKey{operators.Asc("word"), operators.Desc("i")}, []int32{3, 1, 0, 2, 4}},
		{1, []operators.SortKey{operators.Asc("i")}, []int32{0}},
		{0, []operators.SortKey{operators.Asc("i")}, nil},
	} {
		want, err := batch.Take(in, c.want, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		dataflowtest.CheckReducer(t, operators.TopK(c.k, c.keys...), in, want, dataflowtest.DictionaryToo("word", "n"))
	}
}

func TestTopKOfNothing(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{}))
	dataflowtest.CheckReducer(t, operators.TopK(3, operators.Asc("n")), in, in)
}

// orderedTypes are types of all the kinds that have an order.
var orderedTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
	&arrow.FixedSizeBinaryType{ByteWidth: 11},
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
	arrow.FixedWidthTypes.Timestamp_ms, arrow.FixedWidthTypes.Duration_us,
	&arrow.Decimal128Type{Precision: 30, Scale: 2}, &arrow.Decimal256Type{Precision: 70, Scale: 2},
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String},
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int64, ValueType: arrow.PrimitiveTypes.Float64},
}

// TestTopKTypes holds random columns of every type that has an order against the
// oracle, as the first key and as the second.
func TestTopKTypes(t *testing.T) {
	t.Parallel()
	for _, typ := range orderedTypes {
		t.Run(typ.String(), func(t *testing.T) {
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 0))
			in := dataflowtest.Random(seed, 15+rng.IntN(15),
				arrow.Field{Name: "few", Type: arrow.PrimitiveTypes.Uint8, Nullable: true},
				arrow.Field{Name: "key", Type: typ, Nullable: true},
				arrow.Field{Name: "all", Type: typ})
			k := 1 + rng.IntN(25)
			desc := rng.IntN(2) == 0
			defer func() {
				if t.Failed() {
					t.Log("seed ", seed, " k ", k, " desc ", desc)
				}
			}()
			key := operators.Asc("key")
			if desc {
				key = operators.Desc("key")
			}
			dataflowtest.CheckReducer(t, operators.TopK(k, key, operators.Desc("few")), in, oracleTop(in, k, oracleKey{1, desc}, oracleKey{0, true}))
			rounds := 20
			if testing.Short() {
				rounds = 5
			}
			for range rounds {
				for _, c := range []struct {
					sort   []operators.SortKey
					oracle []oracleKey
				}{
					{[]operators.SortKey{key}, []oracleKey{{1, desc}}},
					{[]operators.SortKey{operators.Asc("few"), key}, []oracleKey{{0, false}, {1, desc}}},
					{[]operators.SortKey{key, operators.Asc("all")}, []oracleKey{{1, desc}, {2, false}}},
				} {
					got := runTopK(t, operators.TopK(k, c.sort...), in, 1+rng.IntN(70))
					if d := dataflowtest.Diff(dataflowtest.Rows(oracleTop(in, k, c.oracle...)), got); d != "" {
						t.Fatalf("by %v: %s", c.sort, d)
					}
				}
			}
		})
	}
}

// TestTopKLong runs long inputs over one accumulator, in orders that keep it
// selecting and gathering, or that never let it.
func TestTopKLong(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	rng := rand.New(rand.NewPCG(5, 6))
	orders := map[string]func(i int) int64{
		"random":     func(int) int64 { return rng.Int64() },
		"ascending":  func(i int) int64 { return int64(i) },
		"descending": func(i int) int64 { return int64(-i) },
		"few values": func(int) int64 { return rng.Int64N(3) },
		"one value":  func(int) int64 { return 7 },
	}
	for name, order := range orders {
		for _, k := range []int{1, 20, 3000, 2 * rows} {
			t.Run(fmt.Sprint(name, " k=", k), func(t *testing.T) {
				ns, words := make([]int64, rows), make([]string, rows)
				for i := range ns {
					ns[i] = order(i)
					words[i] = fmt.Sprint("a common beginning ", ns[i]%1000)
				}
				in := dataflowtest.Batch(dataflowtest.Col("n", ns), dataflowtest.Col("word", words))
				for _, keys := range []struct {
					sort   []operators.SortKey
					oracle []oracleKey
				}{
					{[]operators.SortKey{operators.Desc("n")}, []oracleKey{{0, true}}},
					{[]operators.SortKey{operators.Asc("word"), operators.Asc("n")}, []oracleKey{{1, false}, {0, false}}},
				} {
					got := runTopK(t, operators.TopK(k, keys.sort...), in, 1+rng.IntN(5000))
					if d := dataflowtest.Diff(dataflowtest.Rows(oracleTop(in, k, keys.oracle...)), got); d != "" {
						t.Fatal(d)
					}
				}
			})
		}
	}
}

// TestTopKOfTexts orders strings that are equal for long, and end where others go on
// with zeros.
func TestTopKOfTexts(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	blocks := []string{"\x00", "a", "\xff", "aaaaaaaa", "a common beginning ", "bcdefghi\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"}
	word := func() any {
		if rng.IntN(20) == 0 {
			return nil
		}
		var b strings.Builder
		for range rng.IntN(6) {
			b.WriteString(blocks[rng.IntN(len(blocks))])
		}
		return b.String()
	}
	for try := range 12 {
		const rows = 4000
		var a, b, n []any
		for i := range rows {
			a, b, n = append(a, word()), append(b, word()), append(n, rng.IntN(1+try*try*try))
			if i%10 == 0 {
				n[i] = nil
			}
		}
		typ := arrow.DataType(arrow.BinaryTypes.String)
		if try%3 == 2 {
			typ = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.LargeString}
		}
		in := dataflowtest.Batch(dataflowtest.ColOf("a", typ, a...), dataflowtest.ColOf("b", arrow.BinaryTypes.Binary, b...), dataflowtest.ColOf("n", arrow.PrimitiveTypes.Int64, n...))
		var keys []operators.SortKey
		var oracle []oracleKey
		for _, c := range rng.Perm(3)[:1+rng.IntN(3)] {
			desc := rng.IntN(2) == 0
			oracle = append(oracle, oracleKey{c, desc})
			if name := in.ColumnName(c); desc {
				keys = append(keys, operators.Desc(name))
			} else {
				keys = append(keys, operators.Asc(name))
			}
		}
		for _, k := range []int{math.MaxInt32, 700} {
			got := runTopK(t, operators.TopK(k, keys...), in, 1+rng.IntN(1500))
			if d := dataflowtest.Diff(dataflowtest.Rows(oracleTop(in, k, oracle...)), got); d != "" {
				t.Fatalf("seed %#x, k %d by %v: %s", seed, k, keys, d)
			}
		}
	}
}

// runTopK folds in in batches of size rows by one accumulator, drained into
// another on the way, which gets every third batch for itself.
func runTopK(t *testing.T, r dataflow.Reducer, in arrow.Record, size int) [][]any {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	ctx := context.Background()
	end, err := r.NewAccumulator(in.Schema(), dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	begin, err := r.NewAccumulator(in.Schema(), dataflowtest.NewEnv(t, alloc), dataflow.Exchange{
		Partial: func(_ int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			return end.Merge(ctx, c)
		},
		Rows: func(_ int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			return end.Add(ctx, c)
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer begin.Close()
	n := int(in.NumRows())
	for from := 0; from < n; from += size {
		rec := in.NewSlice(int64(from), int64(min(from+size, n)))
		acc := begin
		if from/size%3 == 2 {
			acc = end
		}
		if err := acc.Add(ctx, dataflow.Chunk{Rec: rec, At: dataflow.Place{Row: int64(from)}}); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		if from < n/2 && from+size >= n/2 {
			if err := begin.Drain(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := begin.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	var out [][]any
	if err := end.Result(ctx, func(c dataflow.Chunk) error {
		out = append(out, dataflowtest.Rows(c.Rec)...)
		c.Rec.Release()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTopKHoldsInProportion feeds rows of 1 KiB that get ever better, each of
// which displaces one, and looks at what is held meanwhile.
func TestTopKHoldsInProportion(t *testing.T) {
	const k, rows, perBatch = 50, 200_000, 1000
	pool := batch.NewPool(memory.DefaultAllocator, 0)
	env := dataflowtest.NewEnv(t, pool)
	var reserved int64
	reserve := env.Reserve
	env.Reserve = func(n int64) error { reserved += n; return reserve(n) }
	r := operators.TopK(k, operators.Desc("n"))
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "text", Type: arrow.BinaryTypes.String}}, nil)
	acc, err := r.NewAccumulator(schema, env, dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	source := batch.NewPool(memory.DefaultAllocator, 0)
	text := strings.Repeat("x", 1024)
	var most int64
	for from := int64(0); from < rows; from += perBatch {
		b := array.NewRecordBuilder(source, schema)
		for i := from; i < from+perBatch; i++ {
			b.Field(0).(*array.Int64Builder).Append(i)
			if i%100 == 0 {
				b.Field(1).(*array.StringBuilder).Append(text)
			} else {
				b.Field(1).(*array.StringBuilder).Append("")
			}
		}
		rec := b.NewRecord()
		b.Release()
		if err := acc.Add(context.Background(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Row: from}}); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		most = max(most, pool.LiveBytes()+source.LiveBytes()+reserved)
	}
	if most > 512<<10 {
		t.Errorf("up to %s are held for %d rows", dataflow.FormatBytes(most), k)
	}
}

// TestTopKGathersDictionaries has batches with a dictionary each, of which a few
// values are kept, and with codes so small that all values together do not fit.
func TestTopKGathersDictionaries(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	for _, k := range []int{10, 300} {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "d", Type: typ, Nullable: true}}, nil)
		r := operators.TopK(k, operators.Desc("n"))
		acc, err := r.NewAccumulator(schema, dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(7, 8))
		var all []arrow.Record
		for b := range 200 {
			n, d := make([]any, 100), make([]any, 100)
			for i := range n {
				n[i] = rng.Int64()
				if i%10 != 0 {
					d[i] = fmt.Sprintf("batch %d value %d", b, i)
				}
			}
			rec := dataflowtest.Batch(dataflowtest.ColOf("n", arrow.PrimitiveTypes.Int64, n...).NotNull(), dataflowtest.ColOf("d", typ, d...))
			all = append(all, rec)
			if err := acc.Add(context.Background(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Split: int64(b)}}); err != nil {
				t.Fatal(err)
			}
		}
		var got [][]any
		if err := acc.Result(context.Background(), func(c dataflow.Chunk) error {
			got = append(got, dataflowtest.Rows(c.Rec)...)
			c.Rec.Release()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		acc.Close()
		want := dataflowtest.Rows(all...)
		slices.SortStableFunc(want, func(a, b []any) int { return oracleCompare(a[0], b[0], true) })
		if d := dataflowtest.Diff(want[:k], got); d != "" {
			t.Errorf("k=%d: %s", k, d)
		}
		alloc.AssertSize(t, 0)
	}
}

func TestTopKFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{1}), dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{1}))
	for want, r := range map[string]dataflow.Reducer{
		"top -1 rows: it must be at least 0":                          operators.TopK(-1, operators.Asc("n")),
		"no key to order by":                                          operators.TopK(1),
		`no column "m": there are n, l`:                               operators.TopK(1, operators.Asc("m")),
		`column "n" is named twice`:                                   operators.TopK(1, operators.Asc("n"), operators.Desc("n")),
		`column "l" of type list<item: int64, nullable> has no order`: operators.TopK(1, operators.Asc("l")),
	} {
		dataflowtest.Fails(t, r, in, want)
	}
}

// TestTopKPlaceColumns has input columns named as the partial's own would be.
func TestTopKPlaceColumns(t *testing.T) {
	in := dataflowtest.Batch(
		dataflowtest.Col("place of the row", []int64{3, 1, 2}),
		dataflowtest.Col("place of the split", []string{"a", "b", "c"}))
	dataflowtest.CheckReducer(t, operators.TopK(2, operators.Asc("place of the row")), in, oracleTop(in, 2, oracleKey{0, false}))
}

func TestTopKString(t *testing.T) {
	if got, want := fmt.Sprint(operators.TopK(20, operators.Desc("n"), operators.Asc("word"))), "top 20 by n desc, word asc"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func BenchmarkTopK(b *testing.B) {
	const rows = 8192
	rng := rand.New(rand.NewPCG(1, 2))
	ns, words := make([]int64, rows), make([]string, rows)
	for i := range ns {
		ns[i], words[i] = rng.Int64N(1_000_000), fmt.Sprintf("word%07d", rng.IntN(10_000_000))
	}
	in := dataflowtest.Batch(dataflowtest.Col("n", ns), dataflowtest.Col("word", words))
	for _, k := range []int{20, 100_000} {
		for _, key := range []operators.SortKey{operators.Desc("n"), operators.Asc("word")} {
			b.Run(fmt.Sprintf("k=%d by %v", k, key), func(b *testing.B) {
				r := operators.TopK(k, key, operators.Asc("word"))
				if key == operators.Asc("word") {
					r = operators.TopK(k, key, operators.Desc("n"))
				}
				env := dataflow.Env{Alloc: memory.DefaultAllocator, Reserve: func(int64) error { return nil }, BatchRows: 8192, Partitions: 1}
				acc, err := r.NewAccumulator(in.Schema(), env, dataflow.Exchange{})
				if err != nil {
					b.Fatal(err)
				}
				defer acc.Close()
				i := int64(0)
				for b.Loop() {
					if err := acc.Add(context.Background(), dataflow.Chunk{Rec: in, At: dataflow.Place{Split: i}}); err != nil {
						b.Fatal(err)
					}
					i++
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
			})
		}
	}
}
