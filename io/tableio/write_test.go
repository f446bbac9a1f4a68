package tableio_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/rivo/uniseg"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/tableio"
)

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
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64}
	for _, c := range []struct {
		name string
		opts []tableio.Option
		rec  arrow.Record
		want []string
	}{
		{"no rows", nil, df.Batch(df.Col("word", []string{}), df.Col("n", []int64{})), []string{
			"word  n",
			"----  -"}},
		{"numbers to the right", nil, df.Batch(df.Col("word", []any{"the", "a", nil}), df.Col("n", []any{int64(12345), int64(-1), nil}), df.Col("x", []bool{true, false, true})), []string{
			"word      n  x",
			"----  -----  -----",
			"the   12345  true",
			"a        -1  false",
			"null   null  true"}},
		{"dictionary of numbers", nil, df.Batch(df.ColOf("n", dictionary, 100, 1)), []string{
			"  n",
			"---",
			"100",
			"  1"}},
		{"wide and combining", nil, df.Batch(df.Col("w", []string{"漢字", "e\u0301t", "👩‍👩‍👧", "ab"}), df.Col("n", []int64{1, 2, 3, 4})), []string{
			"w     n",
			"----  -",
			"漢字  1",
			"e\u0301t    2",
			"👩‍👩‍👧    3",
			"ab    4"}},
		{"control characters", nil, df.Batch(df.Col("a\tb", []string{"\x1b[2J", "x\ny\u202e"})), []string{
			`a\tb`,
			"----------",
			`\x1b[2J`,
			`x\ny\u202e`}},
		{"cut", []tableio.Option{tableio.MaxWidth(4)}, df.Batch(df.Col("a long name", []string{"abcde", "abcd", "漢漢漢"}), df.Col("n", []int64{1, 2, 3})), []string{
			"a l…  n",
			"----  -",
			"abc…  1",
			"abcd  2",
			"漢…   3"}},
		{"not cut", []tableio.Option{tableio.MaxWidth(0)}, df.Batch(df.Col("a", []string{strings.Repeat("x", 100)})), []string{
			"a",
			strings.Repeat("-", 100),
			strings.Repeat("x", 100)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			if err := write(t, tableio.WriteTo(&got, c.opts...), c.rec); err != nil {
				t.Fatal(err)
			}
			if want := strings.Join(c.want, "\n") + "\n"; got.String() != want {
				t.Errorf("got\n%swant\n%s", got.String(), want)
			}
		})
	}
}

// TestManyRows shows that rows beyond the sample are written as they come, and
// that batches make no difference.
func TestManyRows(t *testing.T) {
	words, counts := make([]string, 5000), make([]int64, 5000)
	for i := range words {
		words[i], counts[i] = strings.Repeat("漢", i%5), int64(i%1000)
	}
	rec := df.Batch(df.Col("w", words), df.Col("n", counts))
	var want strings.Builder
	want.WriteString("w           n\n--------  ---\n")
	for i, w := range words {
		fmt.Fprintf(&want, "%s%s  %3d\n", w, strings.Repeat(" ", 8-uniseg.StringWidth(w)), counts[i])
	}
	for _, rows := range []int64{1, 7, 999, 5000} {
		var got strings.Builder
		var parts []arrow.Record
		for from := int64(0); from < 5000; from += rows {
			parts = append(parts, rec.NewSlice(from, min(from+rows, 5000)))
		}
		if err := write(t, tableio.WriteTo(&got), parts...); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("in batches of %d rows the table differs", rows)
		}
	}

	var early strings.Builder
	out, err := tableio.WriteTo(&early).Open(t.Context(), rec.Schema(), df.NewEnv(t, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ to, lines int }{{500, 0}, {3000, 3002}} {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec.NewSlice(0, int64(c.to))}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(early.String(), "\n"); (got == 0) != (c.lines == 0) {
			t.Errorf("after %d rows, %d lines are written", c.to, got)
		}
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	if err := write(t, tableio.WriteTo(w), df.Batch(df.Col("n", []int64{1}))); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("error %v, want a broken pipe", err)
	}
	for _, c := range []struct {
		schema *arrow.Schema
		want   string
	}{
		{arrow.NewSchema(nil, nil), "tableio: a stream without columns"},
		{arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{TimeZone: "Nowhere/Land"}}}, nil), `tableio: column "at": time zone`},
	} {
		if _, err := tableio.WriteTo(io.Discard).Open(t.Context(), c.schema, df.NewEnv(t, memory.DefaultAllocator)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	env := df.NewEnv(t, memory.DefaultAllocator)
	env.Reserve = func(bytes int64) error {
		if bytes > 0 {
			return dataflow.ErrBudget
		}
		return nil
	}
	rec := df.Batch(df.Col("n", []int64{1}))
	out, err := tableio.WriteTo(io.Discard).Open(t.Context(), rec.Schema(), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); !errors.Is(err, dataflow.ErrBudget) {
		t.Errorf("nothing may be held: error %v", err)
	}
	if err := out.Abort(); err != nil {
		t.Error(err)
	}
}
