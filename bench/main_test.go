package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/race"
)

// The processes that are measured are the test's own binary.
func TestMain(m *testing.M) {
	if status, ok := child(context.Background(), os.Stdout, os.Stderr); ok {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// bench runs the program.
func bench(t *testing.T, args ...string) (status int, out, complaints string) {
	t.Helper()
	var o, c bytes.Buffer
	status = run(t.Context(), args, &o, &c)
	return status, o.String(), c.String()
}

func mustBench(t *testing.T, args ...string) string {
	t.Helper()
	status, out, complaints := bench(t, args...)
	if status != done || complaints != "" {
		t.Fatalf("bench %q: status %d\n%s%s", args, status, out, complaints)
	}
	return out
}

// Every job runs on files of its first table, and answers as it should.
func TestEveryCell(t *testing.T) {
	if testing.Short() {
		t.Skip("starts hundreds of processes; not under -short")
	}
	dir := t.TempDir()
	formats := []string{"csv", "csv.zst", "parquet", "txt", "txt.gz"} // jobs are tested on all
	var tables []string
	for _, j := range jobs.All() {
		table, err := data.Find(j.Tables[0])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(tables, table.Name) {
			tables = append(tables, table.Name)
		}
	}
	mustBench(t, append([]string{"data", "--rows", "3e3", "--out", dir, "--format", strings.Join(formats, ",")}, tables...)...)
	results := filepath.Join(dir, "race")
	mustBench(t, "race", "--data", dir, "--repeat", "1", "--workers", "2", "--peer", "naive", "--out", results)
	r, err := race.ReadResults(filepath.Join(results, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs.All() {
		table, err := data.Find(j.Tables[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range table.Formats() {
			if !slices.Contains(formats, format) {
				continue
			}
			f := data.File{Table: table, Rows: 3000, Seed: 1, Format: format}
			for _, program := range []string{"arrowmill", "naive"} {
				i := slices.IndexFunc(r.Rows, func(row race.Row) bool { return row.Job == j.Name && row.File == f.Name() && row.Program == program })
				if (i < 0) != (program == "naive" && (!f.Text() || strings.HasSuffix(format, ".zst"))) {
					t.Errorf("%s of %s by %s: %v", j.Name, f.Name(), program, i >= 0)
				}
				if i < 0 {
					continue
				}
				if row := r.Rows[i]; row.Void != "" || row.Rows == 0 || row.Wall <= 0 || row.CPU <= 0 || row.PeakBytes <= 0 || len(row.Samples) != 1 {
					t.Errorf("%s of %s: %+v", j.Name, f.Name(), row)
				}
			}
		}
	}
}

// A wrong answer voids its cell and fails the run; what is right stays.
func TestWrongAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processes")
	}
	dir := t.TempDir()
	mustBench(t, "data", "--rows", "200", "--out", dir, "--format", "txt,txt.gz,txt.zst", "text")
	if again := mustBench(t, "data", "--rows", "200", "--out", dir, "text"); !strings.Contains(again, "is there already") {
		t.Errorf("made again: %s", again)
	}
	plain := filepath.Join(dir, "text-200-seed1.txt")
	text, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, append(text, "onemore\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, complaints := bench(t, "race", "--data", dir, "--repeat", "2", "--workers", "1", "--peer", "none")
	if status != failed || !strings.Contains(complaints, "1 answers are wrong") || !strings.Contains(out, `void: 1 rows differ, the first: "onemore" is missing`) {
		t.Errorf("status %d\n%s%s", status, out, complaints)
	}
	if n := strings.Count(out, " rows\n"); n != 2 {
		t.Errorf("%d cells are right, want 2:\n%s", n, out)
	}
	out = mustBench(t, "race", "--data", dir, "--repeat", "1", "--workers", "1", "--peer", "none", "--file", `.*\.gz`)
	if strings.Contains(out, "naive") || strings.Contains(out, ".zst") || !strings.Contains(out, " rows\n") {
		t.Errorf("one file without the naive program:\n%s", out)
	}
}

func TestMisuse(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", misused, "no command"},
		{"run", misused, `no command "run"`},
		{"data", misused, "--rows is not given"},
		{"data --rows 0", misused, "not a number from 1"},
		{"data --rows 1.5", misused, "not a number from 1"},
		{"data --rows 1e3 g1", misused, "--out is not given"},
		{"data --rows 1e3 --out DIR", misused, "no TABLE"},
		{"data --rows 1e3 --out DIR g9", misused, "there are g1, g1-nulls"},
		{"data --rows 1e3 --out DIR --format txt g1", misused, "g1 can be csv"},
		{"data --rows 1e3 --out DIR --workers -1 g1", misused, "--workers -1"},
		{"peers", misused, "--out is not given"},
		{"peers --out DIR duckdb", misused, `"duckdb" is not a flag`},
		{"race", misused, "--data is not given"},
		{"race --data DIR/none", misused, "no such file"},
		{"race --data DIR --workers 0", misused, "--workers 0"},
		{"race --data DIR --job q(", misused, "not a pattern"},
		{"race --data DIR --job q11", misused, "no job"},
		{"race --data DIR --again", misused, "--again without --out"},
		{"race --data DIR --slow 1", misused, "--slow 1"},
		{"race --data DIR --slow -4", misused, "--slow -4"},
		{"race --data DIR --before DIR", misused, "--before without --out"},
		{"race --data DIR g1", misused, `"g1" is not a flag`},
		{"race --fast", misused, "unknown flag"},
		{"micro g1", misused, `"g1" is not a flag`},
		{"micro --repeat 0", misused, "--repeat 0"},
		{"micro --time 0s", misused, "--time"},
		{"micro --page DIR/none", failed, "no such file"},
		{"race --data DIR --job brc", failed, "go run ./bench data --rows 1e6 --out DIR brc"},
	} {
		args := strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))
		status, out, complaints := bench(t, args...)
		if status != c.status || out != "" || !strings.Contains(strings.ReplaceAll(complaints, dir, "DIR"), c.want) {
			t.Errorf("bench %s: status %d, %q %q", c.args, status, out, complaints)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for _, args := range [][]string{{"--help"}, {"help"}, {"race", "--help"}, {"peers", "--help"}, {"micro", "--help"}, {"data", "-h"}} {
		if out := mustBench(t, args...); !strings.Contains(out, "wordcount") || !strings.Contains(out, "--repeat N") {
			t.Errorf("bench %q prints %q", args, out)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints bytes.Buffer
	if status := run(ctx, []string{"data", "--rows", "1e6", "--out", dir, "g1"}, &out, &complaints); status != interrupted {
		t.Errorf("interrupted: status %d, %s", status, complaints.String())
	}
}
