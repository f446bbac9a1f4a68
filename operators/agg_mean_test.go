package operators

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

func TestMean(t *testing.T) {
	t.Parallel()
	for name, c := range numberCases {
		t.Run(name, func(t *testing.T) {
			checkAggregate(t, Mean(Col("v")), []arrow.DataType{c.t}, func(r *rand.Rand) []any { return []any{c.make(r)} }, wantMean, sameValue)
		})
	}
}

func TestMeanOfDecimals(t *testing.T) {
	want := func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		total := new(big.Int)
		for _, row := range rows {
			total.Add(total, row[0].(decimal128.Num).BigInt())
		}
		f, _ := new(big.Rat).SetFrac(total, big.NewInt(1000*int64(len(rows)))).Float64()
		return f
	}
	checkAggregate(t, Mean(Col("v")), []arrow.DataType{&arrow.Decimal128Type{Precision: 30, Scale: 3}}, func(r *rand.Rand) []any {
		return []any{decimal128.FromI64(int64(r.Uint64()))}
	}, want, sameValue)
}

// TestMeanPastTheRangeOfSums: the sum does not fit its type, the mean does.
func TestMeanPastTheRangeOfSums(t *testing.T) {
	for _, c := range []struct {
		column dataflowtest.Column
		want   float64
	}{
		{dataflowtest.Col("v", []float64{math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}), math.MaxFloat64},
		{dataflowtest.Col("v", []float64{5e-324, 5e-324, 0}), 5e-324},
		{dataflowtest.Col("v", []float64{5e-324, 0}), 0},              // a tie: to even
		{dataflowtest.Col("v", []float64{5e-324, 1e-323, 0}), 5e-324}, // exactly 1
		{dataflowtest.Col("v", []int64{math.MaxInt64, math.MaxInt64}), 0x1p63},
		{dataflowtest.Col("v", []int64{1<<53 + 1, 1<<53 + 2}), 1<<53 + 2}, // 2^53+1.5
		{dataflowtest.Col("v", []uint64{math.MaxUint64, math.MaxUint64}), 0x1p64},
		{dataflowtest.Col("v", []float64{1, 1, 2}), 4.0 / 3},
	} {
		rec, group := oneGroup(c.column)
		got, err := aggregated(t, randomSource(t), Mean(Col("v")), rec, group, 1)
		if err != nil || !sameValue(got[0], c.want) {
			t.Errorf("%v: %v, %v, want %v", rec.Column(0), got, err, c.want)
		}
		rec.Release()
	}
}
