package operators

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// intTotalState is the state of a sum of integers: its low 64 bits, null where nothing
// was added, and how often they wrapped.
var intTotalState = []arrow.Field{
	{Name: "low", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
	{Name: "wraps", Type: arrow.PrimitiveTypes.Int64},
}

// intTotals is what sums of integers of all widths have in common.
type intTotals struct {
	sums  *exact.Ints
	out   arrow.DataType
	text  string
	alloc memory.Allocator
}

func (t *intTotals) grow(groups int) error { return t.sums.Grow(groups) }

func (t *intTotals) merge(group []int32, state []arrow.Array, from int) error {
	to := from + len(group)
	t.sums.Merge(group, plaincol.Values[uint64](state[0])[from:to], plaincol.Values[int64](state[1])[from:to])
	return nil
}

func (t *intTotals) state(from, to int, has valued) ([]arrow.Array, error) {
	low, wraps := plaincol.Unset[uint64](t.alloc, to-from), plaincol.New[int64](t.alloc, to-from)
	copy(low.Values, t.sums.Low(from, to))
	copy(wraps.Values, t.sums.Wraps(from, to))
	if has != nil {
		has.absent(from, to, low.Null)
	}
	return []arrow.Array{low.Array(intTotalState[0].Type), wraps.Array(intTotalState[1].Type)}, nil
}

func (t *intTotals) result(from, to int, has valued) (arrow.Array, error) {
	out := plaincol.Unset[uint64](t.alloc, to-from)
	copy(out.Values, t.sums.Low(from, to))
	has.absent(from, to, out.Null)
	if t.sums.Wraps(from, to) == nil {
		return out.Array(t.out), nil // the narrow unsigned ones do not come near 2^63 without
	}
	for g := from; g < to; g++ {
		_, fits := t.sums.Uint64(g)
		if t.out.ID() != arrow.UINT64 {
			_, fits = t.sums.Int64(g)
		}
		if !fits {
			out.Release()
			return nil, fmt.Errorf("%s: the sum of a group is %s, which does not fit %s: sum the values as float64 or decimal128", t.text, t.sums.Text(g), t.out)
		}
	}
	return out.Array(t.out), nil
}

func (t *intTotals) mean(g int, count int64) float64 { return t.sums.Mean(g, uint64(count)) }

func (t *intTotals) reset() { t.sums.Reset() }

// narrowTotals are those of values that an int64 holds.
type narrowTotals[T exact.Int64s] struct {
	intTotals
	arg numbers[T]
}

func newNarrowTotals[T exact.Int64s](l *reserved.Ledger, ints intTotals) totals {
	return &narrowTotals[T]{ints, numbers[T]{ledger: l}}
}

func (t *narrowTotals[T]) add(group []int32, arg arrow.Array, beside exact.Beside) ([]int32, error) {
	group, values := t.arg.dense(group, arg)
	return group, exact.AddInt64(t.sums, group, values, beside.Count)
}

func (t *narrowTotals[T]) close() {
	t.sums.Close()
	t.arg.close()
}

// uintTotals are those of uint64 values.
type uintTotals struct {
	intTotals
	arg numbers[uint64]
}

func (t *uintTotals) add(group []int32, arg arrow.Array, beside exact.Beside) ([]int32, error) {
	group, values := t.arg.dense(group, arg)
	return group, exact.AddUint64(t.sums, group, values, beside.Count)
}

func (t *uintTotals) close() {
	t.sums.Close()
	t.arg.close()
}
