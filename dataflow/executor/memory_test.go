package executor_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

func TestBudgetNamesTheHolder(t *testing.T) {
	for _, workers := range workerCounts {
		for _, r := range []gather{{reserve: 1 << 10}, {keyed: true, reserve: 1 << 10}, {ordered: true, reserve: 1 << 10}} {
			g, out := dataflow.New(), &collect{}
			g.Source("numbers", numbers{splits: 200, rows: 1000, batch: 100}).TreeReduce("all rows", r).Sink("out", out)
			opts := options(t, workers)
			opts.MemoryBytes = 16 << 20
			report, err := executor.Run(t.Context(), g, opts)
			var budget *dataflow.BudgetError
			if !errors.As(err, &budget) || !errors.Is(err, dataflow.ErrBudget) {
				t.Fatalf("got %v", err)
			}
			if h := budget.Holders[0]; h.Stage != "all rows" || h.Bytes < 8<<20 || h.Bytes > 20<<20 {
				t.Errorf("holders: %+v", budget.Holders)
			}
			if !strings.Contains(err.Error(), `stage "all rows"`) || !strings.Contains(err.Error(), "16.0 MiB") {
				t.Errorf("error: %v", err)
			}
			if report.PeakHeldBytes > 20<<20 {
				t.Errorf("%d bytes were held", report.PeakHeldBytes)
			}
		}
	}
}

func TestSlowConsumer(t *testing.T) {
	for _, workers := range workerCounts {
		var read atomic.Int64
		g := dataflow.New()
		s := g.Source("numbers", numbers{splits: 64, rows: 1 << 14, batch: 1 << 10, read: &read}).Map("n", onlyN{each{f: pass}})
		opts := options(t, workers)
		opts.MemoryBytes = 4 << 20 // a window of 1 MiB
		job, err := executor.Start(t.Context(), s, opts)
		if err != nil {
			t.Fatal(err)
		}
		var taken, ahead int64
		for rec, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			taken += rec.NumRows()
			ahead = max(ahead, read.Load()<<10-taken)
		}
		if taken != 1<<20 {
			t.Errorf("%d workers: %d rows", workers, taken)
		}
		if most := int64(1<<20/8 + (2*workers+2)<<10); ahead > most {
			t.Errorf("%d workers: %d rows were read ahead, more than %d", workers, ahead, most)
		}
	}
}

type mebibytes struct {
	numbers
	n   int64
	rec arrow.Record
}

func (m mebibytes) PruneColumns([]string) dataflow.Source { return m }

func (m mebibytes) Splits(context.Context, int64, dataflow.Env) ([]dataflow.Split, error) {
	splits := make([]dataflow.Split, m.n)
	for i := range splits {
		splits[i] = dataflow.Split{Path: "mebibytes", From: int64(i), To: int64(i) + 1, Bytes: 1 << 20}
	}
	return splits, nil
}

func (m mebibytes) Read(context.Context, dataflow.Split, dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		m.read.Add(1)
		m.rec.Retain()
		yield(dataflow.Chunk{Rec: m.rec}, nil)
	}
}

func TestGibibyteBeforeASlowConsumer(t *testing.T) {
	source := mebibytes{numbers: numbers{columns: []string{"n"}, read: new(atomic.Int64)}, n: 1 << 10}
	schema, _ := source.Schema(t.Context())
	source.rec = source.record(schema, 0, 1<<17, memory.DefaultAllocator)
	for _, workers := range []int{1, 2, 7} {
		source.read.Store(0)
		g := dataflow.New()
		job, err := executor.Start(t.Context(), g.Source("gibibyte", source), executor.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		var taken, ahead, held int64
		for rec, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			taken += rec.NumRows() >> 17
			ahead, held = max(ahead, source.read.Load()-taken), max(held, job.Progress().HeldBytes)
		}
		most := int64(64 + 2*workers + 2) // the window, and what is in hand
		if taken != 1<<10 || ahead > most || held > (most+8)<<20 {
			t.Errorf("%d workers: took %d MiB, %d MiB were read ahead, %d bytes held", workers, taken, ahead, held)
		}
	}
}
