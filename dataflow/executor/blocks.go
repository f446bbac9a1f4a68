package executor

import (
	"cmp"
	"context"
	"iter"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
)

// blocks is a split that is read from front to end while workers that have
// nothing better to do find the rows of its blocks:
//
//	feeder          reads blocks ──► jobs, in order ──► the front one ──► owner: pushes its chunks
//	other workers                     └─ claim one, find its rows ─┘
//
// The owner is the worker that was given the split. It takes the chunks of the
// front job as they are found, or finds them itself where nobody has begun, so
// that rows go on in order, with the places that one task would have given them,
// and nobody waits for a worker that waits: finding rows waits for nothing. The
// feeder is a goroutine, so that rows go on while the source waits for more.
//
// Where the order of rows does not matter (pipe.anyOrder) each worker passes on what
// it finds, through an instance of its own (blockapart.go).
//
// How much is in flight is bounded by count and bytes; one job may always be.
type blocks struct {
	run   *run
	stage *stageRun
	split string
	rank  dataflow.Place
	ctx   context.Context // ends when no more is wanted
	held  *account
	at    int64        // the split's number
	apart bool         // who finds rows passes them on, in any order
	rows  atomic.Int64 // that were, then

	mu      sync.Mutex
	changed *sync.Cond
	jobs    []*blockJob // that are not passed on, in order
	made    int         // jobs
	stopped bool        // no more is wanted
	fed     bool        // no more jobs come
	err     error       // the source's, behind the last job
	growth  float64     // bytes of rows to a byte of a block, the most seen; 0: none was
}

// firstGrowth is how much bigger the rows of a block are taken to be before one
// was seen.
const firstGrowth = 4

// readBlocks reads a split of a source that yields blocks. ok is false where
// it is to be read by Read.
func (w *worker) readBlocks(s *stageRun, c *chain, split dataflow.Split, at int64) (rows int64, ok bool, err error) {
	source, ok := s.Source.(dataflow.BlockSource)
	if !ok {
		return 0, false, nil
	}
	ctx, cancel := context.WithCancel(w.run.ctx)
	defer cancel()
	env, rank := c.reader, w.rank
	env.Warn = func(warning dataflow.Warning) { s.warnAt(rank, warning) } // the feeder calls it while w is at something else
	seq, ok := source.Blocks(ctx, split, env)
	if !ok {
		return 0, false, nil
	}
	to := &pusher{w: w, stage: s, chain: c, at: at, waits: true}
	if len(w.run.workers) == 1 {
		err = w.readInLine(s, seq, to)
		return to.rows, true, err
	}
	b := &blocks{run: w.run, stage: s, split: w.frame.split, rank: rank, ctx: ctx, at: at}
	if b.apart = w.run.pipes[s.pipe.index].anyOrder(); b.apart {
		b.growth = 1 // rows do not wait
	}
	b.changed = sync.NewCond(&b.mu)
	b.held = w.run.ledger.open(s.Name, "blocks in flight", nil)
	stopWatch := context.AfterFunc(ctx, b.wake)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pprof.SetGoroutineLabels(s.profileLabels())
		b.feed(seq)
	}()
	defer func() {
		b.mu.Lock()
		b.stopped = true
		b.mu.Unlock()
		cancel()
		b.wake()
		<-ended
		b.drop()
		stopWatch()
		b.held.close()
	}()
	if b.apart {
		err = b.passApart(w, c)
		return b.rows.Load(), true, err
	}
	err = b.pass(w, to)
	return to.rows, true, err
}

// readInLine reads where there is one worker alone.
func (w *worker) readInLine(s *stageRun, seq iter.Seq2[dataflow.Block, error], to *pusher) error {
	p := s.parser(w.run)
	defer s.putParser(p)
	held := w.run.ledger.open(s.Name, "blocks in flight", nil)
	defer held.close()
	for block, err := range seq {
		err := func() error {
			if block != nil {
				defer w.run.closing(s, block.Close)
			}
			if err != nil {
				return err
			}
			held.reserved.Store(block.Bytes())
			if err := held.check(); err != nil {
				return err
			}
			return to.pushBlock(block, p)
		}()
		held.reserved.Store(0)
		if isStop(err) && to.stopped {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return w.run.ctx.Err()
}

// feed makes jobs of the blocks of seq, until it ends or no more is wanted.
func (b *blocks) feed(seq iter.Seq2[dataflow.Block, error]) {
	defer func() {
		if v := recover(); v != nil {
			b.end(&dataflow.PanicError{Value: v, Stack: debug.Stack()})
		}
		b.end(nil)
	}()
	for block, err := range seq {
		if err != nil {
			if block != nil {
				b.run.closing(b.stage, block.Close)
			}
			b.end(err)
			return
		}
		if !b.add(block) {
			return
		}
	}
}

// end says that no more jobs come, for err.
func (b *blocks) end(err error) {
	b.mu.Lock()
	if !b.fed {
		b.fed, b.err = true, err
	}
	b.changed.Broadcast()
	b.mu.Unlock()
}

// add makes a job of block when there is room for it. false: no more is wanted.
func (b *blocks) add(block dataflow.Block) bool {
	j := &blockJob{blocks: b, block: block, bytes: block.Bytes()}
	b.held.reserved.Add(j.bytes)
	b.mu.Lock()
	for !b.stopped && len(b.jobs) > 0 && b.full(j.bytes) {
		b.changed.Wait()
	}
	more := !b.stopped
	b.made++
	j.number = b.made
	b.jobs = append(b.jobs, j)
	b.changed.Broadcast()
	b.mu.Unlock()
	if more {
		b.run.sched.add(unit{stage: b.stage, split: -1, do: j.help})
	}
	return more
}

// full reports whether a block of n bytes, which is counted already, and its
// rows are too much beside what is in flight. b.mu is locked.
func (b *blocks) full(n int64) bool {
	return len(b.jobs) >= 2*len(b.run.workers) ||
		float64(b.held.reserved.Load())+cmp.Or(b.growth, firstGrowth)*float64(n) > float64(b.run.sched.window/4)
}

// pass hands the chunks of all jobs to the pipeline, in order.
func (b *blocks) pass(w *worker, to *pusher) error {
	for {
		if err := b.held.check(); err != nil {
			return err
		}
		j, err := b.front()
		if err != nil || j == nil {
			return err
		}
		if err := j.passOn(w, to); err != nil {
			if isStop(err) && to.stopped {
				return nil
			}
			return err
		}
	}
}

// front waits for the job that is next, nil behind the last.
func (b *blocks) front() (*blockJob, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.jobs) == 0 && !b.fed && b.ctx.Err() == nil {
		b.changed.Wait()
	}
	switch {
	case b.ctx.Err() != nil:
		return nil, context.Cause(b.ctx)
	case len(b.jobs) > 0:
		return b.jobs[0], nil
	}
	return nil, b.err
}

// done takes the front job away.
func (b *blocks) done() {
	b.mu.Lock()
	b.jobs[0] = nil
	b.jobs = b.jobs[1:]
	b.changed.Broadcast()
	b.mu.Unlock()
}

func (b *blocks) wake() {
	b.mu.Lock()
	b.changed.Broadcast()
	b.mu.Unlock()
}

// drop lets go of all jobs, when those that others are at have seen that no
// more is wanted.
func (b *blocks) drop() {
	b.mu.Lock()
	left := b.jobs
	b.jobs = nil
	b.mu.Unlock()
	for _, j := range left {
		j.drop()
	}
}
