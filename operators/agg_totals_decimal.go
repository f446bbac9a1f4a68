package operators

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

const decimalBytes = 24

// decimalTotalState is the state of a sum of decimals: 192 bits, little-endian, null
// where nothing was added.
var decimalTotalState = []arrow.Field{
	{Name: "sum", Type: &arrow.FixedSizeBinaryType{ByteWidth: decimalBytes}, Nullable: true},
}

type decimalTotals struct {
	t      *arrow.Decimal128Type
	text   string
	ledger *reserved.Ledger
	alloc  memory.Allocator
	sums   []exact.Decimal
	seen   []uint8
	group  []int32
}

func newDecimalTotals(t *arrow.Decimal128Type, text string, l *reserved.Ledger, alloc memory.Allocator) totals {
	return &decimalTotals{t: t, text: text, ledger: l, alloc: alloc}
}

func (t *decimalTotals) grow(groups int) error {
	err := t.ledger.Settle()
	if err != nil || groups <= len(t.sums) {
		return err
	}
	if t.seen, err = reserved.Grow(t.ledger, t.seen, groups); err == nil {
		t.sums, err = reserved.Grow(t.ledger, t.sums, groups)
	}
	return err
}

func (t *decimalTotals) add(group []int32, arg arrow.Array) ([]int32, error) {
	if err := t.ledger.Settle(); err != nil {
		return nil, err
	}
	at := func(i int) int { return i }
	values, ok := arg.(*array.Decimal128)
	dict, coded := arg.(*array.Dictionary)
	if coded {
		at = dict.GetValueIndex
		values, ok = dict.Dictionary().(*array.Decimal128)
	}
	if !ok {
		return nil, fmt.Errorf("%s: a column of %s, not %s", t.text, arg.DataType(), t.t)
	}
	t.group = reserved.Scratch(t.ledger, t.group, len(group))
	n := 0
	for i, g := range group {
		if arg.IsNull(i) || coded && values.IsNull(at(i)) {
			continue
		}
		v := values.Value(at(i))
		t.sums[g].Add(v.HighBits(), v.LowBits())
		t.seen[g] = 1
		t.group[n] = g
		n++
	}
	return t.group[:n], nil
}

func (t *decimalTotals) merge(group []int32, state []arrow.Array) error {
	if err := t.ledger.Settle(); err != nil {
		return err
	}
	sums := state[0].(*array.FixedSizeBinary)
	for i, g := range group {
		if sums.IsNull(i) {
			continue
		}
		b := sums.Value(i)
		t.sums[g].Merge(exact.Decimal{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])})
		t.seen[g] = 1
	}
	return nil
}

func (t *decimalTotals) state(from, to int) ([]arrow.Array, error) {
	out := plaincol.New[[decimalBytes]byte](t.alloc, to-from)
	for g := from; g < to; g++ {
		if t.seen[g] == 0 {
			out.Null(g - from)
		}
		for i, word := range t.sums[g] {
			binary.LittleEndian.PutUint64(out.Values[g-from][8*i:], word)
		}
	}
	return []arrow.Array{out.Array(decimalTotalState[0].Type)}, nil
}

func (t *decimalTotals) result(from, to int) (arrow.Array, error) {
	out := plaincol.New[decimal128.Num](t.alloc, to-from)
	for g := from; g < to; g++ {
		if t.seen[g] == 0 {
			out.Null(g - from)
			continue
		}
		hi, lo, fits := t.sums[g].Int128()
		sum := decimal128.New(hi, lo)
		if !fits || !sum.FitsInPrecision(38) {
			out.Release()
			return nil, fmt.Errorf("%s: the sum of a group is %se%d, which has more than the 38 digits of decimal128: sum the values as float64", t.text, t.sums[g].Big(), -t.t.Scale)
		}
		out.Values[g-from] = sum
	}
	return out.Array(&arrow.Decimal128Type{Precision: 38, Scale: t.t.Scale}), nil
}

func (t *decimalTotals) mean(g int, count int64) float64 {
	mean := new(big.Rat).SetFrac(t.sums[g].Big(), big.NewInt(count))
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(t.t.Scale, -t.t.Scale))), nil)
	if t.t.Scale < 0 {
		mean.Mul(mean, new(big.Rat).SetInt(ten))
	} else {
		mean.Quo(mean, new(big.Rat).SetInt(ten))
	}
	f, _ := mean.Float64()
	return f
}

func (t *decimalTotals) reset() {
	t.sums, t.seen = reserved.Empty(t.ledger, t.sums), reserved.Empty(t.ledger, t.seen)
}

func (t *decimalTotals) close() {
	t.sums, t.seen, t.group = reserved.Free(t.ledger, t.sums), reserved.Free(t.ledger, t.seen), reserved.Free(t.ledger, t.group)
}
