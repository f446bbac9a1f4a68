package operators_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

const benchRows = 1 << 16

// benchBatches are rows of an int64 key k of so many values, strings a and b of
// 100 values each, a again as a dictionary d, and a value v.
func benchBatches(batches, groups int) []arrow.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	schema := arrow.NewSchema([]arrow.Field{field("k", arrow.PrimitiveTypes.Int64), field("a", arrow.BinaryTypes.String), field("b", arrow.BinaryTypes.String),
		field("d", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}), field("v", arrow.PrimitiveTypes.Int64)}, nil)
	words := array.NewStringBuilder(memory.NewGoAllocator())
	for i := range 100 {
		words.Append(fmt.Sprintf("id%03d", i))
	}
	dict := words.NewArray()
	var out []arrow.Record
	for range batches {
		b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema(append(schema.Fields()[:3:3], field("c", arrow.PrimitiveTypes.Int32), schema.Field(4)), nil))
		for range benchRows {
			code := rng.IntN(100)
			b.Field(0).(*array.Int64Builder).Append(rng.Int64N(int64(groups)))
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("id%03d", code))
			b.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("id%03d", rng.IntN(100)))
			b.Field(3).(*array.Int32Builder).Append(int32(code))
			b.Field(4).(*array.Int64Builder).Append(rng.Int64N(100))
		}
		rec := b.NewRecord()
		cols := append([]arrow.Array{}, rec.Columns()...)
		cols[3] = array.NewDictionaryArray(schema.Field(3).Type, rec.Column(3), dict)
		out = append(out, array.NewRecord(schema, cols, benchRows))
	}
	return out
}

