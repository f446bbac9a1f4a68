package csvio_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/zstd"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/csvio"
)

// write drives sink over recs, and ends it by Commit.
func write(t *testing.T, sink dataflow.Sink, recs ...arrow.Record) error {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	out, err := sink.Open(t.Context(), recs[0].Schema(), df.NewEnv(t, alloc))
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			return errors.Join(err, out.Abort())
		}
	}
	if err := out.Commit(t.Context()); err != nil {
		return errors.Join(err, out.Abort())
	}
	return nil
}

func TestWriteTo(t *testing.T) {
	none := df.Batch(df.Col("a", []int64{}), df.Col("b,c", []string{}))
	for _, c := range []struct {
		name string
		rec  arrow.Record
		want string
	}{
		{"no rows", none, "a,\"b,c\"\n"},
		{"rows", df.Batch(df.Col("word", []any{"the", "a,b", "", nil}), df.Col("n", []int64{3, 2, 1, 0})), "word,n\nthe,3\n\"a,b\",2\n\"\",1\n,0\n"},
		{"a null alone", df.Batch(df.Col("n", []any{int64(1), nil})), "n\n1\n\"\"\n"},
		{"names", df.Batch(df.Col("", []bool{true}), df.Col("a\"b", []bool{false})), "\"\",\"a\"\"b\"\ntrue,false\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			if err := write(t, csvio.WriteTo(&got), c.rec); err != nil {
				t.Fatal(err)
			}
			if got.String() != c.want {
				t.Errorf("got %q, want %q", got.String(), c.want)
			}
		})
	}
}

// parse is a naive reader of RFC 4180 that tells a quoted field from a bare one.
func parse(s string) (rows [][]string) {
	var row []string
	for len(s) > 0 {
		var field string
		if s[0] == '"' {
			end := 1
			for s[end] != '"' || end+1 < len(s) && s[end+1] == '"' {
				if s[end] == '"' {
					end++
				}
				end++
			}
			field, s = s[:end+1], s[end+1:]
		} else {
			end := strings.IndexAny(s, ",\n")
			field, s = s[:end], s[end:]
		}
		row = append(row, field)
		if s[0] == '\n' {
			rows, row = append(rows, row), nil
		}
		s = s[1:]
	}
	return rows
}

// TestRandomBatches writes random rows, cut and sliced at random, and reads them
// back.
func TestRandomBatches(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}
	for range 20 {
		rec := df.Random(rng.Uint64(), 1+rng.IntN(5000),
			arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
			arrow.Field{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
			arrow.Field{Name: "d", Type: dictionary, Nullable: true},
			arrow.Field{Name: "b", Type: arrow.FixedWidthTypes.Boolean})
		var parts []arrow.Record
		for from := int64(0); from < rec.NumRows(); {
			to := min(from+rng.Int64N(3000), rec.NumRows())
			parts = append(parts, rec.NewSlice(from, to))
			from = to
		}
		var got bytes.Buffer
		if err := write(t, csvio.WriteTo(&got), parts...); err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"s", "i", "d", "b"}}
		for _, row := range df.Rows(rec) {
			fields := make([]string, len(row))
			for i, v := range row {
				switch v := v.(type) {
				case nil:
				case string:
					fields[i] = v
					if v == "" || strings.ContainsAny(v, ",\"\r\n") {
						fields[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
					}
				default:
					fields[i] = fmt.Sprint(v)
				}
			}
			want = append(want, fields)
		}
		rows := parse(got.String())
		for i := range max(len(rows), len(want)) {
			if i >= len(rows) || i >= len(want) || !slices.Equal(rows[i], want[i]) {
				t.Fatalf("seed %d: %d lines of %d, line %d differs: %q, want %q", seed, len(rows), len(want), i, rows[min(i, len(rows)-1)], want[min(i, len(want)-1)])
			}
		}
	}
}

