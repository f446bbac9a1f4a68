package operators

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestRoomOfTheLast: an accumulator that follows one that has answered has room for as many
// groups, where there is the memory for it, and the same answer.
func TestRoomOfTheLast(t *testing.T) {
	const groups = 5_000
	for name, key := range map[string]func(n []int64) dataflowtest.Column{
		"numbers": func(n []int64) dataflowtest.Column { return dataflowtest.Col("k", n) },
		"texts": func(n []int64) dataflowtest.Column {
			s := make([]string, len(n))
			for i, k := range n {
				s[i] = string(rune('a'+k%26)) + string(rune('0'+k/26%100)) + string(rune(0x400+k/2600))
			}
			return dataflowtest.Col("k", s)
		},
	} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer alloc.AssertSize(t, 0)
		ctx, env := t.Context(), dataflowtest.NewEnv(t, alloc)
		r := GroupBy("k").Agg(Count(), Sum(Col("v")), Min(Col("k"))).(Grouping)
		shared, err := r.Share(ctx, env)
		if err != nil {
			t.Fatal(err)
		}
		env.Shared = shared
		reserve, asked, most := env.Reserve, 0, int64(1)<<40
		held := int64(0)
		env.Reserve = func(bytes int64) error {
			if bytes > 0 {
				if asked++; held+bytes > most {
					return dataflow.ErrBudget
				}
			}
			held += bytes
			return reserve(bytes)
		}
		// answer folds so many groups of three rows each, and returns how often memory was
		// asked for meanwhile.
		answer := func(n int) int {
			t.Helper()
			k, v := make([]int64, n), make([]float64, n)
			for i := range k {
				k[i], v[i] = int64(i)*7, float64(i)
			}
			rec := dataflowtest.Batch(key(k), dataflowtest.Col("v", v))
			defer rec.Release()
			acc, err := r.NewAccumulator(rec.Schema(), env, dataflow.Exchange{})
			if err != nil {
				t.Fatal(err)
			}
			defer acc.Close()
			asked = 0
			for range 3 {
				if err := acc.Add(ctx, dataflow.Chunk{Rec: rec}); err != nil {
					t.Fatal(err)
				}
			}
			times, rows := asked, 0
			if err := acc.Result(ctx, func(c dataflow.Chunk) error {
				defer c.Rec.Release()
				counts, sums := c.Rec.Column(1).(*array.Int64), c.Rec.Column(2).(*array.Float64)
				for i := range int(c.Rec.NumRows()) {
					if counts.Value(i) != 3 || sums.Value(i) != 3*float64(rows) {
						t.Errorf("%s: group %d has %d rows of %v", name, rows, counts.Value(i), sums.Value(i))
					}
					rows++
				}
				return nil
			}); err != nil || rows != n {
				t.Fatalf("%s: %d groups, %v, want %d", name, rows, err, n)
			}
			return times
		}
		first, second := answer(groups), answer(groups)
		if second > first*3/4 {
			t.Errorf("%s: memory was asked for %d times, and with the room of the one before %d times", name, first, second)
		}
		answer(2 * groups)
		answer(10)
		shared.(*groupShare).answered.Store(1 << 24)
		most = held + 4<<20
		answer(groups)
		if err := shared.Close(); err != nil || held != 0 {
			t.Errorf("%s: %d bytes are held at the end, %v", name, held, err)
		}
	}
}
