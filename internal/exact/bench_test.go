package exact

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// BenchmarkAdd is the cost of an exact float sum by row beside a plain one, of values
// that the near window holds, of values with many zeros, and of values spread so far
// that one window does not hold them.
func BenchmarkAdd(b *testing.B) {
	const rows, step = 1 << 20, 4096
	for _, groups := range []int{128, 1_000_000} {
		r := rand.New(rand.NewPCG(1, 2))
		group := make([]int32, rows)
		values := map[string][]float64{"near": make([]float64, rows), "zeros": make([]float64, rows), "spread": make([]float64, rows)}
		for i := range group {
			group[i] = r.Int32N(int32(groups))
			v := float64(r.IntN(1e8)) / 1e6
			values["near"][i], values["zeros"][i] = v, v*float64(r.IntN(2))
			values["spread"][i] = v * []float64{1, 1e-30, 1e30}[r.IntN(3)]
		}
		run := func(name string, add func(group []int32, values []float64), values []float64) {
			b.Run(fmt.Sprintf("%d groups%s", groups, name), func(b *testing.B) {
				for b.Loop() {
					for at := 0; at < rows; at += step {
						add(group[at:at+step], values[at:at+step])
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
			})
		}
		plain := make([]float64, groups)
		run("/naive", func(group []int32, values []float64) {
			values = values[:len(group)]
			for i, g := range group {
				plain[g] += values[i]
			}
		}, values["near"])
		beside := Beside{Count: make([]int64, groups)}
		ranged := Beside{Count: make([]int64, groups), Low: make([]int64, groups), High: make([]int64, groups)}
		for _, c := range []struct {
			name, values string
			beside       Beside
		}{{"/near", "near", Beside{}}, {"/zeros", "zeros", Beside{}}, {"/spread", "spread", Beside{}},
			{", counted/near", "near", beside}, {", counted and ranged/near", "near", ranged}} {
			s := NewSums(reserved.NewLedger(nil))
			if err := s.Grow(groups); err != nil {
				b.Fatal(err)
			}
			run(c.name, func(group []int32, values []float64) {
				if err := Add(s, group, values, c.beside); err != nil {
					b.Fatal(err)
				}
			}, values[c.values])
		}
		type state struct {
			sum, low, high float64
			count          int64
		}
		states := make([]state, groups)
		run(", counted/naive", func(group []int32, values []float64) {
			values = values[:len(group)]
			for i, g := range group {
				s := &states[g]
				s.sum += values[i]
				s.count++
			}
		}, values["near"])
		run(", counted and ranged/naive", func(group []int32, values []float64) {
			values = values[:len(group)]
			for i, g := range group {
				s, v := &states[g], values[i]
				s.sum += v
				s.count++
				s.low, s.high = min(s.low, v), max(s.high, v)
			}
		}, values["near"])
	}
}
