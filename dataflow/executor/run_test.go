package executor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

var workerCounts = []int{1, 2, 3, 7}

func TestMapKeepsOrder(t *testing.T) {
	for _, workers := range workerCounts {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			g, out := dataflow.New(), &collect{}
			g.Source("numbers", numbers{splits: 37, rows: 100, batch: 7}).
				Map("evens", each{f: evens}).
				Map("same", each{f: pass}).
				Sink("out", out)
			report, err := executor.Run(t.Context(), g, options(t, workers))
			if err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(upTo(3700), func(n int64) bool { return n%2 != 0 })
			if !slices.Equal(out.n, want) {
				t.Errorf("got %d rows %v", len(out.n), out.n[:min(20, len(out.n))])
			}
			if out.committed != 1 || out.aborted != 0 {
				t.Errorf("committed %d times, aborted %d times", out.committed, out.aborted)
			}
			if s := report.Stages[1]; s.RowsIn != 3700 || s.RowsOut != 1850 {
				t.Errorf("evens: %d rows in, %d out", s.RowsIn, s.RowsOut)
			}
			if report.SplitsDone != 37 || report.BytesDone != report.BytesTotal {
				t.Errorf("report: %+v", report.Progress)
			}
		})
	}
}

func TestOwnWorkersKeepOrder(t *testing.T) {
	for _, workers := range workerCounts {
		var at, most atomic.Int64
		wait := make(chan struct{})
		g, out := dataflow.New(), &collect{}
		g.Source("numbers", numbers{splits: 1, rows: 1000, batch: 100}).
			Map("waits", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
				if in.Rows() > 10 {
					return fmt.Errorf("handed %d rows", in.Rows())
				}
				if n := at.Add(1); n > most.Load() {
					if most.Store(n); n == 8 {
						close(wait) // eight calls are under way at once
					}
				}
				<-wait
				defer at.Add(-1)
				return pass(ctx, env, in, emit)
			}}, dataflow.Workers(8), dataflow.BatchRows(10)).
			Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out.n, upTo(1000)) {
			t.Errorf("%d workers: wrong rows", workers)
		}
	}
}

func TestReduce(t *testing.T) {
	for _, workers := range workerCounts {
		for _, r := range []gather{{}, {keyed: true}, {ordered: true}, {keyed: true, drainEvery: 50}, {drainEvery: 50}, {ordered: true, drainEvery: 50}} {
			t.Run(fmt.Sprintf("%d workers %+v", workers, r), func(t *testing.T) {
				g, out := dataflow.New(), &collect{}
				g.Source("numbers", numbers{splits: 23, rows: 100, batch: 13}).
					TreeReduce("all", r, dataflow.FanIn(3)).
					Sink("out", out)
				if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
					t.Fatal(err)
				}
				got := out.n
				if !r.ordered {
					got = sorted(got)
				}
				if !slices.Equal(got, upTo(2300)) {
					t.Errorf("got %d rows, %v", len(got), got[:min(10, len(got))])
				}
			})
		}
	}
}

func TestLargeKeyedReduceGoesByPartition(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 20, rows: 5000, batch: 1000}).
		TreeReduce("all", gather{keyed: true, reserve: 200}).
		Sink("out", out)
	if _, err := executor.Run(t.Context(), g, options(t, 3)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sorted(out.n), upTo(100000)) {
		t.Errorf("got %d rows", len(out.n))
	}
	inOrder := slices.IsSortedFunc(out.n, func(a, b int64) int { return int(a%64 - b%64) })
	if out.batches < 64 || slices.IsSorted(out.n) {
		t.Errorf("the answer came as %d batches (sorted by partition: %v): not by partition", out.batches, inOrder)
	}
}

func TestShuffle(t *testing.T) {
	for _, workers := range workerCounts {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			g, out, mapped := dataflow.New(), &collect{}, &collect{}
			parts := g.Source("numbers", numbers{splits: 10, rows: 100, batch: 9}).
				Shuffle("by n", modulo{}, dataflow.Partitions(5)).
				Map("same", each{f: pass})
			parts.TreeReduce("all", gather{ordered: true}).Sink("out", out)
			parts.Sink("mapped", mapped)
			if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
				t.Fatal(err)
			}
			want := upTo(1000)
			slices.SortStableFunc(want, func(a, b int64) int { return int(a%5 - b%5) })
			if !slices.Equal(out.n, want) {
				t.Errorf("got %d rows %v", len(out.n), out.n[:min(20, len(out.n))])
			}
			if !slices.Equal(sorted(mapped.n), upTo(1000)) {
				t.Errorf("a sink behind the shuffle got %d rows", len(mapped.n))
			}
		})
	}
}

