package doubledouble

import "math"

// Products are the power sums of a group's pairs.
type Products struct {
	X, Y Powers // the count is that of X
	XY   Value
}

// AddFloatPairs adds the pair x[i], y[i] to p[group[i]].
func AddFloatPairs(p []Products, group []int32, x, y []float64) {
	for len(group) > 0 {
		n := fetchRows(len(p), len(group))
		fetchProducts(p, group[:n])
		for i, g := range group[:n] {
			p[g].add(x[i], y[i])
		}
		group, x, y = group[n:], x[n:], y[n:]
	}
}

// AddIntPairs is AddFloatPairs for values that are integers: their sums are exact in
// one float up to 2^53. Those of the squares bound all others.
func AddIntPairs(p []Products, group []int32, x, y []float64) {
	for len(group) > 0 {
		n := fetchRows(len(p), len(group))
		fetchProducts(p, group[:n])
		addIntPairs(p, group[:n], x, y)
		group, x, y = group[n:], x[n:], y[n:]
	}
}

func addIntPairs(p []Products, group []int32, x, y []float64) {
	x, y = x[:len(group)], y[:len(group)]
	for i, g := range group {
		s, v, w := &p[g], x[i], y[i]
		xx, yy := s.X.Squares.Hi+float64(v*v), s.Y.Squares.Hi+float64(w*w)
		if xx+yy >= exactMost {
			s.add(v, w)
			continue
		}
		s.X.see(v, 0)
		s.Y.see(w, 0)
		s.X.Sum.Hi += v
		s.Y.Sum.Hi += w
		s.X.Squares.Hi = xx
		s.Y.Squares.Hi = yy
		s.XY.Hi += float64(v * w)
	}
}

// AddWidePairs is AddFloatPairs for x[i]+xLow[i] and y[i]+yLow[i].
func AddWidePairs(p []Products, group []int32, x, xLow, y, yLow []float64) {
	x, xLow, y, yLow = x[:len(group)], xLow[:len(group)], y[:len(group)], yLow[:len(group)]
	for i, g := range group {
		s, v, w := &p[g], Value{x[i], xLow[i]}, Value{y[i], yLow[i]}
		s.X.addWide(v)
		s.Y.addWide(w)
		s.XY = s.XY.AddRough(v.Mul(w))
	}
}

func (s *Products) add(v, w float64) {
	s.X.add(v)
	s.Y.add(w)
	s.XY = s.XY.AddRough(TwoProduct(v, w))
}

// Merge adds another group's sums.
func (s *Products) Merge(o Products) {
	s.X.Merge(o.X)
	s.Y.Merge(o.Y)
	s.XY = s.XY.Add(o.XY)
}

// Correlation is Pearson's, for a count ≥ 2: in [-1, 1], NaN where x or y has but one
// value or a value is not finite.
func (s *Products) Correlation() float64 {
	n := float64(s.X.Count)
	xx := deviations(s.X.Squares, s.X.Sum, s.X.Sum, n, s.X.Only)
	yy := deviations(s.Y.Squares, s.Y.Sum, s.Y.Sum, n, s.Y.Only)
	xy := s.XY.Add(s.X.Sum.Mul(s.Y.Sum.DivFloat(n)).Neg()).Float()
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}
