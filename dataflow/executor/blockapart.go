package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/arrowmill/arrowmill/dataflow"
)

// This file is the way of blocks whose rows may go on in any order. A worker that
// has claimed a job runs the whole pipeline behind it:
//
//	feeder ──► jobs ──► owner of the split: through the instance with which it reads splits
//	              └──► other workers: through one for blocks alone
//
// The owner waits for the others when all jobs are claimed. They wait for nothing:
// while too much is in transit they help with it, and are not held up.

// passApart claims jobs and passes them on, until all are done, by whoever.
func (b *blocks) passApart(w *worker, c *chain) error {
	defer func() { w.frame.split = b.split }()
	pass := func(j *blockJob) error {
		defer j.endApart()
		return j.passApart(&pusher{w: w, stage: b.stage, chain: c, at: b.at, waits: true})
	}
	for {
		if err := b.held.check(); err != nil {
			return err
		}
		j, err := b.unclaimed()
		if err != nil || j == nil {
			return err
		}
		if err := pass(j); err != nil {
			return err
		}
	}
}

// unclaimed claims the first job that nobody has; nil: all are done, or no more is
// wanted.
func (b *blocks) unclaimed() (*blockJob, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if b.ctx.Err() != nil {
			return nil, context.Cause(b.ctx)
		}
		if b.stopped {
			return nil, nil
		}
		for _, j := range b.jobs {
			if !j.claimed {
				j.claimed = true
				return j, nil
			}
		}
		if b.fed && len(b.jobs) == 0 {
			return nil, b.err
		}
		b.changed.Wait()
	}
}

// runApart passes on a job that w, not the split's owner, has claimed.
func (j *blockJob) runApart(w *worker) error {
	defer j.endApart() // when the instance is at rest: the owner may end the pipeline then
	b := j.blocks
	c, err := w.blockChain(b.run.pipes[b.stage.pipe.index])
	if err != nil {
		return err
	}
	c.head.begin(b.at)
	if err := j.passApart(&pusher{w: w, stage: b.stage, chain: c, at: b.at}); err != nil {
		return err
	}
	return c.head.end(w, b.at)
}

// passApart pushes the rows of the job. They are numbered within the block, which
// errors name.
func (j *blockJob) passApart(to *pusher) error {
	b := j.blocks
	p := b.stage.parser(b.run)
	defer func() { // also when it panics
		b.stage.putParser(p)
		b.rows.Add(to.rows)
	}()
	to.w.frame.split = fmt.Sprintf("%s, block %d", b.split, j.number)
	to.w.enter(b.stage, dataflow.Chunk{})
	err := to.pushBlock(j.block, p)
	if to.stopped && isStop(err) {
		b.mu.Lock()
		b.stopped = true
		b.changed.Broadcast()
		b.mu.Unlock()
		return nil
	}
	return err
}

// endApart lets go of the job.
func (j *blockJob) endApart() {
	b := j.blocks
	j.close()
	b.mu.Lock()
	j.done = true
	b.jobs = slices.DeleteFunc(b.jobs, func(other *blockJob) bool { return other == j })
	b.changed.Broadcast()
	b.mu.Unlock()
}
