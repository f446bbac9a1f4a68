package operators_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// wordsColumn is a batch of words as Words makes it.
func wordsColumn(name string, words ...string) arrow.Record {
	return dataflowtest.Batch(dataflowtest.Col(name, words).NotNull())
}

func TestWords(t *testing.T) {
	t.Parallel()
	lines := []any{"In un LUGAR,  de la Mancha", nil, "", "de cuyo\u00a0NOMBRE", " \t ", "ΟΔΟΣ ΑΣ'Α", "İ\x1cÑ", strings.Repeat("Largo", 30), "don't 'x'", "a"}
	other := make([]int64, len(lines))
	for _, text := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}} {
		var opts []dataflowtest.Option
		if text.ID() == arrow.STRING {
			opts = append(opts, dataflowtest.DictionaryToo("line"))
		}
		in := dataflowtest.Batch(dataflowtest.Col("n", other), dataflowtest.ColOf("line", text, lines...))
		for _, c := range []struct {
			op   dataflow.Operator
			want arrow.Record
		}{
			{operators.Words("line"), wordsColumn("word", "in", "un", "lugar,", "de", "la", "mancha", "de", "cuyo", "nombre",
				"οδος", "ασ'α", "i̇", "ñ", strings.Repeat("largo", 30), "don't", "'x'", "a")},
			{operators.Words("line", operators.KeepCase(), operators.WordsAs("token")), wordsColumn("token", "In", "un", "LUGAR,", "de", "la", "Mancha",
				"de", "cuyo", "NOMBRE", "ΟΔΟΣ", "ΑΣ'Α", "İ", "Ñ", strings.Repeat("Largo", 30), "don't", "'x'", "a")},
			{operators.Words("line", operators.Unicode()), wordsColumn("word", "in", "un", "lugar", "de", "la", "mancha", "de", "cuyo", "nombre",
				"οδος", "ασ'α", "i̇", "ñ", strings.Repeat("largo", 30), "don't", "x", "a")},
			{operators.Words("line", operators.Unicode(), operators.KeepCase()), wordsColumn("word", "In", "un", "LUGAR", "de", "la", "Mancha",
				"de", "cuyo", "NOMBRE", "ΟΔΟΣ", "ΑΣ'Α", "İ", "Ñ", strings.Repeat("Largo", 30), "don't", "x", "a")},
		} {
			dataflowtest.CheckOperator(t, c.op, in, c.want, opts...)
		}
	}
}

// naiveWords is Go's own idea of words, right for text without Σ, İ and U+001C
// to U+001F.
func naiveWords(lines ...string) []string {
	var words []string
	for _, l := range lines {
		words = append(words, strings.Fields(strings.ToLower(l))...)
	}
	return words
}

func TestWordsOfRandomText(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	alphabet := []rune("aAbBzZ09.,'éÉñÑßЖж中\u3000\u00a0   \t\n")
	for range 5 {
		lines := make([]string, 60)
		for i := range lines {
			for range rng.IntN(90) {
				lines[i] += string(alphabet[rng.IntN(len(alphabet))])
			}
		}
		dataflowtest.CheckOperator(t, operators.Words("t"), dataflowtest.Batch(dataflowtest.Col("t", lines)), wordsColumn("word", naiveWords(lines...)...))
	}
}

// What Python says of whole texts holds for the operator.
func TestWordsAgainstPython(t *testing.T) {
	f, err := os.Open("../internal/lower/testdata/python.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var texts, want []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		vector, ok := strings.CutPrefix(lines.Text(), "text ")
		if !ok {
			continue
		}
		var v struct {
			Text  string
			Words []string
		}
		if err := json.Unmarshal([]byte(vector), &v); err != nil {
			t.Fatal(err)
		}
		texts, want = append(texts, v.Text), append(want, v.Words...)
	}
	if len(texts) < 400 {
		t.Fatalf("only %d texts", len(texts))
	}
	dataflowtest.CheckOperator(t, operators.Words("t"), dataflowtest.Batch(dataflowtest.Col("t", texts)), wordsColumn("word", want...))
}

