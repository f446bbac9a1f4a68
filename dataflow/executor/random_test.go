package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// rounds is how many graphs a test draws: ARROWMILL_ROUNDS, or few.
func rounds(t *testing.T, few int) int {
	if n, err := strconv.Atoi(os.Getenv("ARROWMILL_ROUNDS")); err == nil {
		return n
	}
	if testing.Short() {
		return few / 10
	}
	return few
}

// firstSeed is ARROWMILL_SEED, or another one each time.
func firstSeed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("ARROWMILL_SEED"), 10, 64); err == nil {
		return n
	}
	return rand.Uint64N(1 << 40)
}

// hangs ends the process with the stacks of all goroutines unless stopped in
// time.
func hangs(d *drawn) (stop func()) {
	timer := time.AfterFunc(time.Minute, func() {
		buf := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "a run does not end: %s\n%s\n", d, buf[:runtime.Stack(buf, true)])
		os.Exit(2)
	})
	return func() { timer.Stop() }
}

// drawnOptions are random options. small: the run may fail for want of memory.
func drawnOptions(rng *rand.Rand) (o executor.Options, small bool) {
	o.Workers = []int{1, 2, 3, 7, 16}[rng.IntN(5)]
	o.MemoryBytes = []int64{256 << 10, 1 << 20, 8 << 20, 1 << 30}[rng.IntN(4)]
	return o, o.MemoryBytes < 1<<30
}

// TestRandomGraphs compares the answers of drawn graphs with a naive
// interpreter's, and those of one graph with one another.
func TestRandomGraphs(t *testing.T) {
	first, n := firstSeed(), rounds(t, 120)
	runs, poor := 0, 0
	for seed := first; seed < first+uint64(n) && !t.Failed(); seed++ {
		d := draw(seed)
		stop := hangs(d)
		rng := rand.New(rand.NewPCG(seed, 1))
		for range 2 {
			settings := executor.Options{SplitBytes: int64(rng.IntN(2)), BatchRows: 1 + rng.IntN(50)}
			var target *drawnNode
			if rng.IntN(3) == 0 {
				target = d.nodes[rng.IntN(len(d.nodes))]
			}
			var shapes map[string][]string
			for range 3 {
				o, small := drawnOptions(rng)
				o.SplitBytes, o.BatchRows = settings.SplitBytes, settings.BatchRows
				o.Order = executor.Order(rng.IntN(2))
				w := newWorld(d)
				err := runDrawn(t, w, target, o)
				runs++
				if small && errors.Is(err, dataflow.ErrBudget) {
					poor++
				} else if err != nil {
					t.Errorf("%v", err)
				} else {
					compareShapes(t, &shapes, w)
				}
				if w.check(t, err); t.Failed() {
					t.Fatalf("seed %d, target %v, options %+v\n%s", seed, target != nil, o, d)
				}
			}
		}
		stop()
	}
	goleak.VerifyNone(t)
	t.Logf("seeds %d to %d: %d runs, %d of them out of memory", first, first+uint64(n)-1, runs, poor)
}

// runDrawn runs w and compares what comes out.
func runDrawn(t *testing.T, w *world, target *drawnNode, o executor.Options) error {
	opts := w.options(o)
	want := w.interpret(o.SplitBytes)
	if target == nil || target.kind == dataflow.KindSink {
		if _, err := executor.Run(w.ctx, w.graph, opts); err != nil {
			return err
		}
	} else {
		w.idle = false
		got, err := takeAll(w.ctx, w, target, opts)
		if err != nil {
			return err
		}
		compareAnswer(t, target.name, got, want[target], o)
	}
	for _, s := range w.sinks {
		if !s.stopped {
			compareAnswer(t, s.node.name, s.rows, want[s.node], o)
		}
	}
	return nil
}

func takeAll(ctx context.Context, w *world, target *drawnNode, opts executor.Options) ([]row, error) {
	job, err := executor.Start(ctx, w.streams[target], opts)
	if err != nil {
		return nil, err
	}
	var rows []row
	for rec, err := range job.Batches() {
		if err != nil {
			return nil, err
		}
		rows = append(rows, decode(dataflow.Chunk{Rec: rec})...)
	}
	_, err = job.Wait()
	return rows, err
}

func compareAnswer(t *testing.T, name string, got []row, want table, o executor.Options) {
	t.Helper()
	rows := want.flat()
	if !want.exact || o.Order == executor.AsFinished {
		got, rows = sortedRows(got), sortedRows(rows)
	}
	if !equalRows(got, rows) {
		at := 0
		for at < min(len(got), len(rows)) && slices.Equal(got[at], rows[at]) {
			at++
		}
		t.Errorf("%q: %d rows, want %d; they differ from row %d: %v, want %v", name, len(got), len(rows), at,
			got[at:min(at+4, len(got))], rows[at:min(at+4, len(rows))])
	}
}

// compareShapes compares the trees of the ordered reducers with those of the run
// before, where nothing may have been left out.
func compareShapes(t *testing.T, before *map[string][]string, w *world) {
	t.Helper()
	for name, s := range w.shapes {
		slices.Sort(s)
		for _, n := range w.nodes {
			if n.name == name && n.sated {
				delete(w.shapes, name)
			}
		}
	}
	if *before == nil {
		*before = w.shapes
		return
	}
	for name, s := range w.shapes {
		if b := (*before)[name]; !slices.Equal(s, b) {
			t.Errorf("%q was folded as\n%s\nand before as\n%s", name, strings.Join(s, "\n"), strings.Join(b, "\n"))
		}
	}
}
