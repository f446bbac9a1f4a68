package ipcio

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// result is all that a source gave.
type result struct {
	rows     []string
	chunks   int
	splits   int
	advanced int64
	reserved int64
	peak     int64
	schema   *arrow.Schema
	err      error
}

func (res *result) env(alloc memory.Allocator) dataflow.Env {
	return dataflow.Env{
		Alloc: alloc,
		Reserve: func(n int64) error {
			res.reserved += n
			res.peak = max(res.peak, res.reserved)
			return nil
		},
		Advance: func(n int64) { res.advanced += n },
		Warn:    func(dataflow.Warning) {},
	}
}

// scan reads all splits of s in order, with a checked allocator. look is handed
// each batch.
func scan(t testing.TB, s dataflow.Source, splitBytes int64, batchRows int, look ...func(arrow.Record)) (res result) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	e := res.env(alloc)
	e.BatchRows = batchRows
	var err error
	if res.schema, err = s.Schema(t.Context()); err != nil {
		res.err = err
		return res
	}
	shared, err := s.(dataflow.Sharer).Share(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	e.Shared = shared
	defer func() {
		if err := shared.Close(); err != nil {
			t.Error(err)
		}
		if res.reserved != 0 {
			t.Errorf("%d bytes are still reserved", res.reserved)
		}
	}()
	splits, err := s.Splits(t.Context(), splitBytes, e)
	if err != nil {
		res.err = err
		return res
	}
	res.splits = len(splits)
	for _, split := range splits {
		before := res.advanced
		for c, err := range s.Read(t.Context(), split, e) {
			if err != nil {
				res.err = err
				return res
			}
			if c.Rec.NumRows() == 0 || batchRows > 0 && c.Rec.NumRows() > int64(batchRows) {
				t.Errorf("a chunk of %d rows", c.Rec.NumRows())
			}
			if !c.Rec.Schema().Equal(res.schema) {
				t.Errorf("schema %v, want %v", c.Rec.Schema(), res.schema)
			}
			res.chunks++
			for _, f := range look {
				f(c.Rec)
			}
			res.rows = append(res.rows, texts(c.Rec)...)
			c.Rec.Release()
		}
		if got := res.advanced - before; got != split.Bytes && split.Bytes > 0 {
			t.Errorf("%v advanced by %d of %d bytes", split, got, split.Bytes)
		}
	}
	return res
}

func save(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
