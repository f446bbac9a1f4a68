//go:build unix

package file

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestPipesAndStandardInputAreStreams(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	data := gzipped(t, words(200000))
	splits, err := Paths{pipe}.Splits(t.Context(), 1, Options{})
	if err != nil || len(splits) != 1 || splits[0].To != -1 || splits[0].Bytes != 0 {
		t.Fatalf("%v, %v", splits, err)
	}
	if found, err := (Paths{filepath.Dir(pipe)}).List(t.Context()); err == nil {
		t.Errorf("a search found the pipe: %v", found)
	}
	write := func(w *os.File) {
		defer w.Close()
		for len(data) > 0 { // a few bytes at first
			n := min(len(data), 1+len(data)/2)
			if n > len(data)/2 && len(data) > 100 {
				n = 2
			}
			if _, err := w.Write(data[:n]); err != nil {
				return
			}
			data = data[n:]
			if len(data) > 1000 {
				_, _ = w.Write(data[:1000])
				data = data[1000:]
			}
		}
	}
	go func() {
		if w, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
			write(w)
		}
	}()
	f, err := Open(t.Context(), pipe, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || string(got) != words(200000) || f.Plain() || f.Size() != -1 {
		t.Errorf("%d bytes, %v, plain %v, size %d", len(got), err, f.Plain(), f.Size())
	}
}

func TestStandardInputIsReadOnceAndStaysOpen(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = old }()
	if _, err := w.WriteString("P*"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	f, err := Open(t.Context(), Stdin, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != "P*" {
		t.Errorf("%q, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Stat(); err != nil {
		t.Errorf("standard input was closed: %v", err)
	}
	if _, err := Open(t.Context(), Stdin, Options{}); err == nil {
		t.Error("opened twice")
	}
}

// A pipe that nobody writes to, and one whose writer is silent, in both modes.
func TestWaitingForAPipeEndsWithTheContext(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	silentR, silentW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silentR.Close()
	defer silentW.Close()
	if err := unix.SetNonblock(int(silentR.Fd()), false); err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = silentR
	defer func() { os.Stdin = old }()
	for _, path := range []string{pipe, Stdin} {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
		f, err := Open(ctx, path, Options{})
		if err == nil {
			_, err = f.Read(make([]byte, 1))
			f.Close()
		}
		stop.Stop()
		cancel(nil)
		if !errors.Is(err, cause) {
			t.Errorf("%s: ended with %v", path, err)
		}
	}
}

// TestReadingAheadOfASilentPipe: closing does not wait for whoever writes.
func TestReadingAheadOfASilentPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	old := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = old }()
	const size = aheadFrom + 100
	go w.Write(make([]byte, size))
	f, err := Open(t.Context(), Stdin, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, f, size); err != nil || f.ahead == nil {
		t.Fatalf("%v, ahead %v", err, f.ahead)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
