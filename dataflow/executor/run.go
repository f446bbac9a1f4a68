package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
)

// run is one run of a plan.
type run struct {
	opts   Options
	ctx    context.Context
	cancel context.CancelCauseFunc
	begun  time.Time

	prepared   atomic.Bool  // splits are known
	settled    atomic.Bool  // all sinks have committed: nothing can cancel it any more
	elapsed    atomic.Int64 // set at the end
	splitsDone atomic.Int64
	transit    atomic.Int64 // bytes of chunks in queues
	lent       atomic.Int64 // those of them that the caller of Start is to take
	openPipes  atomic.Int64

	stages     []*stageRun
	pipes      []*pipe
	deliveries []*delivery // of the sinks
	out        *delivery   // of the rows that Start yields; nil: none
	outBatches *outQueue
	ledger     *ledger
	sched      *scheduler
	workers    []*worker

	ended   func(error)   // the end of the job
	unwatch func() bool   // ends the watch over ctx
	watched chan struct{} // closed when what the watch had to do is done
	phase   atomic.Int32

	mu      sync.Mutex
	failure error
	grace   *time.Timer // nil: not needed so far
	closers []func()    // of instances, called when all workers have left
}

// Phases of a run.
const (
	preparing = iota
	working
	over // all workers have left, or are waited for no longer
)

// stageRun is a stage as one run has it.
type stageRun struct {
	*stagePlan
	shared io.Closer
	stats  []stats // by worker; the last one for what belongs to no worker

	splits     []dataflow.Split // of a source
	splitBytes int64
	left       int64 // splits of its output, for the union that follows

	reduction *reduction
	exchange  *exchange
	delivery  *delivery
	pool      *asyncPool

	labels atomic.Pointer[context.Context] // for profiles; nil: not needed so far

	mu       sync.Mutex
	oddities []oddity
	parsers  []*parser // that nobody uses
}

// oddity is a warning with the place of the first one.
type oddity struct {
	rank dataflow.Place
	dataflow.Warning
}

// statsOf is where w counts what s does.
func (s *stageRun) statsOf(w *worker) *stats {
	if w == nil {
		return &s.stats[len(s.stats)-1]
	}
	return &s.stats[w.index]
}

func (s *stageRun) warn(w *worker, warning dataflow.Warning) {
	rank := dataflow.Place{}
	if w != nil {
		rank = w.rank
	}
	s.warnAt(rank, warning)
}

func (s *stageRun) warnAt(rank dataflow.Place, warning dataflow.Warning) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.oddities {
		o := &s.oddities[i]
		if o.Text != warning.Text {
			continue
		}
		total := o.Count + warning.Count
		// The blocks of one split end in any order.
		if c := rank.Compare(o.rank); c < 0 || c == 0 && 0 <= warning.Byte && warning.Byte < o.Byte {
			o.rank, o.Warning = rank, warning
		}
		o.Count = total
		return
	}
	s.oddities = append(s.oddities, oddity{rank, warning})
}

func (s *stageRun) warnings() []dataflow.StageWarning {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []dataflow.StageWarning
	for _, o := range s.oddities {
		all = append(all, dataflow.StageWarning{Stage: s.Name, Warning: o.Warning})
	}
	slices.SortFunc(all, func(a, b dataflow.StageWarning) int {
		switch {
		case a.Text < b.Text:
			return -1
		case a.Text > b.Text:
			return 1
		}
		return 0
	})
	return all
}

func newRun(ctx context.Context, p *plan, opts Options) *run {
	r := &run{opts: opts, begun: time.Now(), ledger: newLedger(opts.MemoryBytes)}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	n := opts.Workers + 1
	stages, counts := make([]stageRun, len(p.stages)), make([]stats, n*len(p.stages))
	r.stages = make([]*stageRun, len(p.stages))
	for i, sp := range p.stages {
		stages[i].stagePlan, stages[i].stats = sp, counts[i*n:(i+1)*n]
		r.stages[i] = &stages[i]
	}
	if p.target != nil {
		r.outBatches = newOutQueue(r)
		r.out = newDelivery(r, r.stages[p.target.index], r.outBatches)
	}
	for _, pp := range p.pipes {
		r.pipes = append(r.pipes, &pipe{run: r, plan: pp, origin: r.stages[pp.origin.index]})
	}
	return r
}

// fail ends the run with err, unless it has failed before.
func (r *run) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	if r.failure == nil {
		r.failure = err
		if r.isCancellation(err) {
			r.failure = context.Cause(r.ctx)
		}
	}
	r.mu.Unlock()
	r.cancel(err)
	r.sched.end()
	if r.outBatches != nil {
		r.outBatches.stop()
	}
}

