package operators

import (
	"fmt"
	"math/big"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/exact"
	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// decimalTotalState is the state of a sum of decimals: 192 bits, null where nothing was
// added.
var decimalTotalState = []arrow.Field{
	{Name: "sum", Type: &arrow.FixedSizeBinaryType{ByteWidth: int(unsafe.Sizeof(exact.Decimal{}))}, Nullable: true},
}

type decimalTotals struct {
	t      *arrow.Decimal128Type
	text   string
	ledger *reserved.Ledger
	alloc  memory.Allocator
	sums   []exact.Decimal
	group  []int32
}

func newDecimalTotals(t *arrow.Decimal128Type, text string, l *reserved.Ledger, alloc memory.Allocator) totals {
	return &decimalTotals{t: t, text: text, ledger: l, alloc: alloc}
}

func (t *decimalTotals) grow(groups int) error {
	err := t.ledger.Settle()
	if err == nil {
		t.sums, err = reserved.Grow(t.ledger, t.sums, groups)
	}
	return err
}

func (t *decimalTotals) add(group []int32, arg arrow.Array, beside exact.Beside) ([]int32, error) {
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
		t.group[n] = g
		n++
	}
	if beside.Count != nil {
		countAll(beside.Count, t.group[:n])
	}
	return t.group[:n], nil
}

func (t *decimalTotals) merge(group []int32, state []arrow.Array, from int) error {
	sums := plaincol.Values[exact.Decimal](state[0])[from:]
	for i, g := range group {
		t.sums[g].Merge(sums[i])
	}
	return nil
}

func (t *decimalTotals) state(from, to int, has valued) ([]arrow.Array, error) {
	out := plaincol.New[exact.Decimal](t.alloc, to-from)
	copy(out.Values, t.sums[from:to])
	if has != nil {
		has.absent(from, to, out.Null)
	}
	return []arrow.Array{out.Array(decimalTotalState[0].Type)}, nil
}

func (t *decimalTotals) result(from, to int, has valued) (arrow.Array, error) {
	out := plaincol.New[decimal128.Num](t.alloc, to-from)
	for g := from; g < to; g++ {
		hi, lo, fits := t.sums[g].Int128()
		sum := decimal128.New(hi, lo)
		if !fits || !sum.FitsInPrecision(38) {
			out.Release()
			return nil, fmt.Errorf("%s: the sum of a group is %se%d, which has more than the 38 digits of decimal128: sum the values as float64", t.text, t.sums[g].Big(), -t.t.Scale)
		}
		out.Values[g-from] = sum
	}
	has.absent(from, to, out.Null)
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
	t.sums = reserved.Empty(t.ledger, t.sums)
}

func (t *decimalTotals) close() {
	t.sums, t.group = reserved.Free(t.ledger, t.sums), reserved.Free(t.ledger, t.group)
}
