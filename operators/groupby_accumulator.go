package operators

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/hashtab"
)

// groupAccumulator is the state of a grouping: a table that numbers the keys, and
// the states of each aggregate by that number.
//
//	batch ──keys──► table ──group of each row──► states.Update(group, args)
//
// groups counts those that are whole: they have a state in every aggregate. The
// table may hold more only within a step.
type groupAccumulator struct {
	*groupPlan
	env    dataflow.Env // Reserve counts into held
	held   int64
	x      dataflow.Exchange
	table  *hashtab.Table
	states []States
	groups int
	adapt  adaptation

	group []int32 // scratch: the group of each row of a step

	keyCols, argCols, cols []arrow.Array // scratch
}

// stepRows is how many rows are taken from key lookup through the aggregates at
// once: few enough that their group numbers stay in the core's own cache.
const stepRows = 16 << 10

func newGroupAccumulator(p *groupPlan, env dataflow.Env, x dataflow.Exchange) (_ dataflow.Accumulator, err error) {
	a := &groupAccumulator{groupPlan: p, env: env, x: x, adapt: adaptation{policy: p.policy}}
	a.env.Reserve = func(bytes int64) error {
		err := env.Reserve(bytes)
		if err == nil {
			a.held += bytes
		}
		return err
	}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	a.keyCols, a.argCols = make([]arrow.Array, len(p.keys)), make([]arrow.Array, len(p.args))
	a.cols = make([]arrow.Array, p.partial.NumFields()+len(p.args))
	if a.table, err = hashtab.New(p.keyTypes, env.Alloc, a.env.Reserve); err != nil {
		return nil, err
	}
	for i := range p.aggs {
		s, err := p.aggs[i].aggregate.NewStates(p.aggs[i].types, a.env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name(i), err)
		}
		a.states = append(a.states, s)
	}
	foldTogether(p.aggs, a.states)
	a.expect()
	return a, nil
}

// name is the name of the result of aggregate i.
func (p *groupPlan) name(i int) string { return p.out.Field(len(p.keys) + i).Name }

// Add folds the rows of in, or sends them to who does.
func (a *groupAccumulator) Add(ctx context.Context, in dataflow.Chunk) error {
	if isTexts(in.Rec) {
		return a.addTexts(ctx, in.Rec)
	}
	rows := int(in.Rec.NumRows())
	if err := a.ready(ctx, rows); err != nil {
		return err
	}
	keys, args, err := a.packed(ctx, in.Rec)
	switch {
	case err != nil:
		return err
	case keys.layout != nil:
	case isRouted(in.Rec.Schema()):
		keys.cols, args = in.Rec.Columns()[:len(a.keys)], in.Rec.Columns()[len(a.keys):]
	default:
		keys.cols = a.keyCols
		for i, c := range a.keys {
			keys.cols[i] = in.Rec.Column(c)
		}
		args = a.argCols
		clear(args)
		defer releaseArrays(args)
		for i, e := range a.args {
			if args[i], err = e.Eval(ctx, in, a.env.Alloc); err != nil {
				return err
			}
		}
	}
	return a.addRows(ctx, keys, args, rows, a.update(args, in.At))
}

// update folds the rows of a batch with these arguments, which stands at a place.
func (a *groupAccumulator) update(args []arrow.Array, at dataflow.Place) step {
	return func(i, from, to int) error {
		cols := a.cols[:len(a.aggs[i].args)]
		defer releaseArrays(cols)
		for j, arg := range a.aggs[i].args {
			cols[j] = sliceArray(args[arg], from, to)
		}
		at := dataflow.Place{Split: at.Split, Row: at.Row + int64(from)}
		return a.states[i].Update(a.group[:to-from], cols, at)
	}
}

// Merge folds the groups of another's partial.
func (a *groupAccumulator) Merge(ctx context.Context, partial dataflow.Chunk) error {
	rows := int(partial.Rec.NumRows())
	if err := a.ready(ctx, rows); err != nil {
		return err
	}
	a.coolDown() // it may bring new groups
	keys, cols, err := a.packed(ctx, partial.Rec)
	if err != nil {
		return err
	}
	if keys.layout == nil {
		keys.cols, cols = partial.Rec.Columns(), nil
		if n := len(a.keys); len(keys.cols) >= n {
			keys.cols, cols = keys.cols[:n], keys.cols[n:]
		}
	}
	if want := a.partial.NumFields() - len(a.keys); len(cols) != want {
		return fmt.Errorf("a partial of %d states where there are %d", len(cols), want)
	}
	do := func(i, from, to int) error {
		state := a.cols[:a.aggs[i].to-a.aggs[i].from]
		defer releaseArrays(state)
		for j := range state {
			state[j] = sliceArray(cols[a.aggs[i].from-len(a.keys)+j], from, to)
		}
		return a.states[i].Merge(a.group[:to-from], state)
	}
	for from := 0; from < rows; from += stepRows {
		if err := a.foldStep(ctx, keys, from, min(from+stepRows, rows), 0, false, do); err != nil {
			return err
		}
	}
	return nil
}

