package executor

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// pipe is a pipeline as one run has it.
type pipe struct {
	run    *run
	plan   *pipePlan
	origin *stageRun
	units  atomic.Int64 // splits or partitions of its origin that have not ended
	ends   []terminal   // what it feeds, each once

	workerChains []*chain // by worker; nil where it has done nothing of this pipe
	blockChains  []*chain // the same, for blocks of which others have begun the split
}

// terminal is what ends a pipeline: a reduction, an exchange, a delivery.
type terminal interface {
	addInput()                 // one more pipeline feeds it
	addPath(base int64)        // one more way leads to it, on which base is added to the numbers of splits
	inputDone(w *worker) error // one of them has ended
	full() bool                // it wants no more rows of any split
}

// prepare counts the units and tells the terminals who feeds them.
func (p *pipe) prepare() {
	p.units.Store(p.origin.left)
	p.run.ends(p.plan.heads, 0, func(n *node, base int64) {
		t := p.run.terminal(n)
		t.addPath(base)
		if !slices.Contains(p.ends, t) {
			p.ends = append(p.ends, t)
			t.addInput()
		}
	})
}

// ends calls f for each node at which a pipeline ends, with what the unions on
// the way add to the numbers of splits.
func (r *run) ends(nodes []*node, base int64, f func(n *node, base int64)) {
	for _, n := range nodes {
		switch {
		case n.isEnd():
			f(n, base)
		case n.stage.Kind == dataflow.KindUnion:
			r.ends(n.next, base+r.unionBase(n), f)
		default:
			r.ends(n.next, base, f)
		}
	}
}

// unionBase is the number of splits of the inputs before the one that n is.
func (r *run) unionBase(n *node) int64 {
	var base int64
	for _, in := range n.stage.inputs[:n.input] {
		base += r.stages[in.index].left
	}
	return base
}

func (r *run) terminal(n *node) terminal {
	if n.stage == nil {
		return r.out
	}
	s := r.stages[n.stage.index]
	switch s.Kind {
	case dataflow.KindShuffle:
		return s.exchange
	case dataflow.KindTreeReduce:
		return s.reduction
	}
	return s.delivery
}

// full reports whether nothing that the pipeline feeds wants more.
func (p *pipe) full() bool {
	for _, t := range p.ends {
		if !t.full() {
			return false
		}
	}
	return len(p.ends) > 0
}

// unitDone is called when a split or partition of the origin has ended.
func (p *pipe) unitDone(w *worker) error { return p.unitsDone(w, 1) }

func (p *pipe) unitsDone(w *worker, n int64) error {
	if p.units.Add(-n) > 0 {
		return nil
	}
	return p.finish(w)
}

// finish hands on what the workers' instances still hold, and tells the
// terminals. Nobody else uses the instances any more.
func (p *pipe) finish(w *worker) error {
	for _, chains := range [][]*chain{p.workerChains, p.blockChains} {
		for _, c := range chains {
			if c == nil {
				continue
			}
			if err := c.head.finish(w); err != nil {
				return err
			}
		}
	}
	for _, t := range p.ends {
		if err := t.inputDone(w); err != nil {
			return err
		}
	}
	if p.run.openPipes.Add(-1) == 0 {
		p.run.sched.end()
	}
	return nil
}

func (p *pipe) close() {
	for _, chains := range [][]*chain{p.workerChains, p.blockChains} {
		for _, c := range chains {
			if c != nil {
				c.close()
			}
		}
	}
}

// anyOrder reports whether the rows of one split may go through the pipeline in any
// order and by several workers: what ends it are accumulators of workers, and what
// stands before them sees only rows.
func (p *pipe) anyOrder() bool {
	if p.origin.needsOrder || p.origin.needsCut {
		return false
	}
	for _, t := range p.ends {
		if d, ok := t.(*reduction); !ok || d.locals == nil || d.placed {
			return false
		}
	}
	return len(p.ends) > 0 && seesRows(p.plan.heads)
}

// seesRows reports whether all maps of the trees are row-wise.
func seesRows(nodes []*node) bool {
	for _, n := range nodes {
		if n.stage != nil && n.stage.Kind == dataflow.KindMap && !isRowWise(n.stage) || !seesRows(n.next) {
			return false
		}
	}
	return true
}

