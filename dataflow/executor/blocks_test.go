package executor_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/operators"
)

// blocky is numbers in splits that are read from front to end, by blocks.
type blocky struct {
	numbers
	blockRows int64
	bytes     int64                                                      // of a block
	feed      func(ctx context.Context, row int64) error                 // before the block that begins with row
	find      func(ctx context.Context, env dataflow.Env, r int64) error // before each chunk of a block
	open      *atomic.Int64                                              // blocks that are not closed
	most      *atomic.Int64                                              // of them at once
	endless   bool
}

func (s blocky) PruneColumns(columns []string) dataflow.Source {
	s.columns = columns
	return s
}

func (s blocky) TakeBounds([]dataflow.Bound) dataflow.Source { return s }

func (s blocky) Read(context.Context, dataflow.Split, dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	panic("a split with blocks is read by Read")
}

func (s blocky) Blocks(ctx context.Context, split dataflow.Split, env dataflow.Env) (iter.Seq2[dataflow.Block, error], bool) {
	return func(yield func(dataflow.Block, error) bool) {
		for from := split.From; from < split.To || s.endless; from += s.blockRows {
			if s.feed != nil {
				if err := s.feed(ctx, from); err != nil {
					yield(nil, err)
					return
				}
			}
			to := from + s.blockRows
			if !s.endless {
				to = min(to, split.To)
			}
			env.Advance(8 * (to - from))
			if n := s.open.Add(1); s.most != nil && n > s.most.Load() {
				s.most.Store(n)
			}
			if !yield(&blockOf{source: s, from: from, to: to}, nil) {
				return
			}
		}
	}, true
}

type blockOf struct {
	source   blocky
	from, to int64
	closed   bool
}

func (b *blockOf) Bytes() int64 { return b.source.bytes }

func (b *blockOf) Read(ctx context.Context, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		schema, _ := b.source.Schema(ctx)
		for from := b.from; from < b.to; from += b.source.batch {
			if b.source.find != nil {
				if err := b.source.find(ctx, env, from); err != nil {
					yield(dataflow.Chunk{}, err)
					return
				}
			}
			if !yield(dataflow.Chunk{Rec: b.source.record(schema, from, min(from+b.source.batch, b.to), env.Alloc)}, nil) {
				return
			}
		}
	}
}

func (b *blockOf) Close() {
	if b.closed {
		panic("a block is closed twice")
	}
	b.closed = true
	b.source.open.Add(-1)
}

func newBlocky(splits, rows int64) blocky {
	return blocky{numbers: numbers{splits: splits, rows: rows, batch: 7}, blockRows: 50, bytes: 1000, open: new(atomic.Int64), most: new(atomic.Int64)}
}

// placesOf is a map that records the places of the numbers.
func placesOf(seen map[int64]dataflow.Place, mu *sync.Mutex) each {
	return each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
		mu.Lock()
		for i, n := range int64sOf(in.Rec) {
			seen[n] = dataflow.Place{Split: in.At.Split, Row: in.At.Row + int64(i)}
		}
		mu.Unlock()
		return pass(ctx, env, in, emit)
	}}
}

func int64sOf(rec arrow.Record) []int64 {
	c := &collect{}
	_ = c.Write(context.Background(), dataflow.Chunk{Rec: rec})
	return c.n
}

// TestBlocksAreReadInOrder: whoever finds the rows, they come in order, with the
// places of one task, and progress is theirs.
func TestBlocksAreReadInOrder(t *testing.T) {
	for _, workers := range workerCounts {
		for _, order := range []bool{false, true} {
			s := newBlocky(3, 1000)
			seen, mu := map[int64]dataflow.Place{}, new(sync.Mutex)
			g, out := dataflow.New(), &collect{}
			stream := g.Source("blocks", s).Map("places", placesOf(seen, mu))
			if order {
				stream = stream.TreeReduce("all", gather{ordered: true})
			}
			stream.Sink("out", out)
			report, err := executor.Run(t.Context(), g, options(t, workers))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(out.n, upTo(3000)) {
				t.Errorf("%d workers: %d numbers, out of order", workers, len(out.n))
			}
			for n, at := range seen {
				if want := (dataflow.Place{Split: n / 1000, Row: n % 1000}); at != want {
					t.Fatalf("%d workers: %d stands at %v, want %v", workers, n, at, want)
				}
			}
			if p := report.Stages[0]; p.Bytes != 8*3000 || p.RowsOut != 3000 || report.SplitsDone != 3 || report.HeldBytes != 0 {
				t.Errorf("%d workers: %+v, %d bytes held", workers, p, report.HeldBytes)
			}
			if s.open.Load() != 0 {
				t.Errorf("%d blocks are open", s.open.Load())
			}
		}
	}
	goleak.VerifyNone(t)
}

