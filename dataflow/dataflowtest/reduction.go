package dataflowtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// levelsMost is how often rows may be exchanged before it is taken for endless.
const levelsMost = 8

// reduction is one drive of a reducer: what the executor does, on one goroutine
// and with a strategy in place of its reasons.
type reduction struct {
	run       *run
	reducer   dataflow.Reducer
	how       strategy
	rng       *rand.Rand
	keyed     bool
	ordered   bool
	batchRows int

	in, partial, out *arrow.Schema

	open    []*holder // accumulators that are not closed
	stop    func(emitted int) error
	calls   int // of Add and Merge
	emitted int
	stopped error
	wrong   error // about what was emitted or let go
}

// item is what an accumulator has let go of.
type item struct {
	partial bool
	chunk   dataflow.Chunk
}

// holder is an accumulator with what it has let go of, by partition.
type holder struct {
	acc     dataflow.Accumulator
	account *account
	level   int
	let     [][]item
}

// newHolder opens an accumulator of a level. From level 2 on nothing is refused, so
// that there is an end.
func (d *reduction) newHolder(level int) (*holder, error) {
	if level > levelsMost {
		return nil, fmt.Errorf("accumulators of Env.Level 0 to %d each let go of their input, so that it never comes to an answer", levelsMost)
	}
	h := &holder{account: &account{rng: d.rng}, level: level}
	if level < 2 {
		h.account.refuse = d.how.refuse
	}
	env := d.run.env(h.account)
	env.BatchRows, env.Ordered, env.Level = d.batchRows, d.how.ordered, level
	if d.keyed {
		env.Partitions = d.how.partitions
	} else {
		env.Level = 0
	}
	h.let = make([][]item, env.Partitions)
	var err error
	h.acc, err = d.reducer.NewAccumulator(d.in, env, dataflow.Exchange{
		Partial: func(p int, c dataflow.Chunk) error { return d.letGo(h, p, c, true) },
		Rows:    func(p int, c dataflow.Chunk) error { return d.letGo(h, p, c, false) },
	})
	if err != nil {
		return nil, fmt.Errorf("calling NewAccumulator: %w", err)
	}
	d.open = append(d.open, h)
	return h, nil
}

// letGo is the exchange: it keeps the chunk for the owner of p.
func (d *reduction) letGo(h *holder, p int, c dataflow.Chunk, partial bool) error {
	declared, what := (*arrow.Schema)(nil), "rows"
	if partial {
		declared, what = d.partial, "a partial"
		if c.Rec != nil && c.Rec.Schema().HasMetadata() && !c.Rec.Schema().Equal(declared) {
			declared = c.Rec.Schema() // a form that Merge knows by it
		}
	} else if c.Rec != nil {
		declared = c.Rec.Schema() // any that Add takes
	}
	rec, err := own(c, declared, d.run.ledger)
	if err == nil && (p < 0 || p >= len(h.let)) {
		rec.Release()
		err = fmt.Errorf("partition %d of %d", p, len(h.let))
	}
	if err != nil {
		if d.wrong == nil {
			d.wrong = fmt.Errorf("%s let go of: %w", what, err)
		}
		return d.wrong
	}
	h.let[p] = append(h.let[p], item{partial, dataflow.Chunk{Rec: rec, At: c.At}})
	return nil
}

// called looks at what a call of an accumulator returned.
func (d *reduction) called(call string, err error) error {
	switch {
	case d.wrong != nil:
		return fmt.Errorf("%s: %w", call, d.wrong)
	case err != nil:
		return fmt.Errorf("%s: %w", call, err)
	}
	return nil
}

// add lends a piece to an accumulator.
func (d *reduction) add(h *holder, f *feed, p piece) error {
	broken, err := f.lend(p, func(c dataflow.Chunk) error { return h.acc.Add(d.run.ctx, c) })
	if broken != nil {
		return fmt.Errorf("calling Add: %w", broken)
	}
	return d.left(d.called("Add", err))
}

// give lends what was let go of to an accumulator, as a copy.
func (d *reduction) give(h *holder, it item) error {
	c, err := d.moved(it.chunk)
	if err != nil {
		return err
	}
	call, use := "Add", h.acc.Add
	if it.partial {
		call, use = "Merge", h.acc.Merge
	}
	broken, err := lend(c, func(c dataflow.Chunk) error { return use(d.run.ctx, c) })
	if broken != nil {
		return fmt.Errorf("%s: %w", call, broken)
	}
	return d.left(d.called(call, err))
}

// left ends the reduction after as many calls as the strategy says.
func (d *reduction) left(err error) error {
	if d.calls++; err == nil && d.calls == d.how.leave {
		return errLeft
	}
	return err
}

