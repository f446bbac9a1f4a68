package hashtab_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// textWords are batches of words as a text has them: few are frequent, most are rare,
// and of so many one is longer than 12 bytes.
func textWords(rows, long int) []arrow.Array {
	rng := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 300_000)
	for i := range words {
		words[i] = fmt.Sprintf("%x", rng.Uint64())[:1+rng.IntN(12)]
		if i%long == 0 {
			words[i] += "a longer identifier"[:1+rng.IntN(18)]
		}
	}
	var cols []arrow.Array
	for from := 0; from < rows; from += 4096 {
		b := array.NewStringBuilder(memory.NewGoAllocator())
		for range 4096 {
			rank := math.Exp(rng.Float64()*math.Log(float64(len(words)))) - 1 // as often as 1/rank
			b.Append(words[int(rank)])
		}
		cols = append(cols, b.NewArray())
		b.Release()
	}
	return cols
}

func BenchmarkFindWords(b *testing.B) {
	const rows = 1 << 21
	cols := textWords(rows, 7)
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	b.Run("table", func(b *testing.B) {
		group := make([]int32, 4096)
		for b.Loop() {
			t, err := hashtab.New([]arrow.DataType{arrow.BinaryTypes.String}, memory.NewGoAllocator(), func(int64) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			for _, col := range cols {
				if _, err := t.Find([]arrow.Array{col}, 0, col.Len(), group); err != nil {
					b.Fatal(err)
				}
			}
			t.Close()
		}
		perRow(b)
	})
	b.Run("naive", func(b *testing.B) {
		for b.Loop() {
			m := map[string]*int{}
			for _, col := range cols {
				words := col.(*array.String)
				for i := range words.Len() {
					w := words.Value(i)
					n := m[w]
					if n == nil {
						n = new(int)
						m[string([]byte(w))] = n
					}
					*n++
				}
			}
		}
		perRow(b)
	})
}

// BenchmarkPartWords is what it takes to tell frequent words from others, beside a Go map
// of those.
func BenchmarkPartWords(b *testing.B) {
	const rows = 1 << 20
	cols, short := textWords(rows, 7), textWords(rows, 1<<30)
	frequent := cols[:8]
	parts := func(b *testing.B, cols []arrow.Array, fix bool) {
		frequent := cols[:8]
		t, err := hashtab.New([]arrow.DataType{arrow.BinaryTypes.String}, memory.NewGoAllocator(), func(int64) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		group, strange, hash := make([]int32, 4096), make([]int32, 4096), make([]uint64, 4096)
		for _, col := range frequent {
			if _, err := t.Find([]arrow.Array{col}, 0, col.Len(), group); err != nil {
				b.Fatal(err)
			}
		}
		if fix {
			t.Fix()
		}
		for b.Loop() {
			for _, col := range cols {
				if _, err := t.Part([]arrow.Array{col}, 0, col.Len(), group, strange, hash); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	b.Run("fixed", func(b *testing.B) { parts(b, cols, true) })
	b.Run("table", func(b *testing.B) { parts(b, cols, false) })
	b.Run("fixed, none long", func(b *testing.B) { parts(b, short, true) })
	b.Run("table, none long", func(b *testing.B) { parts(b, short, false) })
	b.Run("naive", func(b *testing.B) {
		m := map[string]int32{}
		for _, col := range frequent {
			for i := range col.Len() {
				if w := col.(*array.String).Value(i); m[w] == 0 {
					m[w] = int32(len(m) + 1)
				}
			}
		}
		group := make([]int32, 4096)
		for b.Loop() {
			for _, col := range cols {
				words := col.(*array.String)
				for i := range words.Len() {
					group[i] = m[words.Value(i)] - 1
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	})
}