// TestOtherWorkersFindTheRows: a block is given out only when two are being
// read.
func TestOtherWorkersFindTheRows(t *testing.T) {
	s := newBlocky(1, 100)
	var both sync.WaitGroup
	both.Add(2)
	s.find = func(_ context.Context, _ dataflow.Env, row int64) error {
		if row%50 == 0 {
			both.Done()
			both.Wait()
		}
		return nil
	}
	g, out := dataflow.New(), &collect{}
	g.Source("blocks", s).Sink("out", out)
	if _, err := executor.Run(t.Context(), g, options(t, 2)); err != nil || !slices.Equal(out.n, upTo(100)) {
		t.Errorf("got %v, %v", out.n, err)
	}
}

// TestRowsDoNotWaitForTheNextBlock: a source that waits for more holds up no rows
// that it has given.
func TestRowsDoNotWaitForTheNextBlock(t *testing.T) {
	for _, workers := range workerCounts {
		s := newBlocky(1, 1000)
		got := make(chan struct{})
		s.feed = func(ctx context.Context, row int64) error {
			if row == 100 { // behind two blocks, all of which the sink must have
				select {
				case <-got:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}
		g, out := dataflow.New(), &collect{}
		var rows int
		out.write = func() error {
			if rows = len(out.n); rows >= 93 {
				close(got)
				return dataflow.ErrStop
			}
			return nil
		}
		g.Source("blocks", s).Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if s.open.Load() != 0 {
			t.Errorf("%d blocks are open", s.open.Load())
		}
	}
}

// TestBlocksInFlightAreBounded: by count, and by bytes where they are big.
func TestBlocksInFlightAreBounded(t *testing.T) {
	for _, c := range []struct{ bytes, most int64 }{{1, 2*3 + 1}, {1 << 20, 2}} {
		s := newBlocky(1, 20000)
		s.bytes = c.bytes
		g, out := dataflow.New(), &collect{}
		g.Source("blocks", s).Sink("out", out)
		opts := options(t, 3)
		opts.MemoryBytes = 16 << 20 // a window of 4 MiB, a quarter of which is for blocks
		report, err := executor.Run(t.Context(), g, opts)
		if err != nil || !slices.Equal(out.n, upTo(20000)) {
			t.Fatalf("%d rows, %v", len(out.n), err)
		}
		if got := s.most.Load(); got > c.most {
			t.Errorf("%d blocks of %d bytes were open at once", got, c.bytes)
		}
		if c.bytes > 1 && report.PeakHeldBytes < c.bytes || report.PeakHeldBytes > 8<<20 {
			t.Errorf("%d bytes were held", report.PeakHeldBytes)
		}
	}
}

// TestBlocksPastTheBudget: what is in flight is on the account.
func TestBlocksPastTheBudget(t *testing.T) {
	for _, workers := range workerCounts {
		s := newBlocky(1, 1000)
		s.bytes = 4 << 20
		g := dataflow.New()
		g.Source("blocks", s).Sink("out", &collect{})
		opts := options(t, workers)
		opts.MemoryBytes = 1 << 20
		_, err := executor.Run(t.Context(), g, opts)
		var budget *dataflow.BudgetError
		if !errors.As(err, &budget) || budget.Holders[0].What != "blocks in flight" || !strings.Contains(err.Error(), `stage "blocks": numbers[0:1000]`) {
			t.Errorf("%d workers: %v", workers, err)
		}
		if s.open.Load() != 0 {
			t.Errorf("%d blocks are open", s.open.Load())
		}
	}
}

// TestEndlessBlocks: whoever has enough stops them.
func TestEndlessBlocks(t *testing.T) {
	for _, workers := range workerCounts {
		s := newBlocky(1, 1000)
		s.endless = true
		g, out := dataflow.New(), &collect{}
		g.Source("blocks", s).TreeReduce("first", gather{ordered: true, sated: 400}).Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if len(out.n) < 400 || !slices.Equal(out.n, upTo(int64(len(out.n)))) || s.open.Load() != 0 {
			t.Errorf("%d workers: %d rows, %d blocks open", workers, len(out.n), s.open.Load())
		}
	}
	goleak.VerifyNone(t)
}

// TestBlocksGoWrong: an error, a panic, a cancellation and a stray stop, of the
// source and of a block. Rows before it are written, and those behind are not.
func TestBlocksGoWrong(t *testing.T) {
	for _, workers := range workerCounts {
		for _, where := range []string{"feed", "find", "map"} {
			for kind, do := range map[string]func(cancel func(error)) error{
				"error":  func(func(error)) error { return errBoom },
				"panic":  func(func(error)) error { panic(errBoom) },
				"cancel": func(cancel func(error)) error { cancel(errWhy); return nil },
				"stop":   func(func(error)) error { return dataflow.ErrStop },
			} {
				s := newBlocky(1, 1000)
				ctx, cancel := context.WithCancelCause(t.Context())
				fail := func(row int64) error {
					if row == 700 {
						return do(cancel)
					}
					return nil
				}
				mapped := each{f: pass}
				stage := "blocks"
				switch where {
				case "feed":
					s.feed = func(_ context.Context, row int64) error { return fail(row) }
				case "find":
					s.find = func(_ context.Context, _ dataflow.Env, row int64) error { return fail(row) }
				case "map":
					if kind == "stop" {
						continue // a map may end so
					}
					stage = "map"
					mapped.f = func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
						if err := fail(in.At.Row); err != nil {
							return err
						}
						return pass(ctx, env, in, emit)
					}
				}
				g, out := dataflow.New(), &collect{}
				g.Source("blocks", s).Map("map", mapped).Sink("out", out)
				_, err := executor.Run(ctx, g, options(t, workers))
				cancel(nil)
				what := fmt.Sprintf("%d workers, %s of %s", workers, kind, where)
				var at *dataflow.StageError
				switch {
				case kind == "cancel":
					if where == "map" && err == nil || err != nil && (!errors.Is(err, errWhy) || errors.As(err, &at)) {
						t.Errorf("%s: %v", what, err)
					}
				case !errors.As(err, &at) || at.Stage != stage || at.Split != "numbers[0:1000]":
					t.Errorf("%s: %v", what, err)
				case kind != "stop" && !errors.Is(err, errBoom):
					t.Errorf("%s: %v", what, err)
				}
				if n := s.open.Load(); n != 0 {
					t.Errorf("%s: %d blocks are open", what, n)
				}
				if kind != "cancel" && !slices.Equal(out.n, upTo(700)) {
					t.Errorf("%s: %d rows were written before", what, len(out.n))
				}
			}
		}
	}
	goleak.VerifyNone(t)
}

// TestWarningsOfBlocks: the first one is that of the first block, whoever comes
// first.
func TestWarningsOfBlocks(t *testing.T) {
	for _, workers := range workerCounts {
		s := newBlocky(1, 1000)
		s.find = func(_ context.Context, env dataflow.Env, row int64) error {
			if row%50 == 0 {
				env.Warn(dataflow.Warning{Text: "odd", Count: 2, Path: "f", Byte: row})
			}
			return nil
		}
		g := dataflow.New()
		g.Source("blocks", s).Sink("out", &collect{})
		report, err := executor.Run(t.Context(), g, options(t, workers))
		if err != nil {
			t.Fatal(err)
		}
		if w := report.Warnings; len(w) != 1 || w[0].Count != 40 || w[0].Byte != 0 {
			t.Errorf("%d workers: %+v", workers, w)
		}
	}
}

// TestWarningsOfBlocksInAnyOrder: the place that is told is the first one also where
// another block has ended before.
func TestWarningsOfBlocksInAnyOrder(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		s := newBlocky(1, 1000)
		later := make(chan struct{})
		var once sync.Once
		s.find = func(ctx context.Context, env dataflow.Env, row int64) error {
			if row >= 100 {
				once.Do(func() { close(later) })
			}
			if row == 0 && workers > 1 {
				select {
				case <-later:
				case <-ctx.Done():
				}
			}
			if row%50 == 0 {
				env.Warn(dataflow.Warning{Text: "odd", Count: 2, Path: "f", Byte: row})
			}
			return nil
		}
		g := dataflow.New()
		g.Source("blocks", s).TreeReduce("all", gather{keyed: true}).Sink("out", &collect{})
		report, err := executor.Run(t.Context(), g, options(t, workers))
		if err != nil {
			t.Fatal(err)
		}
		if w := report.Warnings; len(w) != 1 || w[0].Count != 40 || w[0].Byte != 0 {
			t.Errorf("%d workers: %+v", workers, w)
		}
	}
}

