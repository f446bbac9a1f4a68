package operators_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// growing is a table whose values need more bytes the farther one reads: numbers grow, nulls
// begin, strings become too long for a row, and share their beginnings.
func growing(rng *rand.Rand, rows int) arrow.Record {
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}
	var n, id, word, code, list, i []any
	for r := range rows {
		late := r > rows/2
		n = append(n, rng.Int64N(3)<<rng.IntN(1+60*r/rows)-1)
		id = append(id, fmt.Sprintf("id%06d", rng.IntN(1+r/8)))
		w := any(strings.Repeat("ab", rng.IntN(4)))
		if late && rng.IntN(3) == 0 {
			w = "a beginning that many share, " + strings.Repeat("\x00", rng.IntN(3)) + fmt.Sprint(rng.IntN(300))
		}
		if late && rng.IntN(9) == 0 {
			w, n[r] = nil, nil
		}
		word = append(word, w)
		c := any(fmt.Sprint("a dictionary of strings of more bytes ", rng.IntN(50)))
		if rng.IntN(20) == 0 {
			c = nil
		}
		code, list, i = append(code, c), append(list, []any{int64(r)}), append(i, int64(r))
	}
	return dataflowtest.Batch(
		dataflowtest.ColOf("n", arrow.PrimitiveTypes.Int64, n...),
		dataflowtest.ColOf("id", arrow.BinaryTypes.String, id...),
		dataflowtest.ColOf("word", arrow.BinaryTypes.LargeString, word...),
		dataflowtest.ColOf("code", text, code...),
		dataflowtest.ColOf("list", arrow.ListOf(arrow.PrimitiveTypes.Int64), list...),
		dataflowtest.ColOf("i", arrow.PrimitiveTypes.Int64, i...))
}

// TestSortRows has rows of many layouts, kept columns and several parts of the answer put
// together from any number of workers.
func TestSortRows(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	rows := 40_000
	if testing.Short() {
		rows = 18_000
	}
	in := growing(rng, rows)
	names := []string{"n", "id", "word", "code", "list", "i"}
	for _, c := range []struct {
		columns []int
		desc    []bool
		pruned  bool // without what is kept from the first row on
	}{
		{[]int{0}, []bool{false}, true},
		{[]int{1, 0}, []bool{false, true}, true},
		{[]int{2}, []bool{true}, true},
		{[]int{2, 1, 0}, []bool{false, true, false}, false},
		{[]int{3, 0}, []bool{true, false}, false},
		{[]int{3, 2}, []bool{false, true}, false},
	} {
		var keys []operators.SortKey
		var oracle []oracleKey
		for i, col := range c.columns {
			key := operators.Asc(names[col])
			if c.desc[i] {
				key = operators.Desc(names[col])
			}
			keys, oracle = append(keys, key), append(oracle, oracleKey{col, c.desc[i]})
		}
		want := dataflowtest.Rows(oracleTop(in, rows, oracle...))
		for _, workers := range []int{1, 2, 5} {
			var recs []arrow.Record
			for from := 0; from < rows; {
				to := min(from+1+rng.IntN(2000), rows)
				recs, from = append(recs, in.NewSlice(int64(from), int64(to))), to
			}
			s := dataflow.New().Source("in", memio.Batches(recs...))
			look := func(row []any) []any { return row }
			if c.pruned {
				s = s.Map("some", operators.Project("n", "id", "word", "i"))
				look = func(row []any) []any { return []any{row[0], row[1], row[2], row[5]} }
			}
			s = s.TreeReduce("sort", operators.Sort(keys...), dataflow.FanIn(2))
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1 + rng.Int64N(200_000), BatchRows: 1 + rng.IntN(3000)})
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				got := dataflowtest.Rows(rec)
				var expected [][]any
				for _, row := range want[at:min(at+len(got), rows)] {
					expected = append(expected, look(row))
				}
				if d := dataflowtest.Diff(expected, got); d != "" {
					t.Fatalf("by %v, %d workers, seed %#x, from row %d: %s", keys, workers, seed, at, d)
				}
				at += len(got)
			}
			if at != rows {
				t.Fatalf("by %v, %d workers, seed %#x: %d rows of %d", keys, workers, seed, at, rows)
			}
		}
	}
}

