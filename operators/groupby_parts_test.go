package operators_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// TestGroupByResultParts holds the parts of one accumulator's answer, chunk by chunk,
// against the answers of accumulators of the partitions.
func TestGroupByResultParts(t *testing.T) {
	t.Parallel()
	by := operators.GroupBy("s", "k").Agg(operators.Count(), operators.Median(operators.Col("v")), operators.Max(operators.Col("s")))
	many := 150_000
	if testing.Short() {
		many = 70_000 // still more than a chunk has
	}
	for _, groups := range []int{0, 1, 5, 1000, many} {
		recs := partsRows(groups)
		for _, partitions := range []int{1, 3, 256} {
			for i := range 4 {
				alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
				r := adapting(i, by)
				want, got := make([][]arrow.Record, partitions), make([][]arrow.Record, partitions)
				last := 0
				whole := newPartsAccumulator(t, r, alloc, 1, dataflow.Exchange{})
				foldAll(t, whole, recs)
				err := whole.(dataflow.Parted).ResultParts(t.Context(), partitions, func(p int, c dataflow.Chunk) error {
					if p < last {
						t.Errorf("partition %d comes behind %d", p, last)
					}
					last = p
					got[p] = append(got[p], c.Rec)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				owners := make([]dataflow.Accumulator, partitions)
				for p := range owners {
					owners[p] = newPartsAccumulator(t, by, alloc, 1, dataflow.Exchange{})
				}
				sender := newPartsAccumulator(t, r, alloc, partitions, dataflow.Exchange{
					Partial: func(p int, c dataflow.Chunk) error {
						defer c.Rec.Release()
						return owners[p].Merge(t.Context(), c)
					},
					Rows: func(p int, c dataflow.Chunk) error {
						defer c.Rec.Release()
						return owners[p].Add(t.Context(), c)
					},
				})
				foldAll(t, sender, recs)
				if err := sender.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				for p, o := range owners {
					if err := o.Result(t.Context(), func(c dataflow.Chunk) error { want[p] = append(want[p], c.Rec); return nil }); err != nil {
						t.Fatal(err)
					}
					o.Close()
				}
				sender.Close()
				whole.Close()
				rows := 0
				for p := range want {
					if len(want[p]) != len(got[p]) {
						t.Fatalf("%d groups, partition %d of %d: %d chunks, want %d", groups, p, partitions, len(got[p]), len(want[p]))
					}
					for j, rec := range want[p] {
						if !array.RecordEqual(rec, got[p][j]) {
							t.Fatalf("%d groups, partition %d of %d, chunk %d:\n%v\nwant\n%v", groups, p, partitions, j, got[p][j], rec)
						}
						rows += int(rec.NumRows())
						rec.Release()
						got[p][j].Release()
					}
				}
				if rows != groups {
					t.Fatalf("%d groups, want %d", rows, groups)
				}
				alloc.AssertSize(t, 0)
				if groups > 10_000 {
					break // the other policies are for what is small
				}
			}
		}
	}
}

// An error of who takes the parts ends them, and is returned.
func TestGroupByResultPartsStops(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	acc := newPartsAccumulator(t, operators.GroupBy("s", "k"), alloc, 1, dataflow.Exchange{})
	defer acc.Close()
	foldAll(t, acc, partsRows(100))
	calls := 0
	err := acc.(dataflow.Parted).ResultParts(t.Context(), 256, func(_ int, c dataflow.Chunk) error {
		c.Rec.Release()
		if calls++; calls == 3 {
			return dataflow.ErrStop
		}
		return nil
	})
	if err != dataflow.ErrStop || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// partsRows are rows of so many groups, two a group, one with a null among its keys.
func partsRows(groups int) []arrow.Record {
	var recs []arrow.Record
	for twice := range 2 {
		for from := 0; from < groups; from += 10_000 {
			var s, k, v []any
			for g := from; g < min(from+10_000, groups); g++ {
				s, k, v = append(s, fmt.Sprint("the name of ", g/3)), append(k, int64(g%3)), append(v, int64(g+twice))
			}
			if from == 0 {
				s[0] = nil
			}
			recs = append(recs, dataflowtest.Batch(dataflowtest.Col("s", s), dataflowtest.Col("k", k), dataflowtest.Col("v", v)))
		}
	}
	return recs
}

func newPartsAccumulator(t *testing.T, r dataflow.Reducer, alloc memory.Allocator, partitions int, x dataflow.Exchange) dataflow.Accumulator {
	t.Helper()
	env := dataflowtest.NewEnv(t, alloc)
	env.Ordered, env.Partitions = true, partitions
	acc, err := r.NewAccumulator(partsRows(1)[0].Schema(), env, x)
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

func foldAll(t *testing.T, acc dataflow.Accumulator, recs []arrow.Record) {
	t.Helper()
	for _, rec := range recs {
		if err := acc.Add(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			t.Fatal(err)
		}
	}
}
