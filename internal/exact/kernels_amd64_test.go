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

// checkSplit holds the kernel against its twin.
func checkSplit(t testing.TB, values []float64, place int) {
	t.Helper()
	if !fast {
		t.Skip("the CPU has no AVX2")
	}
	var got, want parts
	n, c := len(values), cutAt(place)
	if held, wanted := split(&got, values, c), splitGo(&want, values, c); held != wanted {
		t.Fatalf("at %d: %v: held is %v, want %v", place, values, held, wanted)
	}
	for i := range n { // the parts are the same even of what is not held
		if got.word[i] != want.word[i] || !math.IsNaN(values[i]) && (got.hi[i] != want.hi[i] || got.lo[i] != want.lo[i]) {
			t.Fatalf("at %d: %v is %x, %x, %x, want %x, %x, %x", place, values[i], got.hi[i], got.lo[i], got.word[i], want.hi[i], want.lo[i], want.word[i])
		}
	}
	if n < partRows && got.hi[n]|got.lo[n]|got.word[n] != 0 {
		t.Fatalf("%d values wrote behind them", n)
	}
}

func TestSplit(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for round := range 2000 {
		values := make([]float64, 4+4*r.IntN(partRows/4))
		for i := range values {
			values[i] = chosen(r, round%3)
		}
		checkSplit(t, values, placeOf(r.IntN(2047)))
		checkSplit(t, values, placeOf(maxExponent(values)))
		checkSplit(t, values, placeOf(int(math.Float64bits(1e3)>>mantissaBits)))
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(uint64(0), uint64(0x3FF0000000000000), uint64(0xFFF0000000000000), uint64(1), 1024)
	f.Add(uint64(0x8000000000000000), uint64(0x7FF8000000000001), uint64(0x7FEFFFFFFFFFFFFF), uint64(0x7FF0000000000000), 2046)
	f.Fuzz(func(t *testing.T, a, b, c, d uint64, top int) {
		values := []float64{math.Float64frombits(a), math.Float64frombits(b), math.Float64frombits(c), math.Float64frombits(d)}
		checkSplit(t, values, placeOf(top&2047))
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
				values := make([]float64, r.IntN(3*partRows))
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