// moved is a copy of a chunk in arrays of another offset, as from a spill file.
func (d *reduction) moved(c dataflow.Chunk) (dataflow.Chunk, error) {
	n, before := int(c.Rec.NumRows()), 0
	var rows []int32
	if n > 0 {
		before = d.rng.IntN(4)
		for range before {
			rows = append(rows, int32(d.rng.IntN(n)))
		}
	}
	for i := range n {
		rows = append(rows, int32(i))
	}
	whole, err := batch.Take(c.Rec, rows, d.run.ledger)
	if err != nil {
		return dataflow.Chunk{}, err
	}
	defer whole.Release()
	c.Rec = whole.NewSlice(int64(before), int64(before+n))
	return c, nil
}

// drain empties an accumulator into what it has let go of.
func (d *reduction) drain(h *holder) error {
	return d.called("Drain", h.acc.Drain(d.run.ctx))
}

// isSated reports, where the strategy looks, whether an accumulator wants no more.
func (d *reduction) isSated(h *holder) bool {
	s, ok := h.acc.(dataflow.Sated)
	return ok && d.how.sated && s.Sated()
}

// alone folds all into one accumulator.
func (d *reduction) alone(f *feed) error {
	h, err := d.newHolder(0)
	if err != nil {
		return err
	}
	for _, split := range f.pieces() {
		for _, p := range split {
			if d.isSated(h) {
				continue
			}
			if err := d.add(h, f, p); err != nil {
				return err
			}
		}
	}
	return d.finish(h)
}

// finish takes the answer of an accumulator that has all the rows of its
// partition. Where it has let go of some, it is emptied, and the owners of the
// partitions one level deeper come to the answer.
func (d *reduction) finish(h *holder) error {
	if !slices.ContainsFunc(h.let, func(items []item) bool { return len(items) > 0 }) {
		return d.result(h)
	}
	if err := d.drain(h); err != nil {
		return err
	}
	return d.owners([]*holder{h})
}

// owners opens an accumulator for each partition, hands it what from have let
// go of for it, and takes the answers in the order of the partitions.
func (d *reduction) owners(from []*holder) error {
	for p := range from[0].let {
		var items []item
		for _, h := range from {
			items = append(items, h.let[p]...)
			h.let[p] = nil
		}
		if d.keyed && len(items) == 0 && d.rng.IntN(8) > 0 {
			continue
		}
		if d.keyed && !d.ordered {
			d.rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		}
		if err := d.owner(items, from[0].level+1); err != nil {
			return err
		}
	}
	return nil
}

func (d *reduction) owner(items []item, level int) error {
	defer func() { releaseItems(items) }()
	h, err := d.newHolder(level)
	if err != nil {
		return err
	}
	for len(items) > 0 {
		if d.ordered && d.isSated(h) { // what comes stands behind what it has
			break
		}
		it := items[0]
		items = items[1:]
		err := d.give(h, it)
		it.chunk.Rec.Release()
		if err != nil {
			return err
		}
	}
	return d.finish(h)
}

func releaseItems(items []item) {
	for _, it := range items {
		it.chunk.Rec.Release()
	}
}

// result takes an accumulator's answer and closes it.
func (d *reduction) result(h *holder) error {
	if d.stopped != nil {
		return d.stopped
	}
	err := h.acc.Result(d.run.ctx, d.emit)
	for _, items := range h.let {
		if len(items) > 0 && d.wrong == nil {
			d.wrong = errors.New("state was let go of, not emitted")
		}
	}
	if d.wrong == nil && d.stopped != nil {
		if err != d.stopped && !(d.stopped == errEmit && errors.Is(err, errEmit)) {
			return fmt.Errorf("the accumulator's Result returned %v when emit had returned %v", err, d.stopped)
		}
		return d.stopped
	}
	if err := d.called("Result", err); err != nil {
		return err
	}
	d.closeHolder(h)
	return nil
}

func (d *reduction) emit(c dataflow.Chunk) error {
	if d.stopped != nil {
		d.wrong = fmt.Errorf("emit was called again after it had returned %v", d.stopped)
	}
	if err := d.run.take(c, d.out); err != nil && d.wrong == nil {
		d.wrong = err
	}
	d.emitted++
	if d.stop != nil {
		d.stopped = d.stop(d.emitted)
	}
	return d.stopped
}

func (d *reduction) closeHolder(h *holder) {
	d.open = slices.DeleteFunc(d.open, func(o *holder) bool { return o == h })
	h.acc.Close()
	for p := range h.let {
		releaseItems(h.let[p])
		h.let[p] = nil
	}
}

// close closes what is open.
func (d *reduction) close() {
	for len(d.open) > 0 {
		d.closeHolder(d.open[0])
	}
}
