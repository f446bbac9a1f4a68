package doubledouble

import "math"

// Powers are the sums of powers of a group's values: how many, Σx and Σx². Only, and
// OnlyLow for integers beyond 53 bits, are the value that all of them have, NaN
// where they differ: then the variance is 0, which sums that were rounded need not
// show.
type Powers struct {
	Count         int64
	Sum, Squares  Value
	Only, OnlyLow float64
}

// exactMost bounds sums of integers that plain addition leaves exact.
const exactMost = 1 << 53

// AddFloats adds x[i] to p[group[i]].
func AddFloats(p []Powers, group []int32, x []float64) {
	for len(group) > 0 {
		n := fetchRows(len(p), len(group))
		fetchPowers(p, group[:n])
		for i, g := range group[:n] {
			p[g].add(x[i])
		}
		group, x = group[n:], x[n:]
	}
}

// AddInts is AddFloats for values that are integers: their sums are exact in one
// float up to 2^53.
func AddInts(p []Powers, group []int32, x []float64) {
	for len(group) > 0 {
		n := fetchRows(len(p), len(group))
		fetchPowers(p, group[:n])
		addInts(p, group[:n], x)
		group, x = group[n:], x[n:]
	}
}

func addInts(p []Powers, group []int32, x []float64) {
	x = x[:len(group)]
	for i, g := range group {
		s, v := &p[g], x[i]
		squares := s.Squares.Hi + float64(v*v)
		if squares >= exactMost {
			s.add(v)
			continue
		}
		s.see(v, 0)
		s.Sum.Hi += v
		s.Squares.Hi = squares
	}
}

// AddWide is AddFloats for values x[i]+low[i].
func AddWide(p []Powers, group []int32, x, low []float64) {
	x, low = x[:len(group)], low[:len(group)]
	for i, g := range group {
		p[g].addWide(Value{x[i], low[i]})
	}
}

func (s *Powers) add(v float64) {
	s.see(v, 0)
	s.Sum = s.Sum.AddFloat(v)
	s.Squares = s.Squares.AddRough(TwoProduct(v, v))
}

func (s *Powers) addWide(v Value) {
	s.see(v.Hi, v.Lo)
	s.Sum = s.Sum.Add(v)
	s.Squares = s.Squares.AddRough(v.Mul(v))
}

// see counts v and keeps Only.
func (s *Powers) see(v, low float64) {
	if s.Only != v || s.OnlyLow != low {
		if s.Count == 0 {
			s.Only, s.OnlyLow = v, low
		} else {
			s.Only = math.NaN()
		}
	}
	s.Count++
}

// Merge adds another group's powers.
func (s *Powers) Merge(o Powers) {
	if o.Count == 0 {
		return
	}
	if s.Count == 0 {
		*s = o
		return
	}
	if s.Only != o.Only || s.OnlyLow != o.OnlyLow {
		s.Only = math.NaN()
	}
	s.Count += o.Count
	s.Sum = s.Sum.Add(o.Sum)
	s.Squares = s.Squares.AddRough(o.Squares)
}

// Variance is the sample variance, for Count ≥ 2: never negative, 0 where all values
// are equal, NaN where one is not finite.
//
// It is Σx² - (Σx)²/n over n-1. The relative error is about u²·√n·(mean/sd)²: 1e-12
// with room up to mean/sd = 1e6.
func (s *Powers) Variance() float64 {
	n := float64(s.Count)
	return deviations(s.Squares, s.Sum, s.Sum, n, s.Only) / (n - 1)
}

// deviations is Σ(x-mean)², 0 where only is a value.
func deviations(squares, x, y Value, n, only float64) float64 {
	d := squares.Add(x.Mul(y.DivFloat(n)).Neg()).Float()
	if d < 0 || only == only && d == d {
		return 0
	}
	return d
}
