package window

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"

	"github.com/arrowmill/arrowmill/dataflow"
)

// account is what a window told its Env.
type account struct {
	advanced int64
	reserved int64
	asked    []int64 // what Reserve was asked for, and granted or not
	most     int64   // of one call that is granted; 0: anything is
}

func (a *account) env(alloc memory.Allocator) dataflow.Env {
	return dataflow.Env{
		Alloc:   alloc,
		Advance: func(n int64) { a.advanced += n },
		Reserve: func(n int64) error {
			if n > 0 {
				a.asked = append(a.asked, n)
			}
			if a.most > 0 && n > a.most {
				return &dataflow.BudgetError{LimitBytes: a.most}
			}
			a.reserved += n
			return nil
		},
	}
}

func save(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// options are those of a split of a file of lines.
func options(split dataflow.Split, buffer int) Options {
	return Options{Split: split, BufferBytes: buffer, MostBytes: math.MaxInt32, Row: "line", TooLong: "is it text?"}
}

// segments are the texts of a split, which must be given with their places.
func segments(t testing.TB, o Options, by Delimiter, a *account) (texts [][]byte, err error) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	s, err := OpenSegments(t.Context(), a.env(alloc), o, by)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	end := int64(-1)
	for {
		text, err := s.Next()
		if err != nil || text.Buf == nil {
			return texts, err
		}
		if end >= 0 && text.At != end {
			t.Errorf("%v: a text at byte %d follows one that ends at %d", o.Split, text.At, end)
		}
		end = text.At + int64(text.Buf.Len())
		texts = append(texts, bytes.Clone(text.Buf.Bytes()))
		text.Buf.Release()
	}
}
