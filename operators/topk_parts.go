package operators

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// part is a batch that slots refer to. At least half of its rows are live,
// that is, referred to, whenever a selection has just been made, so that what is
// held is in proportion to the rows that are wanted.
type part struct {
	rec      arrow.Record
	texts    []textColumn // of the keys of strings, in the order of ranked.texts
	live     int
	reserved int64
	borrowed bool // the batch in hand, always the last part
	stale    bool // its live rows are about to be gathered
}

const (
	smallRows = 1024 // a part of fewer rows is small
	smallMost = 64   // small parts that may stand side by side
)

// open makes the batch in hand the last part, which new slots refer to.
func (t *topper) open(rec arrow.Record) {
	t.parts = append(t.parts, t.newPart(rec))
	t.parts[len(t.parts)-1].borrowed = true
	t.fresh = t.len()
}

func (t *topper) newPart(rec arrow.Record) part {
	p := part{rec: rec}
	for _, k := range t.keys {
		if k.text {
			p.texts = append(p.texts, textOf(rec.Column(k.column)))
		}
	}
	return p
}

// forget drops the batch in hand and its slots.
func (t *topper) forget() {
	if n := len(t.parts); n > 0 && t.parts[n-1].borrowed {
		t.parts = t.parts[:n-1]
		t.truncate(t.fresh)
	}
	t.bar = -1
}

// adopt ends the use of the batch in hand: where at least half of its rows are
// candidates it is held as it is, else they are gathered.
func (t *topper) adopt(in dataflow.Chunk) error {
	last := len(t.parts) - 1
	slots := t.refs[t.fresh:]
	switch {
	case len(slots) == 0:
		t.parts = t.parts[:last]
		return nil
	case int64(2*len(slots)) < in.Rec.NumRows():
		rows := make([]int32, len(slots))
		for i, ref := range slots {
			rows[i] = ref.row
		}
		rec, err := batch.Take(in.Rec, rows, t.env.Alloc)
		if err != nil {
			t.forget()
			return err
		}
		for i := range slots {
			slots[i].row = int32(i)
		}
		t.parts[last] = t.newPart(rec)
	default:
		var before arrow.Record
		if last > 0 {
			before = t.parts[last-1].rec
		}
		bytes := heldBytes(in.Rec, before)
		if err := t.env.Reserve(bytes); errors.Is(err, dataflow.ErrBudget) {
			return t.letGo()
		} else if err != nil {
			t.forget()
			return err
		}
		in.Rec.Retain()
		t.parts[last].borrowed, t.parts[last].reserved = false, bytes
	}
	t.parts[last].live = len(slots)
	t.fresh = t.len()
	return t.mergeSmall()
}

// mergeSmall gathers the small parts into one where there are many.
func (t *topper) mergeSmall() error {
	small := 0
	for _, p := range t.parts {
		if p.rec.NumRows() < smallRows {
			small++
		}
	}
	if small <= smallMost {
		return nil
	}
	for i := range t.parts {
		t.parts[i].stale = t.parts[i].rec.NumRows() < smallRows
	}
	return t.rebuild()
}

// sweep lets go of parts of which fewer than half of the rows are live, behind a
// selection.
func (t *topper) sweep() error {
	for i := range t.parts {
		t.parts[i].live = 0
	}
	for _, ref := range t.refs {
		t.parts[ref.part].live++
	}
	stale := false
	for i := range t.parts {
		p := &t.parts[i]
		p.stale = !p.borrowed && int64(2*p.live) < p.rec.NumRows()
		stale = stale || p.stale
	}
	if !stale {
		return nil
	}
	return t.rebuild()
}

// rebuild gathers the live rows of stale parts into new ones and releases these.
func (t *topper) rebuild() error {
	var slots []int32
	for i, ref := range t.refs {
		if t.parts[ref.part].stale {
			slots = append(slots, int32(i))
		}
	}
	var gathered []part
	refs := make([]rowRef, 0, len(slots))
	err := t.gathered(slots, func(rec arrow.Record, slots []int32) error {
		rec.Retain()
		p := t.newPart(rec)
		p.live = len(slots)
		for row := range slots {
			refs = append(refs, rowRef{int32(len(gathered)), int32(row)})
		}
		gathered = append(gathered, p)
		return nil
	})
	if err != nil {
		for _, p := range gathered {
			p.rec.Release()
		}
		return err
	}
	for i := range refs {
		t.refs[slots[i]] = rowRef{-1 - refs[i].part, refs[i].row} // below 0: among gathered
	}

	kept, to := gathered, make([]int32, len(t.parts))
	for i := range t.parts {
		if t.parts[i].stale {
			t.release(&t.parts[i])
			continue
		}
		to[i] = int32(len(kept))
		kept = append(kept, t.parts[i])
	}
	for i, ref := range t.refs {
		if ref.part < 0 {
			t.refs[i].part = -1 - ref.part
		} else {
			t.refs[i].part = to[ref.part]
		}
	}
	clear(t.parts)
	t.parts = append(t.parts[:0], kept...)
	return nil
}

func (t *topper) release(p *part) {
	if !p.borrowed {
		p.rec.Release()
		_ = t.env.Reserve(-p.reserved) // giving back does not fail
	}
	*p = part{}
}

func (t *topper) releaseParts() {
	for i := range t.parts {
		t.release(&t.parts[i])
	}
	t.parts = t.parts[:0]
}

// gathered calls each with batches of the rows of the slots, in their order; the
// slots of a batch are handed along. rec is borrowed. It is one batch unless strings or
// dictionaries would grow too large for their type.
func (t *topper) gathered(slots []int32, each func(rec arrow.Record, slots []int32) error) error {
	if len(slots) == 0 {
		return nil
	}
	recs, refs := make([]arrow.Record, len(t.parts)), make([]rowRef, len(slots))
	for i := range t.parts {
		recs[i] = t.parts[i].rec
	}
	for i, s := range slots {
		refs[i] = t.refs[s]
	}
	rec, err := gatherRows(recs, refs, t.env.Alloc)
	if err == nil {
		defer rec.Release()
		return each(rec, slots)
	}
	if len(slots) == 1 {
		return err
	}
	half := len(slots) / 2
	if err := t.gathered(slots[:half], each); err != nil {
		return err
	}
	return t.gathered(slots[half:], each)
}
