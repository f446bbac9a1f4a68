package naive

import "github.com/arrowmill/arrowmill/bench/answer"

// The columns of g1.
const (
	id1 = iota
	id2
	id3
	id4
	id5
	id6
	v1
	v2
	v3
)

// groupBy folds each line of g1 into the state of its group, found by the fields
// of keys.
func groupBy[S any](path string, keys []int, fold func(s *S, t *table), values func(s *S, to []answer.Value) []answer.Value) (answer.Rows, error) {
	t, err := open(path, ',', v3+1, true)
	if err != nil {
		return nil, err
	}
	all := groups[S]{}
	for t.next() {
		fold(all.at(t.keyOf(keys...)), t)
	}
	return all.rows(values), t.close()
}

// totalByKeys is q1 and q2: the sum of v1.
func totalByKeys(keys ...int) Program {
	return func(path string) (answer.Rows, error) {
		return groupBy(path, keys,
			func(s *sum[int64], t *table) { s.add(t.whole(v1)) },
			func(s *sum[int64], to []answer.Value) []answer.Value { return append(to, s.total()) })
	}
}

// sumAndMean is q3: the sum of v1 and the mean of v3 by id3.
func sumAndMean(path string) (answer.Rows, error) {
	type state struct {
		v1 sum[int64]
		v3 sum[float64]
	}
	return groupBy(path, []int{id3},
		func(s *state, t *table) {
			s.v1.add(t.whole(v1))
			s.v3.add(t.real(v3))
		},
		func(s *state, to []answer.Value) []answer.Value { return append(to, s.v1.total(), s.v3.mean()) })
}

// values are v1, v2 and v3 of a group.
type values struct {
	v1, v2 sum[int64]
	v3     sum[float64]
}

func (s *values) add(t *table) {
	s.v1.add(t.whole(v1))
	s.v2.add(t.whole(v2))
	s.v3.add(t.real(v3))
}

// threeMeans is q4: the means of v1, v2, v3 by id4.
func threeMeans(path string) (answer.Rows, error) {
	return groupBy(path, []int{id4}, (*values).add,
		func(s *values, to []answer.Value) []answer.Value {
			return append(to, s.v1.mean(), s.v2.mean(), s.v3.mean())
		})
}

// threeSums is q5: the sums of v1, v2, v3 by id6.
func threeSums(path string) (answer.Rows, error) {
	return groupBy(path, []int{id6}, (*values).add,
		func(s *values, to []answer.Value) []answer.Value {
			return append(to, s.v1.total(), s.v2.total(), s.v3.total())
		})
}

// medianAndDeviation is q6: the median and the standard deviation of v3 by id4, id5.
func medianAndDeviation(path string) (answer.Rows, error) {
	type state []float64
	return groupBy(path, []int{id4, id5},
		func(s *state, t *table) {
			if v, ok := t.real(v3); ok {
				*s = append(*s, v)
			}
		},
		func(s *state, to []answer.Value) []answer.Value { return append(to, median(*s), deviation(*s)) })
}

// spread is q7: the greatest v1 less the least v2 by id3.
func spread(path string) (answer.Rows, error) {
	type state struct {
		most, least       int64
		hasMost, hasLeast bool
	}
	return groupBy(path, []int{id3},
		func(s *state, t *table) {
			if v, ok := t.whole(v1); ok && (!s.hasMost || v > s.most) {
				s.most, s.hasMost = v, true
			}
			if v, ok := t.whole(v2); ok && (!s.hasLeast || v < s.least) {
				s.least, s.hasLeast = v, true
			}
		},
		func(s *state, to []answer.Value) []answer.Value {
			if !s.hasMost || !s.hasLeast {
				return append(to, answer.Value{})
			}
			return append(to, answer.Whole(s.most-s.least))
		})
}

// largestTwo is q8: the two largest v3 by id6.
func largestTwo(path string) (answer.Rows, error) {
	type state struct {
		first, second float64
		n             int
	}
	return groupBy(path, []int{id6},
		func(s *state, t *table) {
			v, ok := t.real(v3)
			if !ok {
				return
			}
			switch s.n++; {
			case s.n == 1 || v > s.first:
				s.first, s.second = v, s.first
			case s.n == 2 || v > s.second:
				s.second = v
			}
		},
		func(s *state, to []answer.Value) []answer.Value {
			both := [2]answer.Value{answer.Real(s.first), answer.Real(s.second)}
			to = append(to, both[:min(s.n, 2)]...)
			return append(to, make([]answer.Value, 2-min(s.n, 2))...)
		})
}

// correlation is q9: the squared correlation of v1 and v2 by id2, id4.
func correlation(path string) (answer.Rows, error) {
	return groupBy(path, []int{id2, id4},
		func(s *pairs, t *table) {
			x, xOK := t.whole(v1)
			y, yOK := t.whole(v2)
			if xOK && yOK {
				s.add(x, y)
			}
		},
		func(s *pairs, to []answer.Value) []answer.Value { return append(to, s.squared()) })
}

// sumAndCount is q10: the sum of v3 and the count by id1 to id6.
func sumAndCount(path string) (answer.Rows, error) {
	type state struct {
		v3 sum[float64]
		n  int64
	}
	return groupBy(path, []int{id1, id2, id3, id4, id5, id6},
		func(s *state, t *table) {
			s.v3.add(t.real(v3))
			s.n++
		},
		func(s *state, to []answer.Value) []answer.Value { return append(to, s.v3.total(), answer.Whole(s.n)) })
}
