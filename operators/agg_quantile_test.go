package operators

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// wantQuantile sorts the values, NaN last.
func wantQuantile(q float64) func(rows [][]any) any {
	return func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		sorted := slices.Clone(rows)
		slices.SortFunc(sorted, func(a, b []any) int { return compareNumbers(a[0], b[0]) })
		h := q * float64(len(sorted)-1)
		at := int(h)
		a := asFloat(sorted[at][0])
		if h == float64(at) {
			return a + 0
		}
		return interpolate(a, asFloat(sorted[at+1][0]), h-float64(at))
	}
}

func asFloat(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case float32:
		return float64(v)
	}
	r, _ := exactValue(v)
	f, _ := r.Float64()
	return f
}

func compareNumbers(a, b any) int {
	switch x := a.(type) {
	case int64:
		return cmp.Compare(x, b.(int64))
	case uint64:
		return cmp.Compare(x, b.(uint64))
	}
	f, g := asFloat(a), asFloat(b)
	switch {
	case math.IsNaN(f) && math.IsNaN(g):
		return 0
	case math.IsNaN(f):
		return 1
	case math.IsNaN(g):
		return -1
	}
	return cmp.Compare(f, g)
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for name, c := range spreadCases {
		for _, q := range []float64{0, 0.25, 0.5, 0.9, 1} {
			if name != "float64" && name != "float64 special" && q != 0.5 {
				continue
			}
			agg := Quantile(Col("v"), q)
			if q == 0.5 {
				agg = Median(Col("v"))
			}
			t.Run(name, func(t *testing.T) {
				checkAggregate(t, agg, []arrow.DataType{c.t}, func(r *rand.Rand) []any { return []any{c.make(r)} }, wantQuantile(q), sameValue)
			})
		}
	}
}

// TestInterpolate compares with rational arithmetic, and shows the corners.
func TestInterpolate(t *testing.T) {
	r := randomSource(t)
	for range 10000 {
		a, b, part := math.Ldexp(r.NormFloat64(), r.IntN(20)), math.Ldexp(r.NormFloat64(), r.IntN(20)), r.Float64()
		a, b = min(a, b), max(a, b)
		exact := new(big.Rat).SetFloat64(b)
		exact.Sub(exact, new(big.Rat).SetFloat64(a)).Mul(exact, new(big.Rat).SetFloat64(part)).Add(exact, new(big.Rat).SetFloat64(a))
		want, _ := exact.Float64()
		got := interpolate(a, b, part)
		if got < a || got > b || math.Abs(got-want) > 4e-16*max(math.Abs(a), math.Abs(b)) {
			t.Fatalf("interpolate(%v, %v, %v) is %v, want %v", a, b, part, got, want)
		}
	}
	inf, most := math.Inf(1), math.MaxFloat64
	for _, c := range [][3]float64{
		{-most, most, 0}, {most, most, most}, {inf, inf, inf}, {-inf, -inf, -inf}, {-inf, 5, -inf}, {5, inf, inf}, {-inf, inf, math.NaN()}, {-most, inf, inf}, {1, math.NaN(), math.NaN()},
	} {
		if got := interpolate(c[0], c[1], 0.5); !sameValue(got, c[2]) {
			t.Errorf("between %v and %v: %v, want %v", c[0], c[1], got, c[2])
		}
	}
}

func TestMedianOfChosenValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}, {[]float64{math.Copysign(0, -1)}, 0}, {[]float64{nan}, nan}, {[]float64{nan, 1, 2}, 2},
		{[]float64{nan, nan, 1}, nan}, {[]float64{nan, 1}, nan}, {[]float64{inf, -inf, 7}, 7}, {[]float64{inf, inf}, inf}, {[]float64{-inf, 1}, -inf},
	} {
		rec, group := oneGroup(dataflowtest.Col("v", c.values))
		got, err := aggregated(t, randomSource(t), Median(Col("v")), rec, group, 1)
		if err != nil || !sameValue(got[0], c.want) {
			t.Errorf("%v: %v, %v, want %v", c.values, got, err, c.want)
		}
		rec.Release()
	}
}