func TestUnionOfShuffles(t *testing.T) {
	for _, workers := range workerCounts {
		g, out := dataflow.New(), &collect{}
		s := g.Source("numbers", numbers{splits: 10, rows: 100, batch: 9})
		a := s.Shuffle("a", modulo{}, dataflow.Partitions(4))
		b := s.Shuffle("b", modulo{}, dataflow.Partitions(4))
		a.Union("both", b, a).TreeReduce("all", gather{ordered: true}).Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		var want []int64
		for p := range int64(4) {
			for range 3 {
				for n := p; n < 1000; n += 4 {
					want = append(want, n)
				}
			}
		}
		if !slices.Equal(out.n, want) {
			t.Errorf("%d workers: got %d rows %v", workers, len(out.n), out.n[:min(20, len(out.n))])
		}
	}
}

// A union of a stage with itself makes one input wait for the other.
func TestDiamonds(t *testing.T) {
	for _, workers := range workerCounts {
		g, out, again := dataflow.New(), &collect{}, &collect{}
		s := g.Source("numbers", numbers{splits: 20, rows: 1000, batch: 50})
		a, b := s.Map("a", each{f: pass}), s.Map("b", each{f: evens})
		u := a.Union("u", b, s)
		u.Sink("out", out)
		u.TreeReduce("all", gather{ordered: true}).Sink("again", again)
		opts := options(t, workers)
		opts.MemoryBytes = 4 << 20 // so that the window is far smaller than what has to wait
		if _, err := executor.Run(t.Context(), g, opts); err != nil {
			t.Fatal(err)
		}
		want := append(upTo(20000), slices.DeleteFunc(upTo(20000), func(n int64) bool { return n%2 != 0 })...)
		want = append(want, upTo(20000)...)
		if !slices.Equal(out.n, want) || !slices.Equal(again.n, want) {
			t.Errorf("%d workers: got %d and %d rows of %d", workers, len(out.n), len(again.n), len(want))
		}
	}
}

func TestReduceOfReduceOfUnion(t *testing.T) {
	for _, workers := range workerCounts {
		g, out := dataflow.New(), &collect{}
		a := g.Source("a", numbers{splits: 3, rows: 100, batch: 10}).TreeReduce("ga", gather{keyed: true})
		b := g.Source("b", numbers{splits: 0, rows: 100, batch: 10}).TreeReduce("gb", gather{ordered: true})
		c := g.Source("c", numbers{splits: 5, rows: 10, batch: 10})
		a.Union("u", b, c).TreeReduce("gu", gather{}).
			Shuffle("s", modulo{}).Shuffle("s2", modulo{}, dataflow.Partitions(3)).
			TreeReduce("gs", gather{keyed: true}).Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if want := sorted(append(upTo(300), upTo(50)...)); !slices.Equal(sorted(out.n), want) {
			t.Errorf("%d workers: got %d rows", workers, len(out.n))
		}
	}
}

func TestSatedReducerStopsEndlessSource(t *testing.T) {
	for _, workers := range workerCounts {
		g, out := dataflow.New(), &collect{}
		g.Source("endless", numbers{splits: 3, rows: 100, batch: 10, endless: true}).
			Map("same", each{f: pass}).
			TreeReduce("first", gather{ordered: true, sated: 25}).
			Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if len(out.n) < 25 || !slices.Equal(out.n[:25], upTo(25)) {
			t.Errorf("got %v", out.n)
		}
	}
}

func TestSinkThatHasEnoughStopsEndlessSource(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	rows := 0
	out.write = func() error {
		if rows++; rows > 10 {
			return dataflow.ErrStop
		}
		return nil
	}
	g.Source("endless", numbers{splits: 1, rows: 100, batch: 10, endless: true}).Sink("out", out)
	if _, err := executor.Run(t.Context(), g, options(t, 2)); err != nil {
		t.Fatal(err)
	}
	if out.committed != 1 || !slices.Equal(out.n, upTo(100)) {
		t.Errorf("got %v", out.n)
	}
}

