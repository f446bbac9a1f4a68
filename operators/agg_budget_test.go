package operators

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestRefusedMemory: a call that memory is refused to has done nothing, and can be made
// again; state can be let go although nothing more is to be had.
func TestRefusedMemory(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	v, w := Col("v"), Col("w")
	f64 := arrow.PrimitiveTypes.Float64
	for _, agg := range []Agg{Sum(v), Mean(v), Var(v), Median(v), Largest(v, 3), Corr(v, w)} {
		for range 20 {
			const groups = 300
			rec := dataflowtest.Batch(dataflowtest.ColOf("v", f64, unevenFloats(r)...), dataflowtest.ColOf("w", f64, unevenFloats(r)...))
			args := rec.Columns()[:len(agg.args)]
			types := []arrow.DataType{f64, f64}[:len(args)]
			group := make([]int32, rec.NumRows())
			for i := range group {
				group[i] = r.Int32N(groups)
			}
			want := refusedResult(t, r, 0, agg, types, args, group, groups)
			if got := refusedResult(t, r, 0.3, agg, types, args, group, groups); !sameList(got, want, near) {
				t.Fatalf("%s with memory refused: %v, want %v", agg.Name(), got, want)
			}
			rec.Release()
		}
	}
}

func sameList(a, b []any, same func(a, b any) bool) bool {
	for i := range a {
		if !same(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// unevenFloats are 500 floats of very different sizes, and nulls.
func unevenFloats(r *rand.Rand) []any {
	values := make([]any, 500)
	for i := range values {
		if r.IntN(10) > 0 {
			values[i] = math.Ldexp(1+r.Float64(), r.IntN(300)-150)
		}
	}
	return values
}

// refusedResult is the result by states that are drained into others half way, with a
// chance that memory is refused. While they are drained it always is.
func refusedResult(t *testing.T, r *rand.Rand, refuse float64, agg Agg, types []arrow.DataType, args []arrow.Array, group []int32, groups int) []any {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var made [2]States
	chance := refuse
	for i := range made {
		env := dataflowtest.NewEnv(t, alloc)
		reserve := env.Reserve
		env.Reserve = func(bytes int64) error {
			if bytes > 0 && r.Float64() < chance {
				return dataflow.ErrBudget
			}
			return reserve(bytes)
		}
		states, err := agg.aggregate.NewStates(types, env)
		if err != nil {
			t.Fatal(err)
		}
		defer states.Close()
		made[i] = states
	}
	try := func(call func() error) {
		t.Helper()
		for {
			err := call()
			if err == nil {
				return
			}
			if !errors.Is(err, dataflow.ErrBudget) {
				t.Fatal(err)
			}
		}
	}
	const step = 50
	all := make([]int32, groups)
	for g := range all {
		all[g] = int32(g)
	}
	for from := 0; from < len(group); from += step {
		part := make([]arrow.Array, len(args))
		for i, a := range args {
			part[i] = array.NewSlice(a, int64(from), int64(from+step))
		}
		try(func() error { return made[0].Grow(groups) })
		try(func() error { return made[0].Update(group[from:from+step], part, dataflow.Place{}) })
		releaseArrays(part)
		if from != len(group)/2 {
			continue
		}
		if refuse > 0 {
			chance = 1
		}
		state, err := made[0].State(0, groups)
		if err != nil {
			t.Fatalf("%s: no state without more memory: %v", agg.Name(), err)
		}
		chance = refuse
		made[0].Reset()
		try(func() error { return made[1].Grow(groups) })
		try(func() error { return made[1].Merge(all, state) })
		releaseArrays(state)
	}
	state, err := made[0].State(0, groups)
	if err != nil {
		t.Fatal(err)
	}
	try(func() error { return made[1].Merge(all, state) })
	releaseArrays(state)
	result, err := made[1].Result(0, groups)
	for errors.Is(err, dataflow.ErrBudget) {
		result, err = made[1].Result(0, groups)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer result.Release()
	return arrayValues(result)
}
