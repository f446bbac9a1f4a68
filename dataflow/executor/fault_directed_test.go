package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"go.uber.org/goleak"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// meet is an operator that passes rows on when so many workers have come.
func meet(workers int) each {
	var come sync.WaitGroup
	come.Add(workers)
	return each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
		come.Done()
		come.Wait()
		return pass(ctx, env, in, emit)
	}}
}

// lettingGo is gather whose accumulators let go of all they hold at the first
// merge.
type lettingGo struct {
	gather
	gone *atomic.Bool
}

func (l lettingGo) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	return &lettingGoAccumulator{gathered{gather: l.gather, env: env, x: x}, l.gone}, nil
}

type lettingGoAccumulator struct {
	gathered
	gone *atomic.Bool
}

func (l *lettingGoAccumulator) Merge(ctx context.Context, in dataflow.Chunk) error {
	if len(l.rows) > 0 && l.gone.CompareAndSwap(false, true) {
		if err := l.Drain(ctx); err != nil {
			return err
		}
	}
	return l.gathered.Merge(ctx, in)
}

func TestStateLetGoOfWhileMergingIsNotLost(t *testing.T) {
	for _, keyed := range []bool{false, true} {
		g, out, r := dataflow.New(), &collect{}, lettingGo{gather{keyed: keyed}, new(atomic.Bool)}
		g.Source("numbers", numbers{splits: 3, rows: 10, batch: 10}).
			Map("meet", meet(3)).
			TreeReduce("all", r).
			Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, 3)); err != nil {
			t.Fatal(err)
		}
		if !r.gone.Load() || !slices.Equal(sorted(out.n), upTo(30)) {
			t.Errorf("keyed %v: let go %v, got %v", keyed, r.gone.Load(), sorted(out.n))
		}
	}
}

// What follows groups and depends on how they are cut to splits sees them cut
// the same way, whether one worker has folded them or several have.
func TestGroupsAreCutTheSame(t *testing.T) {
	for _, what := range []string{"concat", "round robin", "hold"} {
		d := &drawn{}
		source := &drawnNode{kind: dataflow.KindSource, what: "rows", cols: []string{"a", "b", "c", "t"}, batch: 3}
		for i := range int64(6) {
			source.data = append(source.data, []row{{i, 1, 1, 1}, {i + 1, 2, 2, 2}, {i + 20, 3, 3, 3}})
		}
		group := &drawnNode{kind: dataflow.KindTreeReduce, what: "group", inputs: []*drawnNode{source}, cols: []string{"a", "b", "c"}, col: "a", col2: "b", fanIn: 3}
		after := &drawnNode{kind: dataflow.KindTreeReduce, what: what, inputs: []*drawnNode{group}, cols: group.cols, col: "a", col2: "a", fanIn: 3}
		end := after
		if what == "hold" {
			after.kind, after.mod = dataflow.KindMap, 3
			end = &drawnNode{kind: dataflow.KindTreeReduce, what: "first", limit: 9, inputs: []*drawnNode{after}, cols: group.cols, col: "a", col2: "a", fanIn: 3}
		}
		if what == "round robin" {
			after.kind, after.partitions = dataflow.KindShuffle, 3
			end = &drawnNode{kind: dataflow.KindTreeReduce, what: "total", inputs: []*drawnNode{after}, cols: []string{"b", "c"}, col: "a", col2: "a", fanIn: 3}
		}
		sink := &drawnNode{kind: dataflow.KindSink, inputs: []*drawnNode{end}, cols: end.cols}
		for _, n := range []*drawnNode{source, group, after, end, sink} {
			if !slices.Contains(d.nodes, n) {
				d.add(n)
			}
		}
		var shapes map[string][]string
		for _, workers := range workerCounts {
			w := newWorld(d)
			if err := runDrawn(t, w, nil, executor.Options{Workers: workers}); err != nil {
				t.Fatal(err)
			}
			compareShapes(t, &shapes, w)
			w.check(t, nil)
		}
	}
}

// holder is an operator that holds all rows to the end of the split.
type holder struct{ held, flushed *atomic.Int64 }

func (h holder) OutSchema(in *arrow.Schema) (*arrow.Schema, error) { return in, nil }
func (h holder) NewTask(*arrow.Schema, dataflow.Env) (dataflow.Task, error) {
	return &holderTask{holder: h}, nil
}

type holderTask struct {
	holder
	last dataflow.Chunk
}

// Process emits the chunk before.
func (h *holderTask) Process(_ context.Context, in dataflow.Chunk, emit dataflow.Emit) error {
	before := h.last
	h.last = dataflow.Chunk{Rec: in.Rec}
	h.last.Rec.Retain()
	if before.Rec == nil {
		h.held.Add(1)
		return nil
	}
	return emit(before)
}

