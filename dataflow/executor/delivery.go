package executor

import (
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// delivery is where rows leave the run, one chunk at a time: a sink, or the
// batches that Start yields. A worker that brings a chunk delivers what is due,
// unless another is at it, and leaves the rest waiting for its turn.
type delivery struct {
	run   *run
	stage *stageRun
	to    receiver
	held  *account

	mu     sync.Mutex
	line   sequence
	atWork bool

	stopped atomic.Bool
}

// receiver takes one chunk after another.
type receiver interface {
	receive(w *worker, d *delivery, c dataflow.Chunk) error // borrows c
}

func newDelivery(r *run, s *stageRun, to receiver) *delivery {
	d := &delivery{run: r, stage: s, to: to}
	d.line.ordered = s.ordered && r.opts.Order == SourceOrder
	d.held = r.ledger.open(s.Name, "rows waiting for their turn", nil)
	return d
}

func (d *delivery) addInput()               {}
func (d *delivery) addPath(int64)           {}
func (d *delivery) inputDone(*worker) error { return nil }
func (d *delivery) full() bool              { return d.stopped.Load() }

// put takes c, of the given split.
func (d *delivery) put(w *worker, c dataflow.Chunk, split int64) error {
	it := item{chunk: c, bytes: batch.Bytes(c.Rec), from: w.frame.split}
	d.run.moved(d.held, it.bytes)
	d.mu.Lock()
	d.line.put(split, it)
	if err := d.deliver(w); err != nil {
		return err
	}
	return wrapStage(d.stage, d.held.check())
}

// done says that no more comes of the split.
func (d *delivery) done(w *worker, split int64) error {
	d.mu.Lock()
	d.line.done(split)
	return d.deliver(w)
}

// deliver delivers what is due. d.mu is locked when it is called, and is not when
// it returns.
func (d *delivery) deliver(w *worker) (err error) {
	defer d.mu.Unlock()
	if d.atWork {
		return nil
	}
	d.atWork = true
	defer func() { d.atWork = err != nil }() // behind an error nothing may be delivered
	for {
		it, ok := d.line.pop()
		if !ok {
			return nil
		}
		d.mu.Unlock()
		err := d.receive(w, it)
		it.chunk.Rec.Release()
		d.run.moved(d.held, -it.bytes)
		d.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// receive hands it on; an error or a panic below is that of the sink's stage.
func (d *delivery) receive(w *worker, it item) error {
	before := w.enter(d.stage, it.chunk)
	w.frame.split = it.from // which another worker may have read
	defer w.leave(before)
	return w.guard(func() error { return d.to.receive(w, d, it.chunk) })
}

func (d *delivery) drop() {
	d.mu.Lock()
	d.run.moved(d.held, -d.line.drop())
	d.mu.Unlock()
	d.held.close()
}

// moved counts bytes that wait in a queue, or no longer do.
func (r *run) moved(held *account, n int64) {
	held.reserved.Add(n)
	if n < 0 {
		r.eased(-n)
	} else {
		r.transit.Add(n)
	}
}

// eased counts bytes that hold up sources no longer.
func (r *run) eased(n int64) {
	now := r.transit.Add(-n)
	if w := r.sched.window; now <= w && now+n > w {
		r.sched.eased()
	}
}

// deliveryStep brings chunks to a delivery.
type deliveryStep struct {
	to   *delivery
	pool *batch.Pool
}

func (s *deliveryStep) begin(int64) {}

func (s *deliveryStep) push(w *worker, c dataflow.Chunk) error {
	if s.to.stopped.Load() {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	split := c.At.Split
	c, err := compact(c, s.pool)
	if err != nil {
		return err
	}
	return s.to.put(w, c, split)
}

func (s *deliveryStep) end(w *worker, split int64) error { return s.to.done(w, split) }
func (s *deliveryStep) finish(*worker) error             { return nil }

// sinkWriter writes to a sink's output.
type sinkWriter struct {
	output     dataflow.Output
	apart      dataflow.PartitionWriter // the output, where it keeps the partitions of its input apart; else nil
	partitions int64
	account    *account
	committed  bool
}

func newSinkWriter(s *stageRun, out dataflow.Output, a *account) *sinkWriter {
	w := &sinkWriter{output: out, partitions: int64(s.partitions), account: a}
	if s.partitions > 0 {
		w.apart, _ = out.(dataflow.PartitionWriter)
	}
	return w
}

func (s *sinkWriter) write(w *worker, c dataflow.Chunk) error {
	if s.apart == nil {
		return s.output.Write(w.run.ctx, c)
	}
	// A split is a partition; unions have put those of one input behind another's.
	return s.apart.WritePartition(w.run.ctx, int(c.At.Split%s.partitions), c)
}

func (s *sinkWriter) receive(w *worker, d *delivery, c dataflow.Chunk) error {
	if d.stopped.Load() {
		return nil
	}
	st := d.stage.statsOf(w)
	st.batches.Add(1)
	st.rowsIn.Add(int64(c.Rows()))
	if err := s.write(w, c); err != nil {
		if isStop(err) { // the sink has enough
			d.stopped.Store(true)
			return nil
		}
		return err
	}
	return s.account.check()
}

// outQueue holds the rows that Start yields until the loop over them takes them.
type outQueue struct {
	run *run

	mu      sync.Mutex
	changed *sync.Cond
	queue   []arrow.Record
	sizes   []int64
	bytes   int64
	claimed bool // somebody ranges over it
	dropped bool // nobody will
	ended   bool // no more comes
}

func newOutQueue(r *run) *outQueue {
	q := &outQueue{run: r}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// receive waits while a window of bytes has not been taken.
func (q *outQueue) receive(w *worker, d *delivery, c dataflow.Chunk) error {
	n := batch.Bytes(c.Rec)
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes > 0 && q.bytes+n > q.run.sched.window/2 && !q.dropped && !q.ended {
		q.changed.Wait()
	}
	if q.dropped || q.ended {
		return nil
	}
	c.Rec.Retain()
	q.queue, q.sizes = append(q.queue, c.Rec), append(q.sizes, n)
	q.bytes += n
	q.run.lent.Add(n)
	q.run.moved(d.held, n)
	q.changed.Broadcast()
	return nil
}

// claim reports whether the caller is the first to range over the rows.
func (q *outQueue) claim() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := !q.claimed && !q.dropped
	q.claimed = true
	return first
}

// take returns the next batch, given away.
func (q *outQueue) take() (arrow.Record, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.ended {
		q.changed.Wait()
	}
	if len(q.queue) == 0 {
		return nil, false
	}
	rec, n := q.queue[0], q.sizes[0]
	q.queue, q.sizes = q.queue[1:], q.sizes[1:]
	q.bytes -= n
	q.run.moved(q.run.out.held, -n)
	if q.run.lent.Add(-n) == 0 {
		q.run.sched.eased()
	}
	q.changed.Broadcast()
	return rec, true
}

// discard drops what is there and what comes, unless somebody ranges over it.
func (q *outQueue) discard() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.claimed {
		q.dropped = true
		q.clear()
		q.changed.Broadcast()
	}
}

// stop ends it because the run failed: what was not taken is dropped.
func (q *outQueue) stop() {
	q.mu.Lock()
	q.ended = true
	q.clear()
	q.changed.Broadcast()
	q.mu.Unlock()
}

// end says that no more comes; what is there can still be taken.
func (q *outQueue) end() {
	q.mu.Lock()
	q.ended = true
	q.changed.Broadcast()
	q.mu.Unlock()
}

func (q *outQueue) clear() {
	for i, rec := range q.queue {
		rec.Release()
		q.run.moved(q.run.out.held, -q.sizes[i])
	}
	if q.bytes > 0 && q.run.lent.Add(-q.bytes) == 0 {
		q.run.sched.eased()
	}
	q.queue, q.sizes, q.bytes = nil, nil, 0
}
