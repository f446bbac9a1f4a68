package executor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
)

// reduction is a tree-reduce as one run has it. There are three ways:
//
//   - local: the reducer is commutative. Each worker folds what it comes across
//     into an accumulator of its own. At the end a few small ones are merged
//     in a tree; if a keyed reducer's hold much, or have let go of state before,
//     or what follows depends on how its answer is cut to splits and they cannot
//     cut it themselves, all of it goes through the exchange to the owners of the
//     partitions, which merge in parallel, a partition at a time.
//   - bySplit: it is not commutative. Each split is folded into an accumulator
//     of its own, and those are merged left to right in a tree over the splits.
//   - byPartition: the input is partitioned. Each partition is folded into an
//     accumulator of its own, in order where that matters.
type reduction struct {
	run    *run
	stage  *stageRun
	keyed  bool
	placed bool // its answer depends on where rows stand
	inputs atomic.Int32
	stop   atomic.Bool // no more rows change the answer

	locals []*slot   // by worker
	owners []*owner  // of the partitions; nil: not needed so far
	used   sync.Once // the exchange has been
	held   *account  // of what waits for the owners
	drains atomic.Int32
	patience

	joining *joining // nil: no answer is given together so far

	bySplit bool
	tree    *mergeTree

	parts []*reducePart
	paths []int64 // on which the partitions are fed: what unions add to the numbers of splits, ascending

	mu    sync.Mutex
	slots map[*slot]bool // not closed
}

// mergeBytes is the state up to which the accumulators of a keyed reducer are
// merged one into another rather than by partition.
const mergeBytes = 4 << 20

func newReduction(r *run, s *stageRun) *reduction {
	d := &reduction{run: r, stage: s, keyed: isKeyed(s.Reducer), placed: usesPlace(s.Reducer), slots: map[*slot]bool{}}
	d.held = r.ledger.open(s.Name, "partials in transit", nil)
	d.bytes.Store(min(firstPatience, r.opts.MemoryBytes/8))
	switch in := r.stages[s.inputs[0].index]; {
	case in.partitions > 0:
		for i := range in.partitions {
			p := &reducePart{reduction: d, index: int64(i)}
			p.line.ordered = in.needsOrder
			d.parts = append(d.parts, p)
		}
	case isOrdered(s.Reducer):
		d.bySplit = true
		d.tree = newMergeTree(d, int(in.left))
	default:
		d.locals = make([]*slot, r.opts.Workers)
	}
	return d
}

// splits is how many splits its answer has.
func (d *reduction) splits() int64 {
	switch {
	case d.parts != nil:
		return int64(len(d.parts))
	case d.keyed:
		return dataflow.DefaultPartitions
	case d.joins():
		return joinedParts
	}
	return 1
}

func (d *reduction) addInput() { d.inputs.Add(1) }

func (d *reduction) addPath(base int64) {
	at, _ := slices.BinarySearch(d.paths, base)
	d.paths = slices.Insert(d.paths, at, base)
}

func (d *reduction) full() bool { return d.stop.Load() }

func (d *reduction) pipe() *pipe { return d.run.pipes[d.stage.pipe.index] }

// newStep is the end of a pipeline instance that feeds the reduction.
func (d *reduction) newStep(b *chainBuilder) (step, error) {
	switch {
	case d.parts != nil:
		path, _ := slices.BinarySearch(d.paths, b.base)
		return &partStep{part: d.parts[b.partition], path: int64(path), pool: b.scratch(), selection: takesSelection(d.stage.Reducer)}, nil
	case d.bySplit:
		return &splitStep{reduction: d, pool: b.scratch(), selection: takesSelection(d.stage.Reducer)}, nil
	}
	return &localStep{reduction: d, pool: b.scratch(), selection: takesSelection(d.stage.Reducer)}, nil
}

// inputDone is called as each pipeline that feeds the reduction ends.
func (d *reduction) inputDone(w *worker) error {
	if d.inputs.Add(-1) > 0 || d.parts != nil {
		return nil // partitions end each by itself
	}
	if d.bySplit {
		if d.tree.leaves == 0 {
			return d.answer(w, nil)
		}
		return nil // the tree ends by itself
	}
	return d.mergeLocals(w)
}