// A dictionary of large strings, which Arrow's builder cannot make.
func TestWordsOfLargeDictionary(t *testing.T) {
	values := dataflowtest.Batch(dataflowtest.ColOf("v", arrow.BinaryTypes.LargeString, "One two", nil, "Three")).Column(0)
	codes := dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Uint32, uint32(2), uint32(0), nil, uint32(1), uint32(2))).Column(0)
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.LargeString}
	col := array.NewDictionaryArray(text, codes, values)
	in := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "s", Type: text, Nullable: true}}, nil), []arrow.Array{col}, 5)
	var got []any
	err := runWords(t, operators.Words("s"), in, func(rec arrow.Record) error {
		for _, row := range dataflowtest.Rows(rec) {
			got = append(got, row[0])
		}
		return nil
	})
	if want := []any{"three", "one", "two", "three"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// runWords hands visit the batches that op makes of in.
func runWords(t *testing.T, op dataflow.Operator, in arrow.Record, visit func(arrow.Record) error) error {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	task, err := op.NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	return task.Process(context.Background(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error {
		defer c.Rec.Release()
		return visit(c.Rec)
	})
}

func TestWordsSplitBigTextIntoBatches(t *testing.T) {
	text := strings.Repeat("Uno dos TRES cuatro ñandú. ", 40_000)
	in := dataflowtest.Batch(dataflowtest.Col("text", []string{text, text[:1000]}))
	var got []string
	batches := 0
	err := runWords(t, operators.Words("text"), in, func(rec arrow.Record) error {
		batches++
		col := rec.Column(0).(*array.String)
		if col.Len() > 32<<10 || len(col.ValueBytes()) > 256<<10+64 || col.Len() == 0 {
			t.Errorf("a batch of %d words, %d bytes", col.Len(), len(col.ValueBytes()))
		}
		for i := range col.Len() {
			got = append(got, strings.Clone(col.Value(i)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := naiveWords(text, text[:1000]); !slices.Equal(got, want) {
		t.Errorf("%d words, want %d", len(got), len(want))
	}
	if batches < 6 || batches > 12 {
		t.Errorf("%d batches", batches)
	}
}

func TestWordsLongerThanABatch(t *testing.T) {
	long := strings.Repeat("Ab", 400_000)
	grows := strings.Repeat("İ", 200_000)
	wide := strings.Repeat("日本\u3000", 100_000)
	in := dataflowtest.Batch(dataflowtest.Col("text", []string{"x " + long + " y", grows, wide + "z"}))
	var got []string
	err := runWords(t, operators.Words("text"), in, func(rec arrow.Record) error {
		col := rec.Column(0).(*array.String)
		for i := range col.Len() {
			got = append(got, strings.Clone(col.Value(i)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{"x", strings.ToLower(long), "y", strings.Repeat("i̇", 200_000)}, strings.Fields(wide+"z")...)
	if !slices.Equal(got, want) {
		t.Errorf("%d words, want %d", len(got), len(want))
	}
}

func TestWordsStops(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("text", []string{strings.Repeat("a b ", 100_000)}))
	batches := 0
	err := runWords(t, operators.Words("text"), in, func(arrow.Record) error { batches++; return dataflow.ErrStop })
	if err != dataflow.ErrStop || batches != 1 {
		t.Errorf("%v after %d batches", err, batches)
	}

	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("gone")
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	task, err := operators.Words("text").NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer task.Close()
	err = task.Process(ctx, dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error { cancel(gone); c.Rec.Release(); return nil })
	if err != gone {
		t.Errorf("%v after the run was cancelled", err)
	}
}

// Bytes that a null hides and rows that a selection leaves out are not seen.
func TestWordsSeesOnlyItsRows(t *testing.T) {
	values := memory.NewBufferBytes([]byte("one twohidden threefour"))
	offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, 7, 13, 19, 23}))
	valid := memory.NewBufferBytes([]byte{0b1101})
	data := array.NewData(arrow.BinaryTypes.String, 4, []*memory.Buffer{valid, offsets, values}, nil, 1, 0)
	col := array.NewStringData(data)
	in := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}}, nil), []arrow.Array{col}, 4)
	for _, c := range []struct {
		sel  []int32
		want []string
	}{
		{nil, []string{"one", "two", "three", "four"}},
		{[]int32{}, nil},
		{[]int32{1}, nil},
		{[]int32{1, 3}, []string{"four"}},
		{[]int32{0, 2}, []string{"one", "two", "three"}},
		{[]int32{2, 3}, []string{"three", "four"}},
	} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		task, err := operators.Words("s").NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		at := dataflow.Place{Split: 3, Row: 5}
		err = task.Process(context.Background(), dataflow.Chunk{Rec: in, Sel: c.sel, At: at}, func(c dataflow.Chunk) error {
			if c.At != at || c.Sel != nil {
				t.Errorf("emitted at %v, selection %v", c.At, c.Sel)
			}
			for _, row := range dataflowtest.Rows(c.Rec) {
				got = append(got, row[0].(string))
			}
			c.Rec.Release()
			return nil
		})
		task.Close()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("rows %v: %q, %v, want %q", c.sel, got, err, c.want)
		}
		alloc.AssertSize(t, 0)
	}
}

func TestWordsMistakes(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("line", []string{"a"}), dataflowtest.ColOf("raw", arrow.BinaryTypes.Binary, []byte("a")), dataflowtest.Col("n", []int64{1}))
	dataflowtest.Fails(t, operators.Words("lines"), in, `no column "lines": there are line, raw, n`)
	dataflowtest.Fails(t, operators.Words("raw"), in, `column "raw" is binary, but words are cut from text`)
	dataflowtest.Fails(t, operators.Words("n"), in, `column "n" is int64`)
}

func TestWordsString(t *testing.T) {
	for _, c := range []struct {
		op   dataflow.Operator
		want string
	}{
		{operators.Words("line"), "words of line, lower case"},
		{operators.Words("line", operators.KeepCase()), "words of line"},
		{operators.Words("line", operators.Unicode(), operators.WordsAs("w")), "unicode words of line as w, lower case"},
	} {
		if got := c.op.(interface{ String() string }).String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	line := "It was the best of times, it was the worst of times, it was the age of Wisdom."
	lines := make([]string, 13_000)
	for i := range lines {
		lines[i] = line
	}
	for _, c := range []struct {
		name string
		rows []string
	}{{"lines", lines}, {"whole", []string{strings.Join(lines, "\n")}}} {
		b.Run(c.name, func(b *testing.B) {
			in := dataflowtest.Batch(dataflowtest.Col("text", c.rows))
			task, err := operators.Words("text").NewTask(in.Schema(), dataflowtest.NewEnv(b, batch.NewPool(memory.NewGoAllocator(), 8<<20)))
			if err != nil {
				b.Fatal(err)
			}
			defer task.Close()
			b.SetBytes(int64(len(lines) * len(line)))
			b.ReportAllocs()
			for b.Loop() {
				err := task.Process(b.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error { c.Rec.Release(); return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
