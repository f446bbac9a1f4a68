package jsonlio

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/typetext"
)

// result is all that a source gave.
type result struct {
	schema   string
	rows     [][]any
	warned   map[string]int64
	advanced int64
	splits   int
	blocks   int
	err      error
}

// how says how a source is read.
type how struct {
	splitBytes int64
	batchRows  int
	blocks     bool // where there are some
}

// read reads all splits of s, one after another, as a run does, with a checked
// allocator.
func read(t testing.TB, s *Source, h how) result {
	t.Helper()
	checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer checked.AssertSize(t, 0)
	alloc := batch.NewPool(checked, 1<<20) // whose buffers have more room than they say
	defer alloc.End()
	res := result{warned: map[string]int64{}}
	var reserved int64
	env := dataflow.Env{Alloc: alloc, BatchRows: h.batchRows,
		Reserve: func(n int64) error { reserved += n; return nil },
		Advance: func(n int64) { res.advanced += n },
		Warn:    func(w dataflow.Warning) { res.warned[w.Text] += w.Count },
	}
	schema, err := s.Schema(t.Context())
	if err != nil {
		res.err = err
		return res
	}
	res.schema = schemaText(schema)
	shared, err := s.Share(t.Context(), env)
	if err != nil {
		res.err = err
		return res
	}
	env.Shared = shared
	splits, err := s.Splits(t.Context(), h.splitBytes, env)
	if err == nil {
		res.splits = len(splits)
		for _, split := range splits {
			before := res.advanced
			if err = readSplit(t, s, split, env, schema, h, &res); err != nil {
				break
			}
			if got := res.advanced - before; split.Bytes > 0 && got != split.Bytes {
				t.Errorf("%v advanced by %d of %d bytes", split, got, split.Bytes)
			}
		}
	}
	res.err = errors.Join(err, shared.Close())
	if err != nil {
		res.err = err
	}
	if reserved != 0 {
		t.Errorf("%d bytes are still reserved", reserved)
	}
	return res
}

func readSplit(t testing.TB, s *Source, split dataflow.Split, env dataflow.Env, schema *arrow.Schema, h how, res *result) error {
	t.Helper()
	take := func(c dataflow.Chunk, err error) error {
		if err != nil {
			return err
		}
		defer c.Rec.Release()
		if n := c.Rec.NumRows(); n == 0 || h.batchRows > 0 && n > int64(h.batchRows) {
			t.Errorf("a chunk of %d rows, where %d are asked for", n, h.batchRows)
		}
		if !c.Rec.Schema().Equal(schema) {
			t.Errorf("a chunk of %v, want %v", c.Rec.Schema(), schema)
		}
		if c.Rec.NumCols() == 0 {
			res.rows = append(res.rows, make([][]any, c.Rec.NumRows())...)
		} else {
			res.rows = append(res.rows, df.Rows(c.Rec)...)
		}
		return nil
	}
	if h.blocks {
		if blocks, ok := s.Blocks(t.Context(), split, env); ok {
			for b, err := range blocks {
				if err != nil {
					return err
				}
				res.blocks++
				for c, err := range b.Read(t.Context(), env) {
					if err := take(c, err); err != nil {
						b.Close()
						return err
					}
				}
				b.Close()
			}
			return nil
		}
	}
	for c, err := range s.Read(t.Context(), split, env) {
		if err := take(c, err); err != nil {
			return err
		}
	}
	return nil
}

func schemaText(schema *arrow.Schema) string {
	parts := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		parts[i] = f.Name + " " + typetext.Format(f.Type)
	}
	return strings.Join(parts, ", ")
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// buffer is s reading n bytes at once.
func (s *Source) buffer(n int) *Source { return s.with(func(o *settings) { o.bufferBytes = n }) }

// sampling is s with samples of n bytes.
func (s *Source) sampling(n int) *Source { return s.with(func(o *settings) { o.sampleBytes = n }) }

func same(t testing.TB, what any, got, want [][]any) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if d := df.Diff(want, got); d != "" {
		t.Fatalf("%v: %s", what, d)
	}
}

// stdin puts text in place of standard input.
func stdin(t testing.TB, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = r
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.WriteString(text)
		_ = w.Close()
	}()
	t.Cleanup(func() {
		os.Stdin = old
		_ = r.Close()
		<-done
	})
}
