package exact

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// oracle is the sum and the mean of values, by arithmetic of 2,400 bits.
func oracle(values []float64) (sum, mean float64) {
	total := new(big.Float).SetPrec(2400)
	special := 0.0
	for _, v := range values {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			special += v
			continue
		}
		total.Add(total, new(big.Float).SetFloat64(v))
	}
	if special != 0 {
		return special, special
	}
	exact, _ := total.Rat(nil)
	if exact == nil || exact.Sign() == 0 {
		return 0, 0
	}
	sum, _ = total.Float64()
	mean, _ = exact.Quo(exact, new(big.Rat).SetInt64(int64(len(values)))).Float64()
	return sum, mean
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// summed adds values to one group in some ways, and checks that all agree.
func summed(t *testing.T, r *rand.Rand, values []float64) (sum, mean float64) {
	t.Helper()
	for way := range 3 {
		s := NewSums(reserved.NewLedger(nil))
		const g = 70
		if err := s.Grow(g + 1); err != nil {
			t.Fatal(err)
		}
		order := slices.Clone(values)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if way == 2 {
			for len(order) > 0 {
				part := NewSums(reserved.NewLedger(nil))
				n := 1 + r.IntN(len(order))
				add(t, part, 3, order[:n])
				order = order[n:]
				if err := s.Merge(g, part.Base(), part.AppendNear(nil, 3), part.AppendWide(nil, 3)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for len(order) > 0 {
			n := 1 + r.IntN(len(order))
			add(t, s, g, order[:n])
			order = order[n:]
		}
		gotSum, gotMean := s.Sum(g), s.Mean(g, uint64(len(values)))
		if way > 0 && (!sameBits(sum, gotSum) || !sameBits(mean, gotMean)) {
			t.Fatalf("way %d: sum %v mean %v, was %v, %v", way, gotSum, gotMean, sum, mean)
		}
		sum, mean = gotSum, gotMean
	}
	return sum, mean
}

func add(t *testing.T, s *Sums, g int, values []float64) {
	t.Helper()
	if err := s.Grow(g + 1); err != nil {
		t.Fatal(err)
	}
	group := make([]int32, len(values))
	for i := range group {
		group[i] = int32(g)
	}
	if err := Add(s, group, values); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, r *rand.Rand, values []float64) {
	t.Helper()
	wantSum, wantMean := oracle(values)
	sum, mean := summed(t, r, values)
	if !sameBits(sum, wantSum) || !sameBits(mean, wantMean) {
		if len(values) > 20 {
			values = values[:20]
		}
		t.Fatalf("sum %v mean %v, want %v, %v, of %v…", sum, mean, wantSum, wantMean, values)
	}
}

func source(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func TestSumsOfChosenValues(t *testing.T) {
	const most, least, normal = math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022
	inf, nan, minus := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	r := source(t)
	for _, values := range [][]float64{
		{1e16, 1, -1e16}, {1, 1e16, -1e16}, {1e16, -1e16, 1}, {-1e16, 1, 1e16},
		{0}, {minus}, {minus, minus}, {0, minus}, {1, -1}, {0.1, -0.1, minus},
		{most}, {most, most}, {most, most, -most}, {-most, -most}, {most, 0x1p970}, {most, 0x1p969}, {most, 0x1p970, -least},
		{most, most, most, -most, -most}, {most, -most, least},
		{least}, {least, least, least}, {least, -least}, {normal, -least}, {normal / 2, normal / 2}, {normal, least, -normal},
		{3 * least, 4 * least}, {least, 0}, {least, 2 * least, 0}, {-least, 0, 0},
		{1, 0x1p-53}, {1, 0x1p-53, least}, {1, 0x1p-53, -least}, {1 + 0x1p-52, 0x1p-53}, {1, 0x1p-54, 0x1p-54},
		{inf}, {inf, 1}, {inf, -inf}, {-inf, most}, {nan}, {nan, inf}, {most, most, -inf}, {inf, nan, -inf, 0},
		{1, 1, 0}, {1, 0, 0}, {2, 0, 0}, {1e300, 1e-300, -1e300}, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7},
		{math.Nextafter(normal, 0), least}, {math.Nextafter(normal, 0), 2 * least, -least, 0, 0},
	} {
		t.Run(fmt.Sprint(values), func(t *testing.T) { check(t, r, values) })
	}
}

func TestSumsOfRandomValues(t *testing.T) {
	r := source(t)
	kinds := map[string]func() float64{
		"any bits":      func() float64 { return finite(math.Float64frombits(r.Uint64())) },
		"unit":          r.Float64,
		"normal":        func() float64 { return r.NormFloat64() * 1e6 },
		"six decimals":  func() float64 { return float64(r.IntN(1e8)) / 1e6 },
		"subnormal":     func() float64 { return math.Float64frombits(r.Uint64()&(1<<63) | r.Uint64()>>12) },
		"around normal": func() float64 { return math.Float64frombits(r.Uint64()&(1<<63) | r.Uint64()>>10) },
		"huge":          func() float64 { return math.Copysign(math.MaxFloat64*(1-r.Float64()/8), r.NormFloat64()) },
		"wide spread":   func() float64 { return math.Ldexp(r.NormFloat64(), r.IntN(200)-100) },
		"zeros":         func() float64 { return float64(r.IntN(3)-1) * r.Float64() },
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				values := make([]float64, 1+r.IntN(1+r.IntN(60)))
				for i := range values {
					values[i] = kind()
				}
				check(t, r, values)
				for _, v := range values { // cancelling but for the last bits
					values = append(values, -v)
				}
				values[r.IntN(len(values))] = kind()
				check(t, r, values)
			}
		})
	}
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 1
	}
	return v
}

