package executor

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// exchange moves rows to the partitions of a shuffle. Each partition has its own
// instance of the pipeline behind the shuffle.
type exchange struct {
	run    *run
	stage  *stageRun
	held   *account
	inputs atomic.Int32
	parts  []*shufflePart
}

// shufflePart is a partition of a shuffle.
type shufflePart struct {
	mailbox
	pipe    *pipe
	index   int64
	name    string // as errors have it
	chain   *chain
	row     int64
	stopped bool // nothing more of the partition is wanted
}

func newExchange(r *run, s *stageRun) *exchange {
	x := &exchange{run: r, stage: s, held: r.ledger.open(s.Name, "rows in transit", nil)}
	for i := range s.Partitions {
		p := &shufflePart{pipe: r.pipes[s.pipe.index], index: int64(i), name: fmt.Sprintf("partition %d of %q", i, s.Name)}
		p.mailbox = mailbox{run: r, stage: s, held: x.held, handle: p.push, finish: p.end}
		p.line.ordered = s.needsOrder
		x.parts = append(x.parts, p)
	}
	return x
}

func (x *exchange) addInput()     { x.inputs.Add(1) }
func (x *exchange) addPath(int64) {}

func (x *exchange) inputDone(*worker) error {
	if x.inputs.Add(-1) == 0 {
		for _, p := range x.parts {
			p.mailbox.close()
		}
	}
	return nil
}

func (x *exchange) full() bool { return x.parts[0].pipe.full() }

func (x *exchange) close() {
	for _, p := range x.parts {
		p.drop()
		if p.chain != nil {
			p.chain.close()
		}
	}
	x.held.close()
}

// ready makes the partition's instance.
func (p *shufflePart) ready() error {
	if p.chain != nil {
		return nil
	}
	c, err := p.pipe.newChain(nil, int(p.index))
	if err != nil {
		return err
	}
	p.chain = c
	c.head.begin(p.index)
	return nil
}

func (p *shufflePart) push(w *worker, it item) error {
	p.place(w)
	if p.stopped || p.pipe.full() {
		it.chunk.Rec.Release()
		return nil
	}
	if err := p.ready(); err != nil {
		it.chunk.Rec.Release()
		return err
	}
	c := it.chunk
	c.At = dataflow.Place{Split: p.index, Row: p.row}
	p.row += int64(c.Rows())
	p.stage.statsOf(w).rowsOut.Add(int64(c.Rows()))
	err := p.chain.head.push(w, c)
	if isStop(err) {
		p.stopped = true
		return nil
	}
	return err
}

func (p *shufflePart) end(w *worker) error {
	p.place(w)
	if err := p.ready(); err != nil {
		return err
	}
	if err := p.chain.head.end(w, p.index); err != nil {
		return err
	}
	if err := p.chain.head.finish(w); err != nil {
		return err
	}
	return p.pipe.unitDone(w)
}

// place says where w is at, for errors and ranks.
func (p *shufflePart) place(w *worker) {
	w.rank = dataflow.Place{Split: int64(p.pipe.plan.index), Row: p.index}
	w.frame = frame{stage: p.stage, split: p.name}
}

// shuffleRows is how many rows a partition is sent at once, or fewer at the end
// of the input or, where order matters, of a split.
const shuffleRows = 1024

// orderedShuffleBytes is how much is collected where order matters: the same
// whatever the workers and the budget.
const orderedShuffleBytes = 4 << 20

// shuffleStep routes the rows of one instance. It collects chunks until there
// are enough rows for each partition, sorts them by partition in one gather,
// and sends each partition its slice.
type shuffleStep struct {
	exchange *exchange
	route    func(dataflow.Chunk, []int32) error
	ordered  bool
	rowsMost int
	most     int64 // bytes
	takesSel bool
	pool     *batch.Pool
	held     *account

	split     int64
	chunks    []arrow.Record
	partition []int32 // of each row of chunks
}

func (b *chainBuilder) shuffleStep(s *stageRun) (step, error) {
	env, account, pool := b.run.newEnv(s, b.w, false)
	env.Partitions = s.Partitions
	held := b.run.ledger.open(s.Name, "rows in transit", nil)
	b.chain.onClose(func() { pool.End(); account.close(); held.close() })
	var route func(dataflow.Chunk, []int32) error
	if err := b.run.guard(s, func() (err error) {
		route, err = s.Partitioner.NewRouter(s.schemas.In, env)
		return stray(err)
	}); err != nil {
		return nil, err
	}
	step := &shuffleStep{
		exchange: s.exchange, route: route, ordered: s.needsOrder,
		rowsMost: shuffleRows * s.Partitions,
		most:     max(b.run.opts.MemoryBytes/int64(16*b.run.opts.Workers), 64<<10),
		takesSel: takesSelection(s.Partitioner), pool: pool, held: held,
	}
	if s.needsOrder { // then the batches are part of what decides the answer
		step.most = orderedShuffleBytes
	}
	b.chain.onClose(step.drop)
	return step, nil
}

