package hashtab

import (
	"fmt"
	"testing"
)

// BenchmarkInsert numbers keys all of which are new, in a store that has room for them.
func BenchmarkInsert(b *testing.B) {
	for _, n := range []int{1 << 12, 39_000, 300_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newStore(b, 64)
			words, group, miss := make([]uint64, n), make([]int32, vector), make([]int32, vector)
			for i := range words {
				words[i] = uint64(i) * 0x9e3779b97f4a7c15 >> 7
			}
			for b.Loop() {
				s.reset(1 << 30)
				s.expect = n
				for from := 0; from < n; from += vector {
					part := words[from:min(from+vector, n)]
					if err := s.find(part, len(part), group[:len(part)], miss); err != nil {
						b.Fatal(err)
					}
				}
			}
			if s.n != n {
				b.Fatalf("%d keys, want %d", s.n, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

func newStore(b *testing.B, bits uint) *store {
	t, err := New(nil, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	t.packed.bits = bits
	return &t.packed
}
