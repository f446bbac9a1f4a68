package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/arrowmill/arrowmill/bench/race"
)

// Goal is something that the race is to show, and what it shows.
type Goal struct {
	Name    string  `json:"name"`
	Want    string  `json:"want"`
	Reached string  `json:"reached"` // empty: not measured
	Met     bool    `json:"met"`
	Worst   string  `json:"worst,omitempty"` // the job that is furthest from it
	Value   float64 `json:"value,omitempty"`
	Within  float64 `json:"within,omitempty"`  // the value by the programs' own clocks, from when they had begun
	Before  string  `json:"earlier,omitempty"` // what an earlier race reached
}

// judge fills in the goal of values that are to be at least want, by job. mean: their
// geometric mean is to be; else each.
//
// within are the values by the programs' own clocks, where that means something.
func judge(name string, want float64, mean bool, values, within map[string]float64) Goal {
	g := Goal{Name: name, Want: fmt.Sprintf("≥ %g", want)}
	if mean {
		g.Want += ", geometric mean"
	}
	var n int
	if g.Value, g.Worst, n = sum(values, mean); n == 0 {
		return g
	}
	g.Met = g.Value >= want
	g.Reached = fmt.Sprintf("%.2f of %d", g.Value, n)
	g.Within, _, _ = sum(within, mean)
	return g
}

// sum is the geometric mean of the values that are there, or the least of them, which is
// whose, and how many there are.
func sum(values map[string]float64, mean bool) (v float64, whose string, n int) {
	least := math.Inf(1)
	var all []float64
	for _, job := range slices.Sorted(maps.Keys(values)) {
		if v := values[job]; !math.IsNaN(v) {
			all = append(all, v)
			if v < least {
				least, whose = v, job
			}
		}
	}
	if len(all) == 0 {
		return 0, "", 0
	}
	whose = fmt.Sprintf("%s: %.2f", whose, least)
	if mean {
		return geometricMean(all), whose, len(all)
	}
	return least, whose, len(all)
}

// Goals are all goals.
func Goals(r *race.Results) []Goal {
	all := largest(contests(r))
	values := func(of func(c *contest) (float64, bool), tables, formats string) map[string]float64 {
		found := map[string]float64{}
		for _, c := range all {
			if in(c.table, tables) && in(c.format, formats) {
				if v, ok := of(c); ok {
					found[c.job+" of "+c.file] = v
				}
			}
		}
		return found
	}
	against := func(name string, want float64, mean bool, tables, formats string) Goal {
		within := func(c *contest) (float64, bool) { return c.leastWithin(), true }
		return judge(name, want, mean, values((*contest).againstPeers, tables, formats), values(within, tables, formats))
	}
	goals := []Goal{
		against("groupby of CSV, q1 to q10, against the best peer", 3, true, "g1", "csv"),
		against("brc of CSV, against the best peer", 6, false, "brc brc10k", "csv"),
		against("groupby of Parquet, q1 to q10, against the best peer", 1.5, true, "g1", "parquet"),
		against("the same, each question", 1, false, "g1", "parquet"),
		against("word count, each text, against the best peer", 5, false, "text gosource", "txt"),
		judge("peak memory: that of the best of DuckDB, Polars and DataFusion by ours, each job", 1, false, values((*contest).memoryOfPeers, "", "csv txt parquet"), nil),
		judge("one worker against the naive Go program, each job", 1.5, false, values(costAgainst("naive"), "", "csv txt"), nil),
		judge("one worker against the specialised Go loop, each job", 0.7, false, values(costAgainst("special"), "", "csv txt"), nil),
	}
	return append(goals, tinyGoal(r))
}

// costAgainst is how many times as long as one worker of ours a yardstick takes.
func costAgainst(yardstick string) func(c *contest) (float64, bool) {
	return func(c *contest) (float64, bool) {
		one, ok := c.of(func(r race.Row) bool { return r.Kind == race.Ours && r.Workers == 1 })
		other, ok2 := c.program(yardstick)
		if !ok || !ok2 {
			return 0, false
		}
		return float64(other.Wall) / float64(one.Wall), true
	}
}

func (c *contest) againstPeers() (float64, bool) {
	best, ok := c.bestPeer()
	return c.ratio(best), ok
}

// memoryOfPeers is how many times as much memory as we the best of three peers took.
func (c *contest) memoryOfPeers() (float64, bool) {
	least := int64(math.MaxInt64)
	for _, row := range c.all {
		if row.Void == "" && row.PeakBytes > 0 && in(row.Of, "duckdb polars datafusion") && row.Of != "" {
			least = min(least, row.PeakBytes)
		}
	}
	if least == math.MaxInt64 || c.ours.PeakBytes == 0 {
		return 0, false
	}
	return float64(least) / float64(c.ours.PeakBytes), true
}

// tinyGoal is that of the tiny graph, by as many threads as the race's.
func tinyGoal(r *race.Results) Goal {
	const want = 100 * time.Microsecond
	g := Goal{Name: "a graph of 100 rows, declared and run", Want: "≤ 100 µs"}
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	for _, row := range r.Rows {
		switch {
		case row.Job != race.Tiny || row.Void != "":
		case row.Workers == r.Workers:
			g.Value = micros(row.Wall)
			g.Reached, g.Met = fmt.Sprintf("%.0f µs ± %.0f", g.Value, micros(row.Spread)), row.Wall <= want
		default:
			g.Worst = fmt.Sprintf("by %d thread: %.0f µs ± %.0f", row.Workers, micros(row.Wall), micros(row.Spread))
		}
	}
	return g
}

// largest are the contests on the table with most rows, of those that differ in their
// rows alone.
func largest(all []*contest) []*contest {
	return slices.DeleteFunc(slices.Clone(all), func(c *contest) bool {
		return slices.ContainsFunc(all, func(o *contest) bool {
			return o.job == c.job && o.table == c.table && o.format == c.format && o.rows > c.rows
		})
	})
}

// in reports whether a word is one of some; of none all are.
func in(word, words string) bool { return words == "" || slices.Contains(strings.Fields(words), word) }
