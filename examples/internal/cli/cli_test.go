package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
)

func TestSize(t *testing.T) {
	for s, want := range map[string]Size{
		"1": 1, "512MiB": 512 << 20, "2GiB": 2 << 30, "1.5gib": 3 << 29, "10 kb": 10_000, "7B": 7, "8EiB": -1,
		"": -1, "0": -1, "-1": -1, "x": -1, "MiB": -1, "1 parsec": -1, "1e9": -1, "99999999999GiB": -1, "0.1B": -1,
	} {
		var got Size
		err := got.Set(s)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%q is %d (%v), want %d", s, int64(got), err, int64(want))
		}
	}
	var none Size
	if none.String() != "" {
		t.Errorf("a size that is not set is %q", none.String())
	}
}

func TestCount(t *testing.T) {
	for s, want := range map[string]int{"0": 0, "007": 7, "2147483647": 2147483647, "2147483648": -1, "99999999999999999999": -1, "-1": -1, "": -1, "1.0": -1, "1_0": -1, "+1": -1, " 1": -1, "x": -1} {
		got := Between(-5, 0, 2147483647)
		err := got.Set(s)
		if want < 0 && (err == nil || got.Value != -5) || want >= 0 && (err != nil || got.Value != want) {
			t.Errorf("%q is %d (%v), want %d", s, got.Value, err, want)
		}
	}
}

func TestUsage(t *testing.T) {
	flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
	n := Between(0, 0, 9)
	choice := OneOf("b", "a", "b", "c")
	flags.Var(&n, "top", "the N most\nfrequent")
	flags.Var(&choice, "by", "how")
	flags.BoolP("all", "a", false, "all of them")
	flags.String("file", "", "write to `FILE`")
	want := `  --top N      the N most
               frequent
  --by a|b|c   how
  -a, --all    all of them
  --file FILE  write to FILE
`
	if got := Usage(flags); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if err := flags.Parse([]string{"--by", "d"}); err == nil || !strings.Contains(err.Error(), `"d" is not one of a, b and c`) {
		t.Errorf("error %v", err)
	}
	if err := flags.Parse([]string{"--by=c"}); err != nil || choice.Value != "c" {
		t.Errorf("the choice is %q (%v)", choice.Value, err)
	}
}

func TestEnd(t *testing.T) {
	mistakes := dataflow.GraphErrors{
		{Stage: "a", File: "main.go", Line: 7, Err: errors.New("no such file")},
		{Stage: "b", File: "main.go", Line: 8, Err: errors.New("no such column")}}
	stopped := func(s os.Signal) error { return &dataflow.StageError{Stage: "a", Err: &interrupt{s}} }
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{nil, 0, ""},
		{&dataflow.StageError{Stage: "out", Err: fmt.Errorf("csvio: %w", &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE})}, 0, ""},
		{errors.New("it broke"), 1, "p: it broke\n"},
		{&dataflow.StageError{Stage: "text", Split: "a.gz", Err: errors.New("textio: a.gz: cut off")}, 1, "p: a.gz: cut off\n"},
		{dataflow.GraphErrors{{Err: errors.New("textio: a.txt: there is no such file")}}, 1, "p: a.txt: there is no such file\n"},
		{&dataflow.StageError{Stage: "sum", Split: "a.csv", Err: errors.New("overflow")}, 1, "p: stage \"sum\": a.csv: overflow\n"},
		{&dataflow.StageError{Stage: "text", Err: os.ErrNotExist}, 1, "p: stage \"text\": file does not exist\n"},
		{mistakes, 1, "p: no such file\np: no such column\n"},
		{stopped(os.Interrupt), 130, "p: interrupted\n"},
		{stopped(syscall.SIGTERM), 143, "p: terminated\n"},
		{context.Canceled, 1, "p: context canceled\n"},
	} {
		var errs bytes.Buffer
		status := Streams{Err: &errs}.End("p", c.err)
		if status != c.status || errs.String() != c.says {
			t.Errorf("%v: status %d, %q; want %d, %q", c.err, status, errs.String(), c.status, c.says)
		}
	}
}

func TestWhereResultsGo(t *testing.T) {
	for _, c := range []struct {
		format, output string
		terminal       bool
		want           string // as plans print the sink, or an error
	}{
		{"", "", true, "table"},
		{"", "", false, "csv"},
		{"csv", "", true, "csv"},
		{"table", "", false, "table"},
		{"jsonl", "", true, "json lines"},
		{"", "a.csv", true, "csv a.csv"},
		{"", "a.csv.zst", true, "csv a.csv.zst"},
		{"", "b.jsonl.gz", false, "json lines b.jsonl.gz"},
		{"", "b.parquet", false, "parquet b.parquet"},
		{"", "b.arrow", true, "arrow b.arrow"},
		{"", "b.parquet.gz", false, "--output b.parquet.gz: the ending must be"},
		{"", "b.json", false, "--output b.json: the ending must be .csv, .jsonl, .parquet or .arrow"},
		{"csv", "a.csv", false, "--format csv with --output a.csv"},
	} {
		s := Settings{Format: Choice{Value: c.format}, Output: Path(c.output)}
		got := ""
		if err := s.Check([]string{"x"}); err != nil {
			got = err.Error()
		} else if sink, err := s.sink(io.Discard, c.terminal); err != nil {
			t.Errorf("%+v: %v", c, err)
		} else {
			got = fmt.Sprint(sink)
		}
		if !strings.HasPrefix(got, c.want) || got != c.want && !strings.HasPrefix(c.want, "--") {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestProgressElsewhere: what is not a terminal gets lines, or nothing, and the
// output is left as it is.
func TestProgressElsewhere(t *testing.T) {
	for when, shown := range map[string]bool{"auto": true, "on": true, "off": false} {
		var out, errs bytes.Buffer
		s := Settings{Progress: Choice{Value: when}}
		hooks, to := s.progress(Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, true)
		if (hooks.Started != nil) != shown || to != io.Writer(&out) {
			t.Errorf("%s: shown %v, written to %T", when, hooks.Started != nil, to)
		}
	}
	if IsTerminal(&bytes.Buffer{}) {
		t.Error("a buffer is a terminal")
	}
}

func TestWarning(t *testing.T) {
	for _, c := range []struct {
		w    dataflow.Warning
		want string
	}{
		{dataflow.Warning{Text: "odd lines", Count: 3, Path: "a.txt", Byte: 17}, "3 odd lines, the first in a.txt at byte 17"},
		{dataflow.Warning{Text: "odd lines", Count: 3, Path: "-", Byte: 0}, "3 odd lines, the first in standard input at byte 0"},
		{dataflow.Warning{Text: "odd lines", Count: 3, Path: "a.txt", Byte: -1}, "3 odd lines, the first in a.txt"},
		{dataflow.Warning{Text: "odd lines", Count: 3}, "3 odd lines"},
	} {
		if got := warning(c.w); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
