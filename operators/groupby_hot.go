package operators

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// Where some keys are frequent and very many are not, as the words of a text are, a table
// that is let go of whenever it is full spends its time on the others: each of them is
// added, and let go of, again and again. So the frequent ones get a table of their own, to
// which nothing is added:
//
//	                          ┌─ there ──► folded
//	rows ──look up──► frequent┤
//	         groups           └─ not ────► routed to the owner of the partition
//
// Which they are a table that is full is asked: rows are looked up in it for a while, and
// what they meet is marked. What is not marked had its first row, most likely, and no more.
//
// The table stays as long as it pays, and that is looked at now and then: the data may
// change.

// hotGroups is how far an accumulator is with its frequent groups. Their states are empty when
// they are chosen, and merge with those that were sent before.
type hotGroups struct {
	on   bool    // rows are looked up
	met  []int32 // how many rows each group has met, while that is found out; else nil
	rows int     // that were looked up since the last look
	lost int     // of them those that were routed

	strange []int32 // scratch of a step: its rows that have no group

	groups, folded int // of the table that was full, and the rows that it was made of
	wait, failed   int // tables until the next try, and tries without success
}

// coolDown is called when the groups are no more, or rows are to be added to them again.
func (a *groupAccumulator) coolDown() {
	h := &a.adapt.hot
	_ = a.env.Reserve(-4 * int64(len(h.met))) // giving back does not fail
	h.on, h.met, h.rows, h.lost = false, nil, 0, 0
}

// pays reports whether looking up is better than folding, where a table of so many rows left
// so many groups to be sent. A row that is routed takes less than a group that is made and
// sent, but where rows of a kind stand near one another a table meets them before it is full,
// and frequent groups are no answer.
func (h *hotGroups) pays() bool {
	return 4*h.lost <= 3*h.rows && 4*float64(h.lost)*float64(h.folded) <= 5*float64(h.groups)*float64(h.rows)
}

// mayBeHot reports whether a table that is full is to be asked for its frequent groups. Values
// that are all held would not stay few.
func (a *groupAccumulator) mayBeHot() bool {
	h := &a.adapt.hot
	if h.wait > 0 {
		h.wait--
		return false
	}
	held := slices.ContainsFunc(a.states, func(s States) bool {
		_, values := s.(valueStates)
		return values
	})
	return a.adapt.policy.markRows > 0 && a.mayRoute() && a.table.CanPart() && !held
}

// mark begins to look up rows, if there is memory to do so.
func (a *groupAccumulator) mark() (bool, error) {
	h := &a.adapt.hot
	if err := a.readyToRoute(); err != nil || a.env.Reserve(4*int64(a.groups)) != nil {
		return false, err
	}
	if h.strange == nil {
		h.strange = make([]int32, stepRows)
		a.hold(4 * stepRows)
	}
	h.on, h.met = true, make([]int32, a.groups)
	h.rows, h.lost, h.groups, h.folded = 0, 0, a.groups, a.adapt.folded
	return true, nil
}

// addHot folds rows whose groups are there and routes the others, at most stepRows.
func (a *groupAccumulator) addHot(ctx context.Context, keys, args []arrow.Array, from, to int, do step) error {
	ad, h := &a.adapt, &a.adapt.hot
	n, err := a.table.Part(keys, from, to, a.group[:to-from], h.strange, ad.hash)
	if err != nil {
		if !a.canDrain(err) {
			return err
		}
		if err := a.Drain(ctx); err != nil {
			return err
		}
		return a.foldStep(ctx, keyRows{cols: keys}, from, to, 0, true, do)
	}
	for _, g := range a.group[:n] {
		if h.met == nil {
			break
		}
		h.met[g]++
	}
	strange := h.strange[:to-from-n]
	h.rows += to - from
	h.lost += len(strange)
	if err := a.foldKnown(ctx, keys, args, from, to, strange, do); err != nil {
		return err
	}
	if len(strange) > 0 {
		if err := a.routeSome(keys, args, strange); err != nil {
			return err
		}
	}
	return a.lookAgain(ctx)
}

// lookAgain decides, when enough rows were looked up, what becomes of the table.
func (a *groupAccumulator) lookAgain(ctx context.Context) error {
	h, policy := &a.adapt.hot, &a.adapt.policy
	switch {
	case !h.on: // memory ended
	case h.met != nil && h.rows >= policy.markRows:
		if h.pays() {
			return a.choose(ctx)
		}
		return a.cool(ctx)
	case h.met == nil && h.rows >= policy.watchRows:
		if !h.pays() {
			return a.cool(ctx)
		}
		h.rows, h.lost = 0, 0
	}
	return nil
}

