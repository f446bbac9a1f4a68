package textio

import (
	"bytes"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// result is all that a source gave for some splits.
type result struct {
	rows     []string
	warned   int64 // sequences replaced
	first    int64 // byte of the first warning of the last split that had one, -1
	advanced int64
	reserved int64 // at the end
	chunks   int
	err      error
}

// env is an Env whose reports are gathered in res.
func env(res *result, alloc memory.Allocator) dataflow.Env {
	return dataflow.Env{
		Alloc:   alloc,
		Reserve: func(n int64) error { res.reserved += n; return nil },
		Advance: func(n int64) { res.advanced += n },
		Warn: func(w dataflow.Warning) {
			res.warned += w.Count
			if res.first < 0 {
				res.first = w.Byte
			}
		},
	}
}

// read reads all splits of s, one after another, with a checked allocator.
func read(t testing.TB, s *Source, splitBytes int64, batchRows int) result {
	t.Helper()
	res := result{first: -1}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	e := env(&res, alloc)
	e.BatchRows = batchRows
	splits, err := s.Splits(t.Context(), splitBytes, e)
	if err != nil {
		res.err = err
		return res
	}
	for _, split := range splits {
		before := res.advanced
		if res.err = readSplit(t, s, split, e, &res); res.err != nil {
			return res
		}
		if got := res.advanced - before; got != split.Bytes && split.Path != file.Stdin {
			t.Errorf("%v advanced by %d of %d bytes", split, got, split.Bytes)
		}
	}
	if res.reserved != 0 {
		t.Errorf("%d bytes are still reserved", res.reserved)
	}
	return res
}

func readSplit(t testing.TB, s *Source, split dataflow.Split, e dataflow.Env, res *result) error {
	t.Helper()
	return readChunks(t, s.Read(t.Context(), split, e), e, res)
}

// readBlocks reads splits as blocks, as far as they are worth it: all blocks of a
// split are made before any is read, the last one first.
func readBlocks(t testing.TB, s *Source, batchRows int) (res result, blocks int) {
	t.Helper()
	res = result{first: -1}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	e := env(&res, alloc)
	e.BatchRows = batchRows
	splits, err := s.Splits(t.Context(), 1<<20, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, split := range splits {
		all, ok := s.Blocks(t.Context(), split, e)
		if !ok {
			if res.err = readSplit(t, s, split, e, &res); res.err != nil {
				return res, blocks
			}
			continue
		}
		var made []dataflow.Block
		for b, err := range all {
			if err != nil {
				res.err = err
				break
			}
			made = append(made, b)
		}
		rows := make([][]string, len(made))
		for i := len(made) - 1; i >= 0; i-- {
			before := len(res.rows)
			if made[i].Bytes() <= 0 {
				t.Errorf("a block of %d bytes", made[i].Bytes())
			}
			if err := readChunks(t, made[i].Read(t.Context(), e), e, &res); err != nil {
				res.err = err
			}
			made[i].Close()
			rows[i] = slices.Clone(res.rows[before:])
			res.rows = res.rows[:before]
		}
		res.rows = append(res.rows, slices.Concat(rows...)...)
		blocks += len(made)
		if res.err != nil {
			break
		}
	}
	return res, blocks
}

func readChunks(t testing.TB, chunks iter.Seq2[dataflow.Chunk, error], e dataflow.Env, res *result) error {
	t.Helper()
	for c, err := range chunks {
		if err != nil {
			return err
		}
		res.chunks++
		if c.Rec.NumRows() == 0 {
			t.Error("an empty chunk")
		}
		if e.BatchRows > 0 && c.Rec.NumRows() > int64(e.BatchRows) {
			t.Errorf("a chunk of %d rows, where %d are asked for", c.Rec.NumRows(), e.BatchRows)
		}
		if c.Rec.NumCols() == 0 {
			res.rows = append(res.rows, make([]string, c.Rec.NumRows())...)
		} else {
			col := c.Rec.Column(0).(*array.String)
			for i := range col.Len() {
				res.rows = append(res.rows, strings.Clone(col.Value(i)))
			}
		}
		c.Rec.Release()
	}
	return nil
}

// naiveLines is the oracle: lines of valid text.
func naiveLines(text string) []string {
	text = strings.TrimPrefix(text, byteOrderMark)
	if text == "" {
		return nil
	}
	parts := strings.SplitAfter(text, "\n")
	if parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	for i, p := range parts {
		if line, ok := strings.CutSuffix(p, "\n"); ok {
			parts[i] = strings.TrimSuffix(line, "\r")
		}
	}
	return parts
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *Source) buffer(n int) *Source {
	out := *s
	out.bufferBytes = n
	return &out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %q\nwant %q", what, clip(got), clip(want))
	}
}

func clip(rows []string) []string { return rows[:min(len(rows), 40)] }

func gzipped(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstded(t testing.TB, frames ...[]byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b []byte
	for _, f := range frames {
		b = w.EncodeAll(f, b)
	}
	return b
}
