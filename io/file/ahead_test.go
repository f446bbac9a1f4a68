package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// big is a compressible text that is read ahead of, and its compressed file.
func big(t *testing.T, megabytes int) (path, text string) {
	t.Helper()
	text = strings.Repeat("all work and no play makes jack a dull boy\n", megabytes<<20/43)
	path = filepath.Join(t.TempDir(), "big.gz")
	if err := os.WriteFile(path, gzipped(t, text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, text
}

// ledger is what was reserved, up to a limit.
type ledger struct{ held, limit int64 }

func (l *ledger) reserve(bytes int64) error {
	if bytes > 0 && l.held+bytes > l.limit {
		return dataflow.ErrBudget
	}
	l.held += bytes
	return nil
}

func TestReadingAhead(t *testing.T) {
	path, text := big(t, 8)
	for _, limit := range []int64{1 << 40, gzipDecoderBytes} {
		l := ledger{limit: limit}
		f, err := Open(t.Context(), path, Options{Reserve: l.reserve})
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(struct{ io.Reader }{f}, []byte(text)); err != nil {
			t.Error(err)
		}
		if ahead := f.ahead != nil; ahead != (limit > gzipDecoderBytes) {
			t.Errorf("%d bytes allowed: reading ahead is %v", limit, ahead)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("behind the end: %d bytes, %v", n, err)
		}
		info, err := os.Stat(path)
		if err != nil || f.Consumed() != info.Size() {
			t.Errorf("%d bytes consumed of %v (%v)", f.Consumed(), info, err)
		}
		if err := f.Close(); err != nil || l.held != 0 {
			t.Errorf("%d bytes stay reserved (%v)", l.held, err)
		}
	}
}

// TestReadingAheadIsLeft: a file that is closed early leaves no goroutine, which
// goleak looks for, and the decoder to the next file.
func TestReadingAheadIsLeft(t *testing.T) {
	path, text := big(t, 16)
	for range 20 {
		f, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 1+rand.IntN(4<<20))
		if _, err := io.ReadFull(f, got); err != nil || string(got) != text[:len(got)] {
			t.Fatalf("%d bytes: %v", len(got), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadingAheadEndsWithTheContext(t *testing.T) {
	path, _ := big(t, 64)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	f, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.CopyN(io.Discard, f, 2<<20); err != nil || f.ahead == nil {
		t.Fatalf("%v, ahead %v", err, f.ahead)
	}
	cancel(cause)
	if _, err := io.Copy(io.Discard, f); !errors.Is(err, cause) {
		t.Errorf("ended with %v", err)
	}
}

func TestReadingAheadOfDamage(t *testing.T) {
	path, text := big(t, 8)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"ends too early": whole[:len(whole)-5],
		"damaged":        append(bytes.Clone(whole[:len(whole)-5]), 1, 2, 3, 4, 5),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), path) || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		f.Close()
	}
}

// TestReadingAheadPanics: a decoder's panic is an error of the file.
func TestReadingAheadPanics(t *testing.T) {
	a := &ahead{full: make(chan filled, aheadBlocks), free: make(chan []byte, aheadBlocks), stop: func() {}}
	a.free <- make([]byte, 1)
	go a.run(t.Context(), func([]byte) (int, error) { panic("oh") }, true)
	_, err := a.Read(make([]byte, 1))
	var p *dataflow.PanicError
	if !errors.As(err, &p) || p.Value != "oh" {
		t.Errorf("error %v", err)
	}
	a.close()
}

// TestSmallFilesAreReadOnce: a file that fits the head is read by one call.
func TestSmallFilesAreReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "small")
	for _, size := range []int{1, 3, 4, 5, 5000, len(headBytes{}) - 1} {
		text := strings.Repeat("x", size)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Consumed() != int64(size) || !f.raw.ended {
			t.Errorf("%d bytes: %d were read at once, ended %v", size, f.Consumed(), f.raw.ended)
		}
		if got, err := io.ReadAll(f); err != nil || string(got) != text {
			t.Errorf("%d bytes: got %d (%v)", size, len(got), err)
		}
		f.Close()
	}
}
