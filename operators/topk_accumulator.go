package operators

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// topper is the accumulator of [TopK] and, with a k that is never reached, of [Sort].
// It collects the rows that may be among the first k until it has about 2k, then selects
// the first k of them; the last of those is the bar that later rows have to pass. A row
// so costs a comparison with the bar, and a constant share of a selection where it
// passes.
type topper struct {
	ranked
	k       int
	most    int // slots at which to select
	keys    []orderKey
	in      *arrow.Schema
	partial *arrow.Schema
	env     dataflow.Env
	x       dataflow.Exchange

	bar      int32 // slot of the k-th row; -1: none yet
	fresh    int   // first slot of the batch in hand, which is the last part
	room     int   // slots that are reserved
	reader   orderReader
	pick     [orderBlock]int32 // ordinals of candidates in the chunk
	rows     [orderBlock]int32 // their rows in the batch
	isNull   [orderBlock]uint64
	theWords [orderBlock]uint64
}

var _ dataflow.Accumulator = (*topper)(nil)

func newTopper(k int, keys []orderKey, in, partial *arrow.Schema, env dataflow.Env, x dataflow.Exchange) *topper {
	t := &topper{k: k, keys: keys, in: in, partial: partial, env: env, x: x, bar: -1, most: math.MaxInt32}
	if k < math.MaxInt32/2 {
		t.most = max(2*k, 64)
	}
	for _, key := range keys {
		null := t.stride
		t.stride += 1 + key.words
		if key.text {
			t.texts = append(t.texts, textKey{null, t.stride, len(t.texts), key.desc})
		}
	}
	t.stride += 2
	return t
}

// places are where the rows of a chunk stand: on from a place, or by row of the
// batch as two columns say.
type places struct {
	at          dataflow.Place
	splits, row []int64
}

func (t *topper) Add(_ context.Context, in dataflow.Chunk) error {
	return t.fold(in, places{at: in.At})
}

// Merge folds a partial, whose last two columns are its rows' places.
func (t *topper) Merge(_ context.Context, partial dataflow.Chunk) error {
	n := t.in.NumFields()
	columns := make([]int, n)
	for i := range columns {
		columns[i] = i
	}
	splits, row := partial.Rec.Column(n).(*array.Int64), partial.Rec.Column(n+1).(*array.Int64)
	partial.Rec = batch.Columns(partial.Rec, t.in, columns)
	defer partial.Rec.Release()
	return t.fold(partial, places{splits: splits.Int64Values(), row: row.Int64Values()})
}

func (t *topper) fold(in dataflow.Chunk, at places) error {
	if t.k == 0 {
		return nil
	}
	t.open(in.Rec)
	for from := 0; from < in.Rows(); from += orderBlock {
		n := t.candidates(in, from, min(from+orderBlock, in.Rows()), at)
		if n == 0 {
			continue
		}
		if err := t.makeRoom(n, in.Rec); err != nil {
			t.forget()
			return err
		}
		t.take(in.Rec, n, at)
		if t.len() >= t.most {
			if err := t.selectBest(); err != nil {
				t.forget()
				return err
			}
		}
	}
	return t.adopt(in)
}

// candidates finds the rows of the chunk from from to to that may pass the bar,
// by the first word of the first key alone.
func (t *topper) candidates(in dataflow.Chunk, from, to int, at places) int {
	var rows []int32
	if in.Sel != nil {
		rows = in.Sel[from:to]
	}
	n := to - from
	if t.bar < 0 {
		for i := range n {
			t.pick[i] = int32(from + i)
		}
	} else {
		key, nulls, words := t.keys[0], t.isNull[:n], t.theWords[:n]
		col := in.Rec.Column(key.column)
		t.reader.nulls(col, from, rows, nulls)
		t.reader.word(key, col, 0, from, rows, nulls, words)
		bar := t.slot(t.bar)
		limit := bar[1]
		if t.mustBeat(in, at) {
			if limit == 0 {
				return 0
			}
			limit--
		}
		n = atMost(words, limit, int32(from), t.pick[:])
	}
	for i, p := range t.pick[:n] {
		t.rows[i] = int32(plaincol.RowAt(int(p), 0, in.Sel))
	}
	return n
}

// mustBeat says that a row whose first word equals the bar's does not pass it:
// the word is the whole key and the rows stand behind the bar in the source.
func (t *topper) mustBeat(in dataflow.Chunk, at places) bool {
	bar := t.slot(t.bar)
	if len(t.keys) > 1 || t.keys[0].words > 1 || t.keys[0].text || at.splits != nil || bar[0] != 0 {
		return false
	}
	return bar[2] < placeWord(at.at.Split) || bar[2] == placeWord(at.at.Split) && bar[3] < placeWord(at.at.Row)
}