// BenchmarkGroupBy counts and takes a maximum by keys, each beside a plain Go map.
func BenchmarkGroupBy(b *testing.B) {
	type state struct{ n, most int64 }
	ints := func(rec arrow.Record, i int) []int64 { return rec.Column(i).(*array.Int64).Int64Values() }
	fold := func(s *state, v int64) { s.n, s.most = s.n+1, max(s.most, v) }
	for _, c := range []struct {
		name   string
		groups int
		keys   []string
		naive  func(recs []arrow.Record) int
	}{
		{"int 100 groups", 100, []string{"k"}, nil},
		{"int 1e6 groups", 1e6, []string{"k"}, nil},
		{"string", 100, []string{"a"}, func(recs []arrow.Record) int {
			m := map[string]*state{}
			for _, rec := range recs {
				a, v := rec.Column(1).(*array.String), ints(rec, 4)
				for i := range v {
					s := m[a.Value(i)]
					if s == nil {
						s = &state{}
						m[string(append([]byte(nil), a.Value(i)...))] = s
					}
					fold(s, v[i])
				}
			}
			return len(m)
		}},
		{"two strings", 100, []string{"a", "b"}, func(recs []arrow.Record) int {
			m := map[[2]string]*state{}
			for _, rec := range recs {
				x, y, v := rec.Column(1).(*array.String), rec.Column(2).(*array.String), ints(rec, 4)
				for i := range v {
					k := [2]string{x.Value(i), y.Value(i)}
					s := m[k]
					if s == nil {
						s = &state{}
						m[k] = s
					}
					fold(s, v[i])
				}
			}
			return len(m)
		}},
		{"dictionary", 100, []string{"d"}, func(recs []arrow.Record) int {
			m := map[string]*state{}
			for _, rec := range recs {
				d, v := rec.Column(3).(*array.Dictionary), ints(rec, 4)
				words := d.Dictionary().(*array.String)
				for i := range v {
					k := words.Value(d.GetValueIndex(i))
					s := m[k]
					if s == nil {
						s = &state{}
						m[k] = s
					}
					fold(s, v[i])
				}
			}
			return len(m)
		}},
		{"dictionary and string", 100, []string{"d", "b"}, nil},
		{"dictionary and int", 100, []string{"d", "k"}, nil},
	} {
		recs := benchBatches(32, c.groups)
		rows := float64(len(recs) * benchRows)
		pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
		env := dataflow.Env{Alloc: pool, Reserve: func(int64) error { return nil }, Partitions: 1}
		b.Run(c.name, func(b *testing.B) {
			v := operators.Col("v")
			r := operators.GroupBy(c.keys...).Agg(operators.Count(), operators.Max(v))
			b.ReportAllocs()
			for b.Loop() {
				acc, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{})
				if err != nil {
					b.Fatal(err)
				}
				for _, rec := range recs {
					if err := acc.Add(b.Context(), dataflow.Chunk{Rec: rec}); err != nil {
						b.Fatal(err)
					}
				}
				if err := acc.Result(b.Context(), func(c dataflow.Chunk) error { c.Rec.Release(); return nil }); err != nil {
					b.Fatal(err)
				}
				acc.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
		naive := c.naive
		if naive == nil && c.keys[0] == "k" {
			naive = func(recs []arrow.Record) int {
				m := map[int64]*state{}
				for _, rec := range recs {
					k, v := ints(rec, 0), ints(rec, 4)
					for i := range v {
						s := m[k[i]]
						if s == nil {
							s = &state{}
							m[k[i]] = s
						}
						fold(s, v[i])
					}
				}
				return len(m)
			}
		}
		if naive == nil {
			continue
		}
		b.Run(c.name+"/naive", func(b *testing.B) {
			for b.Loop() {
				if naive(recs) == 0 {
					b.Fatal("no groups")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

// BenchmarkGroupByMerge is what merging partials of 1e6 groups takes, by group, beside a map
// that is merged into another.
func BenchmarkGroupByMerge(b *testing.B) {
	const groups = 1_000_000
	recs := benchBatches(groups/benchRows+1, 1<<30)
	pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
	env := dataflow.Env{Alloc: pool, Reserve: func(int64) error { return nil }, Partitions: 1}
	v := operators.Col("v")
	r := operators.GroupBy("k").Agg(operators.Count(), operators.Max(v))
	var partials []arrow.Record
	acc, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{Partial: func(_ int, c dataflow.Chunk) error {
		partials = append(partials, c.Rec)
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	for _, rec := range recs {
		if err := acc.Add(b.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			b.Fatal(err)
		}
	}
	if err := acc.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	rows := 0
	for _, rec := range partials {
		rows += int(rec.NumRows())
	}
	b.Run("arrowmill", func(b *testing.B) {
		for b.Loop() {
			owner, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{})
			if err != nil {
				b.Fatal(err)
			}
			for _, rec := range partials {
				if err := owner.Merge(b.Context(), dataflow.Chunk{Rec: rec}); err != nil {
					b.Fatal(err)
				}
			}
			owner.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/group")
	})
	b.Run("naive", func(b *testing.B) {
		type state struct{ n, max int64 }
		from := map[int64]state{}
		for _, rec := range recs {
			for _, k := range rec.Column(0).(*array.Int64).Int64Values() {
				from[k] = state{1, k}
			}
		}
		for b.Loop() {
			to := map[int64]state{}
			for k, s := range from {
				t := to[k]
				to[k] = state{t.n + s.n, max(t.max, s.max)}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(from)), "ns/group")
	})
}

// BenchmarkNewAccumulator is what an owner of a partition costs that has nothing to do.
func BenchmarkNewAccumulator(b *testing.B) {
	rec := benchBatches(1, 1)[0]
	env := dataflow.Env{Alloc: memory.DefaultAllocator, Reserve: func(int64) error { return nil }, Partitions: 1}
	v := operators.Col("v")
	r := operators.GroupBy("k", "a").Agg(operators.Count(), operators.Max(v), operators.Mean(v))
	b.ReportAllocs()
	for b.Loop() {
		acc, err := r.NewAccumulator(rec.Schema(), env, dataflow.Exchange{})
		if err != nil {
			b.Fatal(err)
		}
		acc.Close()
	}
}

// BenchmarkGroupByFullTables counts and sums by keys that are skewed: a few thousand are
// most rows, and millions the others, so that tables fill again and again and folding pays
// all the same. Beside it a Go map that is emptied as often.
func BenchmarkGroupByFullTables(b *testing.B) {
	const batches = 64
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.15, 4, 1<<26)
	schema := arrow.NewSchema([]arrow.Field{field("k", arrow.PrimitiveTypes.Int64), field("s", arrow.BinaryTypes.String), field("v", arrow.PrimitiveTypes.Int64)}, nil)
	var recs []arrow.Record
	for range batches {
		b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
		for range benchRows / 4 {
			k := int64(zipf.Uint64())
			b.Field(0).(*array.Int64Builder).Append(k * 7919)
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("w%x", k))
			b.Field(2).(*array.Int64Builder).Append(k & 63)
		}
		recs = append(recs, b.NewRecord())
	}
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(batches*benchRows/4), "ns/row")
	}
	v := operators.Col("v")
	for _, key := range []string{"k", "s"} {
		b.Run(key, func(b *testing.B) {
			pool := batch.NewPool(memory.DefaultAllocator, 64<<20)
			env := dataflowtest.NewEnv(b, pool)
			env.Partitions = 256
			out := func(_ int, c dataflow.Chunk) error { c.Rec.Release(); return nil }
			r := operators.Adapting(operators.GroupBy(key).Agg(operators.Count(), operators.Sum(v)), 1<<20, 0, 0)
			for b.Loop() {
				acc, err := r.NewAccumulator(schema, env, dataflow.Exchange{Partial: out, Rows: out})
				if err != nil {
					b.Fatal(err)
				}
				for _, rec := range recs {
					if err := acc.Add(b.Context(), dataflow.Chunk{Rec: rec}); err != nil {
						b.Fatal(err)
					}
				}
				acc.Close()
			}
			perRow(b)
		})
	}
	b.Run("k/naive", func(b *testing.B) {
		type state struct{ n, sum int64 }
		for b.Loop() {
			m := map[int64]*state{}
			for _, rec := range recs {
				k, v := rec.Column(0).(*array.Int64).Int64Values(), rec.Column(2).(*array.Int64).Int64Values()
				for i := range k {
					s := m[k[i]]
					if s == nil {
						s = &state{}
						m[k[i]] = s
					}
					s.n, s.sum = s.n+1, s.sum+v[i]
				}
				if len(m) > 20_000 {
					clear(m)
				}
			}
		}
		perRow(b)
	})
}
