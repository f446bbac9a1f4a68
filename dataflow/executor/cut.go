package executor

import (
	"cmp"
	"fmt"

	"github.com/arrowmill/arrowmill/dataflow"
)

// cutter gives the answer of one accumulator as the splits that the owners of the
// partitions would give:
//
//	partitions  0 1 2 3 │ 4 5 6 7 │ … │ 252 253 254 255
//	split          0    │    1    │ … │        63
type cutter struct {
	reduction *reduction
	worker    *worker
	chain     *chain
	schema    schemaCheck
	split     int64 // that is begun
	row       int64 // the next of it
	stopped   bool  // no more of it is wanted
	below     error // that the pipeline returned
}

// giveCut emits the answer of s, whose accumulator can cut it, and closes s.
func (d *reduction) giveCut(w *worker, s *slot) error {
	c, err := w.chain(d.pipe())
	if err != nil {
		return err
	}
	t := &cutter{reduction: d, worker: w, chain: c}
	t.begin(0)
	if s, err = s.whole(w); err != nil {
		return err
	}
	err = s.acc.(dataflow.Parted).ResultParts(d.run.ctx, exchangePartitions, t.push)
	if err = cmp.Or(err, t.below); err != nil && !isStop(err) {
		return err
	}
	s.close()
	return t.upTo(d.splits())
}

func (t *cutter) begin(split int64) {
	d, w := t.reduction, t.worker
	t.split, t.row, t.stopped = split, 0, false
	w.rank = dataflow.Place{Split: int64(d.pipe().plan.index), Row: split}
	w.frame = frame{split: fmt.Sprintf("answer %d of %q", split, d.stage.Name)}
	w.enter(d.stage, dataflow.Chunk{})
	t.chain.head.begin(split)
}

// upTo ends the splits before to, and begins that, which may be none.
func (t *cutter) upTo(to int64) error {
	for t.split < to {
		if err := t.chain.head.end(t.worker, t.split); err != nil {
			return err
		}
		if t.split+1 == t.reduction.splits() {
			t.split++
		} else {
			t.begin(t.split + 1)
		}
	}
	return nil
}

// push takes a chunk of partition p. ErrStop: nothing at all is wanted any more.
func (t *cutter) push(p int, out dataflow.Chunk) error {
	d := t.reduction
	if t.below == nil {
		t.below = t.upTo(int64(p / partsOfSplit))
	}
	if n := int64(out.Rows()); t.below == nil && n > 0 && !t.stopped {
		if t.below = cmp.Or(t.schema.of(d.stage, out), d.run.ctx.Err()); t.below == nil {
			out.At = dataflow.Place{Split: t.split, Row: t.row}
			t.row += n
			d.stage.statsOf(t.worker).rowsOut.Add(n)
			err := t.chain.head.push(t.worker, out)
			if t.stopped = isStop(err); !t.stopped {
				t.below = err
			}
			if t.stopped && d.pipe().full() {
				t.below = dataflow.ErrStop
			}
			return t.below
		}
	}
	out.Rec.Release()
	return t.below
}
