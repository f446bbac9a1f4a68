package operators

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// floatTotalState is the state of a sum of floats, as package exact encodes it: the
// near window, null where nothing was added, its base, and the rest, mostly null.
var floatTotalState = []arrow.Field{
	{Name: "near", Type: &arrow.FixedSizeBinaryType{ByteWidth: exact.NearBytes}, Nullable: true},
	{Name: "base", Type: arrow.PrimitiveTypes.Int16},
	{Name: "wide", Type: arrow.BinaryTypes.Binary, Nullable: true},
}

type floatTotals[F float32 | float64] struct {
	sums  *exact.Sums
	arg   numbers[F]
	alloc memory.Allocator
	wide  []byte
}

func newFloatTotals[F float32 | float64](l *reserved.Ledger, alloc memory.Allocator) *floatTotals[F] {
	return &floatTotals[F]{sums: exact.NewSums(l), arg: numbers[F]{ledger: l}, alloc: alloc}
}

func (t *floatTotals[F]) grow(groups int) error { return t.sums.Grow(groups) }

func (t *floatTotals[F]) add(group []int32, arg arrow.Array) ([]int32, error) {
	group, values := t.arg.dense(group, arg)
	return group, exact.Add(t.sums, group, values)
}

func (t *floatTotals[F]) merge(group []int32, state []arrow.Array) error {
	if err := t.sums.Settle(); err != nil {
		return err
	}
	near, base, wide := state[0].(*array.FixedSizeBinary), state[1].(*array.Int16).Int16Values(), state[2].(*array.Binary)
	for i, g := range group {
		if near.IsNull(i) {
			continue
		}
		var rest []byte
		if wide.IsValid(i) {
			rest = wide.Value(i)
		}
		if err := t.sums.Merge(int(g), base[i], near.Value(i), rest); err != nil {
			return err
		}
	}
	return nil
}

func (t *floatTotals[F]) state(from, to int) ([]arrow.Array, error) {
	near := plaincol.New[[exact.NearBytes]byte](t.alloc, to-from)
	base := plaincol.New[int16](t.alloc, to-from)
	fill(base.Values, t.sums.Base())
	wide := array.NewBinaryBuilder(t.alloc, arrow.BinaryTypes.Binary)
	defer wide.Release()
	for g := from; g < to; g++ {
		if t.sums.Empty(g) {
			near.Null(g - from)
		} else {
			t.sums.AppendNear(near.Values[g-from][:0], g)
		}
		t.wide = t.sums.AppendWide(t.wide[:0], g)
		switch {
		case len(t.wide) == 0:
			wide.AppendNull()
		case wide.DataLen()+len(t.wide) > math.MaxInt32:
			near.Release()
			base.Release()
			return nil, fmt.Errorf("the sums of %d groups do not fit one batch", to-from)
		default:
			wide.Append(t.wide)
		}
	}
	return []arrow.Array{near.Array(floatTotalState[0].Type), base.Array(floatTotalState[1].Type), wide.NewArray()}, nil
}

func (t *floatTotals[F]) result(from, to int) (arrow.Array, error) {
	out := plaincol.New[float64](t.alloc, to-from)
	for g := from; g < to; g++ {
		if t.sums.Empty(g) {
			out.Null(g - from)
		} else {
			out.Values[g-from] = t.sums.Sum(g)
		}
	}
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (t *floatTotals[F]) mean(g int, count int64) float64 { return t.sums.Mean(g, uint64(count)) }

func (t *floatTotals[F]) reset() { t.sums.Reset() }

func (t *floatTotals[F]) close() {
	t.sums.Close()
	t.arg.close()
}
