package report

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/race"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// made is a race whose numbers are made up: times in units of 10 ms.
func made() *race.Results {
	r := &race.Results{
		Time: time.Date(2026, 11, 23, 1, 2, 0, 0, time.UTC), Commit: "abc", Go: "go1.26", System: "linux/amd64", CPU: "A CPU", CPUs: 4, Memory: 16 << 30,
		Workers: 2, Repeat: 3, Slow: 4, Versions: map[string]string{"Python": "3.11.7", "duckdb": "2.0.0"}, Missing: map[string]string{"chdb": "no wheel for this | system"},
	}
	add := func(row race.Row, wall float64, peak int64) *race.Row {
		w := time.Duration(wall * 1e7)
		row.Samples = []measure.Sample{{Wall: w, CPU: 2 * w, PeakBytes: peak * 1e6}, {Wall: w, CPU: 2 * w}, {Wall: w + 2e6, CPU: 2 * w}}
		for i := range row.Samples {
			if begin := map[race.Kind]time.Duration{race.Ours: 1e7, race.Yardstick: 1e7, race.Peer: 8e7}[row.Kind]; begin > 0 {
				row.Samples[i].Within = row.Samples[i].Wall - begin
			}
		}
		row.Summary, row.Commit = measure.Summarise(row.Samples), "abc"
		r.Rows = append(r.Rows, row)
		return &r.Rows[len(r.Rows)-1]
	}
	add(race.Row{Program: "arrowmill", Kind: race.Start, Workers: 2}, 1, 20)
	add(race.Row{Program: "duckdb", Of: "duckdb", Kind: race.Start, Workers: 2}, 10, 40)
	tiny := add(race.Row{Job: race.Tiny, Program: "arrowmill", Kind: race.Ours, Workers: 2}, 0.008, 20)
	tiny.Samples, tiny.Spread, tiny.Within = nil, 5*time.Microsecond, 0
	one := add(race.Row{Job: race.Tiny, Program: "arrowmill-1", Kind: race.Ours, Workers: 1}, 0.006, 20)
	one.Samples, one.Spread, one.Within = nil, 4*time.Microsecond, 0
	file := func(table, format string, rows int64, scale float64) {
		base := race.Row{File: fmt.Sprintf("%s-%d-seed1.%s", table, rows, format), Table: table, Format: format, Workers: 2, TableRows: rows, TableBytes: 50 * rows}
		floor := base
		floor.Program, floor.Kind = "read", race.Floor
		add(floor, 3*scale, 20)
		job := map[string]string{"g1": "q1", "text": "wordcount", "brc": "brc"}[table]
		for i, p := range []struct {
			name, of string
			kind     race.Kind
			workers  int
			wall     float64
			peak     int64
		}{
			{"arrowmill", "", race.Ours, 2, 10, 100}, {"arrowmill-1", "", race.Ours, 1, 18, 90}, {"arrowmill-4", "", race.Ours, 4, 6, 120},
			{"naive", "", race.Yardstick, 2, 36, 30}, {"special", "", race.Yardstick, 1, 9, 30},
			{"duckdb", "duckdb", race.Peer, 2, 35, 200}, {"duckdb-2x-threads", "duckdb", race.Peer, 2, 33, 210}, {"pandas", "pandas", race.Peer, 2, 200, 900},
		} {
			row := base
			row.Job, row.Program, row.Of, row.Kind, row.Workers, row.Rows = job, p.name, p.of, p.kind, p.workers, 100
			if format == "parquet" && (p.kind == race.Yardstick || p.name == "pandas") {
				continue
			}
			if format == "parquet" && p.kind == race.Peer {
				p.wall = 9
			}
			got := add(row, p.wall*scale*(1+float64(i)/100), p.peak)
			if p.name == "pandas" && table == "g1" {
				got.Void, got.Wrong, got.Samples, got.Summary = `1 rows differ, the first: "a|b" is missing`, true, nil, measure.Summary{}
			}
		}
	}
	file("g1", "csv", 1e6, 1)
	file("g1", "csv", 1e7, 9)
	file("g1", "parquet", 1e7, 2)
	file("brc", "csv", 1e7, 5)
	file("text", "txt", 1e7, 9)
	return r
}

// earlier is the same race once before: of fewer files, arrowmill a tenth faster.
func earlier() *race.Results {
	r := made()
	r.Time, r.Commit = r.Time.Add(-time.Hour), "abb"
	r.Rows = slices.DeleteFunc(r.Rows, func(row race.Row) bool { return row.Table == "text" })
	for i, row := range r.Rows {
		if row.Program == "arrowmill" {
			r.Rows[i].Wall = row.Wall * 9 / 10
		}
	}
	return r
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	if err := Write(made(), earlier(), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report.md", "goals.json", "ratio.svg", "rows.svg", "workers.svg"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(got) != string(want) {
			t.Errorf("%s is not %s (%v):\n%s", name, golden, err, got)
		}
	}
}

// Plots are well-formed XML, without a number that is none.
func TestPlots(t *testing.T) {
	one := made()
	one.Rows = one.Rows[:7]
	for about, r := range map[string]*race.Results{"all": made(), "one file": one, "nothing": {}} {
		for name, svg := range plots(r) {
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%s, %s: %s", about, name, svg)
			}
			d := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s, %s: %v\n%s", about, name, err, svg)
				}
			}
		}
		Markdown(r, nil, nil)
	}
	if got := plots(&race.Results{}); len(got) > 0 {
		t.Errorf("plots of nothing: %v", got)
	}
}

// Amdahl's law is found again in times that follow it.
func TestScaling(t *testing.T) {
	for _, serial := range []float64{0, 0.1, 0.5, 1} {
		s := scaling{workers: []int{1, 2, 8}}
		for _, n := range s.workers {
			s.times = append(s.times, time.Duration(4e9*(serial+(1-serial)/float64(n))))
		}
		s.fit()
		if math.Abs(s.serial-serial) > 1e-6 || math.Abs(s.one-4) > 1e-6 || math.Abs(s.speedUp(8)-s.measured(2)) > 1e-6 {
			t.Errorf("serial %g: %+v", serial, s)
		}
	}
}

func TestGoals(t *testing.T) {
	for _, c := range []struct {
		values map[string]float64
		mean   bool
		met    bool
		text   string
	}{
		{map[string]float64{"a": 2, "b": 8}, true, true, "4.00 of 2, a: 2.00"},
		{map[string]float64{"a": 2, "b": 8}, false, false, "2.00 of 2, a: 2.00"},
		{map[string]float64{"a": 4, "b": math.NaN()}, false, true, "4.00 of 1, a: 4.00"},
		{map[string]float64{"b": math.NaN()}, false, false, ", "},
	} {
		g := judge("g", 4, c.mean, c.values, nil)
		if got := g.Reached + ", " + g.Worst; got != c.text || g.Met != c.met {
			t.Errorf("%v, mean %v: %s, met %v", c.values, c.mean, got, g.Met)
		}
	}
}
