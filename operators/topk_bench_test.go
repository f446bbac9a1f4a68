package operators_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// countedWords are batches of distinct words, many of which begin alike, with counts,
// most of which are small.
func countedWords(rows, batchRows int) []arrow.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	schema := arrow.NewSchema([]arrow.Field{{Name: "word", Type: arrow.BinaryTypes.String}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	begins := []string{"", "", "err", "github.com/", "(*testing.T)", "func_", "0x"}
	var recs []arrow.Record
	for from := 0; from < rows; from += batchRows {
		b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
		for range min(batchRows, rows-from) {
			word := begins[rng.IntN(len(begins))] + fmt.Sprintf("%x", rng.Uint64()>>(4*rng.IntN(10)))
			b.Field(0).(*array.StringBuilder).Append(word)
			b.Field(1).(*array.Int64Builder).Append(int64(1 / (1e-6 + math.Pow(rng.Float64(), 2))))
		}
		recs = append(recs, b.NewRecord())
		b.Release()
	}
	return recs
}

// Two accumulators get half of a million rows each; the partials of one go to the
// other, which gives all rows in order, or the first 20.
func BenchmarkTopKOfWords(b *testing.B) {
	recs := countedWords(1_000_000, 4096)
	for _, k := range []int{20, math.MaxInt32} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			b.ReportAllocs()
			r := operators.TopK(k, operators.Desc("n"), operators.Asc("word"))
			rows := 0
			for b.Loop() {
				rows = 0
				env := dataflowtest.NewEnv(b, memory.NewGoAllocator())
				env.BatchRows = 4096
				whole := must(r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{}))(b)
				half := must(r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{Partial: func(_ int, c dataflow.Chunk) error {
					defer c.Rec.Release()
					return whole.Merge(b.Context(), c)
				}}))(b)
				for i, rec := range recs {
					to := whole
					if i%2 == 1 {
						to = half
					}
					if err := to.Add(b.Context(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Split: int64(i)}}); err != nil {
						b.Fatal(err)
					}
				}
				if err := half.Drain(b.Context()); err != nil {
					b.Fatal(err)
				}
				err := whole.Result(b.Context(), func(c dataflow.Chunk) error {
					rows += c.Rows()
					c.Rec.Release()
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				half.Close()
				whole.Close()
			}
			if rows != min(k, 1_000_000) {
				b.Fatalf("%d rows", rows)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/row")
		})
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