// chain is one instance of a pipeline: of one worker or, behind a shuffle, of
// one partition, which one worker at a time works on.
type chain struct {
	head   step
	reader dataflow.Env // of the source's readers
	held   *account     // of the chunk that a reader has given
	schema schemaCheck  // of what it has given
	closes []func()
}

// step is one instance of a node of a pipeline. All its methods are called by
// one worker at a time; begin and end enclose the chunks of one split.
type step interface {
	// push takes c. ErrStop: nothing more of this split is wanted.
	push(w *worker, c dataflow.Chunk) error
	begin(split int64)
	end(w *worker, split int64) error
	finish(w *worker) error // no split follows
}

// newChain makes an instance for w, or where w is nil for a partition.
func (p *pipe) newChain(w *worker, partition int) (made *chain, err error) {
	c := &chain{}
	b := &chainBuilder{run: p.run, w: w, partition: partition, chain: c}
	if p.origin.Kind == dataflow.KindSource {
		env, account, pool := p.run.newEnv(p.origin, w, false)
		c.reader = env
		c.held = p.run.ledger.open(p.origin.Name, "rows in hand", nil)
		c.onClose(func() { pool.End(); account.close(); c.held.close() })
	}
	if c.head, err = b.fan(p.plan.heads); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *chain) onClose(f func()) { c.closes = append(c.closes, f) }

func (c *chain) close() {
	for _, f := range slices.Backward(c.closes) {
		f()
	}
	c.closes = nil
}

// inHand counts the chunk that a reader has given as held.
func (c *chain) inHand(chunk dataflow.Chunk) error {
	c.held.reserved.Store(batch.Bytes(chunk.Rec))
	return c.held.check()
}

// chainBuilder makes the steps of a chain.
type chainBuilder struct {
	run       *run
	w         *worker // nil: of no worker
	partition int     // -1: of no partition
	chain     *chain
	base      int64 // what the unions on the way add to the numbers of splits
}

func (b *chainBuilder) fan(nodes []*node) (step, error) {
	steps := make([]step, len(nodes))
	for i, n := range nodes {
		var err error
		if steps[i], err = b.step(n); err != nil {
			return nil, err
		}
	}
	if len(steps) == 1 {
		return steps[0], nil
	}
	return &fanStep{next: steps, stopped: make([]bool, len(steps))}, nil
}

func (b *chainBuilder) step(n *node) (step, error) {
	if n.stage == nil {
		return &deliveryStep{to: b.run.out, pool: b.scratch()}, nil
	}
	s := b.run.stages[n.stage.index]
	switch s.Kind {
	case dataflow.KindMap:
		return b.mapStep(n, s)
	case dataflow.KindUnion:
		base := b.run.unionBase(n)
		b.base += base
		next, err := b.fan(n.next)
		b.base -= base
		return newUnionStep(s, n.input, base, next), err
	case dataflow.KindShuffle:
		return b.shuffleStep(s)
	case dataflow.KindTreeReduce:
		return s.reduction.newStep(b)
	case dataflow.KindSink:
		return &deliveryStep{to: s.delivery, pool: b.scratch()}, nil
	}
	return nil, fmt.Errorf("executor: internal error: a %s within a pipeline", s.Kind)
}

// scratch is memory for rows gathered on the way.
func (b *chainBuilder) scratch() *batch.Pool {
	pool := batch.NewPool(b.run.opts.allocator(), b.run.opts.poolBytes())
	b.chain.onClose(pool.End)
	return pool
}

// fanStep hands every chunk to several steps.
type fanStep struct {
	next    []step
	stopped []bool // for this split
}

func (f *fanStep) begin(split int64) {
	for i, n := range f.next {
		f.stopped[i] = false
		n.begin(split)
	}
}

func (f *fanStep) push(w *worker, c dataflow.Chunk) error {
	defer c.Rec.Release()
	left := 0
	for i, n := range f.next {
		if f.stopped[i] {
			continue
		}
		c.Rec.Retain()
		switch err := n.push(w, c); {
		case isStop(err):
			f.stopped[i] = true
		case err != nil:
			return err
		default:
			left++
		}
	}
	if left == 0 {
		return dataflow.ErrStop
	}
	return nil
}

func (f *fanStep) end(w *worker, split int64) error {
	for _, n := range f.next {
		if err := n.end(w, split); err != nil {
			return err
		}
	}
	return nil
}

func (f *fanStep) finish(w *worker) error {
	for _, n := range f.next {
		if err := n.finish(w); err != nil {
			return err
		}
	}
	return nil
}
