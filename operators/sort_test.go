package operators_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

func TestSort(t *testing.T) {
	t.Parallel()
	nan, negativeZero := math.NaN(), math.Copysign(0, -1)
	in := dataflowtest.Batch(
		dataflowtest.Col("word", []any{"b", "", nil, "ab", "a\x00", "a", "ä", nil}),
		dataflowtest.Col("x", []any{1.5, nan, negativeZero, nil, 0.0, math.Inf(1), nan, math.Inf(-1)}),
		dataflowtest.Col("i", []int32{0, 1, 2, 3, 4, 5, 6, 7}),
	)
	for _, c := range []struct {
		keys []operators.SortKey
		want []int32 // of column i
	}{
		{[]operators.SortKey{operators.Asc("word")}, []int32{1, 5, 4, 3, 0, 6, 2, 7}},
		{[]operators.SortKey{operators.Desc("word")}, []int32{6, 0, 3, 4, 5, 1, 2, 7}},
		{[]operators.SortKey{operators.Asc("x")}, []int32{7, 2, 4, 0, 5, 1, 6, 3}},
		{[]operators.SortKey{operators.Desc("x")}, []int32{1, 6, 5, 0, 2, 4, 7, 3}},
		{[]operators.SortKey{operators.Desc("x"), operators.Desc("i")}, []int32{6, 1, 5, 0, 4, 2, 7, 3}},
	} {
		want, err := batch.Take(in, c.want, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		dataflowtest.CheckReducer(t, operators.Sort(c.keys...), in, want, dataflowtest.DictionaryToo("word"))
	}
}

func TestSortOfNothing(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{}))
	dataflowtest.CheckReducer(t, operators.Sort(operators.Asc("n")), in, in)
}

// TestSortTypes sorts random columns of every type that has an order.
func TestSortTypes(t *testing.T) {
	t.Parallel()
	for _, typ := range orderedTypes {
		t.Run(typ.String(), func(t *testing.T) {
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 0))
			in := dataflowtest.Random(seed, 20+rng.IntN(20),
				arrow.Field{Name: "few", Type: arrow.PrimitiveTypes.Uint8, Nullable: true},
				arrow.Field{Name: "key", Type: typ, Nullable: true})
			for _, desc := range []bool{false, true} {
				key := operators.Asc("key")
				if desc {
					key = operators.Desc("key")
				}
				rows := int(in.NumRows())
				for range 20 {
					got := runTopK(t, operators.Sort(key), in, 1+rng.IntN(70))
					if d := dataflowtest.Diff(dataflowtest.Rows(oracleTop(in, rows, oracleKey{1, desc})), got); d != "" {
						t.Fatalf("seed %#x by %v: %s", seed, key, d)
					}
					got = runTopK(t, operators.Sort(operators.Asc("few"), key), in, 1+rng.IntN(70))
					if d := dataflowtest.Diff(dataflowtest.Rows(oracleTop(in, rows, oracleKey{0, false}, oracleKey{1, desc})), got); d != "" {
						t.Fatalf("seed %#x by few and %v: %s", seed, key, d)
					}
				}
			}
		})
	}
}

// TestSortOnManyWorkers has equal keys in all splits, so that any mistake in the order
// of the source shows, and looks at the size of the batches.
func TestSortOnManyWorkers(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var recs []arrow.Record
	var all [][]any
	for at := int64(0); at < 30_000; {
		n, i := make([]int64, 1+rng.IntN(900)), []int64(nil)
		for j := range n {
			n[j], i = rng.Int64N(40), append(i, at)
			at++
		}
		rec := dataflowtest.Batch(dataflowtest.Col("n", n), dataflowtest.Col("i", i))
		recs, all = append(recs, rec), append(all, dataflowtest.Rows(rec)...)
	}
	var want [][]any
	for n := int64(39); n >= 0; n-- {
		for _, row := range all {
			if row[0] == n {
				want = append(want, row)
			}
		}
	}
	for _, workers := range []int{1, 2, 3, 8} {
		s := dataflow.New().Source("in", memio.Batches(recs...)).TreeReduce("sort", operators.Sort(operators.Desc("n")), dataflow.FanIn(2))
		job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1 + rng.Int64N(50_000), BatchRows: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]any
		for rec, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			if rec.NumRows() > 1000 {
				t.Errorf("a batch of %d rows", rec.NumRows())
			}
			got = append(got, dataflowtest.Rows(rec)...)
		}
		if d := dataflowtest.Diff(want, got); d != "" {
			t.Errorf("%d workers, seed %#x: %s", workers, seed, d)
		}
	}
}

