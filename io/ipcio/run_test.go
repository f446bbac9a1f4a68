package ipcio_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/memio"
)

// rowsOf runs a source, and is its rows as text.
func rowsOf(t *testing.T, s dataflow.Source, workers int) []string {
	t.Helper()
	g := dataflow.New()
	job, err := executor.Start(t.Context(), g.Source("in", s), executor.Options{Workers: workers, SplitBytes: 20000, BatchRows: 777})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			var b strings.Builder
			for _, col := range rec.Columns() {
				b.WriteString(col.ValueStr(i) + "|")
			}
			rows = append(rows, b.String())
		}
	}
	return rows
}

// A run reads the same rows in the same order with any number of workers, from
// both formats, and what it writes is read back.
func TestRuns(t *testing.T) {
	seed := rand.Uint64()
	fields := []arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "d", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Float64), Nullable: true},
	}
	var recs []arrow.Record
	for i := range 12 {
		recs = append(recs, dataflowtest.Random(seed+uint64(i), 1500, fields...))
	}
	want := rowsOf(t, memio.Batches(recs...), 1)
	dir := t.TempDir()
	for i, opts := range [][]ipcio.Option{nil, {ipcio.Compress(ipcio.LZ4)}, {ipcio.Compress(ipcio.Zstd), ipcio.BatchRows(1000)}, {ipcio.AsStream()}, {ipcio.AsStream(), ipcio.BatchRows(200)}} {
		path := filepath.Join(dir, fmt.Sprintf("%d.arrow", i))
		g := dataflow.New()
		g.Source("rows", memio.Batches(recs...)).Sink("out", ipcio.Write(path, opts...))
		if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 2, 7} {
			if got := rowsOf(t, ipcio.Scan(path), workers); !slices.Equal(got, want) {
				t.Errorf("seed %d, options %d, %d workers: %d rows, want %d, or not the same", seed, i, workers, len(got), len(want))
			}
		}
	}
	// Many files, more than stay open.
	for i, rec := range slices.Repeat(recs, 8) {
		g := dataflow.New()
		g.Source("rows", memio.Batches(rec)).Sink("out", ipcio.Write(filepath.Join(dir, "many", fmt.Sprintf("%03d.arrow", i))))
		if i == 0 {
			if err := os.Mkdir(filepath.Join(dir, "many"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := executor.Run(t.Context(), g, executor.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := rowsOf(t, ipcio.Scan(filepath.Join(dir, "many")), 2); !slices.Equal(got, slices.Repeat(want, 8)) {
		t.Errorf("seed %d: %d rows of many files", seed, len(got))
	}
}

// The 200,000 flights that Vega publishes, as JavaScript wrote them.
func TestFlights(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "flights-200k.arrow")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the file is not here: %v", err)
	}
	for _, mapped := range []bool{true, false} {
		for _, workers := range []int{1, 2, 7} {
			g := dataflow.New()
			job, err := executor.Start(t.Context(), g.Source("in", ipcio.Scan(path).Mapped(mapped)), executor.Options{Workers: workers, SplitBytes: 100000})
			if err != nil {
				t.Fatal(err)
			}
			var rows, delay, distance int64
			var time float64
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				rows += rec.NumRows()
				for i, f := range rec.Schema().Fields() {
					switch col := rec.Column(i).(type) {
					case *array.Int16:
						for _, v := range col.Int16Values() {
							if f.Name == "delay" {
								delay += int64(v)
							} else {
								distance += int64(v)
							}
						}
					case *array.Float32:
						for _, v := range col.Float32Values() {
							time += float64(v)
						}
					default:
						t.Fatalf("column %s of type %s", f.Name, f.Type)
					}
				}
			}
			if got, want := fmt.Sprintf("%d rows, delay %d, distance %d, time %.3f", rows, delay, distance, time), flights; got != want {
				t.Errorf("%d workers: %s, want %s", workers, got, want)
			}
		}
	}
}

// flights are sums that were computed from the bytes of the file by a Python
// script of ten lines.
const flights = "200000 rows, delay 1500159, distance 145847125, time 2755170.166"

func ExampleScan() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "words.arrow")

	rec := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"the", "of", nil}),
		dataflowtest.Col("n", []int{7, 3, 1}))
	g := dataflow.New()
	g.Source("rows", memio.Batches(rec)).Sink("file", ipcio.Write(path, ipcio.Compress(ipcio.Zstd)))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
		return
	}

	g = dataflow.New()
	job, err := executor.Start(context.Background(), g.Source("words", ipcio.Scan(path)), executor.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for batch, err := range job.Batches() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(batch.Column(0), batch.Column(1))
	}
	// Output:
	// ["the" "of" (null)] [7 3 1]
}

func ExampleWriteTo() {
	rec := dataflowtest.Batch(dataflowtest.Col("n", []int{1, 2}))
	var stream bytes.Buffer
	g := dataflow.New()
	g.Source("rows", memio.Batches(rec)).Sink("stream", ipcio.WriteTo(&stream))
	if _, err := executor.Run(context.Background(), g, executor.Options{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(stream.Len()%8 == 0)
	// Output:
	// true
}
