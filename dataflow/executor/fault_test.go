package executor_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

var (
	errBoom = errors.New("boom")
	errWhy  = errors.New("why it was cancelled")
)

// TestFaults makes a call of a role of a drawn graph fail, panic, cancel the run,
// ask for more memory than there is, or say that it has enough: the run ends with an error
// that names the stage, and leaves nothing behind.
func TestFaults(t *testing.T) {
	first, n := firstSeed(), rounds(t, 120)
	happened := map[string]int{}
	for seed := first; seed < first+uint64(n) && !t.Failed(); seed++ {
		d := draw(seed)
		stop := hangs(d)
		rng := rand.New(rand.NewPCG(seed, 2))
		o, _ := drawnOptions(rng)
		o.MemoryBytes = 1 << 30
		o.BatchRows = 1 + rng.IntN(50)
		clean := newWorld(d)
		if err := runDrawn(t, clean, nil, o); err != nil {
			t.Errorf("without a fault: %v", err)
		}
		for range 4 {
			f := drawFault(rng, clean)
			o.Workers = []int{1, 2, 3, 7, 16}[rng.IntN(5)]
			w := newWorld(d)
			var kind string
			var err error
			if kind, err = runWithFault(t, w, f, rng, o); len(w.happened) > 0 {
				happened[f.call+" "+kind]++
			}
			if t.Failed() {
				t.Fatalf("seed %d, %s in %s %q, call %d, options %+v: got %v\n%s", seed, kind, f.call, f.stage, f.after, o, firstLines(err), d)
			}
		}
		stop()
	}
	goleak.VerifyNone(t)
	t.Logf("seeds %d to %d: %d faults of different kinds: %v", first, first+uint64(n)-1, len(happened), happened)
}

// drawFault is a place that is called in the world, and at which call.
func drawFault(rng *rand.Rand, w *world) fault {
	var places []place
	for p := range w.calls {
		places = append(places, p)
		if w.nodeOf(p).kind == dataflow.KindSink && p.call == "Commit" {
			places = append(places, place{p.stage, "Abort"})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.call, b.call), cmp.Compare(a.stage, b.stage)) })
	call := places[rng.IntN(len(places))].call
	if rng.IntN(2) == 0 { // each kind of call as often
		var calls []string
		for _, p := range places {
			calls = append(calls, p.call)
		}
		calls = slices.Compact(calls)
		call = calls[rng.IntN(len(calls))]
	}
	places = slices.DeleteFunc(places, func(p place) bool { return p.call != call })
	p := places[rng.IntN(len(places))]
	return fault{place: p, after: 1 + rng.IntN(max(w.calls[p], 1))}
}

func (w *world) nodeOf(p place) *drawnNode {
	return w.nodes[slices.IndexFunc(w.nodes, func(n *drawnNode) bool { return n.name == p.stage })]
}

// runWithFault runs w with one of the faults that its place can have.
func runWithFault(t *testing.T, w *world, f fault, rng *rand.Rand, o executor.Options) (kind string, err error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	w.ctx = ctx
	kinds := map[string]func(env dataflow.Env) error{
		"error":        func(dataflow.Env) error { return errBoom },
		"panic":        func(dataflow.Env) error { panic(errBoom) },
		"cancellation": func(dataflow.Env) error { cancel(errWhy); return nil },
		"refusal":      func(env dataflow.Env) error { return env.Reserve(1 << 50) },
		"stop":         func(dataflow.Env) error { return dataflow.ErrStop },
	}
	names := []string{"cancellation", "error", "panic", "refusal", "stop"}
	switch f.call {
	case "Abort", "Close", "Shared.Close", "Commit":
		names = names[1:3]
	case "Process", "Flush", "Result": // they may end so
		names = names[:4]
	}
	kind = names[rng.IntN(len(names))]
	f.do = kinds[kind]
	w.faults = []fault{f}
	if f.call == "Abort" { // which only a failure brings about
		w.faults = append(w.faults, fault{place: place{f.stage, "Commit"}, after: 1, do: kinds["error"]})
	}
	err = runDrawn(t, w, nil, o)
	w.check(t, err)
	var stage *dataflow.StageError
	switch {
	case len(w.happened) == 0:
		if err != nil {
			t.Error("an error without a fault")
		}
	case kind == "stop" && f.call == "Write":
		if err != nil {
			t.Error("a sink that has enough made the run fail")
		}
	case kind == "cancellation":
		if err != nil && (!errors.Is(err, errWhy) || errors.As(err, &stage)) {
			t.Error("a cancelled run does not end with its cause alone")
		}
	case err == nil && readAhead(w, f):
		// The answer, which was compared, was there before what follows it was read.
	case !errors.As(err, &stage) || stage.Stage != f.stage:
		t.Errorf("the error does not name the stage %q", f.stage)
	case kind == "refusal" && !errors.Is(err, dataflow.ErrBudget), (kind == "error" || kind == "panic") && !errors.Is(err, errBoom):
		t.Error("the error does not wrap the cause")
	}
	return kind, err
}

// readAhead reports whether a fault is of a source whose blocks are read ahead of those who
// take their rows, and these may have enough before it comes to them.
func readAhead(w *world, f fault) bool {
	return (f.call == "Blocks" || f.call == "Block.Read") && slices.ContainsFunc(w.nodes, func(n *drawnNode) bool { return n.sated })
}

// firstLines is err without all of a stack.
func firstLines(err error) string {
	if err == nil {
		return "no error"
	}
	lines := strings.SplitN(err.Error(), "\n", 12)
	return strings.Join(lines[:min(len(lines), 11)], "\n")
}

// TestCancelSoon measures how long a run goes on after it was cancelled.
func TestCancelSoon(t *testing.T) {
	first := firstSeed()
	var took []time.Duration
	for seed := first; len(took) < max(rounds(t, 120), 30) && !t.Failed(); seed++ {
		d := draw(seed)
		stop := hangs(d)
		rng := rand.New(rand.NewPCG(seed, 3))
		o, _ := drawnOptions(rng)
		o.MemoryBytes = 1 << 30
		clean := newWorld(d)
		if err := runDrawn(t, clean, nil, o); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		f := drawFault(rng, clean)
		w := newWorld(d)
		ctx, cancel := context.WithCancelCause(context.Background())
		var at time.Time
		f.do = func(dataflow.Env) error {
			at = time.Now()
			cancel(errWhy)
			return nil
		}
		w.ctx, w.faults = ctx, []fault{f}
		_, err := executor.Run(ctx, w.graph, w.options(o))
		if len(w.happened) > 0 && err != nil {
			took = append(took, time.Since(at))
		}
		w.check(t, err)
		cancel(nil)
		stop()
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("from cancel to return: median %v, 99%% within %v, all within %v, of %d", took[len(took)/2], p99, took[len(took)-1], len(took))
	if p99 > 100*time.Millisecond {
		late := lateness()
		t.Logf("a millisecond's sleep takes %v", late)
		if late < 20*time.Millisecond {
			t.Errorf("99%% of the runs end within %v, not 100ms", p99)
		}
	}
}

// lateness is how long this machine takes to do next to nothing.
func lateness() time.Duration {
	var worst time.Duration
	for range 20 {
		begun := time.Now()
		<-time.After(time.Millisecond)
		runtime.Gosched()
		worst = max(worst, time.Since(begun))
	}
	return worst
}
