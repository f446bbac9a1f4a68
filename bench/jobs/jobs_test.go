package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/arrowmill/arrowmill/bench/answer"
	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/bench/jobs"
	"github.com/arrowmill/arrowmill/bench/naive"
	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// start starts a job over a source.
func start(t testing.TB, j jobs.Job, source dataflow.Source, o executor.Options) *executor.Job {
	t.Helper()
	running, err := executor.Start(t.Context(), j.Declare(dataflow.New().Source("table", source)), o)
	if err != nil {
		t.Fatal(err)
	}
	return running
}

// answers checks that the job on each of sources, which are of one table, answers
// as the naive program does on its text at path.
func answers(t *testing.T, j jobs.Job, path string, sources map[string]dataflow.Source) {
	t.Helper()
	for name, source := range sources {
		for _, workers := range []int{1, 3} {
			want, err := naive.Programs[j.Name](path)
			if err != nil {
				t.Fatal(err)
			}
			o := executor.Options{Workers: workers, SplitBytes: 32 << 10}
			rows, err := answer.Compare(want, j.Rows(start(t, j, source, o).Batches()))
			if err != nil || rows == 0 {
				t.Errorf("%s, %d workers: %d rows: %v", name, workers, rows, err)
			}
		}
	}
}

// Every job answers as the naive program does, over every table that it is asked of,
// from every format.
func TestAgainstNaive(t *testing.T) {
	dir, seed := t.TempDir(), rand.Uint64()
	t.Logf("seed %d", seed)
	for _, j := range jobs.All() {
		for _, name := range j.Tables {
			t.Run(j.Name+"/"+name, func(t *testing.T) {
				table, err := data.Find(name)
				if err != nil {
					t.Fatal(err)
				}
				if !table.Made() {
					f, path := found(t, dir, seed)
					answers(t, j, path, map[string]dataflow.Source{f.Format: f.Scan(path)})
					return
				}
				f := data.File{Table: table, Rows: 8_000, Seed: seed, Format: table.TextFormat()}
				path, _, _, err := f.Make(t.Context(), dir, executor.Options{})
				if err != nil {
					t.Fatal(err)
				}
				sources := map[string]dataflow.Source{"made": table.Source(f.Rows, seed)}
				for _, format := range table.Formats() {
					f := f.As(format)
					path, _, _, err := f.Make(t.Context(), dir, executor.Options{})
					if err != nil {
						t.Fatal(err)
					}
					sources[format] = f.Scan(path)
				}
				answers(t, j, path, sources)
			})
		}
	}
}

// found is the table that is found, of a tree that is made here: programs of some hundred
// lines, and a file that is no text.
func found(t *testing.T, dir string, seed uint64) (f data.File, path string) {
	t.Helper()
	root, rng := t.TempDir(), rand.New(rand.NewPCG(seed, 0))
	write := func(name string, text []byte) {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("archive.zip", []byte("PK\x00\x01 no words\n"))
	for i := range 10 {
		text := fmt.Appendf(nil, "// Package p%d über Größen: ÉTÉ, día.\npackage p%d\n", i, i)
		for range 100 + rng.IntN(200) {
			name := rng.Uint64() >> rng.IntN(60)
			text = fmt.Appendf(text, "\nfunc F%x(a, b int) int {\n\treturn a*%d + b\t// %q\n}\n", name, name%100, "F is a function")
		}
		write(fmt.Sprintf("p%d/p%d.go", i%3, i), text)
	}
	f, size, _, err := data.Gather(t.Context(), root, dir)
	if err != nil || size < 64<<10 {
		t.Fatal(size, err) // fewer than two splits
	}
	return f, filepath.Join(dir, f.Name())
}

// The ten questions over a million rows, from each format and packing.
func TestMillionRows(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	table, err := data.Find("g1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := data.File{Table: table, Rows: 1_000_000, Seed: 7, Format: "csv"}
	paths := map[string]string{}
	for _, format := range table.Formats() {
		if paths[format], _, _, err = f.As(format).Make(t.Context(), dir, executor.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		j, err := jobs.Find(fmt.Sprintf("q%d", i+1))
		if err != nil {
			t.Fatal(err)
		}
		var want []answer.Row
		all, err := naive.Programs[j.Name](paths["csv"])
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			row.Values = slices.Clone(row.Values)
			want = append(want, row)
		}
		for format, path := range paths {
			rows, err := answer.Compare(seqOf(want), j.Rows(start(t, j, f.As(format).Scan(path), executor.Options{}).Batches()))
			if err != nil || rows != int64(len(want)) {
				t.Errorf("%s from %s: %d rows for %d: %v", j.Name, format, rows, len(want), err)
			}
		}
	}
}

func seqOf(rows []answer.Row) answer.Rows {
	return func(yield func(answer.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Small tables have groups of nothing but nulls, and lists that are short.
func TestSmall(t *testing.T) {
	table, err := data.Find("g1-nulls")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, rows := range []int64{1, 2, 150, 1_500} {
		f := data.File{Table: table, Rows: rows, Seed: rand.Uint64() >> 1, Format: "csv"}
		path, _, _, err := f.Make(t.Context(), dir, executor.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs.All() {
			if slices.Contains(j.Tables, table.Name) {
				t.Run(f.Name()+"/"+j.Name, func(t *testing.T) {
					answers(t, j, path, map[string]dataflow.Source{"made": table.Source(f.Rows, f.Seed)})
				})
			}
		}
	}
}

func TestFind(t *testing.T) {
	names := map[string]bool{}
	for _, j := range jobs.All() {
		if found, err := jobs.Find(j.Name); err != nil || found.Name != j.Name || names[j.Name] {
			t.Errorf("%s is found as %s, %v", j.Name, found.Name, err)
		}
		names[j.Name] = true
		if naive.Programs[j.Name] == nil {
			t.Errorf("no naive program for %s", j.Name)
		}
	}
	if len(names) != len(naive.Programs) {
		t.Errorf("%d jobs, %d naive programs", len(names), len(naive.Programs))
	}
	if _, err := jobs.Find("q11"); err == nil {
		t.Error("q11 is found")
	}
}
