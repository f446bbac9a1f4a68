package race

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/measure"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/bench/peers"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// fakeVariable is set in the processes of the peers of the tests, which are this binary.
const fakeVariable = "ARROWMILL_FAKE_PEER"

// The processes that are measured are the test's own binary.
func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(fakeVariable); ok {
		os.Exit(fake(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "with_"), ".py"), os.Args[2:]))
	}
	if is, err := Child(context.Background(), os.Stdout); is {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var held []byte

// fake is a peer that does what its name stands for in these tests. args are the job, the
// path, the threads, the variant and, where it is to be checked, the file for the answer.
func fake(name string, args []string) int {
	checked := len(args) > 4
	var o outcome
	fmt.Println("a line that is no report")
	if args[0] != "start" {
		rows, err := naive.Programs[args[0]](args[1])
		if err != nil {
			panic(err)
		}
		o.Rows, o.Seconds = int64(len(write(rows, name == "polars", args[4:]))), 1
		if args[3] == "2x-threads" {
			o.Seconds = 2
		}
		switch name {
		case "datafusion":
			o = outcome{Cannot: "no such aggregate"}
		case "chdb": // slow at one job, and fails at the other
			if args[0] == "q1" {
				time.Sleep(600 * time.Millisecond)
				break
			}
			fmt.Fprintln(os.Stderr, "Traceback:\nout of luck")
			return 1
		case "pyarrow": // it holds too much
			held = bytes.Repeat([]byte{1}, 600<<20)
			time.Sleep(time.Minute)
		case "dask":
			switch {
			case !checked:
				o.Rows++
			case args[0] == "wordcount":
				if err := os.WriteFile(args[4], []byte("\"not closed"), 0o644); err != nil {
					panic(err)
				}
			}
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"result": o, "peak_bytes": 5 << 20})
	return 0
}

// write writes an answer to the file that to names, if it names one; short: without
// its last row.
func write(rows answer.Rows, short bool, to []string) (all [][]string) {
	for row := range rows {
		line := []string{row.Key} // one column in both jobs
		for _, v := range row.Values {
			text := v.String()
			if v.Kind == answer.Null {
				text = ""
			}
			line = append(line, text)
		}
		all = append(all, line)
	}
	if short {
		all = all[1:]
	}
	if len(to) > 0 {
		f, err := os.Create(to[0])
		if err != nil {
			panic(err)
		}
		if err := errors.Join(csv.NewWriter(f).WriteAll(all), f.Close()); err != nil {
			panic(err)
		}
	}
	return all
}

// arena is a folder of tables, and one of peers, whose calls are counted.
type arena struct{ data, peers, calls string }

func newArena(t *testing.T) arena {
	t.Helper()
	dir := t.TempDir()
	f := arena{data: filepath.Join(dir, "data"), peers: filepath.Join(dir, "peers"), calls: filepath.Join(dir, "calls")}
	for _, name := range []string{"g1", "text"} {
		table, err := data.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		file := data.File{Table: table, Rows: 500, Seed: 1, Format: table.TextFormat()}
		if _, _, _, err := file.Make(t.Context(), f.data, executor.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`#!/bin/sh
case "$1" in
*versions.py) echo '{"Python": "3", "duckdb": "1", "polars": "1", "datafusion": "1", "chdb": "1", "pyarrow": "1", "dask": "1"}' ;;
*) echo "$*" >> %s; %s="$1" exec %s "$@" ;;
esac
`, f.calls, fakeVariable, binary)
	if err := os.MkdirAll(filepath.Join(f.peers, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.peers, "bin", "python"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return f
}

// count is how often peers were called.
func (f arena) count() int {
	text, _ := os.ReadFile(f.calls)
	return bytes.Count(text, []byte("\n"))
}

// race races q1 and word count; what matches runs beside ours.
func (f arena) race(t *testing.T, ctx context.Context, r *Results, match string, save func() error) (out string, wrong int, err error) {
	t.Helper()
	installed, err := peers.Open(ctx, f.peers)
	if err != nil {
		t.Fatal(err)
	}
	defer installed.Close()
	var text bytes.Buffer
	runner, err := NewRunner(ctx, Options{
		Data: f.data, Peers: installed, Repeat: 3, Slow: 4, Workers: 2, Results: r, Out: &text, Tiny: true, Save: save,
		Match:  func(name string) bool { return match == "" || slices.Contains(strings.Fields(match), name) },
		Limits: measure.Limits{Bytes: 500_000_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	files, err := data.List(f.data)
	if err != nil {
		t.Fatal(err)
	}
	q1, err := jobs.Find("q1")
	if err != nil {
		t.Fatal(err)
	}
	words, err := jobs.Find("wordcount")
	if err != nil {
		t.Fatal(err)
	}
	err = runner.Run(ctx, []jobs.Job{q1, words}, files)
	return text.String(), runner.Wrong, err
}

func nothing() error { return nil }

// find is the row of a program.
func find(r *Results, job, program string) Row {
	for _, row := range r.Rows {
		if row.Job == job && row.Program == program {
			return row
		}
	}
	return Row{}
}

// Who answers right is measured; who does not says why.
func TestCells(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processes")
	}
	f, r := newArena(t), &Results{}
	out, wrong, err := f.race(t, t.Context(), r, "", nothing)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if wrong != 6 { // of two jobs polars, polars-streaming and dask
		t.Errorf("%d are wrong", wrong)
	}
	if len(r.Missing) != 2 || r.Missing["pandas"] == "" || r.Missing["multiprocessing"] == "" || r.Versions["duckdb"] != "1" {
		t.Errorf("missing %v, versions %v", r.Missing, r.Versions)
	}
	for _, job := range []string{"q1", "wordcount"} {
		for program, want := range map[string]string{
			"arrowmill": "", "arrowmill-1": "", "naive": "", "duckdb": "",
			"duckdb-2x-threads": "slower than duckdb in the warm-up, 2.00 s for 1.00 s",
			"polars":            "1 rows differ, the first:", "polars-streaming": "is missing",
			"datafusion": "cannot: no such aggregate",
			"chdb":       map[string]string{"wordcount": "fails: out of luck"}[job],
			"pyarrow":    "stopped at",
			"dask":       map[string]string{"q1": "100 rows, but 99 when it was checked", "wordcount": "cannot be read: "}[job],
		} {
			row := find(r, job, program)
			if row.Program == "" || want == "" && row.Void != "" || want != "" && !strings.Contains(row.Void, want) {
				t.Errorf("%s by %s: %q, want %q", job, program, row.Void, want)
			}
			samples := 3
			if program == "chdb" {
				samples = slowRounds
			}
			if want == "" && (row.Wall <= 0 || row.Within <= 0 || row.PeakBytes <= 0 || len(row.Samples) != samples || row.Rows == 0 || row.TableRows != 500) {
				t.Errorf("%s by %s: %+v", job, program, row)
			}
		}
	}
	calls := f.count()
	if _, _, err := f.race(t, t.Context(), r, "", nothing); err != nil || f.count() != calls {
		t.Errorf("all is done, with however many samples: %d calls, %v", f.count()-calls, err)
	}
	if row := find(r, "wordcount", "special"); row.Wall <= 0 {
		t.Errorf("the special program: %+v", row)
	}
	for _, program := range []string{ours, "arrowmill-1"} {
		if row := find(r, Tiny, program); row.Wall <= 0 || row.Wall > time.Second {
			t.Errorf("the tiny graph by %s: %+v", program, row)
		}
	}
	for _, program := range []string{ours, "duckdb"} {
		if row := find(r, "", program); row.Kind != Start || row.Wall <= 0 {
			t.Errorf("the start of %s: %+v", program, row)
		}
	}
}

// A race that was interrupted goes on behind the last cell that was done, after it was
// written and read too, and only with another commit again from the start.
func TestResume(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures processes")
	}
	f, r := newArena(t), &Results{}
	path := filepath.Join(t.TempDir(), "report.json")
	ctx, cancel := context.WithCancel(t.Context())
	cells := 0
	_, _, err := f.race(t, ctx, r, "duckdb", func() error {
		if cells++; cells == 4 { // starts, tiny, floors, q1
			cancel()
		}
		return r.Write(path)
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	before := f.count()
	r, err = ReadResults(path)
	if err != nil {
		t.Fatal(err)
	}
	q1 := find(r, "q1", "duckdb")
	if _, _, err := f.race(t, t.Context(), r, "duckdb", nothing); err != nil {
		t.Fatal(err)
	}
	if got := f.count() - before; got != 4 { // the warm-up and three rounds of the other job
		t.Errorf("%d calls when it goes on", got)
	}
	if after := find(r, "q1", "duckdb"); !after.Time.Equal(q1.Time) || after.Wall != q1.Wall {
		t.Errorf("q1 was measured again: %+v, %+v", q1, after)
	}
	before = f.count()
	if _, _, err := f.race(t, t.Context(), r, "duckdb", nothing); err != nil || f.count() != before {
		t.Errorf("all is done: %d calls, %v", f.count()-before, err)
	}
	for i := range r.Rows {
		r.Rows[i].Commit = "another"
	}
	if _, _, err := f.race(t, t.Context(), r, "duckdb", nothing); err != nil || f.count() != before+4+8 { // each begins once and three times, and four times for each job
		t.Errorf("another commit: %d calls, %v", f.count()-before, err)
	}
	rows := len(r.Rows)
	if i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Commit == "another" }); i >= 0 {
		t.Errorf("a row of the other commit is left, of %d: %s", rows, strconv.Quote(r.Rows[i].Program))
	}
}

// With the real peers, which the variable names the folder of: each answers every job as
// the naive program does, or says what it lacks.
func TestPeers(t *testing.T) {
	dir := os.Getenv("ARROWMILL_PEERS")
	if dir == "" {
		t.Skip("ARROWMILL_PEERS names no folder of peers")
	}
	installed, err := peers.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer installed.Close()
	tables := t.TempDir()
	runner, err := NewRunner(t.Context(), Options{
		Data: tables, Peers: installed, Repeat: 1, Workers: 2, Results: &Results{}, Out: os.Stdout, Save: nothing,
		Match: func(string) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	for _, j := range jobs.All() {
		for _, name := range j.Tables {
			table, err := data.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, format := range []string{table.TextFormat(), "parquet"} {
				f := data.File{Table: table, Rows: 3000, Seed: 1, Format: format}
				if !table.Made() || !slices.Contains(table.Formats(), format) {
					continue
				}
				t.Run(j.Name+"/"+f.Name(), func(t *testing.T) {
					path, _, _, err := f.Make(t.Context(), tables, executor.Options{})
					if err != nil {
						t.Fatal(err)
					}
					w, err := runner.warmUp(t.Context(), cell{job: j.Name, file: f, path: path}, runner.programs)
					if err != nil {
						t.Fatal(err)
					}
					for program, why := range w.void {
						if !strings.HasPrefix(why, "cannot: ") && !strings.HasPrefix(why, "slower than ") {
							t.Errorf("%s: %s", program, why)
						}
					}
				})
			}
		}
	}
}
