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
				merge(t, s, g, part, 3)
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
	var beside Beside // by turns: nothing, counts, all
	most := int64(math.MaxInt64)
	least, greatest := most, most
	if len(values)%3 > 0 {
		beside.Count = make([]int64, g+1)
	}
	if len(values)%3 == 2 {
		beside.Low, beside.High = make([]int64, g+1), make([]int64, g+1)
		beside.Low[g], beside.High[g] = most, most
		for _, v := range values {
			least, greatest = min(least, Word(v)), min(greatest, ^Word(v))
		}
	}
	if err := Add(s, group, values, beside); err != nil {
		t.Fatal(err)
	}
	if beside.Count != nil && beside.Count[g] != int64(len(values)) {
		t.Fatalf("%d values were counted as %d", len(values), beside.Count[g])
	}
	if beside.Low != nil && (beside.Low[g] != least || beside.High[g] != greatest) {
		t.Fatalf("%v are from %x to %x, want %x, %x", values, beside.Low[g], beside.High[g], least, greatest)
	}
}

// TestWord is of values in order.
func TestWord(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	in := []float64{-inf, -math.MaxFloat64, -1, -5e-324, math.Copysign(0, -1), 0, 5e-324, 1, math.MaxFloat64, inf, nan}
	for i, v := range in[1:] {
		if Word(v) <= Word(in[i]) {
			t.Errorf("%v is not behind %v", v, in[i])
		}
	}
	if Word(math.Copysign(nan, -1)) <= Word(inf) {
		t.Error("a NaN of negative sign is not behind all numbers")
	}
}