func TestWrite(t *testing.T) {
	rec := df.Batch(df.Col("n", []int64{1, 2}), df.Col("s", []string{"a", "b"}))
	const want = "n,s\n1,a\n2,b\n"
	for _, c := range []struct {
		name   string
		unpack func(io.Reader) (io.Reader, error)
	}{
		{"out.csv", func(r io.Reader) (io.Reader, error) { return r, nil }},
		{"out.csv.gz", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{"out.csv.zst", func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := write(t, csvio.Write(path), rec); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r, err := c.unpack(f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != want {
				t.Errorf("got %q (%v), want %q", got, err, want)
			}
		})
	}
}

func TestAbortLeavesTheOldFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	rec := df.Batch(df.Col("s", []string{strings.Repeat("x", 1<<20)}))
	out, err := csvio.Write(path).Open(t.Context(), rec.Schema(), df.NewEnv(t, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
		t.Fatal(err)
	}
	if err := out.Abort(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "old" {
		t.Errorf("the file is %q (%v)", got, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files are left (%v)", len(entries), err)
	}
}

func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	err = write(t, csvio.WriteTo(w), df.Batch(df.Col("n", []int64{1})))
	if !errors.Is(err, syscall.EPIPE) {
		t.Errorf("error %v, want a broken pipe", err)
	}
}

type shortWriter struct{}

func (shortWriter) Write(b []byte) (int, error) { return len(b) / 2, nil }

func TestErrors(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	rec := df.Batch(df.Col("n", []int64{1}))
	env := df.NewEnv(t, memory.DefaultAllocator)

	out, err := csvio.WriteTo(io.Discard).Open(ctx, rec.Schema(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(ctx, dataflow.Chunk{Rec: rec}); !errors.Is(err, reason) {
		t.Errorf("cancelled: error %v, want the cause", err)
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}
	if err := write(t, csvio.WriteTo(shortWriter{}), rec); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a short write: error %v", err)
	}
	tight := env
	tight.Reserve = func(bytes int64) error {
		if bytes > 0 {
			return dataflow.ErrBudget
		}
		return nil
	}
	out, err = csvio.WriteTo(io.Discard).Open(t.Context(), rec.Schema(), tight)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); !errors.Is(err, dataflow.ErrBudget) {
		t.Errorf("nothing may be held: error %v", err)
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}

	for _, c := range []struct {
		sink   dataflow.Sink
		schema *arrow.Schema
		want   string
	}{
		{csvio.WriteTo(io.Discard), arrow.NewSchema(nil, nil), "csvio: a stream without columns"},
		{csvio.Write(filepath.Join(t.TempDir(), "none", "out.csv")), rec.Schema(), "out.csv: the folder"},
		{csvio.WriteTo(io.Discard), arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{TimeZone: "Nowhere/Land"}}}, nil), `csvio: column "at": time zone "Nowhere/Land"`},
	} {
		if _, err := c.sink.Open(t.Context(), c.schema, env); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestManyRowsAllocateNothing counts the allocations of a batch that is written
// again and again.
func TestManyRowsAllocateNothing(t *testing.T) {
	rec := df.Random(1, 4096,
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		arrow.Field{Name: "t", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true})
	out, err := csvio.WriteTo(io.Discard).Open(t.Context(), rec.Schema(), df.NewEnv(t, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	allocs := testing.AllocsPerRun(10, func() {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 64 { // of 4,096 rows: a few a block, none a row
		t.Errorf("%v allocations a batch", allocs)
	}
}

func BenchmarkWriteTo(b *testing.B) {
	words, counts, floats := make([]string, 4096), make([]int64, 4096), make([]float64, 4096)
	for i := range words {
		words[i], counts[i], floats[i] = fmt.Sprintf("word%d", i*7919), int64(i*i), float64(i)/7
	}
	for _, c := range []struct {
		name string
		rec  arrow.Record
	}{
		{"words", df.Batch(df.Col("word", words), df.Col("n", counts))},
		{"floats", df.Batch(df.Col("a", floats), df.Col("b", floats))},
	} {
		b.Run(c.name, func(b *testing.B) {
			env := dataflow.Env{Reserve: func(int64) error { return nil }}
			out, err := csvio.WriteTo(io.Discard).Open(b.Context(), c.rec.Schema(), env)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := out.Write(b.Context(), dataflow.Chunk{Rec: c.rec}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
		})
	}
}
