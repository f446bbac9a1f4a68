package operators

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// randomSource is seeded by the time and says how.
func randomSource(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// testStates are the states of one worker, whose groups have numbers of its own.
type testStates struct {
	States
	local  map[int32]int32 // by the global number
	global []int32
}

func (s *testStates) number(t *testing.T, group []int32) []int32 {
	t.Helper()
	out := make([]int32, len(group))
	for i, g := range group {
		l, ok := s.local[g]
		if !ok {
			l = int32(len(s.global))
			s.local[g], s.global = l, append(s.global, g)
		}
		out[i] = l
	}
	if err := s.Grow(len(s.global)); err != nil {
		t.Fatal(err)
	}
	return out
}

// aggregated is the value of each group of rows by agg, as Rows has it: of chunks of the
// rows dealt to some workers, whose states are merged in some order, in parts. A group
// without rows is null or whatever is empty.
func aggregated(t *testing.T, r *rand.Rand, agg Agg, rows arrow.Record, group []int32, groups int) ([]any, error) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var types []arrow.DataType
	for _, f := range rows.Schema().Fields() {
		types = append(types, f.Type)
	}
	fields, out, err := agg.aggregate.Types(types)
	if err != nil {
		return nil, err
	}
	workers := make([]*testStates, 1+r.IntN(4))
	for i := range workers {
		states, err := agg.aggregate.NewStates(types, dataflowtest.NewEnv(t, alloc))
		if err != nil {
			t.Fatal(err)
		}
		defer states.Close()
		workers[i] = &testStates{States: states, local: map[int32]int32{}}
	}
	update := func(w *testStates, from, to int) {
		t.Helper()
		args := make([]arrow.Array, rows.NumCols())
		for i, col := range rows.Columns() {
			args[i] = array.NewSlice(col, int64(from), int64(to))
			defer args[i].Release()
		}
		if err := w.Update(w.number(t, group[from:to]), args, dataflow.Place{Row: int64(from)}); err != nil {
			t.Fatal(err)
		}
	}
	total := int(rows.NumRows())
	if r.IntN(2) == 0 { // states that were used before
		update(workers[0], 0, total/2)
		workers[0].Reset()
		workers[0].local, workers[0].global = map[int32]int32{}, nil
	}
	for from := 0; from < total; {
		to := min(total, from+r.IntN(1+r.IntN(1+total)))
		update(workers[r.IntN(len(workers))], from, to)
		from = to
	}
	for len(workers) > 1 {
		from := workers[len(workers)-1]
		mergeStates(t, r, fields, workers[r.IntN(len(workers)-1)], from)
		workers = workers[:len(workers)-1]
	}
	all := make([]int32, groups)
	for g := range all {
		all[g] = int32(g)
	}
	local := workers[0].number(t, all)
	values := make([]any, groups)
	byLocal := make([]any, 0, groups)
	for from := 0; from < groups; {
		to := min(groups, from+1+r.IntN(groups))
		result, err := workers[0].Result(from, to)
		if err != nil {
			return nil, err
		}
		if !arrow.TypeEqual(result.DataType(), out) {
			t.Errorf("a result of type %s, not %s", result.DataType(), out)
		}
		byLocal = append(byLocal, arrayValues(result)...)
		result.Release()
		from = to
	}
	for g, l := range local {
		values[g] = byLocal[l]
	}
	return values, nil
}