func TestStart(t *testing.T) {
	for _, workers := range workerCounts {
		g, side := dataflow.New(), &collect{}
		s := g.Source("numbers", numbers{splits: 30, rows: 100, batch: 7})
		s.Sink("side", side)
		job, err := executor.Start(t.Context(), s.Map("evens", each{f: evens}), options(t, workers))
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for rec, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, rec.Column(0).(*array.Int64).Int64Values()...)
		}
		report, err := job.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1500 || !slices.IsSorted(got) || !slices.Equal(side.n, upTo(3000)) {
			t.Errorf("%d workers: got %d rows, %d aside", workers, len(got), len(side.n))
		}
		if report.PeakHeldBytes == 0 {
			t.Error("nothing was ever held")
		}
	}
}

func TestLeavingBatchesCancels(t *testing.T) {
	g, side := dataflow.New(), &collect{}
	s := g.Source("endless", numbers{splits: 3, rows: 100, batch: 10, endless: true})
	s.Sink("side", side)
	job, err := executor.Start(t.Context(), s, options(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		if rows += int(rec.NumRows()); rows > 1000 {
			break
		}
	}
	<-job.Done()
	if _, err := job.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if side.committed != 0 || side.aborted != 1 {
		t.Errorf("the sink was committed %d times, aborted %d times", side.committed, side.aborted)
	}
}

func TestWaitWithoutBatches(t *testing.T) {
	g := dataflow.New()
	s := g.Source("numbers", numbers{splits: 30, rows: 1000, batch: 100})
	opts := options(t, 2)
	opts.MemoryBytes = 1 << 20
	job, err := executor.Start(t.Context(), s, opts)
	if err != nil {
		t.Fatal(err)
	}
	report, err := job.Wait()
	if err != nil || report.Stages[0].RowsOut != 30000 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestAsFinished(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	first := make(chan struct{})
	g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10}).
		Map("hold", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			if in.At.Split == 0 {
				<-first // until the second split has been written
			}
			return pass(ctx, env, in, emit)
		}}).
		Sink("out", out)
	out.write = func() error {
		if len(out.n) == 0 {
			close(first)
		}
		return nil
	}
	opts := options(t, 2)
	opts.Order = executor.AsFinished
	if _, err := executor.Run(t.Context(), g, opts); err != nil {
		t.Fatal(err)
	}
	if want := append(upTo(20)[10:], upTo(10)...); !slices.Equal(out.n, want) {
		t.Errorf("got %v", out.n)
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name  string
		build func(g *dataflow.Graph, out *collect)
		want  []string
	}{
		{"source", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10, fail: func(split, row int64) error {
				if row == 150 {
					return boom
				}
				return nil
			}}).Sink("out", out)
		}, []string{`stage "numbers": numbers[100:200]: boom`}},
		{"map", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).
				Map("same", each{f: pass}).
				Map("fails", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
					if in.At == (dataflow.Place{Split: 1, Row: 20}) {
						return boom
					}
					return pass(ctx, env, in, emit)
				}}).Map("after", each{f: pass}).Sink("out", out)
		}, []string{`stage "fails": numbers[100:200], rows 20 to 29: boom`}},
		{"panic in a map", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).
				Map("panics", each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error { panic(boom) }}).Sink("out", out)
		}, []string{`stage "panics": numbers[`, "panic: boom", "run_test.go"}},
		{"panic in a map with workers", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).
				Map("panics", each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error { panic(boom) }}, dataflow.Workers(3)).Sink("out", out)
		}, []string{`stage "panics": numbers[`, "panic: boom", "run_test.go"}},
		{"reduce", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).
				TreeReduce("fails", gather{add: func() error { return boom }}).Sink("out", out)
		}, []string{`stage "fails": numbers[`, "rows 0 to 9: boom"}},
		{"panic in a reduce behind a shuffle", func(g *dataflow.Graph, out *collect) {
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).
				Shuffle("s", modulo{}, dataflow.Partitions(3)).
				TreeReduce("panics", gather{add: func() error { panic(boom) }}).Sink("out", out)
		}, []string{`stage "panics": partition `, "panic: boom"}},
		{"sink", func(g *dataflow.Graph, out *collect) {
			out.write = func() error { return boom }
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).Sink("out", out)
		}, []string{`stage "out": numbers[0:100], rows 0 to 9: boom`}},
		{"commit", func(g *dataflow.Graph, out *collect) {
			out.commit = func() error { return boom }
			g.Source("numbers", numbers{splits: 3, rows: 100, batch: 10}).Sink("out", out)
		}, []string{`stage "out": boom`}},
	} {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d workers", test.name, workers), func(t *testing.T) {
				g, out := dataflow.New(), &collect{}
				test.build(g, out)
				_, err := executor.Run(t.Context(), g, options(t, workers))
				var stage *dataflow.StageError
				if !errors.As(err, &stage) || !errors.Is(err, boom) {
					t.Fatalf("got %v", err)
				}
				for _, w := range test.want {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("got %q, want it to have %q", err, w)
					}
				}
				if out.committed != 0 || out.aborted != 1 {
					t.Errorf("committed %d times, aborted %d times", out.committed, out.aborted)
				}
			})
		}
	}
}

