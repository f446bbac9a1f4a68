package operators_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// sortRow is a row of sortRows as a Go program would have it.
type sortRow struct {
	id   int64
	v    float64
	name string
}

// sortRows are a million rows of an id, of which most are different, a number and a name.
func sortRows() (rows []sortRow, recs []arrow.Record) {
	const n, batchRows = 1_000_000, 8192
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		rows = append(rows, sortRow{rng.Int64N(10 * n), rng.NormFloat64(), fmt.Sprintf("id%010d", rng.IntN(n/10))})
	}
	for from := 0; from < n; from += batchRows {
		some := rows[from:min(from+batchRows, n)]
		ids, vs, names := make([]int64, len(some)), make([]float64, len(some)), make([]string, len(some))
		for i, r := range some {
			ids[i], vs[i], names[i] = r.id, r.v, r.name
		}
		recs = append(recs, dataflowtest.Batch(dataflowtest.Col("id", ids), dataflowtest.Col("v", vs), dataflowtest.Col("name", names)))
	}
	return rows, recs
}

// BenchmarkSort sorts a million rows on one core: by one accumulator, which also makes
// the sorted batches; as a slice of structs by their fields; and, as what could be
// reached at best for the numbers alone, as a slice of a number and an index.
func BenchmarkSort(b *testing.B) {
	rows, recs := sortRows()
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
	}
	for _, c := range []struct {
		name    string
		keys    []operators.SortKey
		compare func(a, b sortRow) int
	}{
		{"int64", []operators.SortKey{operators.Asc("id")}, func(a, b sortRow) int { return cmp.Compare(a.id, b.id) }},
		{"float64", []operators.SortKey{operators.Desc("v")}, func(a, b sortRow) int { return cmp.Compare(b.v, a.v) }},
		{"utf8 int64", []operators.SortKey{operators.Asc("name"), operators.Desc("id")}, func(a, b sortRow) int {
			return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(b.id, a.id))
		}},
	} {
		b.Run(c.name+"/Sort", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				env := dataflowtest.NewEnv(b, memory.NewGoAllocator())
				env.BatchRows = 8192
				acc := must(operators.Sort(c.keys...).NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{}))(b)
				for i, rec := range recs {
					if err := acc.Add(b.Context(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Split: int64(i)}}); err != nil {
						b.Fatal(err)
					}
				}
				n := 0
				err := acc.Result(b.Context(), func(c dataflow.Chunk) error {
					n += c.Rows()
					c.Rec.Release()
					return nil
				})
				if err != nil || n != len(rows) {
					b.Fatal(n, err)
				}
				acc.Close()
			}
			perRow(b)
		})
		b.Run(c.name+"/naive", func(b *testing.B) {
			for b.Loop() {
				slices.SortStableFunc(slices.Clone(rows), c.compare)
			}
			perRow(b)
		})
	}
	b.Run("prefixes", func(b *testing.B) {
		type prefix struct {
			first uint64
			row   int32
		}
		for b.Loop() {
			all := make([]prefix, 0, len(rows))
			for _, rec := range recs {
				for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
					all = append(all, prefix{uint64(id), int32(len(all))})
				}
			}
			slices.SortFunc(all, func(a, b prefix) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.row, b.row)) })
		}
		perRow(b)
	})
}
