package operators_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// limited is env with a budget of its own; held says what is reserved.
func limited(env dataflow.Env, limit int64) (out dataflow.Env, held *int64) {
	held = new(int64)
	under := env.Reserve
	env.Reserve = func(bytes int64) error {
		if bytes > 0 && *held+bytes > limit {
			return fmt.Errorf("%d bytes beside %d: %w", bytes, *held, dataflow.ErrBudget)
		}
		*held += bytes
		return under(bytes)
	}
	return env, held
}

// manyGroups is rows of so many groups of two keys, in batches.
func manyGroups(batches, rows, groups int) []arrow.Record {
	var out []arrow.Record
	for b := range batches {
		k, s, v := make([]int64, rows), make([]string, rows), make([]string, rows)
		for r := range rows {
			n := (b*rows + r) * 7919 % groups
			k[r], s[r], v[r] = int64(n), fmt.Sprint("group number ", n/3), strings.Repeat("v", (b*rows+r)%50)
		}
		out = append(out, dataflowtest.Batch(dataflowtest.Col("k", k), dataflowtest.Col("s", s), dataflowtest.Col("v", v)))
	}
	return out
}

// Under a budget that holds a part of the groups the others go through the
// exchange, each partition's to its owner, and the answer is the same.
func TestGroupByLetsGo(t *testing.T) {
	t.Parallel()
	const groups = 20_000
	recs := manyGroups(8, 5_000, groups)
	v := operators.Col("v")
	r := operators.GroupBy("k", "s").Agg(operators.Count().As("n"), operators.Max(v).As("hi"), operators.Min(v).As("lo"), operators.CountOf(v).As("m"))
	want := dataflowtest.Rows(run(t, r, memory.NewGoAllocator(), recs...))
	for _, partitions := range []int{1, 2, 64, 100} {
		t.Run(fmt.Sprint(partitions, " partitions"), func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			ctx := t.Context()
			owners := make([]dataflow.Accumulator, partitions)
			for p := range owners {
				acc, err := r.NewAccumulator(recs[0].Schema(), dataflowtest.NewEnv(t, alloc), dataflow.Exchange{})
				if err != nil {
					t.Fatal(err)
				}
				defer acc.Close()
				owners[p] = acc
			}
			sent := 0
			env, held := limited(dataflowtest.NewEnv(t, alloc), 1<<20)
			env.Partitions = partitions
			acc, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{Partial: func(p int, c dataflow.Chunk) error {
				defer c.Rec.Release()
				sent += c.Rows()
				return owners[p].Merge(ctx, c)
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer acc.Close()
			for _, rec := range recs {
				if err := acc.Add(ctx, dataflow.Chunk{Rec: rec}); err != nil {
					t.Fatal(err)
				}
			}
			if sent < groups/2 {
				t.Errorf("only %d groups were let go of", sent)
			}
			if err := acc.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			if *held > 512<<10 {
				t.Errorf("%d bytes are held after Drain", *held)
			}
			var got [][]any
			in := map[any]int{}
			for p, owner := range owners {
				err := owner.Result(ctx, func(c dataflow.Chunk) error {
					rows := dataflowtest.Rows(c.Rec)
					c.Rec.Release()
					for _, row := range rows {
						in[row[0]]++
					}
					got = append(got, rows...)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if partitions > 1 && (len(in) == 0 || len(in) > groups*3*(p+1)/partitions) {
					t.Errorf("%d groups in %d of %d partitions", len(in), p+1, partitions)
				}
			}
			if d := dataflowtest.Diff(want, got, dataflowtest.Unordered()); d != "" {
				t.Error(d)
			}
		})
	}
}

// Where what is held cannot go anywhere, the error is the budget's, at every
// limit, and all is given back.
func TestGroupByWithoutMemory(t *testing.T) {
	t.Parallel()
	recs := manyGroups(1, 3_000, 2_000)
	v := operators.Col("v")
	for name, r := range map[string]dataflow.Reducer{
		"one key":  operators.GroupBy("k").Agg(operators.Count(), operators.Max(v)),
		"string":   operators.GroupBy("s").Agg(operators.Max(v), operators.Min(operators.Col("k"))),
		"two keys": operators.GroupBy("k", "s").Agg(operators.Max(v), operators.Count()),
		"no keys":  operators.GroupBy().Agg(operators.Max(v), operators.Count()),
	} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			for limit := int64(0); ; limit = limit*5/4 + 100 {
				alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
				env, held := limited(dataflowtest.NewEnv(t, alloc), limit)
				acc, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{})
				if err == nil {
					err = acc.Add(t.Context(), dataflow.Chunk{Rec: recs[0]})
					acc.Close()
				}
				alloc.AssertSize(t, 0)
				if *held != 0 {
					t.Fatalf("within %d bytes: %d are not given back", limit, *held)
				}
				if err == nil {
					break
				}
				if refused++; !errors.Is(err, dataflow.ErrBudget) {
					t.Fatalf("within %d bytes: %v", limit, err)
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

// A maximum that is replaced again and again does not keep what it was.
func TestMaxForgetsWhatItReplaces(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	env, held := limited(dataflowtest.NewEnv(t, alloc), 1<<30)
	v := make([]string, 5_000)
	for i := range v {
		v[i] = fmt.Sprintf("%06d%s", i, strings.Repeat("x", i%100))
	}
	rec := dataflowtest.Batch(dataflowtest.Col("v", v))
	acc, err := operators.GroupBy().Agg(operators.Max(operators.Col("v"))).NewAccumulator(rec.Schema(), env, dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	if err := acc.Add(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
		t.Fatal(err)
	}
	if *held > 64<<10 {
		t.Errorf("%d bytes are held for one value of a hundred", *held)
	}
	if err := acc.Result(t.Context(), func(c dataflow.Chunk) error {
		defer c.Rec.Release()
		if got := c.Rec.Column(0).ValueStr(0); got != v[len(v)-1] {
			t.Errorf("max is %q, want %q", got, v[len(v)-1])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Answers of more groups than one batch holds, in the order of Env.Ordered: one
// order, whatever came first.
func TestGroupByManyBatchesInOrder(t *testing.T) {
	t.Parallel()
	const groups = 201_000 // in four batches
	recs := manyGroups(3, groups/3, groups)
	r := operators.GroupBy("k").Agg(operators.Max(operators.Col("s")).As("s"), operators.Count().As("n"))
	var first []int64
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		env := dataflowtest.NewEnv(t, alloc)
		env.Ordered = true
		acc, err := r.NewAccumulator(recs[0].Schema(), env, dataflow.Exchange{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range order {
			if err := acc.Add(t.Context(), dataflow.Chunk{Rec: recs[i]}); err != nil {
				t.Fatal(err)
			}
		}
		var keys []int64
		batches := 0
		err = acc.Result(t.Context(), func(c dataflow.Chunk) error {
			batches++
			for _, row := range dataflowtest.Rows(c.Rec) {
				k := row[0].(int64)
				keys = append(keys, k)
				if want := fmt.Sprint("group number ", k/3); row[1] != want || row[2] != int64(1) {
					t.Errorf("group %d: %v, want %s once", k, row, want)
				}
			}
			c.Rec.Release()
			return nil
		})
		acc.Close()
		alloc.AssertSize(t, 0)
		if err != nil || len(keys) != groups || batches < 4 {
			t.Fatalf("%d groups in %d batches, %v", len(keys), batches, err)
		}
		if first == nil {
			first = keys
		}
		for i := range keys {
			if keys[i] != first[i] {
				t.Fatalf("row %d is group %d, before %d", i, keys[i], first[i])
			}
		}
	}
}
