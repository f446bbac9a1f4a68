package executor

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/dataflow"
)

// partsOfSplit is how many partitions of the exchange of a keyed reduction, neighbours,
// are one split of its answer. Smaller partitions have tables that the caches hold; the
// splits of the answer are as many as those of a shuffle.
const partsOfSplit = 4

// exchangePartitions is the fan-out of the exchange of a keyed reduction.
const exchangePartitions = dataflow.DefaultPartitions * partsOfSplit

// owner has a partition of a keyed reduction: it merges what the workers' accumulators
// let go of. What comes waits, and is folded all at once: at the end, when nothing else
// has the caches, or earlier where memory asks for it (see patience).
type owner struct {
	reduction *reduction
	index     int

	mu      sync.Mutex
	queue   []item
	bytes   int64 // of queue
	counted int64 // of them those that hold up sources
	due     bool  // a unit that empties it is ready

	work sync.Mutex // held by who folds
	slot *slot
}

// makeOwners makes the owners of the partitions, once: most reductions need none.
func (d *reduction) makeOwners() {
	d.used.Do(func() {
		for i := range exchangePartitions {
			d.owners = append(d.owners, &owner{reduction: d, index: i})
		}
	})
}

// put takes it, of what an accumulator let go of.
func (o *owner) put(it item) {
	o.mu.Lock()
	o.queue = append(o.queue, it)
	o.bytes += it.bytes
	o.mu.Unlock()
	o.reduction.arrived(it.bytes)
}

// wake has a worker empty o soon, and holds up sources until then. after is called when
// it is done.
func (o *owner) wake(after func(w *worker) error) {
	r := o.reduction.run
	o.mu.Lock()
	more := o.bytes - o.counted
	o.counted = o.bytes
	due := !o.due && (o.bytes > 0 || after != nil)
	o.due = o.due || due
	o.mu.Unlock()
	r.transit.Add(more)
	if due {
		r.sched.add(unit{stage: o.reduction.stage, split: -1, do: func(w *worker) error {
			o.mu.Lock()
			o.due = false
			o.mu.Unlock()
			if err := o.fold(w); err != nil || after == nil {
				return err
			}
			return after(w)
		}})
	} else if after != nil {
		r.sched.add(unit{stage: o.reduction.stage, split: -1, do: after})
	}
}

// fold folds what waits. Who else comes to do so waits for it, which waits for nobody.
func (o *owner) fold(w *worker) error {
	o.work.Lock()
	defer o.work.Unlock()
	o.mu.Lock()
	queue, bytes, counted := o.queue, o.bytes, o.counted
	o.queue, o.bytes, o.counted = nil, 0, 0
	o.mu.Unlock()
	if len(queue) == 0 {
		return nil
	}
	d := o.reduction
	defer func() {
		d.held.reserved.Add(-bytes)
		d.run.eased(counted)
	}()
	defer func() {
		for _, it := range queue {
			it.release()
		}
	}()
	w.frame = frame{split: fmt.Sprintf("partition %d", o.index)}
	w.enter(d.stage, dataflow.Chunk{})
	if o.slot == nil {
		s, err := d.newSlot(w, 1)
		if err != nil {
			return err
		}
		o.slot = s
	}
	before := o.slot.account.bytes()
	d.foldedBytes.Add(bytes)
	for len(queue) > 0 {
		it := queue[0]
		err := o.slot.fold(it)
		it.release()
		d.held.reserved.Add(-it.bytes)
		bytes -= it.bytes
		queue[0] = item{}
		if queue = queue[1:]; err != nil {
			return err
		}
		if err := d.run.ctx.Err(); err != nil {
			return err
		}
	}
	d.grownBytes.Add(o.slot.account.bytes() - before)
	return nil
}

// drop releases what waits.
func (o *owner) drop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, it := range o.queue {
		it.release()
	}
	o.reduction.held.reserved.Add(-o.bytes)
	o.reduction.run.eased(o.counted)
	o.queue, o.bytes, o.counted = nil, 0, 0
}

// giveOwned emits the answers of the partitions of a split, one after another.
func (d *reduction) giveOwned(w *worker, split int) error {
	owners := d.owners[split*partsOfSplit : (split+1)*partsOfSplit]
	err := d.giveParts(w, int64(split), len(owners), func(i int) (*slot, error) {
		o := owners[i]
		if err := o.fold(w); err != nil {
			return nil, err
		}
		s := o.slot
		o.slot = nil
		return s, nil
	})
	if err != nil {
		return err
	}
	for _, o := range owners { // those that were not asked, where nothing is wanted any more
		o.drop()
		if o.slot != nil {
			o.slot.close()
			o.slot = nil
		}
	}
	return d.pipe().unitDone(w)
}

// patience decides how long what is let go of may wait. Folding it early is work for
// cold caches; not folding it holds the memory of rows that might become few groups. So
// when as much waits as is allowed a sample of the partitions is folded. If that left
// less than half of it, all are; if not, twice as much may wait, up to a quarter of the
// budget. Past that, or when the run holds half of its budget, all are folded in any case.
type patience struct {
	bytes    atomic.Int64 // that may wait
	looked   atomic.Int64 // how much waited when the budget was last looked at
	sampling atomic.Int32 // partitions of the sample not yet folded

	foldedBytes, grownBytes atomic.Int64 // what was folded early, and what the states grew by
}

const (
	firstPatience = 32 << 20
	sampleEvery   = 16 // partitions
)

// arrived is called when n bytes more wait.
func (d *reduction) arrived(n int64) {
	waits := d.held.reserved.Add(n)
	limit := d.run.opts.MemoryBytes
	if looked := d.looked.Load(); waits > looked+limit/64 || waits < looked {
		d.looked.Store(waits)
		if waits > limit/4 || d.run.ledger.total() > limit/2 {
			d.wakeOwners(1)
			return
		}
	}
	if waits <= d.bytes.Load() || !d.sampling.CompareAndSwap(0, int32(len(d.owners)/sampleEvery)) {
		return
	}
	d.foldedBytes.Store(0)
	d.grownBytes.Store(0)
	for i := 0; i < len(d.owners); i += sampleEvery {
		d.owners[i].wake(d.sampled)
	}
}

// sampled is called when a partition of the sample is folded.
func (d *reduction) sampled(*worker) error {
	if d.sampling.Add(-1) > 0 {
		return nil
	}
	if 2*d.grownBytes.Load() < d.foldedBytes.Load() {
		d.wakeOwners(1)
	} else {
		d.bytes.Store(2 * d.bytes.Load())
	}
	return nil
}

// wakeOwners has one of so many owners emptied.
func (d *reduction) wakeOwners(every int) {
	for i := 0; i < len(d.owners); i += every {
		d.owners[i].wake(nil)
	}
}
