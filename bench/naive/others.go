package naive

import (
	"strings"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// weather is the One Billion Row Challenge: the least, the mean and the greatest
// value of each station.
func weather(path string) (answer.Rows, error) {
	type state struct {
		t           sum[float64]
		least, most float64
	}
	t, err := open(path, ';', 2, false)
	if err != nil {
		return nil, err
	}
	stations := groups[state]{}
	for t.next() {
		s := stations.at(t.fields[0])
		v, ok := t.real(1)
		if s.t.n == 0 {
			s.least, s.most = v, v
		}
		s.t.add(v, ok)
		s.least, s.most = min(s.least, v), max(s.most, v)
	}
	return stations.rows(func(s *state, to []answer.Value) []answer.Value {
		return append(to, answer.Real(s.least), s.t.mean(), answer.Real(s.most))
	}), t.close()
}

// pricing is TPC-H Q1, the pricing summary of what was shipped up to 1998-09-02.
func pricing(path string) (answer.Rows, error) {
	const (
		quantity, price, discount, tax = 4, 5, 6, 7
		flag, status, shipped          = 8, 9, 10
		width                          = 16
	)
	type state struct {
		quantity, price, discount, discounted, charged sum[float64]
		n                                              int64
	}
	t, err := open(path, ',', width, true)
	if err != nil {
		return nil, err
	}
	all := groups[state]{}
	for t.next() {
		if string(t.fields[shipped]) > "1998-09-02" {
			continue
		}
		s := all.at(t.keyOf(flag, status))
		q, _ := t.real(quantity)
		p, _ := t.real(price)
		d, _ := t.real(discount)
		x, _ := t.real(tax)
		s.quantity.add(q, true)
		s.price.add(p, true)
		s.discount.add(d, true)
		s.discounted.add(p*(1-d), true)
		s.charged.add(p*(1-d)*(1+x), true)
		s.n++
	}
	return all.rows(func(s *state, to []answer.Value) []answer.Value {
		return append(to, s.quantity.total(), s.price.total(), s.discounted.total(), s.charged.total(),
			s.quantity.mean(), s.price.mean(), s.discount.mean(), answer.Whole(s.n))
	}), t.close()
}

// users is the number of visits of each user, and their bytes.
func users(path string) (answer.Rows, error) {
	type state struct {
		n     int64
		bytes sum[int64]
	}
	t, err := open(path, ',', 3, true)
	if err != nil {
		return nil, err
	}
	all := groups[state]{}
	for t.next() {
		s := all.at(t.fields[0])
		s.n++
		s.bytes.add(t.whole(2))
	}
	return all.rows(func(s *state, to []answer.Value) []answer.Value {
		return append(to, answer.Whole(s.n), s.bytes.total())
	}), t.close()
}

// addresses is the number of visits of each URL.
func addresses(path string) (answer.Rows, error) {
	t, err := open(path, ',', 3, true)
	if err != nil {
		return nil, err
	}
	all := groups[int64]{}
	for t.next() {
		*all.at(t.fields[1])++
	}
	return all.rows(func(n *int64, to []answer.Value) []answer.Value { return append(to, answer.Whole(*n)) }), t.close()
}

// words is the number of times that each word of a text stands in it, in lower case.
func words(path string) (answer.Rows, error) {
	t, err := open(path, '\n', 1, false)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for t.lines.Scan() {
		for _, word := range strings.Fields(strings.ToLower(t.lines.Text())) {
			counts[word]++
		}
	}
	return func(yield func(answer.Row, error) bool) {
		var to [1]answer.Value
		for word, n := range counts {
			to[0] = answer.Whole(n)
			if !yield(answer.Row{Key: word, Values: to[:]}, nil) {
				return
			}
		}
	}, t.close()
}
