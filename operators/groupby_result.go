package operators

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

// Result sends all groups as the answer: with Env.Ordered in the order of their
// hashes and then of their keys, else as they stand.
func (a *groupAccumulator) Result(ctx context.Context, emit dataflow.Emit) error {
	if err := a.takeBack(ctx); err != nil {
		return err
	}
	if len(a.keys) == 0 && a.groups == 0 {
		if err := a.addEmptyGroup(); err != nil {
			return err
		}
	}
	a.answers()
	if a.groups == 0 {
		return nil
	}
	defer a.reset()
	send := func(rec arrow.Record, _, _ int) error { return emit(dataflow.Chunk{Rec: rec}) }
	if a.env.Ordered && a.groups > 1 {
		return a.orderedResult(ctx, 1, func(_ int, rec arrow.Record) error { return emit(dataflow.Chunk{Rec: rec}) })
	}
	return inBlocks(ctx, a.groups, a.blockRows(resultRows), func(from, to int) (arrow.Record, error) {
		cols, err := a.keyColumns(from, to, nil)
		defer func() { releaseArrays(cols) }()
		if err != nil {
			return nil, err
		}
		values, err := a.results(from, to)
		cols = append(cols, values...)
		if err != nil {
			return nil, err
		}
		return array.NewRecord(a.out, cols, int64(to-from)), nil
	}, send)
}

// ResultParts sends all groups as the answer, cut to n partitions.
func (a *groupAccumulator) ResultParts(ctx context.Context, n int, emit func(p int, c dataflow.Chunk) error) error {
	if err := a.takeBack(ctx); err != nil || a.groups == 0 {
		return err
	}
	defer a.reset()
	return a.orderedResult(ctx, n, func(p int, rec arrow.Record) error { return emit(p, dataflow.Chunk{Rec: rec}) })
}

// addEmptyGroup makes the one group of a grouping without columns.
func (a *groupAccumulator) addEmptyGroup() error {
	if err := a.makeRoom(1); err != nil {
		return err
	}
	if _, err := a.table.Find(nil, 0, 1, a.group); err != nil {
		return err
	}
	_, err := a.foldStates(len(a.states), 0, 0, nil)
	return err
}

// results are the values of all aggregates for groups from to to-1; with an error
// those that were made.
func (a *groupAccumulator) results(from, to int) ([]arrow.Array, error) {
	var cols []arrow.Array
	for i, s := range a.states {
		col, err := s.Result(from, to)
		if col != nil {
			cols = append(cols, col)
		}
		if err != nil {
			return cols, fmt.Errorf("%s: %w", a.name(i), err)
		}
		if col.Len() != to-from {
			return cols, fmt.Errorf("%s: %d values for %d groups", a.name(i), col.Len(), to-from)
		}
	}
	return cols, nil
}

// hashedGroup is a group with what it is sorted by.
type hashedGroup struct {
	hash  uint64
	group int32
}

// orderedResult sends the groups by hash, then by key: in an order that depends on
// them alone and agrees with that of the partitions, to n of which it is cut.
func (a *groupAccumulator) orderedResult(ctx context.Context, n int, send func(p int, rec arrow.Record) error) error {
	sortBytes := int64(a.groups) * 16
	if err := a.env.Reserve(sortBytes); err != nil {
		return err
	}
	defer func() { _ = a.env.Reserve(-sortBytes) }() // giving back does not fail
	groups := make([]hashedGroup, a.groups)
	for g, h := range a.table.Hashes() {
		groups[g] = hashedGroup{h, int32(g)}
	}
	slices.SortFunc(groups, func(x, y hashedGroup) int {
		if d := cmp.Compare(x.hash, y.hash); d != 0 {
			return d
		}
		return a.table.Compare(x.group, y.group)
	})

	var values blocks
	defer values.release()
	err := inBlocks(ctx, a.groups, a.blockRows(blockRows), func(from, to int) (arrow.Record, error) {
		cols, err := a.results(from, to)
		defer releaseArrays(cols)
		if err != nil {
			return nil, err
		}
		schema := arrow.NewSchema(a.out.Fields()[len(a.keys):], nil)
		return array.NewRecord(schema, cols, int64(to-from)), nil
	}, func(rec arrow.Record, from, _ int) error {
		values.add(rec, int32(from))
		return nil
	})
	if err != nil {
		return err
	}
	build := func(from, to int) (arrow.Record, error) {
		order := plaincol.New[int32](a.env.Alloc, to-from)
		defer order.Release()
		rows := order.Values
		for i := range rows {
			rows[i] = groups[from+i].group
		}
		cols, err := a.table.Keys(rows)
		defer func() { releaseArrays(cols) }()
		if err != nil {
			return nil, err
		}
		rec, err := values.take(rows, a.env)
		if err != nil {
			return nil, err
		}
		defer rec.Release()
		for _, col := range rec.Columns() {
			col.Retain()
			cols = append(cols, col)
		}
		return array.NewRecord(a.out, cols, int64(to-from)), nil
	}
	bounds := partitionBounds(groups, n)
	for p := 0; p < n; {
		end := p + 1 // as many partitions as one batch holds are made together
		for end < n && bounds[end+1]-bounds[p] <= resultRows {
			end++
		}
		first := bounds[p]
		err := inBlocks(ctx, bounds[end]-first, resultRows, func(from, to int) (arrow.Record, error) {
			return build(first+from, first+to)
		}, func(rec arrow.Record, from, to int) error {
			return sendParts(rec, first+from, first+to, bounds, p, end, send)
		})
		if err != nil {
			return err
		}
		p = end
	}
	return nil
}

// partitionBounds is where each of n partitions begins among groups in the order of their
// hashes, and the end.
func partitionBounds(groups []hashedGroup, n int) []int {
	bounds := make([]int, n+1)
	p := 0
	for i, g := range groups {
		for of := hashtab.Partition(g.hash, n, 0); p < of; p++ {
			bounds[p+1] = i
		}
	}
	for ; p < n; p++ {
		bounds[p+1] = len(groups)
	}
	return bounds
}

// sendParts sends rec, the groups from to to-1, to those of the partitions p to end-1
// that they belong to.
func sendParts(rec arrow.Record, from, to int, bounds []int, p, end int, send func(p int, rec arrow.Record) error) error {
	if end == p+1 {
		return send(p, rec)
	}
	defer rec.Release()
	for ; p < end; p++ {
		if a, b := max(bounds[p], from), min(bounds[p+1], to); a < b {
			if err := send(p, rec.NewSlice(int64(a-from), int64(b-from))); err != nil {
				return err
			}
		}
	}
	return nil
}

// blocks are batches that together are one, too long for one.
type blocks struct {
	recs  []arrow.Record
	first []int32 // the first row of each
}

func (b *blocks) add(rec arrow.Record, first int32) {
	b.recs, b.first = append(b.recs, rec), append(b.first, first)
}

func (b *blocks) release() {
	for _, rec := range b.recs {
		rec.Release()
	}
}

// take gathers rows of the whole.
func (b *blocks) take(rows []int32, env dataflow.Env) (arrow.Record, error) {
	refs := make([]rowRef, len(rows))
	for i, row := range rows {
		at, found := slices.BinarySearch(b.first, row)
		if !found {
			at--
		}
		refs[i] = rowRef{int32(at), row - b.first[at]}
	}
	return gatherRows(b.recs, refs, env.Alloc)
}
