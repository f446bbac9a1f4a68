package operators_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// adapting is g with one of six policies: as it is; every table is let go of; all rows
// are routed but those of the first table; groups and rows by turns; those with values that
// are all held are let go of; the frequent groups are kept, where that can be.
func adapting(i int, g dataflow.Reducer) dataflow.Reducer {
	switch i % 6 {
	case 1:
		return operators.Adapting(g, 0, 0, 0)
	case 2:
		return operators.Adapting(g, 0, 1<<30, 1<<40)
	case 3:
		return operators.Adapting(g, 1, 2, 3)
	case 4:
		return operators.LettingValuesGo(g, 1)
	case 5:
		return operators.Frequent(g, 0, 2, 3)
	}
	return g
}

// Each aggregate adapts: its states are let go of, and its rows are routed.
func TestEveryAggregateAdapts(t *testing.T) {
	t.Parallel()
	in, want, r := everyAggregate()
	for i := 1; i < 6; i++ {
		dataflowtest.CheckReducer(t, adapting(i, r), in, want, dataflowtest.Unordered(), dataflowtest.Tolerance(1e-12))
		dataflowtest.CheckReducer(t, operators.PlainKeys(adapting(i, r)), in, want, dataflowtest.Unordered(), dataflowtest.Tolerance(1e-12))
	}
}

// skewedRows are rows whose keys, a string and an integer, are few for most and many for
// others. Some strings are very long.
func skewedRows(rng *rand.Rand, batches, rows int) []arrow.Record {
	var recs []arrow.Record
	long := strings.Repeat("long", 100_000)
	for range batches {
		k, s, v, f := make([]any, rows), make([]any, rows), make([]any, rows), make([]any, rows)
		for i := range rows {
			n := rng.Int64N(1 << (1 + rng.IntN(14)))
			k[i], v[i], f[i] = n%7, rng.Int64N(1000)-500, rng.Float64()*1e6
			switch s[i] = fmt.Sprint("the name of ", n); {
			case n%11 == 0:
				s[i], v[i] = nil, nil
			case n == 1 && i%100 == 0:
				s[i] = long[:300_000+i%4]
			}
		}
		recs = append(recs, dataflowtest.Batch(dataflowtest.Col("s", s), dataflowtest.Col("k", k), dataflowtest.Col("v", v), dataflowtest.Col("f", f)))
	}
	return recs
}

// TestAdaptingRuns holds runs of every policy, with several workers, against a map.
func TestAdaptingRuns(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	recs := skewedRows(rand.New(rand.NewPCG(seed, 1)), 10, 3_000)
	type state struct{ n, sum, most int64 }
	want := map[string]state{}
	for _, rec := range recs {
		s, k, v := rec.Column(0).(*array.String), rec.Column(1).(*array.Int64), rec.Column(2).(*array.Int64)
		for i := range int(rec.NumRows()) {
			key := fmt.Sprint(s.IsNull(i), s.Value(i), k.Value(i))
			g, ok := want[key]
			g.n++
			if v.IsValid(i) {
				g.sum += v.Value(i)
				if g.most < v.Value(i) || !ok {
					g.most = v.Value(i)
				}
			}
			want[key] = g
		}
	}
	v := operators.Col("v")
	group := operators.GroupBy("s", "k").Agg(operators.Count(), operators.Sum(v), operators.Max(v), operators.Sum(operators.Col("f").Mul(2)), operators.Median(v))
	for name, r := range map[string]dataflow.Reducer{
		"usual":    group,
		"let go":   operators.Adapting(group, 200<<10, 0, 0),
		"route":    operators.Adapting(group, 0, 1<<30, 1<<40),
		"by turns": operators.Adapting(group, 400<<10, 5, 1000),
		"values":   operators.LettingValuesGo(group, 20<<10),
		"plain":    operators.PlainKeys(operators.Adapting(group, 400<<10, 5, 1000)),
	} {
		for _, workers := range []int{1, 2, 7} {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			got := map[string]state{}
			err := runGroups(t, r, recs, executor.Options{Workers: workers, Alloc: alloc}, func(rec arrow.Record) {
				s, k := rec.Column(0).(*array.String), rec.Column(1).(*array.Int64)
				n, sum, most := rec.Column(2).(*array.Int64), rec.Column(3).(*array.Int64), rec.Column(4).(*array.Int64)
				for i := range int(rec.NumRows()) {
					key := fmt.Sprint(s.IsNull(i), s.Value(i), k.Value(i))
					if _, twice := got[key]; twice {
						t.Errorf("%s, %d workers: a group came twice", name, workers)
					}
					got[key] = state{n.Value(i), sum.Value(i), most.Value(i)}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			alloc.AssertSize(t, 0)
			if len(got) != len(want) {
				t.Errorf("%s, %d workers: %d groups, want %d", name, workers, len(got), len(want))
			}
			for key, g := range want {
				if got[key] != g {
					t.Fatalf("%s, %d workers: %.40s is %v, want %v", name, workers, key, got[key], g)
				}
			}
		}
	}
}

func runGroups(t *testing.T, r dataflow.Reducer, recs []arrow.Record, opts executor.Options, see func(arrow.Record)) error {
	g := dataflow.New()
	job, err := executor.Start(t.Context(), g.Source("rows", memio.Batches(recs...)).TreeReduce("groups", r), opts)
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range job.Batches() {
		if err != nil {
			return err
		}
		see(rec)
	}
	return nil
}

// At any budget a run that adapts gives the answer, or the budget's error.
func TestAdaptingWithoutMemory(t *testing.T) {
	t.Parallel()
	recs := skewedRows(rand.New(rand.NewPCG(1, 2)), 4, 500)
	v := operators.Col("v")
	for i := range 12 {
		group := operators.GroupBy("s", "k").Agg(operators.Count(), operators.Mean(v), operators.Median(v))
		if i%6 == 5 { // frequent groups have one key, and no values that are all held
			group = operators.GroupBy("s").Agg(operators.Count(), operators.Mean(v))
		}
		r, whole, refused := adapting(i, group), int64(0), 0
		if i >= 6 {
			r = operators.PlainKeys(r)
		}
		less := func(limit int64) int64 { return limit * 2 / 3 }
		if testing.Short() {
			less = func(limit int64) int64 { return limit * 2 / 5 }
		}
		for limit := int64(1 << 30); limit > 100<<10; limit = less(limit) {
			alloc, groups := memory.NewCheckedAllocator(memory.NewGoAllocator()), int64(0)
			err := runGroups(t, r, recs, executor.Options{Workers: 2, MemoryBytes: limit, Alloc: alloc}, func(rec arrow.Record) { groups += rec.NumRows() })
			alloc.AssertSize(t, 0)
			switch {
			case errors.Is(err, dataflow.ErrBudget):
				refused++
			case err != nil:
				t.Fatalf("policy %d, %d bytes: %v", i, limit, err)
			case whole == 0:
				whole = groups
			case groups != whole:
				t.Fatalf("policy %d, %d bytes: %d groups, want %d", i, limit, groups, whole)
			}
		}
		if refused == 0 {
			t.Errorf("policy %d: every budget was enough", i)
		}
	}
}