// Rows without end run out of the budget, and the error says whose they are.
func TestSortPastTheBudget(t *testing.T) {
	for _, workers := range []int{1, 3} {
		g := dataflow.New()
		g.Source("numbers", counting()).
			TreeReduce("sorted", operators.Sort(operators.Desc("n"))).
			Sink("out", memio.NewSink())
		report, err := executor.Run(t.Context(), g, executor.Options{Workers: workers, MemoryBytes: 16 << 20})
		var budget *dataflow.BudgetError
		if !errors.As(err, &budget) {
			t.Fatalf("got %v", err)
		}
		if h := budget.Holders[0]; h.Stage != "sorted" || h.Bytes < 4<<20 {
			t.Errorf("%d workers: held by %+v", workers, budget.Holders)
		}
		if report.PeakHeldBytes > 24<<20 {
			t.Errorf("%d workers: %d bytes were held", workers, report.PeakHeldBytes)
		}
	}
}

func TestSortFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{1}), dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{1}))
	for want, r := range map[string]dataflow.Reducer{
		"no key to order by":                                          operators.Sort(),
		`no column "m": there are n, l`:                               operators.Sort(operators.Asc("m")),
		`column "n" is named twice`:                                   operators.Sort(operators.Asc("n"), operators.Desc("n")),
		`column "l" of type list<item: int64, nullable> has no order`: operators.Sort(operators.Asc("l")),
	} {
		dataflowtest.Fails(t, r, in, want)
	}
}

func TestSortString(t *testing.T) {
	if got, want := fmt.Sprint(operators.Sort(operators.Desc("n"), operators.Asc("word"))), "sort by n desc, word asc"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func ExampleSort() {
	show(orders().TreeReduce("sorted", operators.Sort(operators.Asc("shop"), operators.Desc("price"))))
	// Output:
	// east 7 1.25
	// north 3 9.5
	// north 0 3
	// south 1 20
	// south 4 6
}

// Words of two keys, which have so many bits, share 64 of them, or have not all of them there.
func TestSortWordsOfAllWidths(t *testing.T) {
	t.Parallel()
	widths := []int{1, 2, 8, 31, 32, 33, 55, 62, 63, 64}
	rng := rand.New(rand.NewPCG(1, 2))
	value := func(width int, null bool) any {
		if null && rng.IntN(6) == 0 {
			return nil
		}
		most := uint64(math.MaxUint64) >> (64 - width)
		return []uint64{0, most, most - 1&most, most / 2, rng.Uint64() & most}[rng.IntN(5)]
	}
	for _, a := range widths {
		for _, b := range widths {
			for _, null := range []bool{false, true} {
				var first, second, third []any
				for range 40 {
					first, second, third = append(first, value(a, null)), append(second, value(b, null)), append(third, value(2, false))
				}
				in := dataflowtest.Batch(dataflowtest.Col("a", first), dataflowtest.Col("b", second), dataflowtest.Col("c", third))
				got := runTopK(t, operators.Sort(operators.Asc("a"), operators.Desc("b"), operators.Asc("c")), in, 7)
				want := oracleTop(in, int(in.NumRows()), oracleKey{0, false}, oracleKey{1, true}, oracleKey{2, false})
				if d := dataflowtest.Diff(dataflowtest.Rows(want), got); d != "" {
					t.Errorf("%d and %d bits, nulls: %t: %s", a, b, null, d)
				}
			}
		}
	}
}