// TestBlocksGoOnWithTheirFinder: where order does not matter two workers fold rows of one
// split at once, each with what stands before the reduction, and the answer is whole.
func TestBlocksGoOnWithTheirFinder(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		s := newBlocky(1, 2000)
		var both sync.WaitGroup
		both.Add(2)
		var adds atomic.Int64
		fold := gather{keyed: true, add: func() error {
			if workers > 1 && adds.Add(1) <= 2 {
				both.Done()
				both.Wait() // for another worker's
			}
			return nil
		}}
		g, out := dataflow.New(), &collect{}
		g.Source("blocks", s).
			Map("n", operators.Project("n")).
			Map("some", operators.Filter(operators.Col("n").Lt(1500))).
			TreeReduce("all", fold).Sink("out", out)
		opts := options(t, workers)
		var rows int64
		var mu sync.Mutex
		opts.Hooks.SplitDone = func(_ string, _ dataflow.Split, n int64) {
			mu.Lock()
			rows += n
			mu.Unlock()
		}
		report, err := executor.Run(t.Context(), g, opts)
		if err != nil || !slices.Equal(sorted(out.n), upTo(1500)) {
			t.Errorf("%d workers: got %v, %v", workers, out.n, err)
		}
		if rows != 2000 || report.Stages[0].RowsOut != 2000 || report.HeldBytes != 0 || s.open.Load() != 0 {
			t.Errorf("%d workers: %d rows, %+v, %d blocks open", workers, rows, report, s.open.Load())
		}
	}
	goleak.VerifyNone(t)
}

