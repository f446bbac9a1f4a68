package memio_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/memio"
)

// numbered is a batch of n, from to to-1, and a text, in memory of alloc.
func numbered(alloc memory.Allocator, from, to int) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	b := array.NewRecordBuilder(alloc, schema)
	defer b.Release()
	for i := from; i < to; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%3 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("text ", i))
		}
	}
	return b.NewRecord()
}

func checked(t *testing.T) *memory.CheckedAllocator {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}

// readAll reads all splits and adds up what Advance was told.
func readAll(t *testing.T, src dataflow.Source, splitBytes int64, batchRows int) (rows [][]any, splits []dataflow.Split, advanced []int64) {
	t.Helper()
	env := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	env.BatchRows = batchRows
	splits, err := src.Splits(t.Context(), splitBytes, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range splits {
		var done int64
		env.Advance = func(n int64) { done += n }
		for c, err := range src.Read(t.Context(), s, env) {
			if err != nil {
				t.Fatal(err)
			}
			if n := c.Rec.NumRows(); batchRows > 0 && n > int64(batchRows) {
				t.Errorf("a chunk of %d rows where %d are the most", n, batchRows)
			}
			rows = append(rows, dataflowtest.Rows(c.Rec)...)
			c.Rec.Release()
		}
		advanced = append(advanced, done)
	}
	return rows, splits, advanced
}

func TestBatchesYieldsEveryRowOnceInOrder(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	alloc := checked(t)
	for round := range 200 {
		var recs []arrow.Record
		at := 0
		for range 1 + rng.IntN(5) {
			rows := rng.IntN(1 + rng.IntN(60))
			recs = append(recs, numbered(alloc, at, at+rows))
			at += rows
		}
		src := memio.Batches(recs...)
		want := dataflowtest.Rows(recs...)
		for _, rec := range recs {
			rec.Release()
		}
		splitBytes, batchRows := rng.Int64N(500), rng.IntN(20)
		rows, splits, advanced := readAll(t, src, splitBytes, batchRows)
		src.Release()
		if d := dataflowtest.Diff(want, rows); d != "" {
			t.Fatalf("seed %#x, round %d: splits of %d bytes, batches of %d: %s", seed, round, splitBytes, batchRows, d)
		}
		var next int64
		for i, s := range splits {
			if s.From != next || s.To <= s.From || s.Bytes != advanced[i] {
				t.Fatalf("seed %#x, round %d: split %d is %+v behind row %d, and its reader advanced by %d", seed, round, i, s, next, advanced[i])
			}
			next = s.To
		}
	}
}

func TestSplitsGoByBytes(t *testing.T) {
	one := numbered(memory.NewGoAllocator(), 1, 2) // 8 bytes of n, 10 of s with its offset
	for _, c := range []struct {
		name  string
		recs  []arrow.Record
		bytes int64
		want  string
	}{
		{"small batches are put together", []arrow.Record{one, one, one, one, one}, 40, "memory[0:2] memory[2:4] memory[4:5]"},
		{"a large one is cut", []arrow.Record{numbered(memory.NewGoAllocator(), 0, 900)}, 8000, "memory[0:450] memory[450:900]"},
		{"never below a row", []arrow.Record{one, one}, 0, "memory[0:1] memory[1:2]"},
		{"no rows, no splits", []arrow.Record{one.NewSlice(0, 0)}, 100, ""},
	} {
		splits, err := memio.Batches(c.recs...).Splits(t.Context(), c.bytes, dataflow.Env{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range splits {
			got = append(got, s.String())
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: got %s, want %s", c.name, text, c.want)
		}
	}
}

func TestReadCopiesNothing(t *testing.T) {
	rec := numbered(memory.NewGoAllocator(), 0, 100)
	src := memio.Batches(rec).PruneColumns([]string{"n"})
	env := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	env.BatchRows = 7
	chunks := 0
	for c, err := range src.Read(t.Context(), dataflow.Split{From: 10, To: 90}, env) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range []int{1} {
			got, want := c.Rec.Column(i).Data().Buffers()[1], rec.Column(i).Data().Buffers()[1]
			if unsafe.SliceData(got.Bytes()) != unsafe.SliceData(want.Bytes()) {
				t.Errorf("the buffer of column %d is a copy", i)
			}
		}
		chunks++
		c.Rec.Release()
	}
	if chunks != 12 {
		t.Errorf("%d chunks, want 12", chunks)
	}
}

func TestPruneColumns(t *testing.T) {
	rec := dataflowtest.Batch(dataflowtest.Col("a", []int64{1, 2}), dataflowtest.Col("b", []string{"x", "y"}), dataflowtest.Col("c", []bool{true, false}))
	src := memio.Batches(rec)
	for _, c := range []struct {
		of   dataflow.Source
		want [][]any
	}{
		{src.PruneColumns([]string{"c", "a"}), [][]any{{int64(1), true}, {int64(2), false}}},
		{src.PruneColumns([]string{"c", "b"}).(dataflow.ColumnPruner).PruneColumns([]string{"c"}), [][]any{{true}, {false}}},
		{src.PruneColumns(nil), [][]any{{}, {}}},
		{memio.Empty(rec.Schema()).PruneColumns([]string{"a"}), nil},
	} {
		rows, _, _ := readAll(t, c.of, 1<<20, 1)
		if d := dataflowtest.Diff(c.want, rows); d != "" {
			t.Error(d)
		}
		schema, err := c.of.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.want) > 0 && schema.NumFields() != len(c.want[0]) {
			t.Errorf("schema %v for rows like %v", schema, c.want[0])
		}
	}
}

func TestBatchesErrors(t *testing.T) {
	a, b := dataflowtest.Batch(dataflowtest.Col("a", []int64{1})), dataflowtest.Batch(dataflowtest.Col("b", []string{"x"}))
	released := memio.Batches(a)
	released.Release()
	released.Release()
	for _, c := range []struct {
		name string
		src  *memio.Source
		want string
	}{
		{"two schemas", memio.Batches(a, a, b), "batch 2 has columns b utf8, but batch 0 has a int64"},
		{"no batch", memio.Batches(), "use memio.Empty"},
		{"released", released, "has been released"},
	} {
		_, err := c.src.Splits(t.Context(), 1, dataflow.Env{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if c.name != "released" {
			if _, err := c.src.Schema(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: schema: got %v, want %q", c.name, err, c.want)
			}
		}
		if _, err := first(c.src.Read(t.Context(), dataflow.Split{To: 1}, dataflow.Env{})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: read: got %v, want %q", c.name, err, c.want)
		}
	}
}

func first(chunks iter.Seq2[dataflow.Chunk, error]) (dataflow.Chunk, error) {
	for c, err := range chunks {
		return c, err
	}
	return dataflow.Chunk{}, nil
}

func TestReadBeyondTheEnd(t *testing.T) {
	env := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	var got error
	for c, err := range memio.Batches(numbered(env.Alloc, 0, 3)).Read(t.Context(), dataflow.Split{From: 1, To: 9}, env) {
		if got = err; err == nil {
			c.Rec.Release()
		}
	}
	if got == nil || !strings.Contains(got.Error(), "rows 1 to 8 are asked for, but there are 3") {
		t.Errorf("got %v", got)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	alloc := checked(t)
	rec := numbered(alloc, 0, 10)
	src := memio.Batches(rec)
	rec.Release()
	defer src.Release()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	env := dataflowtest.NewEnv(t, alloc)
	env.BatchRows = 2
	read := 0
	for c, err := range src.Read(ctx, dataflow.Split{To: 10}, env) {
		if err != nil {
			if err != cause || read != 2 {
				t.Errorf("%v behind %d chunks", err, read)
			}
			break
		}
		c.Rec.Release()
		if read++; read == 2 {
			cancel(cause)
		}
	}
}

func TestReadMayBeLeft(t *testing.T) {
	alloc := checked(t)
	rec := numbered(alloc, 0, 10)
	src := memio.Batches(rec)
	rec.Release()
	env := dataflowtest.NewEnv(t, alloc)
	env.BatchRows = 2
	c, err := first(src.PruneColumns([]string{"s"}).Read(t.Context(), dataflow.Split{From: 3, To: 10}, env))
	if err != nil {
		t.Fatal(err)
	}
	src.Release() // the chunk holds what it needs
	if got := dataflowtest.Rows(c.Rec); !reflect.DeepEqual(got, [][]any{{nil}, {"text 4"}}) {
		t.Errorf("got %v", got)
	}
	c.Rec.Release()
}