func TestCancel(t *testing.T) {
	for _, workers := range []int{1, 3} {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("why")
		g, out := dataflow.New(), &collect{}
		out.write = func() error {
			if out.batches == 10 {
				cancel(why)
			}
			return nil
		}
		g.Source("endless", numbers{splits: 5, rows: 100, batch: 10, endless: true}).
			Shuffle("s", modulo{}, dataflow.Partitions(3)).Map("same", each{f: pass}).Sink("out", out)
		opts := options(t, workers)
		opts.MemoryBytes = 2 << 20
		if _, err := executor.Run(ctx, g, opts); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		if out.committed != 0 || out.aborted != 1 {
			t.Errorf("committed %d times, aborted %d times", out.committed, out.aborted)
		}
	}
}

// onlyN reads and passes on the column n.
// bounded passes rows on and claims to keep only n < 5.
// A fast source runs ahead of a slow consumer by a window, not by its length.
func TestFunctionThatDoesNotReturn(t *testing.T) {
	for _, workers := range []int{1, 3} {
		before := runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(t.Context())
		hang := make(chan struct{})
		var met atomic.Bool
		g, out := dataflow.New(), &collect{}
		g.Source("numbers", numbers{splits: 6, rows: 10, batch: 10}).
			Map("hangs", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
				if met.CompareAndSwap(false, true) { // the first to come, whose worker that is
					cancel()
					<-hang
				}
				return pass(ctx, env, in, emit)
			}}).Sink("out", out)
		var ends atomic.Int32
		_, err := executor.Run(ctx, g, executor.Options{Workers: workers, Grace: 1,
			Hooks: dataflow.Hooks{Finished: func(dataflow.Report, error) { ends.Add(1) }}})
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `"hangs"`) {
			t.Errorf("%d workers: got %v", workers, err)
		}
		close(hang)
		for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("%d workers: %d goroutines, %d before", workers, runtime.NumGoroutine(), before)
			}
		}
		if n := ends.Load(); n != 1 || out.committed != 0 {
			t.Errorf("%d workers: ended %d times, committed %d times", workers, n, out.committed)
		}
	}
}

func TestHooks(t *testing.T) {
	var progress func() dataflow.Progress
	var splits []string
	var report dataflow.Report
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 3, rows: 10, batch: 10}).
		Map("warns", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			env.Warn(dataflow.Warning{Text: "oddities", Count: 2, Path: fmt.Sprint(in.At.Split), Byte: -1})
			return pass(ctx, env, in, emit)
		}}).Sink("out", out)
	opts := options(t, 1)
	opts.Hooks = dataflow.Hooks{
		Started: func(p func() dataflow.Progress) { progress = p },
		SplitDone: func(stage string, s dataflow.Split, rows int64) {
			splits = append(splits, fmt.Sprint(stage, " ", s, " ", rows))
		},
		Finished: func(r dataflow.Report, err error) { report = r },
	}
	if _, err := executor.Run(t.Context(), g, opts); err != nil {
		t.Fatal(err)
	}
	if want := []string{"numbers numbers[0:10] 10", "numbers numbers[10:20] 10", "numbers numbers[20:30] 10"}; !slices.Equal(splits, want) {
		t.Errorf("splits %q", splits)
	}
	want := []dataflow.StageWarning{{Stage: "warns", Warning: dataflow.Warning{Text: "oddities", Count: 6, Path: "0", Byte: -1}}}
	if !slices.Equal(report.Warnings, want) {
		t.Errorf("warnings %+v", report.Warnings)
	}
	if p := progress(); p.SplitsDone != 3 || p.BytesTotal != 240 || p.BytesDone != 240 {
		t.Errorf("progress %+v", p)
	}
}

// What the loop over the batches has not taken is given back when it is left,
// at whatever moment that is.
func TestLeavingBatchesLeavesNothing(t *testing.T) {
	for i := range 200 {
		s := dataflow.New().Source("numbers", numbers{splits: 20, rows: 100, batch: 10})
		job, err := executor.Start(t.Context(), s, options(t, 2))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range job.Batches() {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > i%20 {
				break
			}
		}
	}
}
