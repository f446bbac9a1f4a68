package operators

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// floatTotalState is the state of a sum of floats, as package exact encodes it: the
// near window, null where nothing was added, its place, and the rest, mostly null.
var floatTotalState = []arrow.Field{
	{Name: "near", Type: &arrow.FixedSizeBinaryType{ByteWidth: int(unsafe.Sizeof(exact.Near{}))}, Nullable: true},
	{Name: "place", Type: arrow.PrimitiveTypes.Int16},
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

func (t *floatTotals[F]) add(group []int32, arg arrow.Array, beside exact.Beside) ([]int32, error) {
	group, values := t.arg.dense(group, arg)
	return group, exact.Add(t.sums, group, values, beside)
}

func (t *floatTotals[F]) merge(group []int32, state []arrow.Array, from int) error {
	near := plaincol.Values[exact.Near](state[0])[from:]
	place := plaincol.Values[int16](state[1])[from:]
	for at := 0; at < len(group); { // mostly all have one place
		end := at + 1
		for end < len(group) && place[end] == place[at] {
			end++
		}
		if err := t.sums.MergeNear(place[at], group[at:end], near[at:end]); err != nil {
			return err
		}
		at = end
	}
	wide := state[2].(*array.Binary)
	if wide.NullN() == wide.Len() {
		return nil
	}
	for i, g := range group {
		if wide.IsNull(from + i) {
			continue
		}
		if err := t.sums.MergeWide(int(g), wide.Value(from+i)); err != nil {
			return err
		}
	}
	return nil
}

func (t *floatTotals[F]) state(from, to int, has valued) ([]arrow.Array, error) {
	wide, err := t.wideState(from, to)
	if err != nil {
		return nil, err
	}
	near := plaincol.Unset[exact.Near](t.alloc, to-from)
	copy(near.Values, t.sums.Near(from, to))
	if has != nil {
		has.absent(from, to, near.Null)
	}
	place := plaincol.Unset[int16](t.alloc, to-from)
	fill(place.Values, t.sums.Place())
	return []arrow.Array{near.Array(floatTotalState[0].Type), place.Array(floatTotalState[1].Type), wide}, nil
}

func (t *floatTotals[F]) wideState(from, to int) (arrow.Array, error) {
	if !t.sums.Widened() {
		return plaincol.Nulls(t.alloc, arrow.BinaryTypes.Binary, to-from), nil
	}
	wide := array.NewBinaryBuilder(t.alloc, arrow.BinaryTypes.Binary)
	defer wide.Release()
	for g := from; g < to; g++ {
		t.wide = t.sums.AppendWide(t.wide[:0], g)
		switch {
		case len(t.wide) == 0:
			wide.AppendNull()
		case wide.DataLen()+len(t.wide) > math.MaxInt32:
			return nil, fmt.Errorf("the sums of %d groups do not fit one batch", to-from)
		default:
			wide.Append(t.wide)
		}
	}
	return wide.NewArray(), nil
}

func (t *floatTotals[F]) result(from, to int, has valued) (arrow.Array, error) {
	out := plaincol.Unset[float64](t.alloc, to-from)
	for i := range out.Values {
		out.Values[i] = t.sums.Sum(from + i)
	}
	has.absent(from, to, out.Null)
	return out.Array(arrow.PrimitiveTypes.Float64), nil
}

func (t *floatTotals[F]) mean(g int, count int64) float64 { return t.sums.Mean(g, uint64(count)) }

func (t *floatTotals[F]) reset() { t.sums.Reset() }

func (t *floatTotals[F]) close() {
	t.sums.Close()
	t.arg.close()
}