// TestSortIsLeft takes the first rows alone of an answer of many parts.
func TestSortIsLeft(t *testing.T) {
	n := make([]int64, 100_000)
	for i := range n {
		n[i] = int64(i % 7)
	}
	in := dataflowtest.Batch(dataflowtest.Col("n", n))
	for _, workers := range []int{1, 3} {
		s := dataflow.New().Source("in", memio.Batches(in.NewSlice(0, 50_000), in.NewSlice(50_000, 100_000))).
			TreeReduce("sort", operators.Sort(operators.Desc("n"))).
			TreeReduce("first", operators.Limit(20_000))
		job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for rec, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range dataflowtest.Rows(rec) {
				want := int64(6)
				if rows >= 14285 {
					want = 5
				}
				if row[0] != want {
					t.Fatalf("%d workers: row %d is %v, not %d", workers, rows, row[0], want)
				}
				rows++
			}
		}
		if rows != 20_000 {
			t.Errorf("%d workers: %d rows", workers, rows)
		}
	}
}

// TestSortRefused has each reservation refused in turn.
func TestSortRefused(t *testing.T) {
	in := growing(rand.New(rand.NewPCG(1, 2)), 3000)
	for refused := 0; ; refused++ {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		env, asked := dataflowtest.NewEnv(t, alloc), 0
		reserve := env.Reserve
		env.Reserve = func(bytes int64) error {
			if bytes > 0 {
				if asked++; asked > refused {
					return fmt.Errorf("refused: %w", dataflow.ErrBudget)
				}
			}
			return reserve(bytes)
		}
		acc := must(operators.Sort(operators.Asc("word"), operators.Desc("code")).NewAccumulator(in.Schema(), env, dataflow.Exchange{}))(t)
		var err error
		for from := int64(0); from < in.NumRows() && err == nil; from += 500 {
			rec := in.NewSlice(from, from+500)
			err = acc.Add(t.Context(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Row: from}})
			rec.Release()
		}
		if err == nil {
			err = acc.Result(t.Context(), func(c dataflow.Chunk) error {
				c.Rec.Release()
				return nil
			})
		}
		acc.Close()
		alloc.AssertSize(t, 0)
		if err == nil {
			if refused < 5 {
				t.Errorf("nothing more was asked for than %d times", refused)
			}
			return
		}
		if !errors.Is(err, dataflow.ErrBudget) {
			t.Fatalf("when reservation %d is refused: %v", refused, err)
		}
	}
}

// TestSortOfLongTexts sorts strings that are equal in all of them for longer than a row holds.
func TestSortOfLongTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var texts []string
	var n []int64
	for i := range 3000 {
		texts = append(texts, "a beginning of all, longer than a row "+strings.Repeat("\x00", rng.IntN(2))+fmt.Sprint(rng.IntN(100)))
		n = append(n, int64(i%11))
	}
	in := dataflowtest.Batch(dataflowtest.Col("text", texts), dataflowtest.Col("n", n))
	for _, desc := range []bool{false, true} {
		key := operators.Asc("text")
		if desc {
			key = operators.Desc("text")
		}
		want := dataflowtest.Rows(oracleTop(in, len(n), oracleKey{0, desc}, oracleKey{1, false}))
		for _, size := range []int{1, 700, 3000} {
			got := runTopK(t, operators.Sort(key, operators.Asc("n")), in, size)
			if d := dataflowtest.Diff(want, got); d != "" {
				t.Fatalf("batches of %d rows, descending %v: %s", size, desc, d)
			}
		}
	}
}