// TestBlocksThatGoOnEnd: what ends a run that way: a reducer that has enough, an error
// and a panic of a reducer and of a block, each in whichever worker.
func TestBlocksThatGoOnEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		fold gather
		find func(context.Context, dataflow.Env, int64) error
		says string
	}{
		{"enough", gather{sated: 300}, nil, ""},
		{"an error of the reducer", gather{add: failAfter(30, func() error { return errBoom })}, nil, `stage "all": numbers`},
		{"a panic of the reducer", gather{add: failAfter(30, func() error { panic("boom") })}, nil, "panic: boom"},
		{"an error of a block", gather{}, func(_ context.Context, _ dataflow.Env, row int64) error {
			if row == 735 {
				return errBoom
			}
			return nil
		}, `stage "blocks": numbers`},
	} {
		for _, workers := range []int{1, 2, 7} {
			s := newBlocky(2, 1000)
			s.find = test.find
			test.fold.keyed = true
			g, out := dataflow.New(), &collect{}
			g.Source("blocks", s).TreeReduce("all", test.fold).Sink("out", out)
			_, err := executor.Run(t.Context(), g, options(t, workers))
			if test.says == "" && (err != nil || len(out.n) < 300) || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("%s, %d workers: %d rows, %v", test.name, workers, len(out.n), err)
			}
			if s.open.Load() != 0 {
				t.Errorf("%s: %d blocks open", test.name, s.open.Load())
			}
		}
	}
	goleak.VerifyNone(t)
}

// failAfter fails once n calls have been made.
func failAfter(n int64, fail func() error) func() error {
	var calls atomic.Int64
	return func() error {
		if calls.Add(1) > n {
			return fail()
		}
		return nil
	}
}
