package csvio_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

func TestWriteTo(t *testing.T) {
	none := df.Batch(df.Col("a", []int64{}), df.Col("b,c", []string{}))
	for _, c := range []struct {
		name string
		rec  arrow.Record
		want string
	}{
		{"no rows", none, "a,\"b,c\"\n"},
		{"rows", df.Batch(df.Col("word", []any{"the", "a,b", "", nil}), df.Col("n", []int64{3, 2, 1, 0})), "word,n\nthe,3\n\"a,b\",2\n\"\",1\n,0\n"},
		{"a null alone", df.Batch(df.Col("n", []any{int64(1), nil})), "n\n1\n\n"},
		{"names", df.Batch(df.Col("", []bool{true}), df.Col("a\"b", []bool{false})), "\"\",\"a\"\"b\"\ntrue,false\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sinktest.Text(t, csvio.WriteTo, c.rec); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
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
		rows := parse(sinktest.Text(t, csvio.WriteTo, parts...))
		for i := range max(len(rows), len(want)) {
			if i >= len(rows) || i >= len(want) || !slices.Equal(rows[i], want[i]) {
				t.Fatalf("seed %d: %d lines of %d, line %d differs: %q, want %q", seed, len(rows), len(want), i, rows[min(i, len(rows)-1)], want[min(i, len(want)-1)])
			}
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	if err := sinktest.Write(t, csvio.Write(path), df.Batch(df.Col("n", []int64{1, 2}), df.Col("s", []string{"a", "b"}))); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "n,s\n1,a\n2,b\n" {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestErrors(t *testing.T) {
	nowhere := arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{TimeZone: "Nowhere/Land"}}}, nil)
	for _, sink := range []dataflow.Sink{csvio.WriteTo(io.Discard), csvio.Write(filepath.Join(t.TempDir(), "out.csv"))} {
		sinktest.Refuses(t, sink, arrow.NewSchema(nil, nil), "csvio: a stream without columns")
		sinktest.Refuses(t, sink, nowhere, `csvio: column "at": time zone "Nowhere/Land"`)
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
	out, err := csvio.WriteTo(io.Discard).Open(t.Context(), rec.Schema(), sinktest.Env(t))
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
			out, err := csvio.WriteTo(io.Discard).Open(b.Context(), c.rec.Schema(), sinktest.Env(b))
			if err != nil {
				b.Fatal(err)
			}
			defer out.Abort()
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