// foldKnown folds rows from to to-1 but for the strange ones; the groups of the others are
// known. Where memory ends all groups are let go, and keys are looked for again.
func (a *groupAccumulator) foldKnown(ctx context.Context, keys, args []arrow.Array, from, to int, strange []int32, do step) error {
	n := to - from - len(strange)
	if n == 0 {
		return nil
	}
	was, rows := from, []int32(nil)
	if len(strange) > 0 {
		if len(args) > 0 {
			rows = otherRows(from, to, strange)
			taken, err := takeRows(args, rows, a.env.Alloc)
			if err != nil {
				return err
			}
			defer releaseArrays(taken)
			args = taken
		}
		from, to, do = 0, n, a.update(args, dataflow.Place{})
	}
	first, err := a.foldStates(0, from, to, do)
	if err == nil || !a.canDrain(err) {
		return err
	}
	if err := a.Drain(ctx); err != nil {
		return err
	}
	if len(strange) > 0 {
		if rows == nil {
			rows = otherRows(was, was+n+len(strange), strange)
		}
		if keys, err = takeRows(keys, rows, a.env.Alloc); err != nil {
			return err
		}
		defer releaseArrays(keys)
	}
	return a.foldStep(ctx, keyRows{cols: keys}, from, to, first, true, do)
}

// otherRows are the rows from to to-1 that are not listed.
func otherRows(from, to int, listed []int32) []int32 {
	rows := make([]int32, 0, to-from-len(listed))
	next := int32(from)
	for _, r := range listed {
		for ; next < r; next++ {
			rows = append(rows, next)
		}
		next = r + 1
	}
	for ; next < int32(to); next++ {
		rows = append(rows, next)
	}
	return rows
}

// routeSome sends the rows listed, whose hashes stand in adaptation.hash, to the owners of
// their partitions.
func (a *groupAccumulator) routeSome(keys, args []arrow.Array, rows []int32) error {
	if texts := a.adapt.texts; texts != nil {
		return texts.add(keys[0], rows, a.partitions(a.adapt.hash[:len(rows)]))
	}
	index := array.NewData(arrow.PrimitiveTypes.Int32, len(rows), []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(rows))}, nil, 0, 0)
	codes := array.NewInt32Data(index)
	index.Release()
	defer codes.Release()
	cols := append(append(a.cols[:0], keys...), args...)
	defer releaseArrays(cols)
	for i, col := range cols {
		cols[i] = nil
		if _, coded := col.(*array.Dictionary); !coded {
			t := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: col.DataType()}
			cols[i] = array.NewDictionaryArray(t, codes, col)
			continue
		}
		var err error
		if cols[i], err = batch.TakeArray(col, rows, a.env.Alloc); err != nil {
			clear(cols[i:])
			return err
		}
	}
	return a.adapt.rows.add(cols, 0, a.partitions(a.adapt.hash[:len(rows)]))
}

// takeRows are rows of columns.
func takeRows(cols []arrow.Array, rows []int32, alloc memory.Allocator) ([]arrow.Array, error) {
	out := make([]arrow.Array, len(cols))
	for i, col := range cols {
		var err error
		if out[i], err = batch.TakeArray(col, rows, alloc); err != nil {
			releaseArrays(out)
			return nil, err
		}
	}
	return out, nil
}

// choose lets go of the table that was full and begins one of the groups that were met.
func (a *groupAccumulator) choose(ctx context.Context) error {
	h := &a.adapt.hot
	frequent := mostMet(h.met)
	keys, err := a.table.Keys(frequent)
	if err != nil {
		return a.cool(ctx) // the longest ones do not fit a column
	}
	defer releaseArrays(keys)
	if err := a.letGo(ctx, false); err != nil {
		return err
	}
	a.adapt.again = true
	a.table.Expect(len(frequent))
	for from := 0; from < len(frequent); from += len(a.group) {
		to := min(from+len(a.group), len(frequent))
		if _, err = a.table.Find(keys, from, to, a.group); err != nil {
			break
		}
	}
	if err == nil {
		_, err = a.foldStates(len(a.states), 0, 0, nil)
	}
	if err != nil {
		a.reset()
		if errors.Is(err, dataflow.ErrBudget) {
			return nil
		}
		return err
	}
	h.on, h.failed = true, 0
	a.table.Fix()
	return nil
}

// mostMet are the groups that rows have met, those first that most have: what stands
// together in the table and the states is then as frequent.
func mostMet(met []int32) []int32 {
	var ranked []uint64
	for g, n := range met {
		if n > 0 {
			ranked = append(ranked, uint64(n)<<32|uint64(len(met)-g))
		}
	}
	slices.Sort(ranked)
	groups := make([]int32, len(ranked))
	for i, r := range ranked {
		groups[len(groups)-1-i] = int32(len(met) - int(uint32(r)))
	}
	return groups
}

// cool lets go of a table that did not pay, for a while.
func (a *groupAccumulator) cool(ctx context.Context) error {
	h := &a.adapt.hot
	h.wait = min(1<<h.failed, 1<<20)
	h.failed = min(h.failed+1, 20)
	a.adapt.again = true
	err := a.letGo(ctx, false)
	a.adapt.full, a.adapt.kept = 0, a.foldedBytes()
	return err
}