// isCancellation reports whether err says no more than that the run was
// cancelled.
func (r *run) isCancellation(err error) bool {
	c := r.ctx.Err()
	return c != nil && (errors.Is(err, c) || errors.Is(err, context.Cause(r.ctx)))
}

// onClose has f called when all workers have left.
func (r *run) onClose(f func()) {
	r.mu.Lock()
	r.closers = append(r.closers, f)
	r.mu.Unlock()
}

// do runs the graph. Its goroutine is that of the first worker; whichever worker is
// the last to leave ends the run.
func (r *run) do() {
	r.sched = newScheduler(r.opts.Workers, len(r.stages), r.opts.windowBytes(), r.transit.Load, r.lent.Load)
	if err := context.Cause(r.ctx); err != nil {
		r.ended(err)
		return
	}
	r.watched = make(chan struct{})
	r.unwatch = context.AfterFunc(r.ctx, func() {
		defer close(r.watched)
		if !r.settled.Load() {
			r.fail(context.Cause(r.ctx))
		}
		if r.phase.Load() == working {
			r.limit()
		}
	})
	err := r.prepare()
	if err == nil {
		err = r.launch()
	}
	if err != nil {
		r.conclude(err)
		return
	}
	r.work(r.workers[0])
}

// prepare opens what the run shares, lists the splits, and opens the sinks.
func (r *run) prepare() error {
	for _, s := range r.stages {
		if err := r.guard(s, func() error { return r.share(s) }); err != nil {
			return err
		}
	}
	for _, s := range r.stages {
		if err := r.guard(s, func() error { return r.open(s) }); err != nil {
			return err
		}
	}
	for _, p := range r.pipes {
		p.prepare()
	}
	for _, s := range r.stages {
		if s.Kind == dataflow.KindSource && len(s.splits) > 0 {
			r.sched.sources = append(r.sched.sources, s)
		}
	}
	r.prepared.Store(true)
	return nil
}

func (r *run) share(s *stageRun) error {
	var role any
	switch s.Kind {
	case dataflow.KindSource:
		role = s.Source
	case dataflow.KindMap:
		role = s.Operator
	case dataflow.KindShuffle:
		role = s.Partitioner
	case dataflow.KindTreeReduce:
		role = s.Reducer
	case dataflow.KindSink:
		role = s.Sink
	}
	if sharer, ok := role.(dataflow.Sharer); ok {
		env, account, pool := r.newEnv(s, nil, true)
		r.onClose(func() { pool.End(); account.close() })
		shared, err := sharer.Share(r.ctx, env)
		if shared != nil {
			s.shared = shared
			r.onClose(func() { r.fail(r.guard(s, shared.Close)) })
		}
		return err
	}
	return nil
}

// open makes ready what s needs besides instances. Stages stand behind their
// inputs, so that the number of splits of those is known.
func (r *run) open(s *stageRun) error {
	switch s.Kind {
	case dataflow.KindSource:
		env, account, pool := r.newEnv(s, nil, false)
		defer account.close()
		defer pool.End()
		splits, err := s.Source.Splits(r.ctx, r.opts.SplitBytes, env)
		if err != nil {
			return err
		}
		s.splits, s.left = splits, int64(len(splits))
		for _, split := range splits {
			s.splitBytes += split.Bytes
		}
	case dataflow.KindMap:
		s.left = r.stages[s.inputs[0].index].left
		if s.Workers > 0 {
			s.pool = newAsyncPool(r, s)
		}
	case dataflow.KindUnion:
		for _, in := range s.inputs {
			s.left += r.stages[in.index].left
		}
	case dataflow.KindShuffle:
		s.left = int64(s.Partitions)
		s.exchange = newExchange(r, s)
	case dataflow.KindTreeReduce:
		s.reduction = newReduction(r, s)
		s.left = s.reduction.splits()
	case dataflow.KindSink:
		env, account, pool := r.newEnv(s, nil, true)
		r.onClose(func() { pool.End(); account.close() })
		out, err := s.Sink.Open(r.ctx, s.schemas.In, env)
		if err != nil {
			return err
		}
		s.delivery = newDelivery(r, s, newSinkWriter(s, out, account))
		r.deliveries = append(r.deliveries, s.delivery)
	}
	return nil
}

// launch makes the workers and starts as many as are needed, but the first.
func (r *run) launch() error {
	if r.opts.Hooks.Started != nil {
		r.opts.Hooks.Started(r.progress)
	}
	r.openPipes.Store(int64(len(r.pipes)))
	n := r.opts.Workers
	workers, chains := make([]worker, n), make([]*chain, n*len(r.pipes))
	r.workers = make([]*worker, n)
	for i := range workers {
		workers[i].run, workers[i].index = r, i
		r.workers[i] = &workers[i]
	}
	for i, p := range r.pipes {
		p.workerChains = chains[i*n : (i+1)*n]
		if _, ok := p.origin.Source.(dataflow.BlockSource); ok {
			p.blockChains = make([]*chain, n)
		}
	}
	starter := r.workers[0]
	for _, p := range r.pipes {
		if p.units.Load() == 0 {
			if err := starter.guard(func() error { return p.finish(starter) }); err != nil {
				return err
			}
		}
	}
	r.phase.Store(working)
	if r.ctx.Err() != nil { // its watch may have been called before
		r.limit()
	}
	r.sched.begin(func(i int) {
		if i > 0 {
			go func() {
				growStack()
				r.work(r.workers[i])
			}()
		}
	})
	return nil
}

