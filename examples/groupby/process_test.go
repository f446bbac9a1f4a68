//go:build unix

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// programCommand is a command that runs the program in a process of its own.
func programCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"--progress", "off"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func exitStatus(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode() // -1: killed by a signal
	}
	if err != nil {
		return -2
	}
	return 0
}

// TestStandardInput: - is CSV unless --from says another format, packed or not.
func TestStandardInput(t *testing.T) {
	const rows, want = "k,v\nb,1\na,2\nb,3\n", "k,s\na,2\nb,4\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	arrow := filepath.Join(t.TempDir(), "rows.arrow")
	mustGroup(t, "--by", "k, v", "--output", arrow, write(t, "rows.csv", rows))
	ofArrow, err := os.ReadFile(arrow)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, in string
		args     []string
		status   int
		out      string
		errs     string
	}{
		{"CSV", rows, nil, 0, want, ""},
		{"CSV, gzip", packed.String(), nil, 0, want, ""},
		{"no line end at the end", strings.TrimSuffix(rows, "\n"), nil, 0, want, ""},
		{"JSON lines", `{"k":"b","v":4}` + "\n" + `{"k":"a","v":2}`, []string{"--from", "jsonl"}, 0, want, ""},
		{"Arrow", string(ofArrow), []string{"--from", "arrow"}, 0, want, ""},
		{"Parquet", "PAR1", []string{"--from", "parquet"}, 1, "", "save it to a file first"},
		{"nothing", "", nil, 1, "", "the file is empty"},
		{"a header", "k,v\n", []string{"--type", "v=int64"}, 0, "k,s\n", ""},
		{"gzip cut off", packed.String()[:packed.Len()-10], nil, 1, "", "the gzip data ends too early"},
		{"an unknown column", "k,w\n1,2\n", nil, 2, "", `no column "v": there are k, w`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := programCommand(t, append(c.args, "--by", "k", "--agg", "sum(v) as s", "-")...)
			cmd.Stdin = strings.NewReader(c.in)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if status := exitStatus(cmd.Run()); status != c.status || out.String() != c.out || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
				t.Errorf("status %d, output %q, errors %q", status, out.String(), errs.String())
			}
		})
	}
}

// TestBrokenPipe: a reader that goes away after a line, as head does, is no
// failure.
func TestBrokenPipe(t *testing.T) {
	var b strings.Builder
	b.WriteString("k\n")
	for i := range 1 << 17 {
		fmt.Fprintf(&b, "a key that is rather long: number %d\n", i)
	}
	rows := write(t, "rows.csv", b.String())
	for _, args := range [][]string{{"--by", "k", rows}, {"--by", "k", "--sort", "none", "--format", "jsonl", rows}, {"--help"}, {"--by", "k", "--explain", rows}} {
		cmd := programCommand(t, args...)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		long := args[0] == "--by" && args[2] != "--explain"
		if !long {
			r.Close() // what is printed would fit a pipe
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if long {
			if line, err := bufio.NewReaderSize(r, 16).ReadString('\n'); err != nil || !strings.Contains(line, "k") {
				t.Errorf("the first line is %q (%v)", line, err)
			}
			r.Close()
		}
		if status := exitStatus(cmd.Wait()); status != 0 || errs.Len() > 0 {
			t.Errorf("%q: status %d, errors %q", args, status, errs.String())
		}
	}
}

// TestOutputCannotBeWritten: any other error of standard output is one, and so is
// one of the file for bad rows.
func TestOutputCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no device that is full on this system: %v", err)
	}
	defer full.Close()
	ragged := write(t, "ragged.csv", "k,v\na,1\nb\n")
	for _, c := range []struct {
		args []string
		out  io.Writer
	}{
		{[]string{"--by", "shop", sales}, full},
		{[]string{"--by", "shop", "--format", "jsonl", sales}, full},
		{[]string{"--by", "shop", "--format", "table", sales}, full},
		{[]string{"--by", "k", "--bad-rows", "/dev/full", ragged}, io.Discard},
	} {
		cmd := programCommand(t, c.args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = c.out, &errs
		if status := exitStatus(cmd.Run()); status != 1 || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%q: status %d, errors %q", c.args, status, errs.String())
		}
	}
}

// TestInterrupted stops the program while it waits for input, with its output
// file begun.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		status int
		says   string
	}{{syscall.SIGINT, 130, "groupby: interrupted\n"}, {syscall.SIGTERM, 143, "groupby: terminated\n"}} {
		folder := t.TempDir()
		pipe := filepath.Join(folder, "input")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skipf("no named pipes here: %v", err)
		}
		out := filepath.Join(folder, "out.csv")
		cmd := programCommand(t, "--from", "csv", "--type", "v=int64", "--by", "k", "--output", out, pipe)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the program has opened its end
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "k,v\na,1\n"); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		if status := exitStatus(cmd.Wait()); status != c.status || errs.String() != c.says {
			t.Errorf("%v: status %d, errors %q; want %d, %q", c.signal, status, errs.String(), c.status, c.says)
		}
		w.Close()
		left, err := os.ReadDir(folder)
		if err != nil || len(left) != 1 {
			t.Errorf("%v: %v is left (%v)", c.signal, left, err)
		}
	}
}
