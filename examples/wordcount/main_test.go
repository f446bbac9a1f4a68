package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/internal/golden"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/parquetio"
)

// asProgram makes the test's binary the program itself, for tests of what needs
// a process: signals, pipes, the exit status.
const asProgram = "WORDCOUNT_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// count runs the program within the test, without progress: a machine that is
// slow enough would show some.
func count(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	args = append([]string{"--progress", "off"}, args...)
	var o, e bytes.Buffer
	status = run(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// TestOutputOfTables: what is written as Parquet and Arrow reads back.
func TestOutputOfTables(t *testing.T) {
	folder := t.TempDir()
	for name, scan := range map[string]func(path string) dataflow.Source{
		"out.parquet": func(path string) dataflow.Source { return parquetio.Scan(path) },
		"out.arrow":   func(path string) dataflow.Source { return ipcio.Scan(path) },
	} {
		path := filepath.Join(folder, name)
		if out := mustCount(t, "--top", "1", "--output", path, "testdata/text.txt"); out != "" {
			t.Errorf("%s: %q is printed", name, out)
		}
		g := dataflow.New()
		var got bytes.Buffer
		g.Source("table", scan(path)).Sink("csv", csvio.WriteTo(&got))
		if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil || got.String() != "word,n\nthe,4\n" {
			t.Errorf("%s has %q (%v)", name, got.String(), err)
		}
	}
}

// mustCount is what the program prints; it must succeed and warn of nothing.
func mustCount(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := count(t, args...)
	if status != cli.Done || errs != "" {
		t.Fatalf("%q: status %d, %s", args, status, errs)
	}
	return out
}

func TestHelp(t *testing.T) {
	help := mustCount(t, "--help")
	golden.Check(t, "help.txt", help)
	for i, line := range strings.Split(help, "\n") {
		if len(line) > 80 {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
	}
	if short := mustCount(t, "-h"); short != help {
		t.Error("-h prints something else")
	}
}

func TestExplain(t *testing.T) {
	golden.Check(t, "explain.txt", mustCount(t, "--explain", "--top", "3", "--workers", "2", "testdata/text.txt"))
}

func TestUsedWrongly(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"", "no PATH"},
		{"--top 5", "no PATH"},
		{"--top -1 x", `"-1" is not a number`},
		{"--top x x", `"x" is not a number`},
		{"--top 99999999999 x", "is not a number from 0 to 2147483647"},
		{"--words lines x", `"lines" is not one of whitespace and unicode`},
		{"--format xml x", `"xml" is not one of table, csv and jsonl`},
		{"--format csv --output out.csv x", "--format csv with --output out.csv"},
		{"--output out.txt x", "--output out.txt: the ending must be .csv, .jsonl, .parquet or .arrow"},
		{"--output out.csv.bz2 x", "the ending must be"},
		{"--output .gz x", "the ending must be"},
		{"--memory 0 x", "more than 0 bytes"},
		{"--memory much x", `"much" is not a size`},
		{"--memory 99999999999GiB x", "is not a size"},
		{"--workers -2 x", `"-2" is not a number`},
		{"--workers 0 x", `--workers: "0" is not a number from 1 to 1024`},
		{"--workers 9999999 x", `"9999999" is not a number from 1 to 1024`},
		{"--output= x", "--output: the name is empty"},
		{"--keep-case=maybe x", "--keep-case: must be true or false"},
		{"- x -", "standard input (-) is named twice"},
		{"--compression zip x", `"zip" is not one of auto and none`},
		{"--progress maybe x", `"maybe" is not one of auto, on and off`},
		{"--no-such-flag x", "--no-such-flag"},
	} {
		t.Run(c.args, func(t *testing.T) {
			status, out, errs := count(t, strings.Fields(c.args)...)
			if status != cli.Misuse || out != "" || !strings.Contains(errs, c.want) || !strings.HasSuffix(errs, "Try 'wordcount --help' for more.\n") {
				t.Errorf("status %d, output %q, errors %q, want %q", status, out, errs, c.want)
			}
			if _, err := os.Stat("out.csv"); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

func TestFailed(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no such file", []string{filepath.Join(folder, "none.txt")}, "none.txt"},
		{"no match", []string{filepath.Join(folder, "*.txt")}, "*.txt"},
		{"no such file, explained", []string{"--explain", filepath.Join(folder, "none.txt")}, "none.txt"},
		{"no such folder for the output", []string{"--output", filepath.Join(folder, "none", "out.csv"), "testdata/text.txt"}, "does not exist"},
		{"too little memory", []string{"--memory", "1KiB", "testdata/text.txt"}, "memory budget exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errs := count(t, c.args...)
			if status != cli.Failed || out != "" || !strings.HasPrefix(errs, "wordcount: ") || !strings.Contains(errs, c.want) || strings.Contains(errs, "main.go") {
				t.Errorf("status %d, output %q, errors %q, want %q", status, out, errs, c.want)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	const text = "testdata/text.txt"
	for _, c := range []struct{ args, want string }{
		{"--top 3", "word,n\nthe,4\nfox,2\n\"\"\"dog,\"\"\",1\n"},
		{"--top 3 --format table", "word    n\n------  -\nthe     4\nfox     2\n\"dog,\"  1\n"},
		{"--top 2 --format jsonl", "{\"word\":\"the\",\"n\":4}\n{\"word\":\"fox\",\"n\":2}\n"},
		{"--top 2 --keep-case", "word,n\nthe,3\nfox,2\n"},
		{"--top 3 --words unicode", "word,n\nthe,4\nfox,3\ndog,1\n"},
		{"--top 0 --words unicode", "word,n\nthe,4\nfox,3\ndog,1\ndon't,1\nl\u2019été,1\n"},
	} {
		t.Run(c.args, func(t *testing.T) {
			if got := mustCount(t, append(strings.Fields(c.args), text)...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOutput(t *testing.T) {
	const text, want = "testdata/text.txt", "word,n\nthe,4\n"
	folder := t.TempDir()
	for _, name := range []string{"out.csv", "out.csv.gz", "out.jsonl"} {
		path := filepath.Join(folder, name)
		if out := mustCount(t, "--top", "1", "--output", path, text); out != "" {
			t.Errorf("%s: %q is printed", name, out)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(name, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		got, err := io.ReadAll(r)
		wanted := want
		if name == "out.jsonl" {
			wanted = "{\"word\":\"the\",\"n\":4}\n"
		}
		if err != nil || string(got) != wanted {
			t.Errorf("%s has %q (%v), want %q", name, got, err, wanted)
		}
	}
}

func TestWarning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(path, []byte("ab \xff\xfe cd \xe2\x82"), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, errs := count(t, path)
	if want := "word,n\nab,1\ncd,1\n\ufffd,1\n\ufffd\ufffd,1\n"; status != cli.Done || out != want {
		t.Errorf("status %d, output %q, want %q", status, out, want)
	}
	if want := "wordcount: 3 byte sequences that are not UTF-8 (replaced by U+FFFD), the first in " + path + " at byte 3\n"; errs != want {
		t.Errorf("errors %q, want %q", errs, want)
	}
}

func TestCompression(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, "a b a")
	w.Close()
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := mustCount(t, path), "word,n\na,2\nb,1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, got, _ := count(t, "--compression", "none", path); strings.Contains(got, "a,2") {
		t.Errorf("the file was unpacked: %q", got)
	}
}

// A large packed file is counted by all workers, block by block, in any order: words
// are as in the plain one, which is read in splits.
func TestPackedByAllWorkers(t *testing.T) {
	var text strings.Builder
	rng := rand.New(rand.NewPCG(5, 0))
	for text.Len() < 5<<20 { // digits hardly pack: several blocks' worth of bytes
		fmt.Fprintf(&text, "Word%d %x%c", rng.IntN(3000), rng.Uint64()>>rng.IntN(60), " \n\t"[rng.IntN(3)])
	}
	plain := filepath.Join(t.TempDir(), "text.txt")
	packed := filepath.Join(t.TempDir(), "text.gz")
	write := func(path string, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(plain, []byte(text.String()))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text.String())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(packed, b.Bytes())
	if b.Len() < 1<<20 {
		t.Fatalf("%d bytes are not worth blocks", b.Len())
	}
	want := mustCount(t, "--top", "0", "--format", "csv", plain)
	for _, workers := range []string{"1", "2", "5"} {
		if got := mustCount(t, "--top", "0", "--format", "csv", "--workers", workers, packed); got != want {
			t.Errorf("%s workers: %s", workers, difference(got, want))
		}
	}
}

func TestStats(t *testing.T) {
	status, out, errs := count(t, "--top", "1", "--stats", "testdata/text.txt")
	if status != cli.Done || out != "word,n\nthe,4\n" {
		t.Errorf("status %d, output %q", status, out)
	}
	for _, want := range []string{"stage", "text", "words", "count", "top", "out", "worker", "held"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
}

func TestOtherWords(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a/one.txt": "\ufeffx y", "a/b/two.txt": "x", "a/b/three.md": "z"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ path, want string }{
		{folder, "word,n\nx,2\ny,1\nz,1\n"},
		{filepath.Join(folder, "**/*.txt"), "word,n\nx,2\ny,1\n"},
		{filepath.Join(folder, "a/b"), "word,n\nx,1\nz,1\n"},
	} {
		if got := mustCount(t, c.path); got != c.want {
			t.Errorf("%s: got %q, want %q", c.path, got, c.want)
		}
	}
}
