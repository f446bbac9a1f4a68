package operators

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestTablesAreKept fills tables one after another. From the second on each is begun with
// the room of the one before and filled as far; and where memory is asked for, none is kept.
func TestTablesAreKept(t *testing.T) {
	t.Parallel()
	const rows, batches, tableBytes = 1 << 10, 200, 1 << 20
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	for name, states := range map[string]Agg{"count": Count(), "median": Median(Col("v"))} {
		env := dataflowtest.NewEnv(t, alloc)
		env.Partitions = 256
		sent, next := 0, uint64(0)
		take := func(_ int, c dataflow.Chunk) error {
			sent += int(c.Rec.NumRows())
			c.Rec.Release()
			return nil
		}
		r := GroupBy("k").Agg(states).(Grouping)
		r.policy = policy{firstBytes: tableBytes, nextBytes: tableBytes, valueBytes: 1 << 40}
		batch := func() arrow.Record {
			k, v := make([]int64, rows), make([]float64, rows)
			for i := range k {
				next++
				k[i] = int64(next * 0x9E3779B97F4A7C15)
			}
			return dataflowtest.Batch(dataflowtest.Col("k", k), dataflowtest.Col("v", v))
		}
		acc, err := r.NewAccumulator(batch().Schema(), env, dataflow.Exchange{Partial: take, Rows: take})
		if err != nil {
			t.Fatal(err)
		}
		a := acc.(*groupAccumulator)
		var filled []int // groups of the tables that were let go of
		folded := 0
		for range batches {
			before := a.groups
			if err := a.Add(t.Context(), dataflow.Chunk{Rec: batch()}); err != nil {
				t.Fatal(err)
			}
			folded += rows
			if a.groups < before {
				filled = append(filled, before+rows)
				if kept := a.table.HeldBytes(); len(filled) > 1 && kept < tableBytes/8 {
					t.Errorf("%s: the table was left with %d bytes", name, kept)
				}
			}
			if held := a.held - a.adapt.held; held > 4*tableBytes {
				t.Errorf("%s: %d bytes are held where a table is full at %d", name, held, tableBytes)
			}
		}
		if len(filled) < 4 {
			t.Fatalf("%s: tables of %v groups", name, filled)
		}
		for _, n := range filled[2:] {
			if n > 2*filled[1] || 2*n < filled[1] {
				t.Errorf("%s: tables of %v groups", name, filled)
				break
			}
		}
		if err := a.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if kept := a.table.HeldBytes(); kept > 2*keepTable {
			t.Errorf("%s: the table holds %d bytes after Drain", name, kept)
		}
		if sent != folded {
			t.Errorf("%s: %d groups were sent, want %d", name, sent, folded)
		}
		a.Close()
	}
}
