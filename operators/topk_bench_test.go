package operators_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
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
// other, which gives all rows in order, or the first 20. Beside it a heap of the first 20, and
// a slice of all that is sorted.
func BenchmarkTopKOfWords(b *testing.B) {
	recs := countedWords(1_000_000, 4096)
	for _, k := range []int{20, math.MaxInt32} {
		name := "first 20"
		if k == math.MaxInt32 {
			name = "all"
		}
		b.Run(name, func(b *testing.B) {
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
		b.Run(name+"/naive", func(b *testing.B) {
			for b.Loop() {
				if rows := naiveTop(recs, k); len(rows) != min(k, 1_000_000) {
					b.Fatalf("%d rows", len(rows))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/row")
		})
	}
}

type countedWord struct {
	word string
	n    int64
}

func compareCounted(a, b countedWord) int {
	return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.word, b.word))
}

// lastFirst is a heap whose first is the row that would go first.
type lastFirst []countedWord

func (h lastFirst) Len() int           { return len(h) }
func (h lastFirst) Less(i, j int) bool { return compareCounted(h[i], h[j]) > 0 }
func (h lastFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *lastFirst) Push(x any)        { *h = append(*h, x.(countedWord)) }
func (h *lastFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func naiveTop(recs []arrow.Record, k int) []countedWord {
	var top lastFirst
	for _, rec := range recs {
		words, ns := rec.Column(0).(*array.String), rec.Column(1).(*array.Int64)
		for i := range words.Len() {
			row := countedWord{words.Value(i), ns.Value(i)}
			switch {
			case k == math.MaxInt32:
				top = append(top, row)
			case len(top) < k:
				heap.Push(&top, row)
			case compareCounted(row, top[0]) < 0:
				top[0] = row
				heap.Fix(&top, 0)
			}
		}
	}
	slices.SortFunc(top, compareCounted)
	return top
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