func (h *holderTask) Flush(_ context.Context, emit dataflow.Emit) error {
	h.flushed.Add(1)
	last := h.last
	h.last.Rec = nil
	if last.Rec == nil {
		return nil
	}
	h.held.Add(-1)
	return emit(last)
}

func (h *holderTask) Close() {
	if h.last.Rec != nil {
		h.last.Rec.Release()
	}
}

func TestHeldRowsLeaveWithTheirSplit(t *testing.T) {
	for _, workers := range workerCounts {
		h := holder{new(atomic.Int64), new(atomic.Int64)}
		g, out := dataflow.New(), &collect{}
		g.Source("numbers", numbers{splits: 4, rows: 100, batch: 5}).
			Map("hold", h).
			TreeReduce("first", gather{ordered: true, sated: 5}).
			Sink("out", out)
		if _, err := executor.Run(t.Context(), g, options(t, workers)); err != nil {
			t.Fatal(err)
		}
		if h.held.Load() != 0 || h.flushed.Load() != 4 || !slices.Equal(out.n[:5], upTo(5)) {
			t.Errorf("%d chunks were held for ever, flushed %d times, got %v", h.held.Load(), h.flushed.Load(), out.n)
		}
	}
}

// A refusal is the business of the instance that asked, which may ask for less.
func TestRefusalConcernsNobodyElse(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 8, rows: 100, batch: 1}).
		Map("greedy", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			if err := env.Reserve(1 << 40); !errors.Is(err, dataflow.ErrBudget) || strings.Contains(err.Error(), "1.0 TiB of state") {
				return fmt.Errorf("asked for a tebibyte, got %v", err)
			}
			if err := env.Reserve(8 << 20); err != nil {
				return err
			}
			defer env.Reserve(-8 << 20)
			return pass(ctx, env, in, emit)
		}}).Sink("out", out)
	opts := options(t, 4)
	opts.MemoryBytes = 1 << 30
	report, err := executor.Run(t.Context(), g, opts)
	if err != nil {
		t.Fatal(err)
	}
	if report.PeakHeldBytes > 64<<20 {
		t.Errorf("%d bytes were held at the peak", report.PeakHeldBytes)
	}
}

// A diamond behind shuffles whose one side waits for the other holds no more than
// it may.
func TestRowsThatWaitForTheirTurnAreBounded(t *testing.T) {
	g, out := dataflow.New(), &collect{}
	a := g.Source("a", numbers{splits: 20, rows: 10000, batch: 1000}).Shuffle("sa", modulo{}, dataflow.Partitions(2))
	b := g.Source("b", numbers{splits: 1, rows: 10, batch: 10}).Shuffle("sb", modulo{}, dataflow.Partitions(2))
	b.Union("u", a).TreeReduce("few", gather{ordered: true, sated: 1 << 40}).Sink("out", out)
	opts := options(t, 2)
	opts.MemoryBytes = 1 << 20
	report, err := executor.Run(t.Context(), g, opts)
	var budget *dataflow.BudgetError
	if !errors.As(err, &budget) {
		t.Fatalf("got %v, with %d bytes held at the peak", err, report.PeakHeldBytes)
	}
	if report.PeakHeldBytes > 2<<20 {
		t.Errorf("%d bytes were held", report.PeakHeldBytes)
	}
}

// An own worker's function that does not return is reported, though no worker
// waits for it.
func TestOwnWorkerThatDoesNotReturn(t *testing.T) {
	hang, boom := make(chan struct{}), errors.New("boom")
	within := make(chan struct{})
	g, out := dataflow.New(), &collect{}
	s := g.Source("numbers", numbers{splits: 1, rows: 10, batch: 10})
	s.Map("hangs", each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error {
		close(within)
		<-hang
		return nil
	}}, dataflow.Workers(2)).Sink("out", out)
	s.Map("fails", each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error {
		<-within
		return boom
	}}).Sink("out2", &collect{})
	_, err := executor.Run(t.Context(), g, executor.Options{Workers: 1, Grace: 1})
	close(hang)
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), `"hangs"`) {
		t.Errorf("got %v", err)
	}
}

// deaf is a reducer whose answer comes as it may, whatever emit says.
type deaf struct{ gather }

func (d deaf) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	return &deafAccumulator{gathered{gather: d.gather, env: env, x: x}}, nil
}

type deafAccumulator struct{ gathered }

func (d *deafAccumulator) Result(_ context.Context, emit dataflow.Emit) error {
	for _, rec := range d.rows {
		_ = emit(dataflow.Chunk{Rec: rec})
	}
	d.rows = nil
	return nil
}

