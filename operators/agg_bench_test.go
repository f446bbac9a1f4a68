package operators

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// aggBench are the rows of the benchmarks of aggregates, in parts of benchStep.
type aggBench struct {
	groups int
	group  []int32
	rec    arrow.Record
	parts  [][]arrow.Array
}

const (
	benchRows = 1 << 19
	benchStep = 4096
)

func newAggBench(groups int) *aggBench {
	f64, i64 := arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int64
	r := rand.New(rand.NewPCG(1, 2))
	b := &aggBench{groups: groups, group: make([]int32, benchRows)}
	floats, ints, holes := make([]any, benchRows), make([]any, benchRows), make([]any, benchRows)
	for i := range floats {
		b.group[i] = r.Int32N(int32(groups))
		floats[i] = float64(r.IntN(1e8)) / 1e6
		ints[i] = int64(1 + r.IntN(15))
		if holes[i] = floats[i]; r.IntN(20) == 0 {
			holes[i] = nil
		}
	}
	b.rec = dataflowtest.Batch(dataflowtest.ColOf("float", f64, floats...), dataflowtest.ColOf("int", i64, ints...), dataflowtest.ColOf("float, 5% null", f64, holes...))
	for from := 0; from < benchRows; from += benchStep {
		var part []arrow.Array
		for _, col := range b.rec.Columns() {
			slice := array.NewSlice(col, int64(from), int64(from+benchStep))
			slice.NullN() // counted
			part = append(part, slice)
		}
		b.parts = append(b.parts, part)
	}
	return b
}

// run reports the time of the fastest pass over all rows, which other load on the machine
// disturbs least.
func (c *aggBench) run(b *testing.B, name string, pass func(b *testing.B)) {
	b.Run(fmt.Sprintf("%d groups/%s", c.groups, name), func(b *testing.B) {
		b.ReportAllocs()
		best := time.Duration(1<<63 - 1)
		for b.Loop() {
			start := time.Now()
			pass(b)
			best = min(best, time.Since(start))
		}
		b.ReportMetric(float64(best.Nanoseconds())/benchRows, "ns/row")
	})
}

// update folds all rows of some columns.
func (c *aggBench) update(b *testing.B, states States, args []arrow.Array, cols []int) {
	for p, part := range c.parts {
		for i, col := range cols {
			args[i] = part[col]
		}
		if err := states.Update(c.group[p*benchStep:(p+1)*benchStep], args, dataflow.Place{}); err != nil {
			b.Fatal(err)
		}
	}
}

func (c *aggBench) states(b *testing.B, agg Agg, cols []int) States {
	types := make([]arrow.DataType, len(cols))
	for i, col := range cols {
		types[i] = c.rec.Column(col).DataType()
	}
	states, err := agg.aggregate.NewStates(types, dataflowtest.NewEnv(b, memory.DefaultAllocator))
	if err == nil {
		err = states.Grow(c.groups)
	}
	if err != nil {
		b.Fatal(err)
	}
	return states
}

// BenchmarkAggregates is the cost of Update by row, in batches of 4,096, with random
// groups, beside plain loops over a slice of structs.
func BenchmarkAggregates(b *testing.B) {
	x, y := Col("x"), Col("y")
	for _, groups := range []int{100, 413, 10_000, 100_000, 1_000_000} {
		c := newAggBench(groups)
		c.naive(b)
		for _, a := range []struct {
			agg  Agg
			cols []int
		}{
			{Sum(x), []int{0}}, {Sum(x), []int{1}}, {Sum(x), []int{2}}, {Mean(x), []int{0}}, {Mean(x), []int{1}},
			{Min(x), []int{0}}, {Max(x), []int{1}}, {Count(), nil}, {CountOf(x), []int{2}},
			{Var(x), []int{0}}, {Var(x), []int{1}}, {Corr(x, y), []int{1, 1}}, {Corr(x, y), []int{0, 0}}, {Largest(x, 2), []int{0}},
		} {
			name := a.agg.Name()
			if len(a.cols) > 0 {
				name += " of " + c.rec.ColumnName(a.cols[0])
			}
			c.run(b, name, func() func(b *testing.B) {
				var states States
				args := make([]arrow.Array, len(a.cols))
				return func(b *testing.B) {
					if states == nil {
						states = c.states(b, a.agg, a.cols)
						b.Cleanup(func() { states.Close(); states = nil })
					}
					c.update(b, states, args, a.cols)
				}
			}())
		}
		for name, together := range map[string]bool{"min, mean, max": true, "min, mean, max, one by one": false} {
			var s *statesOf
			c.run(b, name, func(b *testing.B) {
				if s == nil {
					s = newStatesOf(b, []Agg{Min(x), Mean(x), Max(x)}, arrow.PrimitiveTypes.Float64, dataflowtest.NewEnv(b, memory.DefaultAllocator), together)
					b.Cleanup(func() {
						for _, states := range s.states {
							states.Close()
						}
						s = nil
					})
					if _, err := s.all(0, func(_ int, states States) error { return states.Grow(groups) }); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := s.all(0, func(_ int, states States) error { c.update(b, states, make([]arrow.Array, 1), []int{0}); return nil }); err != nil {
					b.Fatal(err)
				}
			})
		}
		c.run(b, "median with its result", func(b *testing.B) {
			states := c.states(b, Median(x), []int{0})
			defer states.Close()
			c.update(b, states, make([]arrow.Array, 1), []int{0})
			result, err := states.Result(0, groups)
			if err != nil {
				b.Fatal(err)
			}
			result.Release()
		})
	}
}

// naive are the loops that one would write: an accumulator a group, in a struct.
func (c *aggBench) naive(b *testing.B) {
	type state struct {
		sum      float64
		count    int64
		min, max float64
	}
	states := make([]state, c.groups)
	floats := c.rec.Column(0).(*array.Float64).Float64Values()
	c.run(b, "sum(x) of float/naive", func(*testing.B) {
		for i, g := range c.group {
			states[g].sum += floats[i]
		}
	})
	c.run(b, "mean(x) of float/naive", func(*testing.B) {
		for i, g := range c.group {
			s := &states[g]
			s.sum += floats[i]
			s.count++
		}
	})
	c.run(b, "min, mean, max/naive", func(*testing.B) {
		for i, g := range c.group {
			s, v := &states[g], floats[i]
			s.sum += v
			s.count++
			s.min = min(s.min, v)
			s.max = max(s.max, v)
		}
	})
}
