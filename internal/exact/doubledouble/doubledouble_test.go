package doubledouble

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

func source(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func float(x float64) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(x) }

func (v Value) big() *big.Float { x := float(v.Hi); return x.Add(x, float(v.Lo)) }

func random(r *rand.Rand) float64 { return math.Ldexp(r.NormFloat64(), r.IntN(120)-60) }

// within reports whether got is within units of 2^-106 of want, relative to scale.
func within(got, want, scale *big.Float, units float64) bool {
	d := new(big.Float).SetPrec(2000).Sub(got, want)
	bound := new(big.Float).SetPrec(2000).Mul(new(big.Float).Abs(scale), float(units*0x1p-106))
	return d.Abs(d).Cmp(bound) <= 0
}

func TestErrorFreeTransforms(t *testing.T) {
	r := source(t)
	for range 20000 {
		a, b := random(r), random(r)
		if s := TwoSum(a, b); s.Hi != a+b || s.big().Cmp(new(big.Float).SetPrec(2000).Add(float(a), float(b))) != 0 {
			t.Fatalf("%v + %v is %v", a, b, s)
		}
		if p := TwoProduct(a, b); p.Hi != a*b || p.big().Cmp(new(big.Float).SetPrec(2000).Mul(float(a), float(b))) != 0 {
			t.Fatalf("%v · %v is %v", a, b, p)
		}
	}
}

func TestArithmeticKeepsItsBounds(t *testing.T) {
	r := source(t)
	newFloat := func() *big.Float { return new(big.Float).SetPrec(2000) }
	for range 20000 {
		v, w, x := TwoProduct(random(r), random(r)), TwoProduct(random(r), random(r)), random(r)
		if r.IntN(3) == 0 {
			w = Value{-v.Hi, random(r) * 0x1p-60 * v.Hi * 0x1p-60}
		}
		sum, product := newFloat().Add(v.big(), w.big()), newFloat().Mul(v.big(), w.big())
		size := newFloat().Add(newFloat().Abs(v.big()), newFloat().Abs(w.big()))
		plus := newFloat().Add(v.big(), float(x))
		for name, ok := range map[string]bool{
			"Add":      within(v.Add(w).big(), sum, sum, 3.01),
			"AddRough": within(v.AddRough(w).big(), sum, size, 3.01),
			"AddFloat": within(v.AddFloat(x).big(), plus, plus, 2.01),
			"Mul":      within(v.Mul(w).big(), product, product, 5.01),
			"DivFloat": within(v.DivFloat(x).big(), newFloat().Quo(v.big(), float(x)), newFloat().Quo(v.big(), float(x)), 3.5),
		} {
			if !ok {
				t.Fatalf("%s of %v, %v, %v is out of bounds", name, v, w, x)
			}
		}
		if s := v.Add(w); s.Hi+s.Lo != s.Hi {
			t.Fatalf("%v is not normalised", s)
		}
	}
}

// TestIntsAreFloats: the shortcut for integers gives the same sums as the long way.
func TestIntsAreFloats(t *testing.T) {
	r := source(t)
	for range 200 {
		n, groups := r.IntN(300), 1+r.IntN(5)
		group, x, y, zero := make([]int32, n), make([]float64, n), make([]float64, n), make([]float64, n)
		bits := r.IntN(54)
		for i := range group {
			group[i], x[i], y[i] = r.Int32N(int32(groups)), float64(r.Int64N(1<<bits)), -float64(r.Int64N(1<<bits))
		}
		var sums [3][]Products
		var powers [3][]Powers
		for i := range sums {
			sums[i], powers[i] = make([]Products, groups), make([]Powers, groups)
		}
		AddInts(powers[0], group, x)
		AddFloats(powers[1], group, x)
		AddWide(powers[2], group, x, zero)
		AddIntPairs(sums[0], group, x, y)
		AddFloatPairs(sums[1], group, x, y)
		AddWidePairs(sums[2], group, x, zero, y, zero)
		for g := range groups {
			for i := range 2 {
				// Sums below 2^106 are exact in all of them.
				a, b := powers[i][g], powers[i+1][g]
				if a.Count != b.Count || a.Sum != b.Sum || !within(a.Squares.big(), b.Squares.big(), b.Squares.big(), 300) || sums[i][g].XY.Hi != sums[i+1][g].XY.Hi {
					t.Fatalf("%+v, %+v", a, b)
				}
				if n := a.Count; n > 1 && math.Abs(a.Variance()-b.Variance()) > 1e-12*b.Variance() {
					t.Fatalf("variances %v, %v", a.Variance(), b.Variance())
				}
			}
		}
	}
}

func TestVarianceOfEqualValuesIsZero(t *testing.T) {
	for _, v := range []float64{0.1, 1e-30, 1e100, math.Pi, -7} {
		a, b := make([]Powers, 1), make([]Powers, 1)
		for range 1001 {
			AddFloats(a, []int32{0}, []float64{v})
			AddFloats(b, []int32{0}, []float64{v})
		}
		a[0].Merge(b[0])
		if got := a[0].Variance(); got != 0 || a[0].Count != 2002 {
			t.Errorf("%v: %v of %d", v, got, a[0].Count)
		}
		c := Powers{}
		AddFloats(b, []int32{0}, []float64{v * 2})
		c.Merge(b[0])
		c.Merge(a[0])
		if got := c.Variance(); !(got > 0) {
			t.Errorf("%v and another: %v", v, got)
		}
	}
}