// merge adds the sum of group h of from to that of group g.
func merge(t *testing.T, s *Sums, g int, from *Sums, h int) {
	t.Helper()
	if err := s.MergeNear(from.Place(), []int32{int32(g)}, from.Near(h, h+1)); err != nil {
		t.Fatal(err)
	}
	if err := s.MergeWide(g, from.AppendWide(nil, h)); err != nil {
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
	for _, scale := range []float64{1e-200, 1e200, 1, 1e-15} {
		part := make([]float64, 20000)
		for i := range part {
			part[i] = scale * r.NormFloat64()
		}
		for at := 0; at < len(part); at += 1000 {
			add(t, s, 1, part[at:at+1000])
		}
		limit := s.place + highBits + takenBits + lowest // the windows take values below 2^limit
		if over := limit - math.Ilogb(scale); over < 1 || over > 16 {
			t.Errorf("scale %g: window for values below 2^%d", scale, limit)
		}
		values = append(values, part...)
	}
	want, _ := oracle(values)
	if got := s.Sum(1); !sameBits(got, want) {
		t.Errorf("sum %v, want %v", got, want)
	}
}

// TestNearWindowsFillUp adds the largest and least values that a near window takes until
// it must be emptied.
func TestNearWindowsFillUp(t *testing.T) {
	const step, steps = 1 << 14, 3 * nearRows / (1 << 14)
	for _, sign := range []float64{1, -1} {
		s := NewSums(reserved.NewLedger(nil))
		add(t, s, 0, []float64{sign})
		unit := math.Ldexp(1, s.place+highBits+lowest)
		v := sign * (math.Ldexp(unit, takenBits-13) - unit/2) // with a full half unit left
		most := sign * (math.Ldexp(unit, takenBits) - unit)
		values := make([]float64, step)
		want := new(big.Float).SetPrec(400).SetFloat64(sign)
		for i := range values {
			values[i] = []float64{v, most}[i%2]
		}
		for range steps {
			add(t, s, 0, values)
		}
		want.Add(want, new(big.Float).SetPrec(400).Mul(new(big.Float).SetFloat64(v), big.NewFloat(step*steps/2)))
		want.Add(want, new(big.Float).SetPrec(400).Mul(new(big.Float).SetFloat64(most), big.NewFloat(step*steps/2)))
		sum, _ := want.Float64()
		if got := s.Sum(0); got != sum {
			t.Errorf("sum %v, want %v", got, sum)
		}
		if s.flags == nil || s.flags[0]&hasWide == 0 {
			t.Errorf("the near window did not fill up: %+v", s.near[0])
		}
	}
}

// TestMergeOfPlaces merges sums whose near windows lie in different places.
func TestMergeOfPlaces(t *testing.T) {
	r := source(t)
	same, moved, far := 0, 0, 0
	for range 2000 {
		a, b := NewSums(reserved.NewLedger(nil)), NewSums(reserved.NewLedger(nil))
		up := r.IntN(60) - 30
		var values []float64
		for i, s := range []*Sums{a, b} {
			part := make([]float64, 1+r.IntN(5))
			for j := range part {
				part[j] = math.Ldexp(r.NormFloat64(), up*i)
			}
			add(t, s, 0, part)
			if r.IntN(4) == 0 { // nearly full
				n := int64(nearMost - 1 - r.IntN(1<<40))
				s.near[0].Hi += n
				part = append(part, math.Ldexp(float64(n>>20), 20+s.place+highBits+lowest), math.Ldexp(float64(n&(1<<20-1)), s.place+highBits+lowest))
			}
			values = append(values, part...)
		}
		switch d := b.place - a.place; {
		case d == 0:
			same++
		case d < -alignMost || d > alignMost:
			far++
		default:
			moved++
		}
		merge(t, a, 0, b, 0)
		want, _ := oracle(values)
		if got := a.Sum(0); !sameBits(got, want) {
			t.Fatalf("2^%d apart: sum %v, want %v", up, got, want)
		}
	}
	if same == 0 || moved == 0 || far == 0 {
		t.Errorf("%d in one place, %d moved, %d far", same, moved, far)
	}
}

// TestQuickQuotients: the quick way gives what the long one does, mostly.
func TestQuickQuotients(t *testing.T) {
	r := source(t)
	quick := 0
	const rounds = 50000
	for i := range rounds {
		s := NewSums(reserved.NewLedger(nil))
		add(t, s, 0, []float64{1})
		s.near[0] = Near{int64(r.Uint64()) >> (11 + r.IntN(53)), int64(r.Uint64()) >> (11 + r.IntN(53))}
		count := r.Uint64()>>r.IntN(64) | 1
		if i%2 == 0 {
			count = 1 + r.Uint64N(1000)
		}
		hi, lo, ok := s.halves(0)
		if !ok {
			t.Fatalf("no halves of %+v", s.near[0])
		}
		want := s.exact(0).Quo(count).Float64()
		if got := s.exact(0).Float64(); got != hi+lo {
			t.Fatalf("%+v is %v, want %v", s.near[0], hi+lo, got)
		}
		if got, ok := quotient(hi, lo, count); ok {
			quick++
			if !sameBits(got, want) {
				t.Fatalf("%+v / %d is %v, want %v", s.near[0], count, got, want)
			}
		}
	}
	if quick < rounds/3*2 {
		t.Errorf("%d of %d were quick", quick, rounds)
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
			if err := Add(to, group, values, Beside{}); err != nil {
				t.Fatal(err)
			}
		}
		for g := range groups {
			merge(t, s, g, other, g)
		}
		for g, values := range want {
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
		if s.Sum(300) != 0 {
			t.Errorf("a group is not empty after a reset")
		}
	}
	s.Close()
	if held != 0 {
		t.Errorf("%d bytes are held after Close", held)
	}
}

func TestMergeOfWhatIsNoSum(t *testing.T) {
	s := NewSums(reserved.NewLedger(nil))
	if err := s.Grow(1); err != nil {
		t.Fatal(err)
	}
	one := []int32{0}
	whole := make([]byte, 17)
	full := slices.Repeat([]byte{0x7f}, 17)
	for name, bad := range map[string]error{
		"place":     s.MergeNear(-1, one, []Near{{1, 1}}),
		"far place": s.MergeNear(placeMost+1, one, []Near{{1, 1}}),
		"too full":  s.MergeNear(8, one, []Near{{1 << 62, 0}}),
		"too low":   s.MergeNear(8, one, []Near{{0, -1<<62 - 1}}),
		"short":     s.MergeWide(0, []byte{1, 2, 3}),
		"far":       s.MergeWide(0, append([]byte{1, windows}, whole...)),
		"wide full": s.MergeWide(0, append([]byte{1, 0}, full[:16]...)),
	} {
		if bad == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
