package executor

import (
	"sync"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// fold hands c, which it takes, to the slot that is found by open.
func (d *reduction) fold(w *worker, c dataflow.Chunk, selection bool, pool *batch.Pool, open func() (*slot, error)) (*slot, error) {
	st := d.stage.statsOf(w)
	st.batches.Add(1)
	st.rowsIn.Add(int64(c.Rows()))
	before := w.enter(d.stage, c)
	if !selection {
		var err error
		if c, err = compact(c, pool); err != nil {
			return nil, w.stageError(err)
		}
	}
	defer c.Rec.Release()
	s, err := open()
	if err == nil {
		err = s.fold(item{chunk: c, rows: true})
	}
	if err != nil {
		return nil, w.stageError(err)
	}
	w.leave(before)
	return s, nil
}

// localStep folds into the accumulator of the worker that runs it.
type localStep struct {
	reduction *reduction
	pool      *batch.Pool
	selection bool
}

func (l *localStep) begin(int64) {}

func (l *localStep) push(w *worker, c dataflow.Chunk) error {
	d := l.reduction
	if d.full() {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	s, err := d.fold(w, c, l.selection, l.pool, func() (*slot, error) {
		var err error
		if d.locals[w.index] == nil {
			d.locals[w.index], err = d.newLocal(w)
		}
		return d.locals[w.index], err
	})
	if err != nil {
		return err
	}
	if !d.placed && s.sated() { // else others may hold rows that stand before these
		d.stop.Store(true)
		return dataflow.ErrStop
	}
	return nil
}

func (l *localStep) end(*worker, int64) error { return nil }
func (l *localStep) finish(*worker) error     { return nil }

// splitStep folds each split into an accumulator of its own.
type splitStep struct {
	reduction *reduction
	pool      *batch.Pool
	selection bool
	slot      *slot // of the split in hand; nil: no rows yet
}

func (p *splitStep) begin(int64) { p.slot = nil }

func (p *splitStep) push(w *worker, c dataflow.Chunk) error {
	d := p.reduction
	if d.full() {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	first := c.At.Split == 0
	s, err := d.fold(w, c, p.selection, p.pool, func() (*slot, error) {
		var err error
		if p.slot == nil {
			p.slot, err = d.newSlot(w, 1)
		}
		return p.slot, err
	})
	if err != nil {
		return err
	}
	if s.sated() {
		if first {
			d.stop.Store(true)
		}
		return dataflow.ErrStop
	}
	return nil
}

func (p *splitStep) end(w *worker, split int64) error {
	s := p.slot
	p.slot = nil
	return p.reduction.tree.add(w, 0, int(split), s)
}

func (p *splitStep) finish(*worker) error { return nil }

// reducePart is a partition of a reduction behind a shuffle. It is fed on one
// path or, behind a union, on several, whose rows follow one another where
// their order matters.
type reducePart struct {
	reduction *reduction
	index     int64

	mu    sync.Mutex
	line  sequence // by path
	slot  *slot
	ended int
	sated bool
}

// partStep folds into the accumulator of a partition.
type partStep struct {
	part      *reducePart
	path      int64
	pool      *batch.Pool
	selection bool
}

func (p *partStep) begin(int64) {}

func (p *partStep) push(w *worker, c dataflow.Chunk) error {
	part := p.part
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.sated {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	if part.line.ordered && p.path != part.line.head {
		c, err := compact(c, p.pool)
		if err != nil {
			return err
		}
		it := item{chunk: c, bytes: batch.Bytes(c.Rec)}
		part.reduction.run.moved(part.reduction.held, it.bytes)
		part.line.put(p.path, it)
		return wrapStage(part.reduction.stage, part.reduction.held.check())
	}
	return part.fold(w, c, p)
}

// fold folds c, which it takes. part.mu is locked.
func (part *reducePart) fold(w *worker, c dataflow.Chunk, p *partStep) error {
	s, err := part.reduction.fold(w, c, p.selection, p.pool, func() (*slot, error) {
		var err error
		if part.slot == nil {
			part.slot, err = part.reduction.newSlot(w, 1)
		}
		return part.slot, err
	})
	if err != nil {
		return err
	}
	if part.sated = s.sated(); part.sated {
		return dataflow.ErrStop
	}
	return nil
}

func (p *partStep) end(w *worker, _ int64) error {
	part, d := p.part, p.part.reduction
	part.mu.Lock()
	defer part.mu.Unlock()
	part.line.done(p.path)
	for {
		it, ok := part.line.pop()
		if !ok {
			break
		}
		d.run.moved(d.held, -it.bytes)
		if part.sated {
			it.chunk.Rec.Release()
		} else if err := part.fold(w, it.chunk, p); err != nil && !isStop(err) {
			return err
		}
	}
	if part.ended++; part.ended < len(d.paths) {
		return nil
	}
	d.run.sched.add(unit{stage: d.stage, split: -1, do: func(w *worker) error {
		if err := d.give(w, part.index, part.slot); err != nil {
			return err
		}
		return d.pipe().unitDone(w)
	}})
	return nil
}

func (p *partStep) finish(*worker) error { return nil }
