package executor

import (
	"cmp"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// asyncPool runs a map that waits: it has instances of its own, each a
// goroutine, that all workers hand chunks to.
type asyncPool struct {
	run   *run
	stage *stageRun
	jobs  chan *asyncJob
	start sync.Once
	stop  sync.Once
	ended sync.WaitGroup
	busy  atomic.Int32 // calls under way
}

// asyncJob is one call of the map.
type asyncJob struct {
	in    dataflow.Chunk
	split string
	out   []dataflow.Chunk
	err   error
	done  chan struct{}
}

func newAsyncPool(r *run, s *stageRun) *asyncPool {
	return &asyncPool{run: r, stage: s, jobs: make(chan *asyncJob)}
}

func (p *asyncPool) begin() {
	p.start.Do(func() {
		for range p.stage.Workers {
			p.ended.Add(1)
			go func() {
				defer p.ended.Done()
				pprof.SetGoroutineLabels(p.stage.profileLabels())
				p.work()
			}()
		}
	})
}

// close ends the instances and waits for them. It may be called again.
func (p *asyncPool) close() {
	p.stop.Do(func() { close(p.jobs) })
	p.ended.Wait()
}

func (p *asyncPool) work() {
	env, account, pool := p.run.newEnv(p.stage, nil, false)
	defer account.close()
	defer pool.End()
	var task dataflow.Task
	defer func() {
		if task != nil {
			p.run.closing(p.stage, task.Close)
		}
	}()
	for j := range p.jobs {
		p.busy.Add(1)
		if task == nil {
			j.err = p.run.guard(p.stage, func() (err error) {
				task, err = p.stage.Operator.NewTask(p.stage.schemas.In, env)
				return stray(err)
			})
		}
		if j.err == nil {
			begun := time.Now()
			j.err = p.call(task, j, pool)
			p.stage.statsOf(nil).busy.Add(int64(time.Since(begun)))
		}
		if j.err != nil && !isStop(j.err) && !knowsStage(j.err) {
			j.err = &dataflow.StageError{Stage: p.stage.Name, Split: j.split, At: j.in.At, Rows: j.in.Rows(), Err: j.err}
		}
		j.in.Rec.Release()
		p.busy.Add(-1)
		close(j.done)
	}
}

func (p *asyncPool) call(task dataflow.Task, j *asyncJob, pool *batch.Pool) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &dataflow.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	var failed error // that emit returned; the task is to return it
	var schema schemaCheck
	emit := func(c dataflow.Chunk) error {
		if failed == nil && c.Rows() > 0 {
			failed = cmp.Or(schema.of(p.stage, c), p.run.ctx.Err())
		}
		if failed != nil || c.Rows() == 0 {
			c.Rec.Release()
			return failed
		}
		if c, failed = compact(c, pool); failed == nil {
			j.out = append(j.out, c)
		}
		return failed
	}
	if err := task.Process(p.run.ctx, j.in, emit); err != nil && !isStop(err) {
		return err
	}
	if f, ok := task.(dataflow.Flusher); ok {
		if err := f.Flush(p.run.ctx, emit); err != nil && !isStop(err) {
			return err
		}
	}
	return failed
}

// asyncStep hands chunks to the pool and passes on what comes of them, in the
// order in which it handed them over.
type asyncStep struct {
	stage *stageRun
	pool  *asyncPool
	next  step
	mem   *batch.Pool

	split   int64
	row     int64
	pending []*asyncJob
	stopped bool
}

func newAsyncStep(s *stageRun, next step, mem *batch.Pool) *asyncStep {
	return &asyncStep{stage: s, pool: s.pool, next: next, mem: mem}
}

func (a *asyncStep) begin(split int64) {
	a.split, a.row, a.stopped = split, 0, false
	a.next.begin(split)
}

func (a *asyncStep) push(w *worker, c dataflow.Chunk) error {
	if a.stopped {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	st := a.stage.statsOf(w)
	st.rowsIn.Add(int64(c.Rows()))
	c, err := compact(c, a.mem)
	if err != nil {
		return err
	}
	defer c.Rec.Release()
	a.pool.begin()
	return pieces(c, a.stage.BatchRows, func(part dataflow.Chunk) error {
		st.batches.Add(1)
		part.Rec.Retain()
		j := &asyncJob{in: part, split: w.frame.split, done: make(chan struct{})}
		select {
		case a.pool.jobs <- j:
		case <-w.run.ctx.Done():
			part.Rec.Release()
			return w.run.ctx.Err()
		}
		a.pending = append(a.pending, j)
		return a.pass(w, 2*a.stage.Workers)
	})
}

// pass hands on what is finished at the front, waiting while more than most are
// pending.
func (a *asyncStep) pass(w *worker, most int) error {
	for len(a.pending) > 0 {
		j := a.pending[0]
		if len(a.pending) > most {
			before := w.enter(a.stage, j.in)
			<-j.done
			w.leave(before)
		} else {
			select {
			case <-j.done:
			default:
				return nil
			}
		}
		a.pending[0] = nil
		a.pending = a.pending[1:]
		if err := a.passOn(w, j); err != nil {
			return err
		}
	}
	a.pending = nil
	return nil
}

func (a *asyncStep) passOn(w *worker, j *asyncJob) error {
	out := j.out
	defer func() {
		for _, c := range out {
			c.Rec.Release()
		}
	}()
	if j.err != nil && !isStop(j.err) {
		return j.err
	}
	for len(out) > 0 && !a.stopped {
		c := out[0]
		out = out[1:]
		n := int64(c.Rows())
		c.At = dataflow.Place{Split: a.split, Row: a.row}
		a.row += n
		a.stage.statsOf(w).rowsOut.Add(n)
		if err := a.next.push(w, c); isStop(err) {
			a.stopped = true
		} else if err != nil {
			return err
		}
	}
	if a.stopped {
		return dataflow.ErrStop
	}
	return nil
}

func (a *asyncStep) end(w *worker, split int64) error {
	for len(a.pending) > 0 {
		if err := a.pass(w, 0); err != nil && !isStop(err) {
			return err
		}
	}
	return a.next.end(w, split)
}

func (a *asyncStep) finish(w *worker) error { return a.next.finish(w) }

// drop releases what pending calls give, once they have given it.
func (a *asyncStep) drop() {
	for _, j := range a.pending {
		<-j.done
		for _, c := range j.out {
			c.Rec.Release()
		}
	}
	a.pending = nil
}
