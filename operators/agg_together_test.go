package operators

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// statesOf are the states of aggregates of one column, as an accumulator has them.
type statesOf struct {
	aggs   []aggPlan
	states []States
}

func newStatesOf(t testing.TB, aggs []Agg, typ arrow.DataType, env dataflow.Env, together bool) *statesOf {
	t.Helper()
	s := &statesOf{}
	for _, a := range aggs {
		states, err := a.aggregate.NewStates([]arrow.DataType{typ}, env)
		if err != nil {
			t.Fatal(err)
		}
		s.aggs = append(s.aggs, aggPlan{aggregate: a.aggregate, args: []int{0}, types: []arrow.DataType{typ}})
		s.states = append(s.states, states)
	}
	if together {
		foldTogether(s.aggs, s.states)
	}
	return s
}

// all calls f for each of the states from the first on, and ends with the first error and
// where it came.
func (s *statesOf) all(first int, f func(i int, s States) error) (int, error) {
	for i := first; i < len(s.states); i++ {
		if err := f(i, s.states[i]); err != nil {
			return i, err
		}
	}
	return len(s.states), nil
}

// drain merges all groups into to, in parts, and forgets them.
func (s *statesOf) drain(t *testing.T, r *rand.Rand, groups int, to *statesOf) {
	t.Helper()
	ids := make([]int32, groups)
	for g := range ids {
		ids[g] = int32(g)
	}
	cut := r.IntN(groups)
	for _, part := range [][2]int{{cut, groups}, {0, cut}} {
		if _, err := s.all(0, func(i int, states States) error {
			state, err := states.State(part[0], part[1])
			if err != nil {
				return err
			}
			defer releaseArrays(state)
			return to.states[i].Merge(ids[part[0]:part[1]], state)
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, states := range s.states {
		states.Reset()
	}
}

// TestFoldTogether: aggregates of one column answer together as they do alone, in whatever
// order they stand, merged in parts, and where memory is refused between them.
func TestFoldTogether(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	x := Col("x")
	special := []float64{math.NaN(), math.Copysign(math.NaN(), -1), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1e300, -1e300, 5e-324}
	for round := range 200 {
		aggs := []Agg{Min(x), Mean(x), Max(x), Sum(x), Min(x), Mean(x), Sum(x)}
		r.Shuffle(len(aggs), func(i, j int) { aggs[i], aggs[j] = aggs[j], aggs[i] })
		aggs = aggs[:1+r.IntN(len(aggs))]
		var typ arrow.DataType = arrow.PrimitiveTypes.Float64
		random := func() any {
			if v := r.NormFloat64(); r.IntN(20) > 0 {
				return math.Ldexp(v, r.IntN(1+round%80))
			}
			return special[r.IntN(len(special))]
		}
		switch round % 4 {
		case 1:
			typ = arrow.PrimitiveTypes.Int64
			random = func() any { return int64(r.Uint64()) >> (4 + r.IntN(40)) }
		case 2:
			typ = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: typ}
		}
		n, groups := r.IntN(600), 1+r.IntN(1+r.IntN(50))
		if round%100 == 0 {
			groups = 40_000 // whose states are loaded ahead
		}
		nulls := []float64{0, 0.1, 0.95}[round%3]
		values, group := make([]any, n), make([]int32, n)
		for i := range values {
			group[i] = r.Int32N(int32(groups))
			if r.Float64() >= nulls {
				values[i] = random()
			}
		}
		rec := dataflowtest.Batch(dataflowtest.ColOf("x", typ, values...))
		var want [][]any
		for _, together := range []bool{false, true} {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			env, refuse := dataflowtest.NewEnv(t, alloc), 0.0
			reserve := env.Reserve
			env.Reserve = func(bytes int64) error {
				if bytes > 0 && r.Float64() < refuse {
					return dataflow.ErrBudget
				}
				return reserve(bytes)
			}
			local, whole := newStatesOf(t, aggs, typ, env, together), newStatesOf(t, aggs, typ, env, together)
			grow := func(_ int, s States) error { return s.Grow(groups) }
			for _, s := range []*statesOf{local, whole} {
				if _, err := s.all(0, grow); err != nil {
					t.Fatal(err)
				}
			}
			for from := 0; from < n; {
				to := min(n, from+1+r.IntN(100))
				arg := array.NewSlice(rec.Column(0), int64(from), int64(to))
				for next := 0; next < len(aggs); {
					var err error
					if together {
						refuse = 0.3
					}
					next, err = local.all(next, func(_ int, s States) error {
						return s.Update(group[from:to], []arrow.Array{arg}, dataflow.Place{})
					})
					refuse = 0
					if err != nil && !errors.Is(err, dataflow.ErrBudget) {
						t.Fatal(err)
					}
					if err != nil || r.IntN(10) == 0 {
						local.drain(t, r, groups, whole)
						if _, err := local.all(0, grow); err != nil {
							t.Fatal(err)
						}
					}
				}
				arg.Release()
				from = to
			}
			local.drain(t, r, groups, whole)
			var got [][]any
			if _, err := whole.all(0, func(_ int, s States) error {
				result, err := s.Result(0, groups)
				if err != nil {
					return err
				}
				defer result.Release()
				got = append(got, arrayValues(result))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			for _, s := range []*statesOf{local, whole} {
				for _, states := range s.states {
					states.Close()
				}
			}
			alloc.AssertSize(t, 0)
			for i := range want {
				for g := range want[i] {
					if !sameValue(got[i][g], want[i][g]) {
						t.Fatalf("round %d: %s of %s of group %d is %v, alone %v", round, aggs[i].Name(), typ, g, got[i][g], want[i][g])
					}
				}
			}
			want = got
		}
		rec.Release()
	}
}

// TestFoldedTogether: which states are folded by others.
func TestFoldedTogether(t *testing.T) {
	t.Parallel()
	x, f64 := Col("x"), arrow.PrimitiveTypes.Float64
	env := dataflowtest.NewEnv(t, memory.DefaultAllocator)
	for _, c := range []struct {
		aggs []Agg
		typ  arrow.DataType
		want []any
	}{
		{[]Agg{Min(x), Mean(x), Max(x)}, f64, []any{foldedBeside{}, &rangedMean{}, foldedBeside{}}},
		{[]Agg{Sum(x), Max(x), Min(x), Mean(x)}, f64, []any{sumOfMean{}, foldedBeside{}, foldedBeside{}, &rangedMean{}}},
		{[]Agg{Sum(x), Min(x), Mean(x)}, f64, []any{sumOfMean{}, extremeStates{}, &meanStates{}}},
		{[]Agg{Min(x), Mean(x), Max(x), Sum(x)}, arrow.PrimitiveTypes.Int64, []any{extremeStates{}, &meanStates{}, extremeStates{}, sumOfMean{}}},
		{[]Agg{Min(x), Sum(x), Max(x)}, f64, []any{extremeStates{}, &sumStates{}, extremeStates{}}},
	} {
		s := newStatesOf(t, c.aggs, c.typ, env, true)
		for i, states := range s.states {
			if got, want := fmt.Sprintf("%T", states), fmt.Sprintf("%T", c.want[i]); got != want {
				t.Errorf("%s of %s is folded by %s, want %s", c.aggs[i].Name(), c.typ, got, want)
			}
			states.Close()
		}
	}
}
