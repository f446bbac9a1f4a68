package operators

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

const (
	resultRows  = 64 << 10  // groups of one batch
	pieceRows   = 4 << 10   // groups of one partition's part of a block, about
	blockRows   = 256 << 10 // groups that are put in order of partition at once, at most
	blockBytes  = 32 << 20  // of their state, about
	fewestBlock = 1 << 10
	scatterRows = 4 << 10 // groups that are scattered at once
)

// Drain sends all groups, and the rows on their way, to the owners of their partitions,
// which the top bits of their hashes choose (hashtab.Partition), and is empty then.
func (a *groupAccumulator) Drain(ctx context.Context) error {
	if err := a.letGo(ctx, true); err != nil {
		return err
	}
	for _, s := range []*scatterer{a.adapt.rows, a.adapt.groups} {
		if s != nil {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	if a.adapt.texts != nil {
		return a.adapt.texts.flush()
	}
	return nil
}

// letGo scatters all groups. last says that nothing may follow them, so that pages need
// not be larger than that.
func (a *groupAccumulator) letGo(ctx context.Context, last bool) error {
	if a.groups == 0 {
		return nil
	}
	defer a.reset()
	if a.env.Partitions <= 1 || len(a.keys) == 0 {
		return inBlocks(ctx, a.groups, a.blockRows(resultRows), func(from, to int) (arrow.Record, error) {
			return a.partialOf(from, to, nil)
		}, func(rec arrow.Record, _, _ int) error { return a.x.Partial(0, dataflow.Chunk{Rec: rec}) })
	}
	s, err := a.outgoing(&a.adapt.groups, a.partial, a.x.Partial)
	if err != nil {
		return err
	}
	if s == nil {
		return a.letBlocksGo(ctx)
	}
	s.expect = 0
	if last {
		s.expect = a.groups
	}
	return inBlocks(ctx, a.groups, a.blockRows(scatterRows), func(from, to int) (arrow.Record, error) {
		if a.table.Bound() != nil {
			return a.packedPartialOf(s.schema, from, to)
		}
		return a.partialOf(from, to, nil)
	}, func(rec arrow.Record, from, to int) error {
		defer rec.Release()
		return s.add(rec.Columns(), 0, a.partitions(a.table.Hashes()[from:to]))
	})
}

// letBlocksGo is letGo for states that cannot be scattered. A block of groups at a time is
// made a batch in the order of the partitions; what a partition gets is a slice of it.
func (a *groupAccumulator) letBlocksGo(ctx context.Context) error {
	var bounds []int32 // of the partitions of the block
	size := a.blockRows(min(max(resultRows, a.env.Partitions*pieceRows), blockRows))
	return inBlocks(ctx, a.groups, size, func(from, to int) (arrow.Record, error) {
		order := plaincol.New[int32](a.env.Alloc, to-from)
		defer order.Release()
		part := plaincol.New[int32](a.env.Alloc, to-from)
		defer part.Release()
		hashes := a.table.Hashes()[from:to]
		bounds = byPartition(order.Values, part.Values, hashes, int32(from), a.env.Partitions, a.env.Level)
		return a.partialOf(from, to, order.Values)
	}, func(rec arrow.Record, _, _ int) error {
		defer rec.Release()
		for p := range a.env.Partitions {
			if from, to := bounds[p], bounds[p+1]; from < to {
				if err := a.x.Partial(p, dataflow.Chunk{Rec: rec.NewSlice(int64(from), int64(to))}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// blockRows is how many groups are handled at once: want, or fewer where their
// state is large.
func (a *groupAccumulator) blockRows(want int) int {
	each := max(a.held/int64(a.groups), 1)
	return min(want, int(max(blockBytes/each, fewestBlock)))
}

// byPartition writes the groups first, first+1, … of the hashes to order, in the
// order of their partitions, and returns where each partition begins.
func byPartition(order, part []int32, hashes []uint64, first int32, n, level int) []int32 {
	bounds := make([]int32, n+2)
	for i, h := range hashes {
		p := hashtab.Partition(h, n, level)
		part[i] = int32(p)
		bounds[p+2]++
	}
	for p := range n {
		bounds[p+2] += bounds[p+1]
	}
	for i, p := range part {
		order[bounds[p+1]] = first + int32(i)
		bounds[p+1]++
	}
	return bounds[:n+1]
}

// partialOf is the partial of groups from to to-1, in the given order where there
// is one; order is used up.
func (a *groupAccumulator) partialOf(from, to int, order []int32) (arrow.Record, error) {
	cols, err := a.keyColumns(from, to, order)
	defer func() { releaseArrays(cols) }()
	if err != nil {
		return nil, err
	}
	for i := range order {
		order[i] -= int32(from)
	}
	states, err := a.statesOf(from, to, order)
	cols = append(cols, states...)
	if err != nil {
		return nil, err
	}
	return array.NewRecord(a.partial, cols, int64(to-from)), nil
}

// statesOf are the state columns of groups from to to-1, of which order gives the order
// where there is one; with an error those that were made.
func (a *groupAccumulator) statesOf(from, to int, order []int32) (cols []arrow.Array, err error) {
	for _, s := range a.states {
		var state []arrow.Array
		if v, ok := s.(valueStates); ok && order != nil {
			state, err = v.stateOf(from, order)
		} else if state, err = s.State(from, to); err == nil && order != nil {
			err = takeAll(state, order, a.env.Alloc)
		}
		cols = append(cols, state...)
		if err != nil {
			return cols, err
		}
	}
	return cols, nil
}

// keyColumns are the key columns of groups from to to-1, in the given order where
// there is one.
func (a *groupAccumulator) keyColumns(from, to int, order []int32) ([]arrow.Array, error) {
	if order != nil {
		return a.table.Keys(order)
	}
	return a.table.KeysBetween(from, to)
}

// takeAll gathers rows of each column in place.
func takeAll(cols []arrow.Array, rows []int32, alloc memory.Allocator) error {
	for i, col := range cols {
		taken, err := batch.TakeArray(col, rows, alloc)
		if err != nil {
			return err
		}
		col.Release()
		cols[i] = taken
	}
	return nil
}

// inBlocks makes a batch of each block of size of the rows 0 to n-1 and sends it.
// A batch that cannot be made is made in two halves, so that a column that cannot
// hold the values of a block is none of the user's concern. send is given what it
// sends.
func inBlocks(ctx context.Context, n, size int, build func(from, to int) (arrow.Record, error), send func(rec arrow.Record, from, to int) error) error {
	for from := 0; from < n; from += size {
		if err := inHalves(ctx, from, min(from+size, n), build, send); err != nil {
			return err
		}
	}
	return nil
}

func inHalves(ctx context.Context, from, to int, build func(from, to int) (arrow.Record, error), send func(rec arrow.Record, from, to int) error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	rec, err := build(from, to)
	if err == nil {
		return send(rec, from, to)
	}
	if to-from < 2 || errors.Is(err, dataflow.ErrBudget) {
		return err
	}
	half := (from + to) / 2
	if err := inHalves(ctx, from, half, build, send); err != nil {
		return err
	}
	return inHalves(ctx, half, to, build, send)
}
