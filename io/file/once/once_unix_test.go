//go:build unix

package once

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"

	"github.com/arrowmill/arrowmill/io/file"
)

// pipe is a named pipe, and its end to write to, which waits for whoever reads.
func pipe(t *testing.T) (path string, writer func() *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path, func() *os.File {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
		}
		return f
	}
}

// fed is a pipe that text comes through once.
func fed(t *testing.T, text string) string {
	path, writer := pipe(t)
	feed(t, writer, text)
	return path
}

// feed writes text, and closes the pipe when all of until are closed.
func feed(t *testing.T, writer func() *os.File, text string, until ...chan struct{}) {
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	wg.Go(func() {
		if f := writer(); f != nil {
			_, _ = f.WriteString(text) // the reader may have gone
			for _, u := range until {
				<-u
			}
			f.Close()
		}
	})
}

// look is the first n bytes.
func look(t *testing.T, all *Streams, path string, c file.Compression, n int) string {
	t.Helper()
	r, err := all.Peek(t.Context(), path, c)
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, n)
	n, err = io.ReadFull(r, text)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	return string(text[:n])
}

func TestWhatWasLookedAtIsReadAgain(t *testing.T) {
	long := string(bytes.Repeat([]byte("0123456789abcdef\n"), 20_000)) // more than a pipe holds
	for _, text := range []string{"", "a", "some text", long} {
		for _, n := range []int{0, 1, 4, len(text), len(text) + 1} {
			path, all := fed(t, text), &Streams{}
			for range 2 { // from the start each time
				if got := look(t, all, path, file.None, n); got != text[:min(n, len(text))] {
					t.Fatalf("of %d bytes, a look at %d gave %d", len(text), n, len(got))
				}
			}
			s, err := all.Open(t.Context(), path, file.Options{Compression: file.None})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(s)
			if err != nil || string(got) != text {
				t.Errorf("of %d bytes, %d looked at: read %d, %v", len(text), n, len(got), err)
			}
			s.Close()
		}
	}
}

// The context under which a stream was looked at may be over when it is read.
func TestReadingOutlivesTheLook(t *testing.T) {
	path, all := fed(t, "head and tail"), &Streams{}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := all.Peek(ctx, path, file.Auto)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	cancel()
	s, err := all.Open(t.Context(), path, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := io.ReadAll(s); err != nil || string(got) != "head and tail" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	gone := errors.New("nobody wants it")
	path, writer := pipe(t)
	all := &Streams{}
	written, done := make(chan struct{}), make(chan struct{})
	defer func() { close(done); <-written }()
	go func() {
		defer close(written)
		f := writer()
		_, _ = f.WriteString("head")
		<-done // and nothing more
		f.Close()
	}()
	if got := look(t, all, path, file.None, 4); got != "head" {
		t.Fatalf("%q", got)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	s, err := all.Open(ctx, path, file.Options{Compression: file.None})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := io.ReadFull(s, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := s.Read(make([]byte, 1))
		got <- err
	}()
	cancel(gone)
	if err := <-got; !errors.Is(err, gone) {
		t.Errorf("a read that waits: %v", err)
	}
}

func TestALookEndsWithItsContext(t *testing.T) {
	gone := errors.New("nobody wants it")
	path, writer := pipe(t)
	all := &Streams{}
	written, done := make(chan struct{}), make(chan struct{})
	defer func() { close(done); <-written }()
	go func() {
		defer close(written)
		f := writer()
		<-done
		f.Close()
	}()
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := all.Peek(ctx, path, file.None)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		got <- err
	}()
	cancel(gone)
	if err := <-got; !errors.Is(err, gone) {
		t.Errorf("a look that waits: %v", err)
	}
}

// What is known of a stream under one compression is not handed out under another.
func TestEachCompressionOpensForItself(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("text"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path, writer := pipe(t)
	all := &Streams{}
	feed(t, writer, packed.String())
	if got := look(t, all, path, file.Gzip, 100); got != "text" {
		t.Errorf("unpacked: %q", got)
	}
	// The first stream still holds the pipe open, so that this writer need not wait for
	// the second one. It has to stay until that is there to see it go.
	opened := make(chan struct{})
	feed(t, writer, packed.String(), opened)
	if got := look(t, all, path, file.None, packed.Len()); got != packed.String() {
		t.Errorf("as it is: %q", got)
	}
	close(opened)
	for c, want := range map[file.Compression]string{file.Gzip: "text", file.None: packed.String()} {
		s, err := all.Open(t.Context(), path, file.Options{Compression: c})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(s); err != nil || string(got) != want {
			t.Errorf("%v: %q, %v", c, got, err)
		}
		s.Close()
	}
}

func TestAStreamIsHandedOutOnce(t *testing.T) {
	path, writer := pipe(t)
	all := &Streams{}
	feed(t, writer, "first")
	r, err := all.Peek(t.Context(), path, file.None)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	first, err := all.Open(t.Context(), path, file.Options{Compression: file.None})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("looked at while it is read: %v", err)
	}
	if got, err := io.ReadAll(first); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	opened := make(chan struct{}) // as above: the first still holds the pipe open
	feed(t, writer, "second", opened)
	second, err := all.Open(t.Context(), path, file.Options{Compression: file.None})
	close(opened)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if got, err := io.ReadAll(second); err != nil || string(got) != "second" || second == first {
		t.Errorf("opened again: %q, %v", got, err)
	}
}

func TestCloseEndsReading(t *testing.T) {
	path, all := fed(t, "some text"), &Streams{}
	look(t, all, path, file.None, 4)
	s, err := all.Open(t.Context(), path, file.Options{Compression: file.None})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if n, err := s.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("read %d bytes of what is closed, %v", n, err)
	}
}

func TestFilesAreOpenedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	var all Streams
	for range 2 {
		s, err := all.Open(t.Context(), path, file.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(s); err != nil || string(got) != "text" || s.File().Consumed() != 4 {
			t.Errorf("%q, %v", got, err)
		}
		s.Close()
	}
	if _, err := all.Peek(t.Context(), path+"?", file.Auto); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := all.Open(t.Context(), path+"?", file.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
