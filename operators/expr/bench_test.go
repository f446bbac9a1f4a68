package expr_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
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

// BenchmarkKeep is predicates over a batch, beside loops that ask the columns for each row's
// value.
func BenchmarkKeep(b *testing.B) {
	in := benchInput()
	i, n, f := in.Rec.Column(0).(*array.Int64), in.Rec.Column(1).(*array.Int32), in.Rec.Column(2).(*array.Float64)
	s, k, u := in.Rec.Column(3).(*array.String), in.Rec.Column(4).(*array.Dictionary), in.Rec.Column(5).(*array.Int64)
	word := func(r int) string { return k.Dictionary().(*array.String).Value(k.GetValueIndex(r)) }
	keep := make([]bool, benchRows)
	for _, c := range []struct {
		name string
		e    expr.Expr
		row  func(r int) bool
	}{
		{"int64", col("i").Gt(50), func(r int) bool { return i.IsValid(r) && i.Value(r) > 50 }},
		{"int32", col("n").Gt(50), func(r int) bool { return n.IsValid(r) && n.Value(r) > 50 }},
		{"float64", col("f").Lt(0.5), func(r int) bool { return f.IsValid(r) && f.Value(r) < 0.5 }},
		{"10% null", col("u").Ge(50), func(r int) bool { return u.IsValid(r) && u.Value(r) >= 50 }},
		{"two", col("i").Gt(50).And(col("f").Lt(0.5)), func(r int) bool {
			return i.IsValid(r) && f.IsValid(r) && i.Value(r) > 50 && f.Value(r) < 0.5
		}},
		{"text", col("s").Eq("id007"), func(r int) bool { return s.IsValid(r) && s.Value(r) == "id007" }},
		{"dictionary", col("k").Eq("id007"), func(r int) bool { return k.IsValid(r) && word(r) == "id007" }},
		{"dictionary in 2", col("k").In("id007", "id008"), func(r int) bool {
			return k.IsValid(r) && slices.Contains([]string{"id007", "id008"}, word(r))
		}},
		{"int64 in 4", col("i").In(1, 2, 3, 4), func(r int) bool { return i.IsValid(r) && slices.Contains([]int64{1, 2, 3, 4}, i.Value(r)) }},
		{"text contains", col("s").Contains("07"), func(r int) bool { return s.IsValid(r) && strings.Contains(s.Value(r), "07") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := c.e
			alloc := batch.NewPool(memory.NewGoAllocator(), 1<<24)
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Keep(b.Context(), in, keep, alloc); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
		b.Run(c.name+"/naive", func(b *testing.B) {
			same := make([]bool, benchRows)
			for b.Loop() {
				for r := range same {
					same[r] = c.row(r)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
			if err := c.e.Keep(b.Context(), in, keep, memory.DefaultAllocator); err != nil || !slices.Equal(keep, same) {
				b.Errorf("%s is another predicate than its naive twin: %v", c.e, err)
			}
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
