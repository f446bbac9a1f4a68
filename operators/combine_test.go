package operators_test

import (
	"errors"
	"fmt"
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

// appended is the rows of a, then those of b: associative, not commutative.
func appended(a, b arrow.Record) (arrow.Record, error) {
	return batch.Concat([]arrow.Record{a, b}, memory.DefaultAllocator)
}

// later returns its argument.
func later(_, b arrow.Record) (arrow.Record, error) { return b, nil }

func TestCombine(t *testing.T) {
	t.Parallel()
	in := dataflowtest.Random(2, 40,
		arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true})
	dataflowtest.CheckReducer(t, operators.Combine(appended), in, in)
	dataflowtest.CheckReducer(t, operators.Combine(appended, operators.Commutative()), in, in, dataflowtest.Unordered())
	empty := in.NewSlice(0, 0)
	dataflowtest.CheckReducer(t, operators.Combine(appended), empty, empty)
}

// TestCombineSums has a function whose answer is one row, whatever it is given.
func TestCombineSums(t *testing.T) {
	sum := func(a, b arrow.Record) (arrow.Record, error) {
		var n int64
		for _, rec := range []arrow.Record{a, b} {
			for _, v := range rec.Column(0).(*array.Int64).Int64Values() {
				n += v
			}
		}
		return numbers(n), nil
	}
	// The first batch is summed with nothing, so that one batch has one row too.
	whole, err := sum(numbers(1, 2, 3, 4, 5, 6), numbers())
	if err != nil {
		t.Fatal(err)
	}
	dataflowtest.CheckReducer(t, operators.Combine(sum, operators.Commutative()), numbers(21), whole, dataflowtest.PlainOnly())
	if got := combineEach(t, sum, 1, 2, 3, 4, 5, 6); len(got) != 1 || got[0] != 21 {
		t.Errorf("sum %v, want [21]", got)
	}
	if got := combineEach(t, later, 1, 2, 3, 4, 5, 6, 7); len(got) != 1 || got[0] != 7 {
		t.Errorf("last %v, want [7]", got)
	}
	first := func(a, _ arrow.Record) (arrow.Record, error) { return a, nil }
	if got := combineEach(t, first, 1, 2, 3, 4, 5); len(got) != 1 || got[0] != 1 {
		t.Errorf("first %v, want [1]", got)
	}
}

// combineEach folds a batch a number.
func combineEach(t *testing.T, f func(a, b arrow.Record) (arrow.Record, error), n ...int64) []int64 {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	acc, err := operators.Combine(f).NewAccumulator(numberSchema, dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	for i, v := range n {
		fold := acc.Add
		if i%3 == 2 {
			fold = acc.Merge
		}
		if err := fold(t.Context(), dataflow.Chunk{Rec: numbers(v)}); err != nil {
			t.Fatal(err)
		}
	}
	var out []int64
	if err := acc.Result(t.Context(), func(c dataflow.Chunk) error {
		out = append(out, c.Rec.Column(0).(*array.Int64).Int64Values()...)
		c.Rec.Release()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCombineShape writes down who is paired with whom.
func TestCombineShape(t *testing.T) {
	names := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	name := func(s string) arrow.Record { return dataflowtest.Batch(dataflowtest.Col("s", []string{s}).NotNull()) }
	text := func(rec arrow.Record) string { return strings.Clone(rec.Column(0).(*array.String).Value(0)) }
	pair := func(a, b arrow.Record) (arrow.Record, error) { return name("(" + text(a) + text(b) + ")"), nil }
	for n, want := range map[int]string{1: "a", 2: "(ab)", 3: "((ab)c)", 4: "((ab)(cd))", 7: "(((ab)(cd))((ef)g))", 8: "(((ab)(cd))((ef)(gh)))"} {
		acc, err := operators.Combine(pair).NewAccumulator(names, dataflowtest.NewEnv(t, memory.DefaultAllocator), dataflow.Exchange{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := acc.Add(t.Context(), dataflow.Chunk{Rec: name(string(rune('a' + i)))}); err != nil {
				t.Fatal(err)
			}
			if err := acc.Add(t.Context(), dataflow.Chunk{Rec: name("?").NewSlice(0, 0)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := acc.Result(t.Context(), func(c dataflow.Chunk) error {
			if got := text(c.Rec); got != want {
				t.Errorf("%d batches: %s, want %s", n, got, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		acc.Close()
	}
}

func TestCombineFails(t *testing.T) {
	in := numbers(1, 2, 3)
	dataflowtest.Fails(t, operators.Combine(nil), in, "the function is nil")
	for want, f := range map[string]func(a, b arrow.Record) (arrow.Record, error){
		"the function returned no batch": func(_, _ arrow.Record) (arrow.Record, error) { return nil, nil },
		"no luck":                        func(_, b arrow.Record) (arrow.Record, error) { return b, errors.New("no luck") },
		"no more luck":                   func(a, _ arrow.Record) (arrow.Record, error) { return doubled(a), errors.New("no more luck") },
		"the function returned columns s utf8, but n int64 are declared": func(_, _ arrow.Record) (arrow.Record, error) {
			return dataflowtest.Batch(dataflowtest.Col("s", []string{"x"})), nil
		},
	} {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		acc, err := operators.Combine(f).NewAccumulator(numberSchema, dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
		if err != nil {
			t.Fatal(err)
		}
		if err := acc.Add(t.Context(), dataflow.Chunk{Rec: in}); err != nil {
			t.Fatal(err)
		}
		if err := acc.Add(t.Context(), dataflow.Chunk{Rec: in}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		acc.Close()
		alloc.AssertSize(t, 0)
	}
	for want, r := range map[string]dataflow.Reducer{"function(a, b)": operators.Combine(appended), "function(a, b), commutative": operators.Combine(appended, operators.Commutative(), nil)} {
		if got := fmt.Sprint(r); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}
