package micro

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const page = "# Parts\n\nMeasured: long ago.\n\n```sh\ngo test -run - -bench '^BenchmarkPick$' ./io/csvio\n```\n\n" +
	"| fields | ns/field | naive | × |\n| --- | ---: | ---: | ---: |\n| old | 1 | 2 | 3 |\n\nMore.\n\n" +
	"```sh\ngo test -run - -bench 'A|B' ./a\n```\n\ntext\n\n| | GB/s | naive | × |\n| --- | ---: | ---: | ---: |\n\nThe end.\n"

func TestRewrite(t *testing.T) {
	lines := strings.Split(page, "\n")
	all, err := groups(lines)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if g := all[1]; g.pattern != "A|B" || g.folder != "a" || g.unit != "GB/s" {
		t.Errorf("%+v", g)
	}
	got := rewrite(lines, all, [][]string{{"| new |", "| newer |"}, {"| first |"}}, "today")
	want := strings.NewReplacer("| old | 1 | 2 | 3 |", "| new |\n| newer |", "---: |\n\nThe end", "---: |\n| first |\n\nThe end", "long ago.", "today").Replace(page)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"", "go test ./a\n", page + "go test -run - -bench 'C' ./a\n", strings.Replace(page, "| | GB/s", "| | GB/s |", 1)} {
		if _, err := groups(strings.Split(bad, "\n")); err == nil {
			t.Errorf("%q is a page", bad)
		}
	}
}

func TestTable(t *testing.T) {
	var f figures
	for _, output := range []string{
		"cpu: some\nBenchmarkX/plain_text-2   \t 10\t 5 ns/op\t3000 MB/s\t 7 ns/row\nBenchmarkX/plain_text/naive 10 5 ns/op 2000.0 MB/s\n",
		"BenchmarkX/plain_text-2 10 5 ns/op 4000 MB/s\nBenchmarkX/plain_text/naive 10 5 ns/op 500 MB/s\nBenchmarkX/alone-2 1 2 ns/op 123456 MB/s\nPASS\n",
		"BenchmarkX/plain_text-2 10 5 ns/op 3100 MB/s\nBenchmarkX/plain_text/naive 10 5 ns/op 1550 MB/s 0 B/op\n",
	} {
		if err := f.add(output, gigabytes); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(f.table(gigabytes), "\n"), "| plain text | 3.10 (4.00) | 1.55 (2.00) | 2.00 |\n| alone | 123 (123) |  |  |"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	f = figures{}
	if err := f.add("BenchmarkX/a-2 1 5 ns/op 30 ns/row\nBenchmarkX/b-2 1 5 ns/op 5 ns/row\nBenchmarkX/naive-2 1 5 ns/op 40 ns/row\nBenchmarkY 1 5 ns/op 1 ns/row", "ns/row"); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(f.table("ns/row"), "\n"), "| X/a | 30.0 (30.0) | 40.0 (40.0) | 1.33 |\n| X/b | 5.00 (5.00) | 40.0 (40.0) | 8.00 |\n| Y | 1.00 (1.00) |  |  |"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if err := f.add("BenchmarkX/a-2 1 5 ns/op", "ns/row"); err == nil || !strings.Contains(err.Error(), "no ns/row") {
		t.Errorf("another metric: %v", err)
	}
	if err := new(figures).add("PASS", "ns/row"); err == nil {
		t.Error("no results are no error")
	}
}

// The page of this module names folders and benchmarks that there are.
func TestMeasurementsPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/measurements.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := groups(strings.Split(string(text), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range all {
		if g.rows == g.end {
			t.Errorf("%s of %s has no figures", g.pattern, g.folder)
		}
		files, _ := filepath.Glob(filepath.Join("../..", g.folder, "*_test.go"))
		var names []string
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Benchmark\w+)`).FindAllStringSubmatch(string(text), -1) {
				names = append(names, m[1])
			}
		}
		top, _, _ := strings.Cut(g.pattern, "/")
		if !regexp.MustCompile("(?m)" + top).MatchString(strings.Join(names, "\n")) {
			t.Errorf("%s: no %s among %q", g.folder, top, names)
		}
	}
}

func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a test program")
	}
	t.Chdir("../..")
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o := Options{Rounds: 2, Time: time.Microsecond, Out: &said, Only: func(folder string) bool { return folder != "a" }}
	if err := Measure(t.Context(), path, o); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?s)\nMeasured: 20\d\d.*, commit .*2 rounds of 1µs each, load [\d.]+ at their end\.\n.*\| words \| [\d.]+ \([\d.]+\) \| [\d.]+ \([\d.]+\) \| [\d.]+ \|\n\nMore`).Match(got) {
		t.Errorf("%s", got)
	}
	if strings.Count(said.String(), "io/csvio") != 2 {
		t.Errorf("said %q", said.String())
	}
	o.Only = func(string) bool { return true }
	if err := Measure(t.Context(), path, o); err == nil || !strings.Contains(err.Error(), "A|B in a") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if again, err := os.ReadFile(path); err != nil || string(again) != string(got) {
		t.Error("the page is not as it was")
	}
}
