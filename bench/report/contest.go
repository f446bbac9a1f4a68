package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/arrowmill/arrowmill/bench/race"
)

// contest is a job on a file, with all who ran.
type contest struct {
	job, file, table, format string
	rows                     int64 // of the table
	ours                     race.Row
	all                      []race.Row // ours first, then as they ran
}

// contests are those of a race, in its order. Of programs that are ours, other numbers
// of workers than asked for are in all alone.
func contests(r *race.Results) (found []*contest) {
	for _, row := range r.Rows {
		if row.Job == "" || row.File == "" {
			continue
		}
		i := slices.IndexFunc(found, func(c *contest) bool { return c.job == row.Job && c.file == row.File })
		if i < 0 {
			i = len(found)
			found = append(found, &contest{job: row.Job, file: row.File, table: row.Table, format: row.Format, rows: row.TableRows})
		}
		if row.Kind == race.Ours && row.Workers == r.Workers {
			found[i].ours = row
		}
		found[i].all = append(found[i].all, row)
	}
	return slices.DeleteFunc(found, func(c *contest) bool { return c.ours.Wall == 0 && c.ours.Void == "" })
}

// of is the row of a program of the contest that was measured.
func (c *contest) of(match func(race.Row) bool) (best race.Row, ok bool) {
	for _, row := range c.all {
		if row.Void == "" && match(row) && (!ok || row.Wall < best.Wall) {
			best, ok = row, true
		}
	}
	return best, ok
}

// bestPeer is the fastest peer.
func (c *contest) bestPeer() (race.Row, bool) {
	return c.of(func(r race.Row) bool { return r.Kind == race.Peer })
}

// program is the row of a program by its name.
func (c *contest) program(name string) (race.Row, bool) {
	return c.of(func(r race.Row) bool { return r.Program == name })
}

// ratio is how many times as long as we another took; NaN where either was not
// measured.
func (c *contest) ratio(other race.Row) float64 {
	if c.ours.Void != "" || other.Wall == 0 {
		return math.NaN()
	}
	return float64(other.Wall) / float64(c.ours.Wall)
}

// within is the ratio of what the two took by their own clocks, from when they had begun;
// NaN where either does not say.
func (c *contest) within(other race.Row) float64 {
	if c.ours.Within == 0 || other.Within == 0 {
		return math.NaN()
	}
	return float64(other.Within) / float64(c.ours.Within)
}

// leastWithin is the least such ratio of all peers, which need not be that of the best one;
// NaN: there is none.
func (c *contest) leastWithin() float64 {
	best := math.NaN()
	for _, row := range c.all {
		if row.Kind != race.Peer || row.Void != "" {
			continue
		}
		if v := c.within(row); !(v >= best) && !math.IsNaN(v) {
			best = v
		}
	}
	return best
}

// binding is the floor of the contest's file that takes longest, of text: of columnar
// files not all is read.
func (c *contest) binding(r *race.Results) (slowest race.Row, ok bool) {
	for _, row := range r.Rows {
		if row.Kind == race.Floor && row.File == c.file && row.Void == "" && row.Wall > slowest.Wall {
			slowest, ok = row, true
		}
	}
	return slowest, ok && c.text()
}

// text reports whether the file is text.
func (c *contest) text() bool { return c.format == "csv" || c.format == "txt" }

// geometricMean of none is NaN.
func geometricMean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// times is a ratio as text; a dash where there is none.
func times(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}