// mergeLocals brings the workers' accumulators together.
func (d *reduction) mergeLocals(w *worker) error {
	var live []*slot
	var state int64
	for _, s := range d.locals {
		if s != nil {
			live = append(live, s)
			state += s.account.bytes()
		}
	}
	small := len(live) <= 1 || state <= mergeBytes
	if d.stage.needsCut {
		small = state <= mergeBytes && !slices.ContainsFunc(live, func(s *slot) bool { return !s.parted() })
	}
	if len(live) > 0 && d.joins() {
		return d.join(live)
	}
	if d.owners == nil && (!d.keyed || len(live) == 0 || small) {
		if len(live) == 0 {
			return d.answer(w, nil)
		}
		tree := newMergeTree(d, len(live))
		for i, s := range live {
			s.lead = s.keep // from now on no owner takes what it lets go of
			if err := tree.add(w, 0, i, s); err != nil {
				return err
			}
		}
		return nil
	}
	d.makeOwners()
	d.drains.Store(int32(len(live)))
	for _, s := range live {
		d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error {
			w.enter(d.stage, dataflow.Chunk{})
			if err := s.acc.Drain(d.run.ctx); err != nil {
				return err
			}
			s.close()
			if d.drains.Add(-1) == 0 {
				for split := range dataflow.DefaultPartitions {
					d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error { return d.giveOwned(w, split) }})
				}
			}
			return nil
		}})
	}
	return nil
}

// answer has the whole answer given out of s, nil: of no rows.
func (d *reduction) answer(w *worker, s *slot) error {
	d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error {
		w.enter(d.stage, dataflow.Chunk{})
		var err error
		if s == nil {
			if s, err = d.newSlot(w, 1); err != nil {
				return err
			}
		}
		if s.parted() && d.stage.needsCut {
			if err := d.giveCut(w, s); err != nil {
				return err
			}
			return d.pipe().unitsDone(w, d.splits())
		}
		if err := d.give(w, 0, s); err != nil {
			return err
		}
		// What was declared as partitions has come as one: the others are empty.
		c, err := w.chain(d.pipe())
		if err != nil {
			return err
		}
		for i := int64(1); i < d.splits(); i++ {
			c.head.begin(i)
			if err := c.head.end(w, i); err != nil {
				return err
			}
		}
		return d.pipe().unitsDone(w, d.splits())
	}})
	return nil
}

// give emits the answer of s, which may be nil, as a split of the pipeline
// behind the reduction, and closes s.
func (d *reduction) give(w *worker, split int64, s *slot) error {
	if err := d.giveParts(w, split, 1, func(int) (*slot, error) { return s, nil }); err != nil {
		return err
	}
	if s != nil {
		s.close() // which is not asked for where nothing is wanted any more
	}
	return nil
}

// giveParts emits the answers of n slots as one split, and closes each before it asks for
// the next.
func (d *reduction) giveParts(w *worker, split int64, n int, part func(i int) (*slot, error)) error {
	p := d.pipe()
	w.rank = dataflow.Place{Split: int64(p.plan.index), Row: split}
	enter := func() {
		w.frame = frame{split: fmt.Sprintf("answer %d of %q", split, d.stage.Name)}
		w.enter(d.stage, dataflow.Chunk{})
	}
	enter()
	c, err := w.chain(p)
	if err != nil {
		return err
	}
	c.head.begin(split)
	var row int64
	for i := 0; i < n && !p.full(); i++ {
		s, err := part(i)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		enter()
		if s, err = s.whole(w); err != nil {
			return err
		}
		stop, err := d.emit(w, split, &row, s.acc.Result, c)
		if err != nil {
			return err
		}
		if s.close(); stop {
			break
		}
	}
	return c.head.end(w, split)
}

// emit pushes what result emits, whose first row is *row of the split, through c. stop:
// no more of the split is wanted.
func (d *reduction) emit(w *worker, split int64, row *int64, result func(context.Context, dataflow.Emit) error, c *chain) (stop bool, err error) {
	var below error // that the pipeline returned; the accumulator is to return it
	var schema schemaCheck
	err = result(d.run.ctx, func(out dataflow.Chunk) error {
		n := int64(out.Rows())
		if below == nil && n > 0 {
			below = cmp.Or(schema.of(d.stage, out), d.run.ctx.Err())
		}
		if below != nil || n == 0 {
			out.Rec.Release()
			return below
		}
		out.At = dataflow.Place{Split: split, Row: *row}
		*row += n
		d.stage.statsOf(w).rowsOut.Add(n)
		below = c.head.push(w, out)
		return below
	})
	if err == nil {
		err = below
	}
	if isStop(err) {
		return true, nil
	}
	return false, err
}

func (d *reduction) close() {
	for _, o := range d.owners {
		o.drop()
	}
	for _, p := range d.parts {
		d.run.moved(d.held, -p.line.drop())
	}
	if d.joining != nil {
		d.joining.close()
	}
	d.mu.Lock()
	slots := d.slots
	d.slots = nil
	d.mu.Unlock()
	for s := range slots {
		s.release()
	}
	d.held.close()
}
