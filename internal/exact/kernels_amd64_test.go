//go:build !purego

package exact

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// chosen is a value of some kind: many of one are held by one window, few of others are.
func chosen(r *rand.Rand, kind int) float64 {
	switch {
	case kind == 0 || r.IntN(300) > 0:
		return float64(r.IntN(2e6)-1e6) / 1e3
	case kind == 1:
		return []float64{math.NaN(), math.Inf(1), math.Inf(-1), -math.NaN(), 5e-324, math.MaxFloat64}[r.IntN(6)]
	}
	return math.Float64frombits(r.Uint64())
}

// folded is what rows are folded into.
type folded struct {
	near   []Near
	beside Beside
}

// newFolded is one of so many groups, with so many columns beside: 0, 1 or 3.
func newFolded(groups, columns int) (f folded) {
	f.near = make([]Near, groups)
	if columns > 0 {
		f.beside.Count = make([]int64, groups)
	}
	if columns > 1 {
		f.beside.Low, f.beside.High = slices.Repeat([]int64{math.MaxInt64}, groups), slices.Repeat([]int64{math.MaxInt64}, groups)
	}
	return f
}

// naive folds rows one by one, and returns how many the windows did not hold.
func (f folded) naive(c cut, group []int32, values []float64) int {
	rest := make([]int32, len(group))
	switch {
	case f.beside.Low != nil:
		return addRanged(f.near, c, group, values, rest, f.beside)
	case f.beside.Count != nil:
		return addCounted(f.near, c, group, values, rest, f.beside.Count)
	}
	return addNear(f.near, c, group, values, rest)
}

func (f folded) equal(o folded) bool {
	return slices.Equal(f.near, o.near) && slices.Equal(f.beside.Count, o.beside.Count) &&
		slices.Equal(f.beside.Low, o.beside.Low) && slices.Equal(f.beside.High, o.beside.High)
}

// checkFold holds the kernels against their twins, and where they end against the first
// four with a value that a twin does not hold.
func checkFold(t testing.TB, group []int32, values []float64, groups, place int) {
	t.Helper()
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	c := cutAt(place)
	end := 0
	for end+4 <= len(group) && newFolded(groups, 0).naive(c, group[end:end+4], values[end:end+4]) == 0 {
		end += 4
	}
	for columns := range 3 {
		got, want := newFolded(groups, columns), newFolded(groups, columns)
		n := fold(got.near, c, group, values, got.beside)
		want.naive(c, group[:end], values[:end])
		if n != end || !got.equal(want) {
			t.Fatalf("at %d, %d columns beside: %v of groups %v: %d are %v, want %d: %v", place, columns, values, group, n, got, end, want)
		}
	}
}

func TestFold(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for round := range 2000 {
		values, groups := make([]float64, r.IntN(200)), 1+r.IntN(20)
		group := make([]int32, len(values))
		for i := range values {
			values[i], group[i] = chosen(r, round%3), r.Int32N(int32(groups))
		}
		checkFold(t, group, values, groups, placeOf(r.IntN(2047)))
		checkFold(t, group, values, groups, placeOf(max(maxExponent(values), 1)))
		checkFold(t, group, values, groups, placeOf(int(math.Float64bits(1e3)>>mantissaBits)))
	}
}

// A group that there is not ends the kernels before anything is written for it, whichever
// column it is that is too short.
func TestFoldBounds(t *testing.T) {
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	const groups = 5
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	c := cutAt(placeOf(int(math.Float64bits(1e3) >> mantissaBits)))
	for _, outside := range []int32{groups, groups + 1, math.MaxInt32, -1, math.MinInt32} {
		for at := range 4 {
			group := []int32{0, 1, 2, 3, 0, 1, 2, 3}
			group[4+at] = outside
			for columns := range 3 {
				for short := range 4 {
					f := newFolded(groups+2, columns)
					switch {
					case short == 0:
						f.near = f.near[:groups]
					case short == 1 && columns > 0:
						f.beside.Count = f.beside.Count[:groups]
					case short == 2 && columns > 1:
						f.beside.Low = f.beside.Low[:groups]
					case short == 3 && columns > 1:
						f.beside.High = f.beside.High[:groups]
					default:
						continue
					}
					if n := fold(f.near, c, group, values, f.beside); n != 4 {
						t.Errorf("%d rows of groups %v are folded to %d columns beside, of which %d is short", n, group, columns, short)
					}
				}
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add(uint64(0), uint64(0x3FF0000000000000), uint64(0xFFF0000000000000), uint64(1), 1024)
	f.Add(uint64(0x8000000000000000), uint64(0x7FF8000000000001), uint64(0x7FEFFFFFFFFFFFFF), uint64(0x7FF0000000000000), 2046)
	f.Add(uint64(0x8000000000000000), uint64(0x3FF0000000000000), uint64(0xC00FFFFFFFFFFFFF), uint64(0xBFB999999999999A), 1023)
	f.Fuzz(func(t *testing.T, a, b, c, d uint64, top int) {
		values := []float64{math.Float64frombits(a), math.Float64frombits(b), math.Float64frombits(c), math.Float64frombits(d)}
		checkFold(t, []int32{0, 1, 0, 0}, values, 2, placeOf(max(top&2047, 1)))
	})
}

// All that is folded is the same with the kernel and without, in batches of any length.
func TestFoldTwins(t *testing.T) {
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	defer func() { fast = true }()
	seed := rand.Uint64()
	const groups = 5
	for round := range 300 {
		var near [2][]Near
		var beside [2]Beside
		var sums [2][]float64
		for twin := range 2 {
			fast = twin == 0
			r := rand.New(rand.NewPCG(seed, uint64(round)))
			s := NewSums(reserved.NewLedger(nil))
			if err := s.Grow(groups); err != nil {
				t.Fatal(err)
			}
			by := &beside[twin]
			if round%3 > 0 {
				by.Count = make([]int64, groups)
			}
			if round%3 > 1 {
				by.Low, by.High = slices.Repeat([]int64{math.MaxInt64}, groups), slices.Repeat([]int64{math.MaxInt64}, groups)
			}
			for range 4 {
				values := make([]float64, r.IntN(4*slowRows))
				group := make([]int32, len(values))
				for i := range values {
					values[i], group[i] = chosen(r, round/3%3), r.Int32N(groups)
				}
				if err := Add(s, group, values, *by); err != nil {
					t.Fatal(err)
				}
			}
			near[twin] = slices.Clone(s.near)
			for g := range groups {
				sums[twin] = append(sums[twin], s.Sum(g))
			}
			s.Close()
		}
		same := slices.Equal(near[0], near[1]) && slices.EqualFunc(sums[0], sums[1], sameBits)
		same = same && slices.Equal(beside[0].Count, beside[1].Count) && slices.Equal(beside[0].Low, beside[1].Low) && slices.Equal(beside[0].High, beside[1].High)
		if !same {
			t.Fatalf("seed %d, round %d: %v, %v, %v with the kernel and %v, %v, %v without", seed, round, near[0], sums[0], beside[0], near[1], sums[1], beside[1])
		}
	}
}