// What emit says is not lost where a user's function does not return it.
func TestErrorsThatAreNotPassedOn(t *testing.T) {
	boom := errors.New("boom")
	other := arrow.NewSchema([]arrow.Field{{Name: "other", Type: arrow.PrimitiveTypes.Int64}}, nil)
	ignore := func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
		_ = pass(ctx, env, in, emit)
		return nil
	}
	fails := each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error { return boom }}
	for name, build := range map[string]func(s *dataflow.Stream) *dataflow.Stream{
		"fails":  func(s *dataflow.Stream) *dataflow.Stream { return s.Map("deaf", each{f: ignore}).Map("fails", fails) },
		"fails ": func(s *dataflow.Stream) *dataflow.Stream { return s.TreeReduce("deaf", deaf{}).Map("fails ", fails) },
		"wrong":  func(s *dataflow.Stream) *dataflow.Stream { return s.Map("wrong", each{f: ignore, out: other}) },
		"wrong ": func(s *dataflow.Stream) *dataflow.Stream {
			return s.Map("wrong ", each{f: ignore, out: other}, dataflow.Workers(2))
		},
	} {
		g, out := dataflow.New(), &collect{}
		build(g.Source("numbers", numbers{splits: 3, rows: 10, batch: 5})).Sink("out", out)
		_, err := executor.Run(t.Context(), g, options(t, 2))
		if stage := (*dataflow.StageError)(nil); !errors.As(err, &stage) || stage.Stage != name {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

// An error of a sink names the split whose rows it was handed, also where the
// worker that hands them over reads another one.
func TestSinkErrorNamesTheSplitOfItsRows(t *testing.T) {
	second := make(chan struct{})
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10}).
		Map("hold", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			if in.At.Split == 0 {
				<-second // then the other split's rows wait for their turn
			}
			return pass(ctx, env, in, emit)
		}}).Sink("out", out)
	opts := options(t, 2)
	opts.Hooks.SplitDone = func(_ string, s dataflow.Split, _ int64) {
		if s.From == 10 {
			close(second)
		}
	}
	out.write = func() error {
		if len(out.n) == 10 {
			return errors.New("full")
		}
		return nil
	}
	_, err := executor.Run(t.Context(), g, opts)
	if err == nil || !strings.Contains(err.Error(), `stage "out": numbers[10:20], rows 0 to 9: full`) {
		t.Errorf("got %v", err)
	}
}

// patient is a source whose Splits ends when the run is cancelled.
type patient struct {
	numbers
	cancel func()
}

func (p patient) PruneColumns([]string) dataflow.Source       { return p }
func (p patient) TakeBounds([]dataflow.Bound) dataflow.Source { return p }
func (p patient) Splits(ctx context.Context, _ int64, _ dataflow.Env) ([]dataflow.Split, error) {
	p.cancel()
	<-ctx.Done()
	return nil, ctx.Err()
}

// counted keeps only how many rows there are, not what is in them.
type counted struct{ gather }

func (c counted) NewAccumulator(*arrow.Schema, dataflow.Env, dataflow.Exchange) (dataflow.Accumulator, error) {
	return &countedAccumulator{}, nil
}

type countedAccumulator struct{ gathered }

func (c *countedAccumulator) Add(context.Context, dataflow.Chunk) error { return nil }

func TestCancelBeforeTheFirstSplit(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	g, out := dataflow.New(), &collect{}
	g.Source("patient", patient{numbers{splits: 1, rows: 1, batch: 1}, func() { cancel(errWhy) }}).Sink("out", out)
	_, err := executor.Run(ctx, g, options(t, 2))
	if stage := (*dataflow.StageError)(nil); !errors.Is(err, errWhy) || errors.As(err, &stage) {
		t.Errorf("got %v", err)
	}
}

// A cancellation that comes as the run ends makes it fail or does not: rows are
// not left out without an error.
func TestCancelAtTheEnd(t *testing.T) {
	for i := range 2000 {
		ctx, cancel := context.WithCancel(context.Background())
		s := dataflow.New().Source("numbers", numbers{splits: 2, rows: 10, batch: 5})
		opts := executor.Options{Workers: 2}
		var done atomic.Int64
		opts.Hooks.SplitDone = func(string, dataflow.Split, int64) {
			if done.Add(1) == 2 {
				cancel()
			}
		}
		job, err := executor.Start(ctx, s, opts)
		if err != nil {
			t.Fatal(err)
		}
		<-job.Done()
		rows := 0
		for rec, e := range job.Batches() {
			if err = e; e == nil {
				rows += len(rec.Column(0).(*array.Int64).Int64Values())
			}
		}
		if _, waited := job.Wait(); err == nil && (rows != 20 || waited != nil) {
			t.Fatalf("round %d: %d rows and no error, but %v", i, rows, waited)
		}
		cancel()
	}
}

