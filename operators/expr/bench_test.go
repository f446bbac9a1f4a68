package expr_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

const benchRows = 8192

func benchInput() dataflow.Chunk {
	rng := rand.New(rand.NewPCG(1, 2))
	i, n, f, s, u := make([]int64, benchRows), make([]int32, benchRows), make([]float64, benchRows), make([]any, benchRows), make([]any, benchRows)
	for r := range benchRows {
		i[r], n[r], f[r] = rng.Int64N(100), rng.Int32N(100), rng.Float64()
		s[r] = fmt.Sprintf("id%03d", rng.IntN(100))
		if u[r] = any(rng.Int64N(100)); rng.IntN(10) == 0 {
			u[r] = nil
		}
	}
	return dataflow.Chunk{Rec: dataflowtest.Batch(dataflowtest.Col("i", i), dataflowtest.Col("n", n), dataflowtest.Col("f", f),
		dataflowtest.Col("s", s), dataflowtest.ColOf("k", typeOf("dictionary"), s...), dataflowtest.Col("u", u))}
}

func BenchmarkEval(b *testing.B) {
	in := benchInput()
	for _, e := range []expr.Expr{
		col("i").Add(1), col("n").Add(col("i")), col("i").Mul(col("i")), col("f").Mul(lit(1).Sub(col("f"))), col("u").Add(col("u")),
		expr.If(col("i").Gt(50), col("f"), 0.5), col("s").Lower(), col("k").Lower(), col("s").Length(), col("n").Cast(typeOf("text")),
	} {
		b.Run(e.String(), func(b *testing.B) {
			alloc := batch.NewPool(memory.NewGoAllocator(), 1<<24)
			b.ReportAllocs()
			for b.Loop() {
				arr, err := e.Eval(b.Context(), in, alloc)
				if err != nil {
					b.Fatal(err)
				}
				arr.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

func BenchmarkKeep(b *testing.B) {
	in := benchInput()
	keep := make([]bool, benchRows)
	for _, e := range []expr.Expr{
		col("i").Gt(50), col("n").Gt(50), col("f").Lt(0.5), col("u").Ge(50), col("i").Gt(50).And(col("f").Lt(0.5)),
		col("s").Eq("id007"), col("k").Eq("id007"), col("k").In("id007", "id008"), col("i").In(1, 2, 3, 4), col("s").Contains("07"),
	} {
		b.Run(e.String(), func(b *testing.B) {
			alloc := batch.NewPool(memory.NewGoAllocator(), 1<<24)
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Keep(b.Context(), in, keep, alloc); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

// TestAllocations: what a batch costs does not grow with its rows.
func TestAllocations(t *testing.T) {
	in := benchInput()
	few := dataflow.Chunk{Rec: in.Rec.NewSlice(0, 16)}
	alloc := batch.NewPool(memory.NewGoAllocator(), 1<<24)
	keep := make([]bool, benchRows)
	for _, e := range []expr.Expr{
		col("i").Add(1).Gt(50).And(col("s").Eq("id007")), col("k").Contains("1"), col("s").Lower().Eq("a"), col("s").Upper().Length().In(1, 2),
		expr.If(col("i").Gt(1), col("f"), col("u")).IsNull(), col("n").Cast(typeOf("text")).Cast(typeOf("int32")).Lt(5), col("s").Coalesce("x").StartsWith("y"),
	} {
		per := func(c dataflow.Chunk) float64 {
			return testing.AllocsPerRun(20, func() {
				if err := e.Keep(t.Context(), c, keep[:c.Rec.NumRows()], alloc); err != nil {
					t.Fatal(err)
				}
			})
		}
		// Buffers that double take a few steps more.
		if small, large := per(few), per(in); large > small+16 || large > 80 {
			t.Errorf("%s allocates %v times for 16 rows, %v for %d", e, small, large, benchRows)
		}
	}
}