// mergeStates merges those of from into to, in parts that are slices of arrays.
func mergeStates(t *testing.T, r *rand.Rand, fields []arrow.Field, to, from *testStates) {
	t.Helper()
	for at := 0; at < len(from.global); {
		end := min(len(from.global), at+1+r.IntN(len(from.global)))
		state, err := from.State(at, end)
		if err != nil {
			t.Fatal(err)
		}
		if len(state) != len(fields) {
			t.Fatalf("a state of %d columns, not %d", len(state), len(fields))
		}
		for i, f := range fields {
			if !arrow.TypeEqual(state[i].DataType(), f.Type) {
				t.Errorf("state %s of type %s, not %s", f.Name, state[i].DataType(), f.Type)
			}
			if !f.Nullable && state[i].NullN() > 0 {
				t.Errorf("state %s has nulls", f.Name)
			}
		}
		cut := r.IntN(end - at + 1)
		for _, part := range [][2]int{{cut, end - at}, {0, cut}} {
			slices := make([]arrow.Array, len(state))
			for i, col := range state {
				slices[i] = array.NewSlice(col, int64(part[0]), int64(part[1]))
			}
			if err := to.Merge(to.number(t, from.global[at+part[0]:at+part[1]]), slices); err != nil {
				t.Fatal(err)
			}
			releaseArrays(slices)
		}
		releaseArrays(state)
		at = end
	}
}

func arrayValues(arr arrow.Array) []any {
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: arr.DataType(), Nullable: true}}, nil), []arrow.Array{arr}, int64(arr.Len()))
	defer rec.Release()
	values := make([]any, 0, arr.Len())
	for _, row := range dataflowtest.Rows(rec) {
		values = append(values, row[0])
	}
	return values
}

// checkAggregate compares agg with want, which is handed the rows of a group without
// null, for plain, dictionary-encoded, half empty and empty columns of the types.
func checkAggregate(t *testing.T, agg Agg, types []arrow.DataType, random func(r *rand.Rand) []any, want func(rows [][]any) any, same func(a, b any) bool) {
	t.Helper()
	r := randomSource(t)
	rounds := 60
	if testing.Short() {
		rounds = 15 // every share of nulls with every coding
	}
	for round := range rounds {
		n, groups := r.IntN(400), 1+r.IntN(1+r.IntN(100))
		nulls := []float64{0, 0, 0.1, 0.9, 1}[round%5]
		values := make([][]any, len(types))
		group := make([]int32, n)
		byGroup := make([][][]any, groups)
		for i := range n {
			g := r.IntN(groups)
			row, whole := random(r), true
			for c := range row {
				if r.Float64() < nulls {
					row[c], whole = nil, false
				}
				values[c] = append(values[c], row[c])
			}
			group[i] = int32(g)
			if whole {
				byGroup[g] = append(byGroup[g], row)
			}
		}
		var columns []dataflowtest.Column
		for c, typ := range types {
			if round%3 == 2 {
				index := []arrow.DataType{arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64}[r.IntN(6)]
				typ = &arrow.DictionaryType{IndexType: index, ValueType: typ}
			}
			columns = append(columns, dataflowtest.ColOf(fmt.Sprint("c", c), typ, values[c]...))
		}
		rec := dataflowtest.Batch(columns...)
		got, err := aggregated(t, r, agg, rec, group, groups)
		rec.Release()
		if err != nil {
			t.Fatal(err)
		}
		for g, rows := range byGroup {
			if w := want(rows); !same(got[g], w) {
				t.Fatalf("round %d, %s of group %d is %v, want %v, of %v", round, agg.Name(), g, got[g], w, rows)
			}
		}
	}
}

// sameValue compares values of Rows: floats by their bits, all NaNs as one.
func sameValue(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && (math.Float64bits(x) == math.Float64bits(y) || x != x && y != y)
	case float32:
		y, ok := b.(float32)
		return ok && (math.Float32bits(x) == math.Float32bits(y) || x != x && y != y)
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameValue(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}

// near compares floats by their relative difference.
func near(a, b any) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 {
		return sameValue(a, b)
	}
	return x == y || x != x && y != y || math.Abs(x-y) <= 1e-12*math.Abs(y)
}

// oneGroup is a batch of columns, and group 0 for each row.
func oneGroup(columns ...dataflowtest.Column) (arrow.Record, []int32) {
	rec := dataflowtest.Batch(columns...)
	return rec, make([]int32, rec.NumRows())
}