// endless never says that it has come to its end.
type endless struct{ gather }

func (e endless) NewAccumulator(in *arrow.Schema, env dataflow.Env, x dataflow.Exchange) (dataflow.Accumulator, error) {
	return &endlessAccumulator{gathered{gather: e.gather, env: env, x: x}}, nil
}

type endlessAccumulator struct{ gathered }

func (e *endlessAccumulator) Result(_ context.Context, emit dataflow.Emit) error {
	for {
		e.rows[0].Retain()
		if err := emit(dataflow.Chunk{Rec: e.rows[0]}); err != nil {
			return err
		}
	}
}

// A cancelled run takes no more of what emits without an end.
func TestCancelEndlessEmitters(t *testing.T) {
	forever := each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
		for {
			if err := pass(ctx, env, in, emit); err != nil {
				return err
			}
		}
	}}
	for name, build := range map[string]func(s *dataflow.Stream) *dataflow.Stream{
		"map":         func(s *dataflow.Stream) *dataflow.Stream { return s.Map("endless", forever) },
		"own workers": func(s *dataflow.Stream) *dataflow.Stream { return s.Map("endless", forever, dataflow.Workers(1)) },
		"reduce":      func(s *dataflow.Stream) *dataflow.Stream { return s.TreeReduce("endless", endless{}) },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		g := dataflow.New()
		s := build(g.Source("numbers", numbers{splits: 1, rows: 10, batch: 10}))
		g.Source("more numbers", numbers{splits: 1, rows: 10, batch: 10}).
			Map("cancels too", each{f: func(context.Context, dataflow.Env, dataflow.Chunk, dataflow.Emit) error {
				cancel(errWhy)
				return nil
			}}).Sink("nothing", &collect{})
		s.TreeReduce("count", counted{}).Sink("out", &collect{})
		if _, err := executor.Run(ctx, g, options(t, 2)); !errors.Is(err, errWhy) || strings.Contains(err.Error(), "not returned") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// placedRows is a commutative reducer whose answer depends on where rows stand.
type placedRows struct{ gather }

func (placedRows) UsesPlace() bool { return true }

// One that has enough rows must not keep another worker from those that stand
// before them.
func TestSatedByLaterRows(t *testing.T) {
	second := make(chan struct{})
	g, out := dataflow.New(), &collect{}
	g.Source("numbers", numbers{splits: 2, rows: 10, batch: 10}).
		Map("hold", each{f: func(ctx context.Context, env dataflow.Env, in dataflow.Chunk, emit dataflow.Emit) error {
			if in.At.Split == 0 {
				<-second
			}
			return pass(ctx, env, in, emit)
		}}).
		TreeReduce("first", placedRows{gather{sated: 10}}).
		Sink("out", out)
	opts := options(t, 2)
	opts.Hooks.SplitDone = func(_ string, s dataflow.Split, _ int64) {
		if s.From == 10 {
			close(second)
		}
	}
	if _, err := executor.Run(t.Context(), g, opts); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sorted(out.n)[:10], upTo(10)) {
		t.Errorf("got %v", sorted(out.n))
	}
}

// Whoever takes the batches of a job may leave at any time, also by a panic, or cancel it:
// nothing stays behind.
func TestLeavingAtRandom(t *testing.T) {
	first := firstSeed()
	for seed := first; seed < first+uint64(rounds(t, 100)) && !t.Failed(); seed++ {
		d := draw(seed)
		stop := hangs(d)
		rng := rand.New(rand.NewPCG(seed, 4))
		o, _ := drawnOptions(rng)
		w := newWorld(d)
		w.idle = false
		target := d.nodes[rng.IntN(len(d.nodes))]
		if target.kind == dataflow.KindSink {
			target = target.inputs[0]
		}
		job, err := executor.Start(context.Background(), w.streams[target], w.options(o))
		if err != nil {
			t.Fatal(err)
		}
		leave(job, rng.IntN(12), rng.IntN(4))
		_, err = job.Wait()
		if w.check(t, err); t.Failed() {
			t.Fatalf("seed %d, options %+v: got %v\n%s", seed, o, firstLines(err), d)
		}
		stop()
	}
	goleak.VerifyNone(t)
}

// leave takes so many batches and then breaks off in some way.
func leave(job *executor.Job, batches, way int) {
	defer func() { _ = recover() }()
	for range job.Batches() {
		if batches--; batches >= 0 {
			continue
		}
		switch way {
		case 0:
			return
		case 1:
			panic("left")
		case 2:
			job.Cancel()
		}
	}
}