// TestSelectNth is of orders that make pivots bad, too.
func TestSelectNth(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	for round := range 2000 {
		words := make([]uint64, 1+r.IntN(1+r.IntN(3000)))
		if round%500 == 0 {
			words = make([]uint64, 3*wideFrom)
		}
		for i := range words {
			switch n := len(words); round % 7 {
			case 0:
				words[i] = r.Uint64()
			case 1:
				words[i] = math.MaxUint64 - r.Uint64N(4)
			case 2:
				words[i] = uint64(i)
			case 3:
				words[i] = uint64(min(i, n-i)) // an organ pipe
			case 4:
				words[i] = uint64(i * (1 - 2*(i&1)))
			case 5:
				words[i] = math.MaxUint64
			case 6: // where pivots are looked for are the least words
				words[i] = r.Uint64() >> 1
				if step := n / sampleWords; n > sortedWords && i%step == i/step*7%step {
					words[i] = uint64(i)
				}
			}
		}
		sorted := slices.Clone(words)
		slices.Sort(sorted)
		n := r.IntN(len(words))
		end := selectNth(words, n)
		if words[n] != sorted[n] {
			t.Fatalf("word %d is %d, want %d", n, words[n], sorted[n])
		}
		if slices.Max(words[:n+1]) != words[n] || slices.Min(words[n:]) != words[n] {
			t.Fatal("not partitioned")
		}
		if end <= n || end < len(words) && slices.Max(words[:end]) > slices.Min(words[end:]) {
			t.Fatalf("words of place %d of %d are not behind all before", end, len(words))
		}
		slices.Sort(words)
		if !slices.Equal(words, sorted) {
			t.Fatal("other words")
		}
	}
}

// TestWordsOfFloats: words have the order of numbers, NaN last, and are the numbers.
func TestWordsOfFloats(t *testing.T) {
	inf := math.Inf(1)
	in := []float64{-inf, -math.MaxFloat64, -1, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1, math.MaxFloat64, inf, math.NaN(), math.Copysign(math.NaN(), -1)}
	words := make([]uint64, len(in))
	rankWords(words, in)
	if !slices.IsSorted(words) || words[10] != words[11] {
		t.Errorf("%x is not in order", words)
	}
	for i, w := range words {
		if got := floatOf[float64](w); !sameValue(got, in[i]) {
			t.Errorf("%v comes back as %v", in[i], got)
		}
	}
}

// TestSampleRandom adds values one by one, in runs and as another's lists, and compares with
// slices.
func TestSampleRandom(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var held int64
	s := sample[int32]{ledger: reserved.NewLedger(func(n int64) error { held += n; return nil })}
	rounds := 12
	if testing.Short() {
		rounds = 6 // every number of calls with every set of ways
	}
	for round := range rounds {
		groups := 1 + r.IntN(300)
		want := make([][]int32, groups)
		if err := s.grow(groups); err != nil {
			t.Fatal(err)
		}
		total, ways := 0, 2+round%2
		for range 60 * (1 + round%3) {
			n := r.IntN(2000)
			if r.IntN(20) == 0 {
				n = 2*pageValues + r.IntN(pageValues)
			}
			group, values := make([]int32, n), make([]int32, n)
			for i := range values {
				group[i], values[i] = r.Int32N(int32(groups)), r.Int32()
			}
			way := r.IntN(ways)
			if way < 2 {
				if err := s.reserve(n); err != nil {
					t.Fatal(err)
				}
			}
			switch {
			case way == 0:
				s.add(group, values)
			case way == 1:
				fill(group, r.Int32N(int32(groups)))
				if n > 0 {
					s.addRun(group[0], values)
				}
			default:
				slices.Sort(group) // of lists, some of them empty
				ids, offsets := make([]int32, groups), make([]int64, groups+1)
				for g := range ids {
					ids[g] = int32(g)
					end, _ := slices.BinarySearch(group, int32(g)+1)
					offsets[g+1] = int64(end)
				}
				arr := plaincol.Of(alloc, arrow.PrimitiveTypes.Int32, values, nil)
				err := s.lend(ids, plaincol.Values[int32](arr), offsets, arr)
				if arr.Release(); err != nil {
					t.Fatal(err)
				}
			}
			for i, g := range group {
				want[g] = append(want[g], values[i])
			}
			total += n
		}
		if s.taken() < total {
			t.Errorf("%d places are taken by %d values", s.taken(), total)
		}
		got := make([][]int32, groups)
		var some [walkedGroups]int32
		for from := 0; from < groups; {
			part, n := s.together(&some, groups-from, func(i int) int { return from + i })
			s.walk(part, func(i int, run []int32) { got[from+i] = append(got[from+i], run...); n -= len(run) })
			if n != 0 {
				t.Fatalf("%d values too few from group %d on", n, from)
			}
			from += len(part)
		}
		for g := range want {
			got := got[g]
			if len(got) != s.rows(g) {
				t.Fatalf("%d values where %d are", len(got), s.rows(g))
			}
			slices.Sort(got)
			slices.Sort(want[g])
			if !slices.Equal(got, want[g]) {
				t.Fatalf("round %d: other values of group %d", round, g)
			}
		}
		if err := s.ledger.Settle(); err != nil || held < int64(total)*4 {
			t.Errorf("%d bytes are held for %d values: %v", held, total, err)
		}
		keep := r.IntN(2) == 0
		s.reset(keep)
		if kept := s.free() > 0; kept != (keep && ways == 2) {
			t.Errorf("%d places are kept where keep is %v", s.free(), keep)
		}
	}
	s.close()
	if held != 0 {
		t.Errorf("%d bytes are held at the end", held)
	}
}

