package exact

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

func TestInts(t *testing.T) {
	r := source(t)
	for round := range 200 {
		unsigned := round%2 == 1
		var held int64
		l := reserved.NewLedger(func(n int64) error { held += n; return nil })
		s, other := NewInts(l, unsigned), NewInts(l, unsigned)
		const groups = 5
		if s.Grow(groups) != nil || other.Grow(groups) != nil {
			t.Fatal("no room")
		}
		want, count := make([]*big.Int, groups), make([]uint64, groups)
		for g := range want {
			want[g] = new(big.Int)
		}
		for range 20 {
			n := r.IntN(30)
			group, ints, uints := make([]int32, n), make([]int64, n), make([]uint64, n)
			for i := range group {
				g := r.IntN(groups - 1)
				group[i], uints[i] = int32(g), r.Uint64()>>r.IntN(3)
				ints[i] = int64(uints[i])
				count[g]++
				if unsigned {
					want[g].Add(want[g], new(big.Int).SetUint64(uints[i]))
				} else {
					want[g].Add(want[g], big.NewInt(ints[i]))
				}
			}
			to := s
			if r.IntN(2) == 0 {
				to = other
			}
			var counted []int64
			if r.IntN(2) == 0 {
				counted = make([]int64, groups)
			}
			add := func() error { return AddInt64(to, group, ints, counted) }
			if unsigned {
				add = func() error { return AddUint64(to, group, uints, counted) }
			}
			if err := add(); err != nil {
				t.Fatal(err)
			}
			for _, g := range group {
				if counted != nil {
					counted[g]--
				}
			}
			if counted != nil && (slices.Min(counted) != 0 || slices.Max(counted) != 0) {
				t.Fatalf("counts are wrong by %v", counted)
			}
		}
		for g := range groups {
			wraps := other.Wraps(g, g+1)
			if wraps == nil {
				wraps = []int64{0}
			}
			if err := s.Settle(); err != nil {
				t.Fatal(err)
			}
			s.Merge([]int32{int32(g)}, other.Low(g, g+1), wraps)
			if got := s.Text(g); got != want[g].String() {
				t.Fatalf("group %d is %s, want %s", g, got, want[g])
			}
			i, fits := s.Int64(g)
			if fits != want[g].IsInt64() || fits && i != want[g].Int64() {
				t.Fatalf("group %d is %d, %v, want %s", g, i, fits, want[g])
			}
			u, fits := s.Uint64(g)
			if fits != want[g].IsUint64() || fits && u != want[g].Uint64() {
				t.Fatalf("group %d is %d, %v, want %s", g, u, fits, want[g])
			}
			if count[g] > 0 {
				mean, _ := new(big.Rat).SetFrac(want[g], new(big.Int).SetUint64(count[g])).Float64()
				if got := s.Mean(g, count[g]); got != mean {
					t.Fatalf("mean of group %d is %v, want %v", g, got, mean)
				}
			}
		}
		s.Reset()
		if err := s.Grow(groups); err != nil || s.Text(0) != "0" {
			t.Fatalf("not empty after a reset: %s, %v", s.Text(0), err)
		}
		s.Close()
		other.Close()
		if held != 0 {
			t.Fatalf("%d bytes are held after Close", held)
		}
	}
}

func TestDecimals(t *testing.T) {
	r := source(t)
	for range 1000 {
		var d, e Decimal
		want := new(big.Int)
		for i := range 1 + r.IntN(20) {
			hi, lo := int64(r.Uint64())>>r.IntN(64), r.Uint64()
			want.Add(want, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(hi), 64), new(big.Int).SetUint64(lo)))
			[]*Decimal{&d, &e}[i%2].Add(hi, lo)
		}
		d.Merge(e)
		if d.Big().Cmp(want) != 0 {
			t.Fatalf("%v, want %v", d.Big(), want)
		}
		limit := new(big.Int).Lsh(big.NewInt(1), 127)
		inside := want.Cmp(limit) < 0 && want.Cmp(new(big.Int).Neg(limit)) >= 0
		hi, lo, fits := d.Int128()
		if fits != inside || fits && (uint64(hi) != d[1] || lo != d[0]) {
			t.Fatalf("%v fits 128 bits: %v", want, fits)
		}
	}
}

// TestQuotients compares with rational arithmetic, with divisors of all sizes and
// quotients near ties.
func TestQuotients(t *testing.T) {
	r := source(t)
	for range 100000 {
		count := r.Uint64()>>r.IntN(64) | 1
		exp := r.IntN(200) - 100
		if r.IntN(4) == 0 {
			exp = -1074 - r.IntN(130)
		}
		hi, lo := uint64(int64(r.Uint64())>>r.IntN(64)), r.Uint64()
		if r.IntN(2) == 0 { // count times something of 54 bits, a tie, and a bit beside
			m := new(big.Int).SetUint64(r.Uint64()>>10 | 1)
			m.Mul(m, new(big.Int).SetUint64(count)).Add(m, big.NewInt(int64(r.IntN(3)-1)))
			hi, lo = new(big.Int).Rsh(m, 64).Uint64(), new(big.Int).And(m, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		}
		exact := new(big.Int).Lsh(big.NewInt(int64(hi)), 64)
		want := new(big.Rat).SetFrac(exact.Add(exact, new(big.Int).SetUint64(lo)), new(big.Int).SetUint64(count))
		scale := new(big.Int).Lsh(big.NewInt(1), uint(max(exp, -exp)))
		if exp > 0 {
			want.Mul(want, new(big.Rat).SetInt(scale))
		} else {
			want.Quo(want, new(big.Rat).SetInt(scale))
		}
		f, _ := want.Float64()
		if got := Int128(hi, lo, exp).Quo(count).Float64(); !sameBits(got, f) && got != f {
			t.Fatalf("%x %x · 2^%d / %d is %v, want %v", hi, lo, exp, count, got, f)
		}
	}
}
