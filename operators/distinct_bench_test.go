package operators_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/operators"
)

// BenchmarkDistinct is the distinct values of an integer and of a text, which a grouping
// without aggregates yields, beside a Go map.
func BenchmarkDistinct(b *testing.B) {
	for _, groups := range []int{100, 1e6} {
		recs := benchBatches(16, groups)
		pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
		env := dataflow.Env{Alloc: pool, Reserve: func(int64) error { return nil }, Partitions: 1}
		perRow := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(recs)*benchRows), "ns/row")
		}
		for _, key := range []string{"k", "a"} {
			if key == "a" && groups > 100 {
				continue // there are a hundred texts
			}
			name := fmt.Sprintf("%s of %d", recs[0].Column(recs[0].Schema().FieldIndices(key)[0]).DataType(), groups)
			found := 0
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					acc, err := operators.GroupBy(key).NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{})
					if err != nil {
						b.Fatal(err)
					}
					for _, rec := range recs {
						if err := acc.Add(b.Context(), dataflow.Chunk{Rec: rec}); err != nil {
							b.Fatal(err)
						}
					}
					found = 0
					err = acc.Result(b.Context(), func(c dataflow.Chunk) error {
						found += c.Rows()
						c.Rec.Release()
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
					acc.Close()
				}
				perRow(b)
			})
			b.Run(name+"/naive", func(b *testing.B) {
				n := 0
				for b.Loop() {
					numbers, texts := map[int64]struct{}{}, map[string]struct{}{}
					for _, rec := range recs {
						k, a := rec.Column(0).(*array.Int64), rec.Column(1).(*array.String)
						for i := range benchRows {
							if key == "k" {
								numbers[k.Value(i)] = struct{}{}
							} else {
								texts[a.Value(i)] = struct{}{}
							}
						}
					}
					n = len(numbers) + len(texts)
				}
				perRow(b)
				if found > 0 && n != found {
					b.Errorf("%d values are distinct, %d as the naive way finds", found, n)
				}
			})
		}
	}
}
