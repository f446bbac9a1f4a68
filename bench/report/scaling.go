package report

import (
	"slices"
	"time"

	"github.com/arrowmill/arrowmill/bench/race"
)

// scaling is a job's time by the number of workers, and what Amdahl's law makes of it:
//
//	time(n) = one · (serial + (1 - serial) / n)
type scaling struct {
	c       *contest
	workers []int
	times   []time.Duration
	one     float64 // seconds of one worker, by the fit
	serial  float64 // the part that does not get faster
}

// scalings are of all contests that ran with several numbers of workers, one among
// them.
func scalings(all []*contest) (found []scaling) {
	for _, c := range all {
		s := scaling{c: c}
		rows := slices.DeleteFunc(slices.Clone(c.all), func(r race.Row) bool { return r.Kind != race.Ours || r.Void != "" })
		slices.SortFunc(rows, func(a, b race.Row) int { return a.Workers - b.Workers })
		for _, row := range rows {
			s.workers, s.times = append(s.workers, row.Workers), append(s.times, row.Wall)
		}
		if len(rows) < 2 || rows[0].Workers != 1 {
			continue
		}
		s.fit()
		found = append(found, s)
	}
	return found
}

// fit is least squares of time against 1/n: with two points the line through both.
func (s *scaling) fit() {
	var n, x, y, xx, xy float64
	for i, w := range s.workers {
		u, v := 1/float64(w), s.times[i].Seconds()
		n, x, y, xx, xy = n+1, x+u, y+v, xx+u*u, xy+u*v
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	rest := (y - slope*x) / n
	s.one = slope + rest
	s.serial = min(max(rest/s.one, 0), 1)
}

// speedUp is how many times as fast n workers are as one, by the fit: a projection
// where so many were not measured.
func (s *scaling) speedUp(n float64) float64 { return 1 / (s.serial + (1-s.serial)/n) }

// measured is how many times as fast as one the i-th number of workers was.
func (s *scaling) measured(i int) float64 { return float64(s.times[0]) / float64(s.times[i]) }