// step folds rows from to to-1, whose groups stand in groupAccumulator.group, into
// aggregate i.
type step func(i, from, to int) error

// ready makes scratch for a step of a batch of so many rows.
func (a *groupAccumulator) ready(ctx context.Context, rows int) error {
	err := a.makeRoom(min(rows, stepRows))
	if err == nil || !a.canDrain(err) {
		return err
	}
	if err := a.Drain(ctx); err != nil {
		return err
	}
	return a.makeRoom(min(rows, stepRows))
}

// foldStep folds rows from to to-1 into the aggregates first, first+1, … Where
// memory ends, all groups are let go and what is left is tried once more; drained
// says that this is that time. Each row is folded once into each aggregate,
// before its groups are let go or after. That takes aggregates that, where Update or
// Merge ends with the budget's error, have folded nothing of it, or to which folding
// the same rows again is nothing (as a maximum).
func (a *groupAccumulator) foldStep(ctx context.Context, keys keyRows, from, to, first int, drained bool, do step) error {
	for from < to {
		n, err := a.find(keys, from, to)
		again := first // the aggregate to go on with, for rows from to from+n-1
		if n > 0 {
			var failed error
			if again, failed = a.foldStates(first, from, from+n, do); failed == nil {
				from, drained = from+n, false
			} else {
				err = failed
			}
		}
		if err == nil {
			continue
		}
		if drained && again == first || !a.canDrain(err) {
			return err
		}
		if more := a.Drain(ctx); more != nil {
			return more
		}
		if again > first && again < len(a.states) {
			if err := a.foldStep(ctx, keys, from, from+n, again, true, do); err != nil {
				return err
			}
			from, drained = from+n, false
			continue
		}
		drained = true
	}
	return nil
}

// foldStates folds rows whose groups are known into the states of the aggregates
// first, first+1, … With an error it returns which one has not got them.
func (a *groupAccumulator) foldStates(first, from, to int, do step) (int, error) {
	if n := a.table.Len(); n > a.groups {
		for i, s := range a.states {
			if err := s.Grow(n); err != nil {
				a.table.Truncate(a.groups)
				return first, fmt.Errorf("%s: %w", a.name(i), err)
			}
		}
		a.groups = n
	}
	for i := first; i < len(a.states); i++ {
		if err := do(i, from, to); err != nil {
			return i, fmt.Errorf("%s: %w", a.name(i), err)
		}
	}
	return len(a.states), nil
}

func (a *groupAccumulator) canDrain(err error) bool {
	return errors.Is(err, dataflow.ErrBudget) && a.groups > 0 && a.x.Partial != nil
}

// makeRoom makes scratch for n rows.
func (a *groupAccumulator) makeRoom(n int) error {
	if n <= cap(a.group) {
		return nil
	}
	size := min(max(n, 2*cap(a.group)), stepRows)
	if err := a.env.Reserve(int64(size-cap(a.group)) * 4); err != nil {
		return err
	}
	a.group = make([]int32, size)
	return nil
}

// reset forgets all groups.
func (a *groupAccumulator) reset() {
	a.table.Reset()
	for _, s := range a.states {
		s.Reset()
	}
	a.groups, a.adapt.folded = 0, 0
	a.coolDown()
}

// Close gives everything back.
func (a *groupAccumulator) Close() {
	for _, s := range a.states {
		s.Close()
	}
	if a.table != nil {
		a.table.Close()
	}
	a.coolDown()
	a.adapt.close()
	_ = a.env.Reserve(-int64(cap(a.group))*4 - a.adapt.held) // giving back does not fail
	a.table, a.states, a.group, a.groups = nil, nil, nil, 0
}

// sliceArray is rows from to to-1 of arr, not copied.
func sliceArray(arr arrow.Array, from, to int) arrow.Array {
	if from == 0 && to == arr.Len() {
		arr.Retain()
		return arr
	}
	return array.NewSlice(arr, int64(from), int64(to))
}

func releaseArrays(arrays []arrow.Array) {
	for _, arr := range arrays {
		if arr != nil {
			arr.Release()
		}
	}
}

var _ dataflow.Parted = (*groupAccumulator)(nil)
