package naive

import (
	"math"
	"slices"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// groups are the states of the groups of a table.
type groups[S any] map[string]*S

func (g groups[S]) at(key []byte) *S {
	s, ok := g[string(key)]
	if !ok {
		s = new(S)
		g[string(key)] = s
	}
	return s
}

// rows are the answer, a row a group.
func (g groups[S]) rows(values func(s *S, to []answer.Value) []answer.Value) answer.Rows {
	return func(yield func(answer.Row, error) bool) {
		var to []answer.Value
		for key, s := range g {
			to = values(s, to[:0])
			if !yield(answer.Row{Key: key, Values: to}, nil) {
				return
			}
		}
	}
}

// sum is a sum and a count of integers or floats.
type sum[T int64 | float64] struct {
	sum T
	n   int64
}

// add adds a value that is there.
func (s *sum[T]) add(v T, ok bool) {
	if ok {
		s.sum += v
		s.n++
	}
}

func (s *sum[T]) total() answer.Value {
	switch v := any(s.sum).(type) {
	case int64:
		if s.n > 0 {
			return answer.Whole(v)
		}
	case float64:
		if s.n > 0 {
			return answer.Real(v)
		}
	}
	return answer.Value{}
}

func (s *sum[T]) mean() answer.Value {
	if s.n == 0 {
		return answer.Value{}
	}
	return answer.Real(float64(s.sum) / float64(s.n))
}

// median sorts the values.
func median(values []float64) answer.Value {
	n := len(values)
	if n == 0 {
		return answer.Value{}
	}
	slices.Sort(values)
	return answer.Real((values[(n-1)/2] + values[n/2]) / 2)
}

// deviation is the sample's standard deviation, in two passes.
func deviation(values []float64) answer.Value {
	if len(values) < 2 {
		return answer.Value{}
	}
	n := float64(len(values))
	var total, squares float64
	for _, v := range values {
		total += v
	}
	for _, v := range values {
		squares += (v - total/n) * (v - total/n)
	}
	return answer.Real(math.Sqrt(squares / (n - 1)))
}

// pairs are the sums for a correlation of integers, which are exact.
type pairs struct{ n, x, y, xx, yy, xy int64 }

func (p *pairs) add(x, y int64) {
	p.n, p.x, p.y = p.n+1, p.x+x, p.y+y
	p.xx, p.yy, p.xy = p.xx+x*x, p.yy+y*y, p.xy+x*y
}

// squared is the square of the correlation, NaN where x or y has but one value.
func (p *pairs) squared() answer.Value {
	if p.n < 2 {
		return answer.Value{}
	}
	xy, xx, yy := float64(p.n*p.xy-p.x*p.y), float64(p.n*p.xx-p.x*p.x), float64(p.n*p.yy-p.y*p.y)
	return answer.Real(xy * xy / (xx * yy))
}