// atMost writes from+i for each word i that is at most limit, and returns how
// many there are.
func atMost(words []uint64, limit uint64, from int32, pick []int32) int {
	n := 0
	pick = pick[:len(words)]
	for i, w := range words {
		pick[n] = from + int32(i)
		n += one(w <= limit)
	}
	return n
}

func placeWord(x int64) uint64 { return uint64(x) ^ signBit }

// take adds the n candidates as slots and drops those that do not pass the bar.
func (t *topper) take(rec arrow.Record, n int, at places) {
	was := t.len()
	t.words = t.words[:(was+n)*t.stride]
	t.refs = t.refs[:was+n]
	rows, nulls, words, to := t.rows[:n], t.isNull[:n], t.theWords[:n], t.words[was*t.stride:]
	c := 0
	for _, key := range t.keys {
		col := rec.Column(key.column)
		t.reader.nulls(col, 0, rows, nulls)
		spread(nulls, to[c:], t.stride)
		c++
		for w := range key.words {
			t.reader.word(key, col, w, 0, rows, nulls, words)
			spread(words, to[c:], t.stride)
			c++
		}
	}
	part := int32(len(t.parts) - 1)
	for i, r := range rows {
		t.refs[was+i] = rowRef{part, r}
		slot := to[i*t.stride:]
		if at.splits != nil {
			slot[c], slot[c+1] = placeWord(at.splits[r]), placeWord(at.row[r])
		} else {
			slot[c], slot[c+1] = placeWord(at.at.Split), placeWord(at.at.Row+int64(t.pick[i]))
		}
	}
	if t.bar < 0 {
		return
	}
	kept := was
	for i := was; i < was+n; i++ {
		if t.compare(int32(i), t.bar) < 0 {
			t.move(kept, i)
			kept++
		}
	}
	t.truncate(kept)
}

func spread(words, to []uint64, stride int) {
	for i, w := range words {
		to[i*stride] = w
	}
}

// makeRoom reserves and allocates n more slots. Where the budget has no room, the
// state leaves and only n are asked for.
func (t *topper) makeRoom(n int, rec arrow.Record) error {
	if t.len()+n <= t.room {
		return nil
	}
	if t.len()+n > math.MaxInt32 {
		return fmt.Errorf("more than %d rows cannot be put in order at once", math.MaxInt32)
	}
	err := t.grow(t.len() + n)
	if !errors.Is(err, dataflow.ErrBudget) || t.len() == 0 {
		return err
	}
	if err := t.letGo(); err != nil {
		return err
	}
	t.open(rec)
	if n <= t.room {
		return nil
	}
	return t.grow(n)
}

func (t *topper) grow(need int) error {
	room := max(need, min(2*t.room, t.most+orderBlock), 64)
	if err := t.env.Reserve(int64(room-t.room) * t.slotBytes()); err != nil {
		return err
	}
	t.words = append(make([]uint64, 0, room*t.stride), t.words...)
	t.refs = append(make([]rowRef, 0, room), t.refs...)
	t.ranks = make([]rank, 0, room)
	t.room = room
	return nil
}

// selectBest keeps the first k slots, in the order that they had, and sets the bar.
func (t *topper) selectBest() error {
	if t.len() <= t.k {
		return nil
	}
	best := t.best(t.k)
	last := best[t.k-1].slot
	slices.SortFunc(best, func(a, b rank) int { return int(a.slot) - int(b.slot) })
	fresh := 0
	for to, b := range best {
		if int(b.slot) < t.fresh {
			fresh++
		}
		if b.slot == last {
			t.bar = int32(to)
		}
		t.move(to, int(b.slot))
	}
	t.fresh = fresh
	t.truncate(t.k)
	return t.sweep()
}

// letGo hands the first k rows to the exchange and holds none.
func (t *topper) letGo() error {
	err := t.pass(t.partial, func(c dataflow.Chunk) error { return t.x.Partial(0, c) })
	t.empty()
	return err
}

func (t *topper) Drain(context.Context) error {
	err := t.letGo()
	t.giveBack()
	return err
}

func (t *topper) Result(_ context.Context, emit dataflow.Emit) error {
	err := t.pass(t.in, emit)
	t.empty()
	return err
}

func (t *topper) Close() {
	t.empty()
	t.giveBack()
}

// empty forgets all rows and keeps the slots.
func (t *topper) empty() {
	t.truncate(0)
	t.bar, t.fresh = -1, 0
	t.releaseParts()
}

// giveBack gives up the slots.
func (t *topper) giveBack() {
	_ = t.env.Reserve(-int64(t.room) * t.slotBytes()) // giving back does not fail
	t.words, t.refs, t.ranks, t.room = nil, nil, nil, 0
}

func (t *topper) slotBytes() int64 { return int64(8*t.stride + rankedBytes) }
