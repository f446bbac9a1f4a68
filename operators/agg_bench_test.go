package operators

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// BenchmarkAggregates is the cost of Update by row, in batches of 4,096, beside that of
// a plain float sum.
func BenchmarkAggregates(b *testing.B) {
	const rows, step = 1 << 20, 4096
	x, y := Col("x"), Col("y")
	f64, i64 := arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int64
	for _, groups := range []int{128, 1_000_000} {
		r := rand.New(rand.NewPCG(1, 2))
		group, floats, ints := make([]int32, rows), make([]any, rows), make([]any, rows)
		for i := range group {
			group[i] = r.Int32N(int32(groups))
			floats[i] = float64(r.IntN(1e8)) / 1e6
			ints[i] = int64(1 + r.IntN(15))
		}
		holes := append([]any(nil), floats...)
		for i := range holes {
			if r.IntN(20) == 0 {
				holes[i] = nil
			}
		}
		rec := dataflowtest.Batch(dataflowtest.ColOf("float", f64, floats...), dataflowtest.ColOf("int", i64, ints...), dataflowtest.ColOf("float, 5% null", f64, holes...))
		var parts [][]arrow.Array
		for from := 0; from < rows; from += step {
			var part []arrow.Array
			for _, col := range rec.Columns() {
				part = append(part, array.NewSlice(col, int64(from), int64(from+step)))
			}
			parts = append(parts, part)
		}
		report := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		}
		b.Run(fmt.Sprintf("plain float sum/%d groups", groups), func(b *testing.B) {
			sums := make([]float64, groups)
			values := rec.Column(0).(*array.Float64).Float64Values()
			for b.Loop() {
				for i, g := range group {
					sums[g] += values[i]
				}
			}
			report(b)
		})
		for _, c := range []struct {
			agg  Agg
			cols []int
		}{
			{Sum(x), []int{0}}, {Sum(x), []int{1}}, {Sum(x), []int{2}}, {Mean(x), []int{0}}, {Var(x), []int{0}}, {Var(x), []int{1}},
			{Corr(x, y), []int{1, 1}}, {Corr(x, y), []int{0, 0}}, {Largest(x, 2), []int{0}},
		} {
			b.Run(fmt.Sprintf("%s of %s/%d groups", c.agg.Name(), rec.ColumnName(c.cols[0]), groups), func(b *testing.B) {
				types := make([]arrow.DataType, len(c.cols))
				for i, col := range c.cols {
					types[i] = rec.Column(col).DataType()
				}
				states, err := c.agg.aggregate.NewStates(types, dataflowtest.NewEnv(b, memory.DefaultAllocator))
				if err != nil {
					b.Fatal(err)
				}
				defer states.Close()
				if err := states.Grow(groups); err != nil {
					b.Fatal(err)
				}
				args := make([]arrow.Array, len(c.cols))
				b.ReportAllocs()
				for b.Loop() {
					for p, part := range parts {
						for i, col := range c.cols {
							args[i] = part[col]
						}
						if err := states.Update(group[p*step:(p+1)*step], args, dataflow.Place{}); err != nil {
							b.Fatal(err)
						}
					}
				}
				report(b)
			})
		}
		b.Run(fmt.Sprintf("median with its result/%d groups", groups), func(b *testing.B) {
			states, err := quantile{name: "median", q: 0.5}.NewStates([]arrow.DataType{f64}, dataflowtest.NewEnv(b, memory.DefaultAllocator))
			if err != nil {
				b.Fatal(err)
			}
			defer states.Close()
			for b.Loop() {
				if err := states.Grow(groups); err != nil {
					b.Fatal(err)
				}
				for p, part := range parts {
					if err := states.Update(group[p*step:(p+1)*step], part[:1], dataflow.Place{}); err != nil {
						b.Fatal(err)
					}
				}
				result, err := states.Result(0, groups)
				if err != nil {
					b.Fatal(err)
				}
				result.Release()
				states.Reset()
			}
			report(b)
		})
	}
}
