package tableio_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/rivo/uniseg"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
	"github.com/arrowmill/arrowmill/io/tableio"
)

// table is what is written of recs.
func table(t *testing.T, recs []arrow.Record, opts ...tableio.Option) string {
	t.Helper()
	return sinktest.Text(t, func(w io.Writer) dataflow.Sink { return tableio.WriteTo(w, opts...) }, recs...)
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
			want := strings.Join(c.want, "\n") + "\n"
			if got := table(t, []arrow.Record{c.rec}, c.opts...); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
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
		var parts []arrow.Record
		for from := int64(0); from < 5000; from += rows {
			parts = append(parts, rec.NewSlice(from, min(from+rows, 5000)))
		}
		if got := table(t, parts); got != want.String() {
			t.Errorf("in batches of %d rows the table differs", rows)
		}
	}

	var early strings.Builder
	out, err := tableio.WriteTo(&early).Open(t.Context(), rec.Schema(), sinktest.Env(t))
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
	sinktest.Refuses(t, tableio.WriteTo(io.Discard), arrow.NewSchema(nil, nil), "tableio: a stream without columns")
	nowhere := arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{TimeZone: "Nowhere/Land"}}}, nil)
	sinktest.Refuses(t, tableio.WriteTo(io.Discard), nowhere, `tableio: column "at": time zone`)
}
