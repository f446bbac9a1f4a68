package race

import (
	"fmt"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
)

// Peers are held against the best peer, the naive program against one worker, and
// nothing else is ever slow.
func TestSlowOnes(t *testing.T) {
	field := []struct {
		program
		void  string
		walls []time.Duration
	}{
		{program{name: "arrowmill", kind: Ours, workers: 2}, "", []time.Duration{1, 1}},
		{program{name: "arrowmill-1", kind: Ours, workers: 1}, "", []time.Duration{2, 200}},
		{program{name: "naive", kind: Yardstick, workers: 2, work: runNaive}, "", []time.Duration{9, 30}},
		{program{name: "special", kind: Yardstick, workers: 1, work: runSpecial}, "", []time.Duration{900, 900}},
		{program{name: "duckdb", kind: Peer, workers: 2}, "", []time.Duration{20, 10}},
		{program{name: "polars", kind: Peer, workers: 2}, "", []time.Duration{90, 40}}, // not more than four times
		{program{name: "pandas", kind: Peer, workers: 2}, "", []time.Duration{41, 90}},
		{program{name: "chdb", kind: Peer, workers: 2}, "wrong", []time.Duration{1}}, // not the best: it is void
		{program{name: "read", kind: Floor, workers: 2, work: runRead}, "", []time.Duration{999}},
		{program{name: "dask", kind: Start, workers: 2}, "", []time.Duration{999}},
	}
	for _, c := range []struct {
		factor float64
		from   int // of the field
		want   string
	}{
		{4, 0, "[naive pandas]"},
		{3.9, 0, "[naive polars pandas]"},
		{4.6, 0, "[]"},
		{0, 0, "[]"},
		{4, 2, "[pandas]"}, // no worker to hold the naive program against
		{4, 7, "[]"},
	} {
		var programs []program
		var rows []Row
		for _, f := range field[c.from:] {
			row := Row{Program: f.name, Void: f.void}
			for _, w := range f.walls {
				row.Samples = append(row.Samples, measure.Sample{Wall: w})
			}
			programs, rows = append(programs, f.program), append(rows, row)
		}
		names := []string{}
		for i, is := range slowOnes(programs, rows, c.factor) {
			if is {
				names = append(names, programs[i].name)
			}
		}
		if got := fmt.Sprint(names); got != c.want {
			t.Errorf("by %g, from %s: %s, want %s", c.factor, field[c.from].name, got, c.want)
		}
	}
}