// work has w do units until there are no more. The last worker to leave commits the
// sinks and ends the run.
func (r *run) work(w *worker) {
	w.loop()
	if !r.sched.leave() {
		return
	}
	for _, s := range r.stages {
		if s.pool != nil {
			s.pool.close()
		}
	}
	if !r.phase.CompareAndSwap(working, over) {
		return // too late: the run was given up
	}
	if w.marked != nil {
		pprof.SetGoroutineLabels(r.ctx)
	}
	r.mu.Lock()
	err := r.failure
	r.mu.Unlock()
	if err == nil {
		err = r.commit()
	}
	r.conclude(err)
}

// conclude ends the run, when no worker runs any more.
func (r *run) conclude(err error) {
	r.fail(err)
	r.close()
	if !r.unwatch() {
		<-r.watched // what the watch does is part of the run
	}
	r.mu.Lock()
	if r.grace != nil {
		r.grace.Stop()
	}
	r.mu.Unlock()
	r.ended(nil) // the job knows the failure
}

// limit gives the workers the grace to leave, now that the run is cancelled.
func (r *run) limit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.grace == nil {
		r.grace = time.AfterFunc(r.opts.Grace, r.giveUp)
	}
}

// giveUp ends the run although workers have not left.
func (r *run) giveUp() {
	if !r.phase.CompareAndSwap(working, over) {
		return
	}
	r.fail(context.Cause(r.ctx))
	r.mu.Lock()
	err := &stuckError{after: r.opts.Grace, stages: r.busyStages(), err: r.failure}
	r.mu.Unlock()
	r.ended(err)
}

func (r *run) busyStages() []string {
	var names []string
	for _, w := range r.workers {
		if s := w.inside.Load(); s != nil && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	for _, s := range r.stages {
		if s.pool != nil && s.pool.busy.Load() > 0 && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

// stuckError says that a function did not return.
type stuckError struct {
	after  time.Duration
	stages []string
	err    error
}

func (e *stuckError) Error() string {
	return fmt.Sprintf("%v (and %v after that stage %q had not returned: its goroutine goes on)", e.err, e.after, e.stages)
}

func (e *stuckError) Unwrap() error { return e.err }

// commit commits all sinks, or aborts those that it has not come to.
func (r *run) commit() error {
	for _, d := range r.deliveries {
		if err := context.Cause(r.ctx); err != nil {
			return err
		}
		w := d.to.(*sinkWriter)
		if err := r.guard(d.stage, func() error { return w.output.Commit(r.ctx) }); err != nil {
			return err
		}
		w.committed = true
	}
	r.settled.Store(true)
	return nil
}

// close gives back all that the run holds. No worker runs any more.
func (r *run) close() {
	for _, d := range r.deliveries {
		if w := d.to.(*sinkWriter); !w.committed {
			if err := r.guard(d.stage, w.output.Abort); err != nil {
				r.fail(err)
			}
		}
		d.drop()
	}
	if r.out != nil {
		r.out.drop()
	}
	for _, s := range r.stages {
		if s.pool != nil {
			s.pool.close()
		}
		if s.exchange != nil {
			s.exchange.close()
		}
	}
	for _, p := range r.pipes {
		p.close()
	}
	for _, s := range r.stages {
		if s.reduction != nil {
			s.reduction.close()
		}
	}
	for _, f := range slices.Backward(r.closers) {
		f()
	}
}

// guard calls f for s, outside of any worker, and makes its error or panic one
// of that stage.
func (r *run) guard(s *stageRun, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = wrapStage(s, &dataflow.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	return wrapStage(s, f())
}

// closing calls the Close of an instance of s. A panic there is a failure of s,
// and keeps nothing else from being closed.
func (r *run) closing(s *stageRun, f func()) {
	r.fail(r.guard(s, func() error { f(); return nil }))
}

func wrapStage(s *stageRun, err error) error {
	if err == nil || knowsStage(err) {
		return err
	}
	return &dataflow.StageError{Stage: s.Name, Err: err}
}

// knowsStage reports whether err says which stage it is of.
func knowsStage(err error) bool {
	var known *dataflow.StageError // lives on the heap: only where there is an error
	return errors.As(err, &known)
}
