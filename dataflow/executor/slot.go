package executor

import (
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// slot holds an accumulator and says where what it lets go of leads.
type slot struct {
	reduction *reduction
	acc       dataflow.Accumulator
	account   *account
	pool      *batch.Pool
	lead      func(p int, it item) error // takes it

	// before is what the accumulator let go of where no exchange takes it. It
	// stands before what the accumulator holds.
	before []item
	last   bool // of whole: nothing takes what it would let go of
}

// newSlot is a slot that w works on first, with an exchange of so many partitions.
func (d *reduction) newSlot(w *worker, partitions int) (*slot, error) {
	s := &slot{reduction: d}
	s.lead = s.keep
	env, account, pool := d.run.newEnv(d.stage, nil, true)
	s.account, s.pool = account, pool
	env.Partitions = partitions
	defer func() {
		if s.acc == nil { // NewAccumulator failed or panicked
			pool.End()
			account.close()
		}
	}()
	acc, err := d.stage.Reducer.NewAccumulator(d.stage.schemas.In, env, dataflow.Exchange{
		Partial: func(p int, c dataflow.Chunk) error { return s.leave(p, item{chunk: c}) },
		Rows:    func(p int, c dataflow.Chunk) error { return s.leave(p, item{chunk: c, rows: true}) },
	})
	if err != nil {
		return nil, stray(err)
	}
	s.acc = acc
	d.mu.Lock()
	d.slots[s] = true
	d.mu.Unlock()
	return s, nil
}

// newLocal is a slot of a worker, which lets go of state to the owners of its
// partitions.
func (d *reduction) newLocal(w *worker) (*slot, error) {
	if !d.keyed {
		return d.newSlot(w, 1)
	}
	s, err := d.newSlot(w, exchangePartitions)
	if err == nil {
		s.lead = func(p int, it item) error {
			d.makeOwners()
			it.bytes = batch.Bytes(it.chunk.Rec)
			it.sender = s.account
			it.sender.reserved.Add(-it.bytes) // its pool counts them
			d.owners[p].put(it)
			return nil
		}
	}
	return s, err
}

// leave hands it on, without a selection.
func (s *slot) leave(p int, it item) error {
	if it.chunk.Rows() == 0 {
		it.chunk.Rec.Release()
		return nil
	}
	c, err := compact(it.chunk, s.pool)
	if err != nil {
		return err
	}
	it.chunk = c
	return s.lead(p, it)
}

// keep keeps it in the slot itself.
func (s *slot) keep(_ int, it item) error {
	if s.last {
		it.chunk.Rec.Release()
		return fmt.Errorf("what holds a whole answer has nobody to let go of state to: %w", s.reduction.run.ledger.exceeded(0))
	}
	it.bytes = batch.Bytes(it.chunk.Rec)
	s.account.reserved.Add(it.bytes)
	s.before = append(s.before, it)
	return nil
}

// fold folds it in.
func (s *slot) fold(it item) error {
	ctx := s.reduction.run.ctx
	err := ctx.Err()
	switch {
	case err != nil:
	case it.rows:
		err = s.acc.Add(ctx, it.chunk)
	default:
		err = s.acc.Merge(ctx, it.chunk)
	}
	if err != nil {
		return stray(err)
	}
	return s.account.check()
}

// absorb merges all of other, which stands behind s, and closes it.
func (s *slot) absorb(other *slot) error {
	for len(other.before) > 0 {
		if err := s.foldFirst(other); err != nil {
			return err
		}
	}
	other.lead = func(_ int, it item) error {
		defer it.chunk.Rec.Release()
		return s.fold(it)
	}
	if err := other.acc.Drain(s.reduction.run.ctx); err != nil {
		return err
	}
	other.close()
	return nil
}

func (s *slot) foldFirst(other *slot) error {
	it := other.before[0]
	other.before = other.before[1:]
	defer func() {
		it.chunk.Rec.Release()
		other.account.reserved.Add(-it.bytes)
	}()
	return s.fold(it)
}

// whole is a slot whose accumulator holds all: s, or one that has absorbed it.
func (s *slot) whole(w *worker) (*slot, error) {
	if len(s.before) == 0 {
		return s, nil
	}
	all, err := s.reduction.newSlot(w, 1)
	if err != nil {
		return nil, err
	}
	all.last = true
	return all, all.absorb(s)
}

// parted reports whether the accumulator can cut its answer to partitions.
func (s *slot) parted() bool {
	_, ok := s.acc.(dataflow.Parted)
	return ok && s.reduction.keyed
}

// sated reports whether no row behind what s holds changes its answer.
func (s *slot) sated() bool {
	a, ok := s.acc.(dataflow.Sated)
	return ok && a.Sated()
}

// close ends the slot. It may be called again.
func (s *slot) close() {
	d := s.reduction
	d.mu.Lock()
	open := d.slots[s]
	delete(d.slots, s)
	d.mu.Unlock()
	if open {
		s.release()
	}
}

func (s *slot) release() {
	for _, it := range s.before {
		it.chunk.Rec.Release()
	}
	s.before = nil
	s.reduction.run.closing(s.reduction.stage, s.acc.Close)
	s.pool.End()
	s.account.close()
}
