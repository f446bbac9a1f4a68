package jsonlio_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
	"github.com/arrowmill/arrowmill/io/jsonlio"
)

func TestWriteTo(t *testing.T) {
	for _, c := range []struct {
		name string
		rec  arrow.Record
		want string
	}{
		{"no rows", df.Batch(df.Col("a", []int64{})), ""},
		{"rows", df.Batch(df.Col("word", []any{"the", "a\"b\n", "", nil}), df.Col("n", []int64{3, 2, 1, 1<<53 + 1})),
			`{"word":"the","n":3}` + "\n" + `{"word":"a\"b\n","n":2}` + "\n" + `{"word":"","n":1}` + "\n" + `{"word":null,"n":9007199254740993}` + "\n"},
		{"not numbers", df.Batch(df.Col("f", []float64{math.NaN(), math.Inf(1), math.Inf(-1)})), "{\"f\":\"NaN\"}\n{\"f\":\"Infinity\"}\n{\"f\":\"-Infinity\"}\n"},
		{"names", df.Batch(df.Col("", []bool{true}), df.Col("a\"b", []bool{false})), `{"":true,"a\"b":false}` + "\n"},
		{"no columns", array.NewRecord(arrow.NewSchema(nil, nil), nil, 2), "{}\n{}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sinktest.Text(t, jsonlio.WriteTo, c.rec); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestRandomBatches reads random rows back with encoding/json.
func TestRandomBatches(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		rec := df.Random(rng.Uint64(), 1+rng.IntN(5000),
			arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
			arrow.Field{Name: "i", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
			arrow.Field{Name: "l", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
			arrow.Field{Name: "b", Type: arrow.FixedWidthTypes.Boolean})
		from := rng.Int64N(rec.NumRows())
		rec = rec.NewSlice(from, rec.NumRows())
		lines := bufio.NewScanner(strings.NewReader(sinktest.Text(t, jsonlio.WriteTo, rec)))
		lines.Buffer(nil, 1<<30)
		for i, row := range df.Rows(rec) {
			if !lines.Scan() {
				t.Fatalf("seed %d: %d lines, want %d", seed, i, rec.NumRows())
			}
			back := map[string]any{}
			d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
			d.UseNumber()
			if err := d.Decode(&back); err != nil {
				t.Fatalf("seed %d: line %d, %s: %v", seed, i, lines.Bytes(), err)
			}
			want := map[string]any{"s": row[0], "i": row[1], "l": row[2], "b": row[3]}
			for k, v := range want {
				if n, ok := v.(uint64); ok {
					text, _ := json.Marshal(n)
					want[k] = json.Number(text)
				}
			}
			if !reflect.DeepEqual(back, want) {
				t.Fatalf("seed %d: line %d is %s, want %v", seed, i, lines.Bytes(), want)
			}
		}
		if lines.Scan() {
			t.Fatalf("seed %d: more than %d lines", seed, rec.NumRows())
		}
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	if err := sinktest.Write(t, jsonlio.Write(path), df.Batch(df.Col("n", []int64{1, 2}))); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "{\"n\":1}\n{\"n\":2}\n" {
		t.Errorf("got %q (%v)", got, err)
	}
}

func TestErrors(t *testing.T) {
	nowhere := arrow.NewSchema([]arrow.Field{{Name: "at", Type: &arrow.TimestampType{TimeZone: "Nowhere/Land"}}}, nil)
	for _, sink := range []dataflow.Sink{jsonlio.WriteTo(io.Discard), jsonlio.Write(filepath.Join(t.TempDir(), "out.jsonl"))} {
		sinktest.Refuses(t, sink, nowhere, `jsonlio: column "at": time zone "Nowhere/Land"`)
	}
}