// TestQuantileOfLists merges long lists, which are held, and short ones, which are copied,
// in an order of the groups that a partition has.
func TestQuantileOfLists(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	newStates := func() *quantileStates[float64] {
		states, err := quantile{name: "median", q: 0.5}.NewStates([]arrow.DataType{arrow.PrimitiveTypes.Float64}, dataflowtest.NewEnv(t, alloc))
		if err != nil {
			t.Fatal(err)
		}
		return states.(*quantileStates[float64])
	}
	for round := range 20 {
		groups := 1 + r.IntN(20)
		owner := newStates()
		want, lent := make([]any, groups), false
		if err := owner.Grow(groups); err != nil {
			t.Fatal(err)
		}
		byGroup := make([][][]any, groups)
		for range 5 {
			n := r.IntN(100) + 2000*(round%2)
			group, values := make([]int32, n), make([]float64, n)
			for i := range group {
				group[i], values[i] = r.Int32N(int32(groups)), float64(r.IntN(1000))
				byGroup[group[i]] = append(byGroup[group[i]], []any{values[i]})
			}
			local := newStates()
			if err := local.Grow(groups); err != nil {
				t.Fatal(err)
			}
			rec := dataflowtest.Batch(dataflowtest.Col("v", values))
			if err := local.Update(group, rec.Columns(), dataflow.Place{}); err != nil {
				t.Fatal(err)
			}
			rec.Release()
			from := r.IntN(groups)
			for _, part := range [][2]int{{0, from}, {from, groups}} {
				rows, ids := make([]int32, part[1]-part[0]), make([]int32, part[1]-part[0])
				for i, g := range r.Perm(len(rows)) {
					rows[i], ids[i] = int32(g), int32(part[0]+g)
				}
				lists, err := local.stateOf(part[0], rows)
				if err != nil {
					t.Fatal(err)
				}
				if err := owner.Merge(ids, lists); err != nil {
					t.Fatal(err)
				}
				releaseArrays(lists)
			}
			local.Close()
			lent = lent || len(owner.sample.lent) > 0
		}
		if lent != (round%2 == 1) && groups > 3 {
			t.Errorf("round %d: lists of %d groups were held: %v", round, groups, lent)
		}
		for g, rows := range byGroup {
			want[g] = wantQuantile(0.5)(rows)
		}
		result, err := owner.Result(0, groups)
		if err != nil {
			t.Fatal(err)
		}
		if got := arrayValues(result); !sameValue(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		result.Release()
		owner.Close()
	}
}

// TestQuantileAfterState: values may come after a state was taken.
func TestQuantileAfterState(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	states, err := quantile{name: "median", q: 0.5}.NewStates([]arrow.DataType{arrow.PrimitiveTypes.Int64}, dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer states.Close()
	for _, step := range []struct {
		values []int64
		group  []int32
		groups int
		want   []any
	}{
		{[]int64{3, 2, 1}, []int32{0, 0, 0}, 2, []any{2.0, nil}},
		{[]int64{1, 7, 0}, []int32{0, 1, 0}, 2, []any{1.0, 7.0}},
		{nil, nil, 3, []any{1.0, 7.0, nil}},
		{[]int64{9, 4}, []int32{0, 2}, 4, []any{1.5, 7.0, 4.0, nil}},
	} {
		rec := dataflowtest.Batch(dataflowtest.Col("v", step.values))
		if err := states.Grow(step.groups); err != nil {
			t.Fatal(err)
		}
		if err := states.Update(step.group, rec.Columns(), dataflow.Place{}); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		for range 2 {
			state, err := states.State(0, step.groups)
			if err != nil {
				t.Fatal(err)
			}
			releaseArrays(state)
			result, err := states.Result(0, step.groups)
			if err != nil {
				t.Fatal(err)
			}
			if got := arrayValues(result); !sameValue(got, step.want) {
				t.Errorf("%v, want %v", got, step.want)
			}
			result.Release()
		}
	}
}
