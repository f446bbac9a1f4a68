package jsonlio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/jsonlio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run writes what s reads to a text.
func run(t *testing.T, ctx context.Context, s *jsonlio.Source, workers int) (string, error) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	var out bytes.Buffer
	g := dataflow.New()
	g.Source("rows", s).Sink("print", jsonlio.WriteTo(&out))
	_, err := executor.Run(ctx, g, executor.Options{Workers: workers, Alloc: alloc, SplitBytes: 50_000, BatchRows: 500})
	return out.String(), err
}

// A plain file, a packed one and a stream give what was written, in its order,
// with any number of workers; what is rejected stands in its file.
func TestRun(t *testing.T) {
	var good, bad, all strings.Builder
	for i := range 20_000 {
		line := fmt.Sprintf("{\"n\":%d,\"s\":\"row \\\"%d\\\"\",\"l\":[{\"k\":%d.5},null]}\n", i, i, i)
		if i%1000 == 777 {
			wrong := fmt.Sprintf("{\"n\":%d,\"n\":1}\n", i)
			bad.WriteString(wrong)
			all.WriteString(wrong)
		}
		good.WriteString(line)
		all.WriteString(line)
	}
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "f.jsonl"), filepath.Join(dir, "f.jsonl.gz")
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(all.String())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(plain, []byte(all.String()), 0o644), os.WriteFile(packed, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2, 5} {
		for _, path := range []string{plain, packed, "-"} {
			if path == "-" {
				in, out, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				old := os.Stdin
				os.Stdin = in
				go func() {
					_, _ = out.WriteString(all.String())
					_ = out.Close()
				}()
				defer func() { os.Stdin = old; _ = in.Close() }()
			}
			rejects := filepath.Join(dir, "rejects.jsonl")
			got, err := run(t, t.Context(), jsonlio.Scan(path).BadRows(jsonlio.Reject(rejects)), workers)
			left, readErr := os.ReadFile(rejects)
			if err != nil || readErr != nil || got != good.String() || string(left) != bad.String() {
				t.Errorf("%s, %d workers: %d bytes, want %d; rejected %d, want %d (%v, %v)", path, workers, len(got), good.Len(), len(left), bad.Len(), err, readErr)
			}
			if err := os.Remove(rejects); err != nil {
				t.Error(err)
			}
			if path == "-" {
				continue
			}
			_, err = run(t, t.Context(), jsonlio.Scan(path), workers)
			var pe *jsonlio.ParseError
			if !errors.As(err, &pe) || (pe.Line-778)%1001 != 0 || pe.Column != "n" {
				t.Errorf("%s, %d workers: %v", path, workers, err)
			}
			if _, err := os.Stat(rejects); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a run that failed left a file of rejected rows (%v)", err)
			}
		}
	}
}

// A run that waits for whoever writes to standard input ends when it is
// cancelled, though the stream was opened before it began.
func TestCancelStream(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = old; _ = in.Close(); _ = out.Close() }()
	go func() { // more than the sample, and no end
		_, _ = out.WriteString(strings.Repeat("{\"a\":1}\n", 50_000))
	}()
	s := jsonlio.Scan("-")
	if _, err := s.Schema(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := run(t, ctx, s, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