func TestSumsOfAMillion(t *testing.T) {
	r := source(t)
	values := make([]float64, 1e6)
	for i := range values {
		switch i % 4 {
		case 0:
			values[i] = 1e16 * r.NormFloat64()
		case 1:
			values[i] = -values[i-1]
		case 2:
			values[i] = 1e-9 * r.Float64()
		case 3:
			values[i] = r.NormFloat64()
		}
	}
	check(t, r, values)
	for i := range values { // one sign and large: the near window overflows
		values[i] = math.MaxFloat64 / 4 * (1 + r.Float64())
	}
	check(t, r, values)
	for i := range values {
		values[i] = 1e9 * (1 + r.Float64())
	}
	check(t, r, values)
}

// TestSumsThatMoveTheirWindow starts with values unlike the later ones.
func TestSumsThatMoveTheirWindow(t *testing.T) {
	r := source(t)
	s := NewSums(reserved.NewLedger(nil))
	var values []float64
	for _, scale := range []float64{1e-200, 1e200, 1, 1e-5} {
		part := make([]float64, 20000)
		for i := range part {
			part[i] = scale * r.NormFloat64()
		}
		for at := 0; at < len(part); at += 1000 {
			add(t, s, 1, part[at:at+1000])
		}
		if want := uint64(math.Float64bits(scale)>>52) - 60; s.base < want || s.base > want+span {
			t.Errorf("scale %g: window at %d", scale, s.base)
		}
		values = append(values, part...)
	}
	want, _ := oracle(values)
	if got := s.Sum(1); !sameBits(got, want) {
		t.Errorf("sum %v, want %v", got, want)
	}
}

func TestSumsByGroup(t *testing.T) {
	r := source(t)
	for _, groups := range []int{1, 5, 1000, fetchedGroups + 5} {
		s, other := NewSums(reserved.NewLedger(nil)), NewSums(reserved.NewLedger(nil))
		if s.Grow(groups) != nil || other.Grow(groups) != nil {
			t.Fatal("no room")
		}
		want := make([][]float64, groups)
		for range 30 {
			n := r.IntN(1000)
			group, values := make([]int32, n), make([]float32, n)
			for i := range group {
				g := r.IntN(groups)
				values[i] = float32(math.Ldexp(r.NormFloat64(), r.IntN(60)*r.IntN(3)))
				group[i], want[g] = int32(g), append(want[g], float64(values[i]))
			}
			to := s
			if r.IntN(2) == 0 {
				to = other
			}
			if err := Add(to, group, values); err != nil {
				t.Fatal(err)
			}
		}
		for g := range groups {
			if err := s.Merge(g, other.Base(), other.AppendNear(nil, g), other.AppendWide(nil, g)); err != nil {
				t.Fatal(err)
			}
		}
		for g, values := range want {
			if s.Empty(g) != (len(values) == 0) {
				t.Errorf("group %d empty: %v", g, s.Empty(g))
			}
			if sum, _ := oracle(values); !sameBits(s.Sum(g), sum) {
				t.Errorf("group %d: %v, want %v", g, s.Sum(g), sum)
			}
		}
	}
}

func TestSumsAccountForTheirMemory(t *testing.T) {
	var held int64
	l := reserved.NewLedger(func(n int64) error { held += n; return nil })
	s := NewSums(l)
	for range 3 {
		add(t, s, 300, []float64{1, 1e300, math.NaN(), 5e-324, 1e-300})
		if err := s.Grow(40000); err != nil {
			t.Fatal(err)
		}
		if held < 40000*16+4*blockBytes {
			t.Errorf("%d bytes are held", held)
		}
		s.Reset()
		if s.Len() != 0 {
			t.Errorf("%d groups after a reset", s.Len())
		}
		if err := s.Grow(400); err != nil {
			t.Fatal(err)
		}
		if !s.Empty(300) || s.Sum(300) != 0 {
			t.Errorf("a group is not empty after a reset")
		}
	}
	s.Close()
	if held != 0 {
		t.Errorf("%d bytes are held after Close", held)
	}
}

func TestMergeOfBytesThatAreNoSum(t *testing.T) {
	s := NewSums(reserved.NewLedger(nil))
	if err := s.Grow(1); err != nil {
		t.Fatal(err)
	}
	seen := make([]byte, NearBytes)
	seen[0], seen[1] = 1, 1
	full := slices.Repeat([]byte{0x7f}, NearBytes)
	for name, bad := range map[string]error{
		"short":      s.Merge(0, 1, seen[:8], nil),
		"base":       s.Merge(0, -1, seen, nil),
		"no base":    s.Merge(0, 0, seen, nil),
		"too full":   s.Merge(0, 1, full, nil),
		"wide short": s.Merge(0, 1, seen, []byte{1, 2, 3}),
		"wide far":   s.Merge(0, 1, seen, append([]byte{1, windows}, seen...)),
	} {
		if bad == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
