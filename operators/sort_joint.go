package operators

import (
	"cmp"
	"context"
	"math"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
)

// sortJoint is the answer of all sorters of a run:
//
//	sorter 0   segments ─► one layout ─► ranks, sorted ─┐   ┌─ part 0: merged, made columns
//	sorter 1   segments ─► one layout ─► ranks, sorted ─┼─►─┼─ part 1
//	…                                                   ┘   └─ …
//	           Prepare, each by itself                         Part, each by itself
//
// A part has the rows from one number to another of the answer, whatever the sorters: where
// it begins in the ranks of each is searched for. Ranks of all compare: first is made of the
// words of all rows, part and slot are where the row stands in the source.
type sortJoint struct {
	plan     *sortPlan
	sorters  []*sorter
	segments []*segment // of all, in source order
	layout   *rowLayout // that Prepare gives all segments
	rows     int
	runs     [][]rank             // of each sorter, sorted
	packed   []packedWord         // what first is made of
	word     int                  // in plan.words: what may differ where first does not
	texts    map[int][]textColumn // by column of a key that is kept, by segment
}

var _ dataflow.Joint = (*sortJoint)(nil)

// packedWord is a word in rank.first: what it is more than the least one, shifted.
type packedWord struct {
	word     int
	least    uint64
	up, down int
}

func joinSorters(all []*sorter) *sortJoint {
	j := &sortJoint{plan: all[0].plan, sorters: all, runs: make([][]rank, len(all))}
	for _, s := range all {
		j.rows += s.rows
		j.segments = append(j.segments, s.segments...)
		if s.layout != nil {
			j.layout = j.plan.common(j.layout, s.layout)
		}
	}
	j.number()
	j.pack()
	j.texts = map[int][]textColumn{}
	for _, k := range j.plan.words {
		if j.rest(k) {
			j.texts[k.column] = make([]textColumn, len(j.segments))
		}
	}
	return j
}

// number sorts the segments by where they stand, and numbers them so.
func (j *sortJoint) number() {
	slices.SortFunc(j.segments, func(a, b *segment) int { return a.at.Compare(b.at) })
	for i, seg := range j.segments {
		seg.part = int32(i)
	}
}

// common is a layout for rows of both.
func (p *sortPlan) common(a, b *rowLayout) *rowLayout {
	if a == nil || a.same(b) {
		return b
	}
	differ := func(i int) uint64 { return b.cells[i].loose() | (a.cells[i].base ^ b.cells[i].base) }
	return a.widened(p, differ, b.kept)
}

// pack decides what of the words fits in first.
func (j *sortJoint) pack() {
	room := 64
	for w, k := range j.plan.words {
		j.word = w
		if room == 0 || j.rest(k) {
			return
		}
		least, most := uint64(math.MaxUint64), uint64(0)
		for _, s := range j.sorters {
			least, most = min(least, s.least[w]), max(most, s.most[w])
		}
		if most > least {
			n := bitsOf(most - least)
			up, down := max(room-n, 0), max(n-room, 0)
			j.packed = append(j.packed, packedWord{w, least, up, down})
			if room -= n - down; down > 0 {
				return
			}
		}
	}
	j.word = len(j.plan.words)
}

// rest reports whether k stands for the bytes of strings behind their pieces.
func (j *sortJoint) rest(k keyWord) bool {
	return k.part == textPieces && j.plan.columns[k.column].kind == heldText && j.layout != nil && j.layout.kept[k.column]
}

// Parts: a part has some ten thousand rows.
func (j *sortJoint) Parts(most int) int {
	return min(max((j.rows+partRows-1)/partRows, 1), most)
}

const partRows = 1 << 14

// Prepare sorts the rows of a sorter.
func (j *sortJoint) Prepare(ctx context.Context, i int) error {
	s := j.sorters[i]
	if err := s.relay(j.layout); err != nil {
		return err
	}
	for c, texts := range j.texts {
		from := slices.Index(j.layout.keptColumns(j.plan), j.plan.columns[c].from)
		for _, seg := range s.segments {
			texts[seg.part] = textOf(seg.kept.Column(from))
		}
	}
	if err := s.reserve(int64(s.rows) * int64(unsafe.Sizeof(rank{}))); err != nil {
		return err
	}
	segments := slices.Clone(s.segments)
	slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.part, b.part) })
	ranks := make([]rank, 0, s.rows)
	for _, seg := range segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		for from := 0; from < seg.n; from += orderBlock {
			n := len(ranks)
			ranks = ranks[:n+min(orderBlock, seg.n-from)]
			for k := range ranks[n:] {
				ranks[n+k] = rank{part: seg.part, slot: int32(from + k)}
			}
			j.rankBlock(s, seg, ranks[n:])
		}
	}
	o := &rowOrder{joint: j}
	o.sort(ranks, j.word)
	j.runs[i] = ranks
	return nil
}

// rankBlock gives ranks of neighbours their first.
func (j *sortJoint) rankBlock(s *sorter, seg *segment, ranks []rank) {
	var rows [orderBlock]unsafe.Pointer
	for i, r := range ranks {
		rows[i] = unsafe.Pointer(&seg.rows[int(r.slot)*seg.layout.stride])
	}
	words, marks := s.words[:len(ranks)], s.isNull[:len(ranks)]
	for _, p := range j.packed {
		k := j.plan.words[p.word]
		seg.layout.cells[j.plan.cellOf(k)].get(words, rows[:])
		seg.layout.cells[k.column/64].get(marks, rows[:])
		j.plan.order(k, words, marks)
		up, down := uint(p.up)&63, uint(p.down)&63
		for i, x := range words {
			ranks[i].first |= (x - p.least) << up >> down
		}
	}
}

// Part merges a part of the answer, and emits it.
func (j *sortJoint) Part(ctx context.Context, env dataflow.Env, part, parts int, emit dataflow.Emit) error {
	if j.rows == 0 {
		return nil
	}
	o := &rowOrder{joint: j}
	from, to := o.cut(share(j.rows, part, parts)), o.cut(share(j.rows, part+1, parts))
	m := &runMerge{order: o}
	for i, run := range j.runs {
		if from[i] < to[i] {
			m.runs = append(m.runs, run[from[i]:to[i]])
		}
	}
	g := &rowGather{plan: j.plan, layout: j.layout, segments: j.segments, alloc: env.Alloc}
	scratch := make([]rank, gatherRowsMost(env))
	for {
		ranks := m.next(scratch)
		if len(ranks) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err := g.batches(ranks, func(rec arrow.Record) error { return emit(dataflow.Chunk{Rec: rec}) })
		if err != nil {
			return err
		}
	}
}

// share is where part i of n of some rows begins.
func share(rows, i, n int) int {
	return int(int64(rows)/int64(n)*int64(i)) + min(i, rows%n)
}
