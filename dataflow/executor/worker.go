package executor

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// worker does one unit of work after another.
type worker struct {
	run    *run
	index  int
	rank   dataflow.Place // of the split in hand: which source, which split
	frame  frame
	mark   time.Time // up to which time is attributed to stages
	inside atomic.Pointer[stageRun]
	marked *stageRun // whose labels its goroutine has
	_      [64]byte  // workers are not on one cache line
}

// frame is what a worker is at: whose code runs, on which rows.
type frame struct {
	stage *stageRun
	split string
	at    dataflow.Place
	rows  int
}

func (w *worker) loop() {
	for {
		u, ok, stall := w.run.sched.take()
		if stall {
			w.run.fail(errors.New("executor: internal error: work is left that nothing waits for"))
		}
		if !ok {
			return
		}
		w.perform(u)
	}
}

func (w *worker) perform(u unit) {
	w.mark = time.Now()
	err := w.guard(func() error {
		if u.do != nil {
			return u.do(w)
		}
		return w.readSplit(u.stage, u.split)
	})
	w.frame = frame{}
	w.inside.Store(nil)
	w.run.fail(err)
}

// guard makes an error or a panic of f one of the stage that w is at.
func (w *worker) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = w.stageError(&dataflow.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	return w.stageError(stray(f()))
}

// stray makes a failure of an ErrStop that comes from where nobody was told that
// no more is wanted: rows would be missing, or an end waited for that does not come.
func stray(err error) error {
	if !isStop(err) {
		return err
	}
	return fmt.Errorf("it said %q of its own accord, which only what emits may pass on", err)
}

// stageError says which stage err is of and what rows it had in hand, unless
// err says so already.
func (w *worker) stageError(err error) error {
	f := w.frame
	if err == nil || f.stage == nil || errors.Is(err, dataflow.ErrStop) || knowsStage(err) {
		return err
	}
	if w.run.isCancellation(err) {
		return err
	}
	return &dataflow.StageError{Stage: f.stage.Name, Split: f.split, At: f.at, Rows: f.rows, Err: err}
}

// enter says that the code of s runs from now on, on rows of c, and returns what
// ran before, for leave.
func (w *worker) enter(s *stageRun, c dataflow.Chunk) frame {
	before := w.frame
	w.clock(before.stage)
	w.label(s)
	w.frame.stage, w.frame.at = s, c.At
	if w.frame.rows = 0; c.Rec != nil {
		w.frame.rows = c.Rows()
	}
	w.inside.Store(s)
	return before
}

func (w *worker) leave(before frame) {
	w.clock(w.frame.stage)
	w.label(before.stage)
	w.frame = before
	w.inside.Store(before.stage)
}

func (w *worker) clock(s *stageRun) {
	now := time.Now()
	if s != nil {
		s.stats[w.index].busy.Add(int64(now.Sub(w.mark)))
	}
	w.mark = now
}

// readSplit reads a split of a source and pushes its chunks through the
// pipeline.
func (w *worker) readSplit(s *stageRun, index int) error {
	p := w.run.pipes[s.pipe.index]
	split, at := s.splits[index], int64(index)
	w.rank = dataflow.Place{Split: int64(p.plan.index), Row: at}
	w.frame.split = split.String()
	w.enter(s, dataflow.Chunk{})
	c, err := w.chain(p)
	if err != nil {
		return err
	}
	c.head.begin(at)
	var rows int64
	if !p.full() {
		if rows, err = w.read(s, c, split, at); err != nil {
			return err
		}
	}
	if err := c.head.end(w, at); err != nil {
		return err
	}
	w.run.splitsDone.Add(1)
	w.run.ledger.total() // notes the peak
	if f := w.run.opts.Hooks.SplitDone; f != nil {
		f(s.Name, split, rows)
	}
	return p.unitDone(w)
}

func (w *worker) read(s *stageRun, c *chain, split dataflow.Split, at int64) (rows int64, err error) {
	if rows, ok, err := w.readBlocks(s, c, split, at); ok || err != nil {
		return rows, err
	}
	to := &pusher{w: w, stage: s, chain: c, at: at, waits: true}
	for chunk, err := range s.Source.Read(w.run.ctx, split, c.reader) {
		if err != nil {
			if chunk.Rec != nil {
				chunk.Rec.Release()
			}
			return to.rows, err
		}
		if err := to.push(chunk); err != nil {
			if to.stopped {
				err = nil
			}
			return to.rows, err
		}
	}
	return to.rows, w.run.ctx.Err()
}

// gate holds the worker up while too much is in transit, and has it help with
// what is ready downstream.
func (w *worker) gate() error {
	for {
		u, ok := w.run.sched.gate(w)
		if !ok {
			return w.run.ctx.Err()
		}
		if err := w.aside(u); err != nil {
			return err
		}
	}
}

// assist has the worker help, as gate does, with what is ready behind s, and never
// holds it up.
func (w *worker) assist(s *stageRun) error {
	for {
		u, ok := w.run.sched.relief(s.index + 1)
		if !ok {
			return w.run.ctx.Err()
		}
		if err := w.aside(u); err != nil {
			return err
		}
	}
}

// aside does u in the middle of another unit.
func (w *worker) aside(u unit) error {
	left, rank := w.frame, w.rank
	w.clock(left.stage)
	w.frame = frame{}
	if err := u.do(w); err != nil {
		return stray(err)
	}
	w.clock(w.frame.stage)
	w.label(left.stage)
	w.frame, w.rank = left, rank
	w.inside.Store(left.stage)
	return nil
}

// chain is w's instance of a pipeline.
func (w *worker) chain(p *pipe) (*chain, error) {
	if c := p.workerChains[w.index]; c != nil {
		return c, nil
	}
	c, err := p.newChain(w, -1)
	if err != nil {
		return nil, err
	}
	p.workerChains[w.index] = c
	return c, nil
}

// blockChain is w's instance of a pipeline for blocks of splits that others have
// begun: w may be in the middle of a split of its own.
func (w *worker) blockChain(p *pipe) (*chain, error) {
	if c := p.blockChains[w.index]; c != nil {
		return c, nil
	}
	c, err := p.newChain(w, -1)
	if err != nil {
		return nil, err
	}
	p.blockChains[w.index] = c
	return c, nil
}

// compact is c without a selection, its own reference; c is released.
func compact(c dataflow.Chunk, pool *batch.Pool) (dataflow.Chunk, error) {
	if c.Sel == nil {
		return c, nil
	}
	rec, err := batch.Compact(c.Rec, c.Sel, pool)
	c.Rec.Release()
	return dataflow.Chunk{Rec: rec, At: c.At}, err
}

// schemaCheck finds a source or operator that emits something else than it declared.
// It belongs to one instance.
type schemaCheck struct {
	right *arrow.Schema // the last one that was found right: most chunks share theirs
}

func (k *schemaCheck) of(s *stageRun, c dataflow.Chunk) error {
	have, want := c.Rec.Schema(), s.schemas.Out
	if have == want || have == k.right {
		return nil
	}
	same := have.NumFields() == want.NumFields()
	for i := 0; same && i < have.NumFields(); i++ {
		h, w := have.Field(i), want.Field(i)
		same = h.Name == w.Name && arrow.TypeEqual(h.Type, w.Type)
	}
	if !same {
		return fmt.Errorf("it declared columns %s, but a batch has %s", dataflow.FormatSchema(want), dataflow.FormatSchema(have))
	}
	k.right = have
	return nil
}
