package executor

import (
	"context"
	"fmt"
	"sync"

	"github.com/arrowmill/arrowmill/dataflow"
)

// joinedParts is in how many parts the answer of a [dataflow.Joiner] is given at most: the
// splits that it has. One is given by one worker and, where others are due before it, waits.
const joinedParts = 256

// joining is the answer of a reduction whose accumulators give it together. Parts are begun
// in their order, and none that is far ahead of the first that has not ended, so that few
// wait for their turn.
type joining struct {
	reduction *reduction
	slots     []*slot
	joint     dataflow.Joint
	parts     int
	envs      []partEnv // by worker

	mu      sync.Mutex
	unready int // accumulators that are not prepared
	next    int // part to be begun
	first   int // that has not ended
	ended   []bool
}

// partEnv is what a worker gives parts with.
type partEnv struct {
	env   dataflow.Env
	close func()
}

// joins reports whether the accumulators of the workers give their answer together.
func (d *reduction) joins() bool {
	_, ok := d.stage.Reducer.(dataflow.Joiner)
	return ok && d.locals != nil && !d.keyed
}

// join has the slots give the answer.
func (d *reduction) join(slots []*slot) error {
	d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error {
		w.enter(d.stage, dataflow.Chunk{})
		accs := make([]dataflow.Accumulator, len(slots))
		for i, s := range slots {
			var err error
			if slots[i], err = s.whole(w); err != nil {
				return err
			}
			accs[i] = slots[i].acc
		}
		joint, err := d.stage.Reducer.(dataflow.Joiner).Join(accs)
		if err != nil {
			return err
		}
		j := &joining{reduction: d, slots: slots, joint: joint, parts: joint.Parts(joinedParts), unready: len(slots), envs: make([]partEnv, d.run.opts.Workers)}
		if j.parts < 1 || j.parts > joinedParts {
			return fmt.Errorf("an answer of %d parts, of at most %d", j.parts, joinedParts)
		}
		j.ended = make([]bool, j.parts)
		d.joining = j
		for i := range slots {
			d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error { return j.prepare(w, i) }})
		}
		return nil
	}})
	return nil
}

func (j *joining) prepare(w *worker, i int) error {
	d := j.reduction
	w.enter(d.stage, dataflow.Chunk{})
	if err := j.joint.Prepare(d.run.ctx, i); err != nil {
		return err
	}
	if err := j.slots[i].account.check(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.unready--; j.unready == 0 {
		j.begin()
	}
	return nil
}

// begin makes parts ready that may be given. j.mu is locked.
func (j *joining) begin() {
	for ahead := 2 * len(j.envs); j.next < j.parts && j.next < j.first+ahead; j.next++ {
		part := j.next
		d := j.reduction
		d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error { return j.give(w, part) }})
	}
}

// give gives a part, as a split of the pipeline behind the reduction.
func (j *joining) give(w *worker, part int) error {
	d, split := j.reduction, int64(part)
	p := d.pipe()
	w.rank = dataflow.Place{Split: int64(p.plan.index), Row: split}
	w.frame = frame{split: fmt.Sprintf("answer %d of %q", part, d.stage.Name)}
	w.enter(d.stage, dataflow.Chunk{})
	c, err := w.chain(p)
	if err != nil {
		return err
	}
	c.head.begin(split)
	if !p.full() {
		var row int64
		_, err := d.emit(w, split, &row, func(ctx context.Context, emit dataflow.Emit) error {
			return j.joint.Part(ctx, j.env(w), part, j.parts, emit)
		}, c)
		if err != nil {
			return err
		}
	}
	if err := c.head.end(w, split); err != nil {
		return err
	}
	return j.end(w, part)
}

// env is that of the parts that w gives.
func (j *joining) env(w *worker) dataflow.Env {
	e := &j.envs[w.index]
	if e.close == nil {
		env, account, pool := j.reduction.run.newEnv(j.reduction.stage, w, false)
		e.env, e.close = env, func() { pool.End(); account.close() }
	}
	return e.env
}

// end is called when a part has been given. Behind the last one the accumulators are closed.
func (j *joining) end(w *worker, part int) error {
	j.mu.Lock()
	j.ended[part] = true
	for j.first < j.parts && j.ended[j.first] {
		j.first++
	}
	j.begin()
	last := j.first == j.parts
	j.mu.Unlock()
	d := j.reduction
	if !last {
		return d.pipe().unitDone(w)
	}
	for _, s := range j.slots {
		s.close()
	}
	j.close()
	c, err := w.chain(d.pipe())
	if err != nil {
		return err
	}
	for i := int64(j.parts); i < d.splits(); i++ { // as many were declared
		c.head.begin(i)
		if err := c.head.end(w, i); err != nil {
			return err
		}
	}
	return d.pipe().unitsDone(w, d.splits()-int64(j.parts)+1)
}

// close ends the instances that parts were given with.
func (j *joining) close() {
	for i, e := range j.envs {
		if e.close != nil {
			e.close()
			j.envs[i].close = nil
		}
	}
}