func (s *shuffleStep) begin(split int64) { s.split = split }

func (s *shuffleStep) push(w *worker, c dataflow.Chunk) error {
	if s.exchange.full() {
		c.Rec.Release()
		return dataflow.ErrStop
	}
	st := s.exchange.stage.statsOf(w)
	st.batches.Add(1)
	st.rowsIn.Add(int64(c.Rows()))
	before := w.enter(s.exchange.stage, c)
	if err := s.add(c); err != nil {
		return w.stageError(err)
	}
	if len(s.partition) >= s.rowsMost || s.held.reserved.Load() >= s.most {
		if err := s.flush(); err != nil {
			return w.stageError(err)
		}
	}
	w.leave(before)
	return nil
}

// add takes c and finds the partition of each of its rows.
func (s *shuffleStep) add(c dataflow.Chunk) error {
	if !s.takesSel {
		var err error
		if c, err = compact(c, s.pool); err != nil {
			return err
		}
	}
	if len(s.chunks) > 0 && !batch.SameDictionaries(s.chunks[0], c.Rec) {
		if err := s.flush(); err != nil {
			c.Rec.Release()
			return err
		}
	}
	defer c.Rec.Release()
	from, n := len(s.partition), c.Rows()
	s.partition = slices.Grow(s.partition, n)[:from+n]
	routed := s.partition[from:]
	s.partition = s.partition[:from]
	if err := s.route(c, routed); err != nil {
		return stray(err)
	}
	if err := checkPartitions(routed, len(s.exchange.parts)); err != nil {
		return err
	}
	rec, err := batch.Compact(c.Rec, c.Sel, s.pool)
	if err != nil {
		return err
	}
	s.partition = s.partition[:from+n]
	s.chunks = append(s.chunks, rec)
	s.held.reserved.Add(batch.Bytes(rec))
	return nil
}

func checkPartitions(partition []int32, n int) error {
	for i, p := range partition {
		if uint32(p) >= uint32(n) {
			return fmt.Errorf("the partitioner sent row %d to partition %d of %d", i, p, n)
		}
	}
	return nil
}

// flush sends all rows collected. A batch that goes to one partition whole is
// not copied.
func (s *shuffleStep) flush() error {
	if len(s.chunks) == 0 {
		return nil
	}
	defer s.drop()
	whole, err := batch.Concat(s.chunks, s.pool)
	if err != nil {
		return err
	}
	defer whole.Release()
	rows, starts := sortByPartition(s.partition, len(s.exchange.parts))
	for p := range s.exchange.parts {
		if starts[p+1]-starts[p] == len(rows) {
			whole.Retain()
			s.send(p, whole)
			return s.exchange.held.check()
		}
	}
	sorted, err := batch.Take(whole, rows, s.pool)
	if err != nil {
		return err
	}
	defer sorted.Release()
	batch.CountNulls(sorted) // several workers will read slices of it at once
	for p := range s.exchange.parts {
		if starts[p] < starts[p+1] {
			s.send(p, sorted.NewSlice(int64(starts[p]), int64(starts[p+1])))
		}
	}
	return s.exchange.held.check()
}

func (s *shuffleStep) send(p int, rec arrow.Record) {
	s.exchange.parts[p].put(s.split, item{chunk: dataflow.Chunk{Rec: rec}})
}

// sortByPartition is a stable counting sort: the rows in the order of their
// partitions, and where each partition's begin.
func sortByPartition(partition []int32, n int) (rows []int32, starts []int) {
	starts = make([]int, n+1)
	for _, p := range partition {
		starts[p+1]++
	}
	for p := range n {
		starts[p+1] += starts[p]
	}
	next := append([]int(nil), starts[:n]...)
	rows = make([]int32, len(partition))
	for i, p := range partition {
		rows[next[p]] = int32(i)
		next[p]++
	}
	return rows, starts
}

func (s *shuffleStep) end(w *worker, split int64) error {
	if !s.ordered {
		return nil
	}
	if err := s.flush(); err != nil {
		return wrapStage(s.exchange.stage, err)
	}
	for _, p := range s.exchange.parts {
		p.done(split)
	}
	return nil
}

func (s *shuffleStep) finish(*worker) error { return wrapStage(s.exchange.stage, s.flush()) }

func (s *shuffleStep) drop() {
	for _, c := range s.chunks {
		c.Release()
	}
	clear(s.chunks)
	s.chunks, s.partition = s.chunks[:0], s.partition[:0]
	s.held.reserved.Store(0)
}
