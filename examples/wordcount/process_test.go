//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
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

func TestStandardInput(t *testing.T) {
	cmd := programCommand(t, "-")
	cmd.Stdin = strings.NewReader("b a b")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || string(out) != "word,n\nb,2\na,1\n" || errs.Len() > 0 {
		t.Errorf("output %q, errors %q (%v)", out, errs.String(), err)
	}
}

// TestBrokenPipe: a reader that goes away after a line, as head does, is no
// failure.
func TestBrokenPipe(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.txt")
	var b strings.Builder
	for i := range 1 << 17 {
		b.WriteString(strings.Repeat("w", 1+i%50))
		b.WriteString(string(rune('a' + i%26)))
		b.WriteString(string(rune('a' + i/26%26)))
		b.WriteString(string(rune('a'+i/676%26)) + " ")
	}
	if err := os.WriteFile(text, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--top", "0", text}, {"--help"}, {"--explain", text}} {
		cmd := programCommand(t, args...)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		if args[0] != "--top" {
			r.Close() // what is printed would fit a pipe
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if args[0] == "--top" {
			if line, err := bufio.NewReaderSize(r, 16).ReadString('\n'); line != "word,n\n" {
				t.Errorf("the first line is %q (%v)", line, err)
			}
			r.Close()
		}
		if status := exitStatus(cmd.Wait()); status != 0 || errs.Len() > 0 {
			t.Errorf("%q: status %d, errors %q", args, status, errs.String())
		}
	}
}

// TestOutputCannotBeWritten: any other error of standard output is one.
func TestOutputCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no device that is full on this system: %v", err)
	}
	defer full.Close()
	cmd := programCommand(t, "testdata/text.txt")
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &errs
	if status := exitStatus(cmd.Run()); status != 1 || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("status %d, errors %q", status, errs.String())
	}
}

// TestInterrupted stops the program while it waits for input, with its output
// file begun.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		status int
		says   string
	}{{syscall.SIGINT, 130, "wordcount: interrupted\n"}, {syscall.SIGTERM, 143, "wordcount: terminated\n"}} {
		folder := t.TempDir()
		pipe := filepath.Join(folder, "input")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skipf("no named pipes here: %v", err)
		}
		out := filepath.Join(folder, "out.csv")
		cmd := programCommand(t, "--output", out, pipe)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the program has opened its end
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "some words "); err != nil {
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
