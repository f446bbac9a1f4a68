package operators

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// bigSum is the sum of numbers, and whether one is not finite, which then is the sum.
func bigSum(rows [][]any) (total *big.Float, special float64, ok bool) {
	total = new(big.Float).SetPrec(2600)
	for _, row := range rows {
		x := new(big.Float).SetPrec(2600)
		switch v := row[0].(type) {
		case float64:
			if math.IsNaN(v) || math.IsInf(v, 0) {
				special += v
				ok = true
				continue
			}
			x.SetFloat64(v)
		case float32:
			x.SetFloat64(float64(v))
		case int64:
			x.SetInt64(v)
		case int32:
			x.SetInt64(int64(v))
		case int16:
			x.SetInt64(int64(v))
		case int8:
			x.SetInt64(int64(v))
		case uint64:
			x.SetUint64(v)
		case uint32:
			x.SetUint64(uint64(v))
		case uint16:
			x.SetUint64(uint64(v))
		case uint8:
			x.SetUint64(uint64(v))
		case bool:
			if v {
				x.SetInt64(1)
			}
		case decimal128.Num:
			x.SetInt(v.BigInt())
		}
		total.Add(total, x)
	}
	return total, special, ok
}

func wantFloatSum(rows [][]any) any {
	if len(rows) == 0 {
		return nil
	}
	total, special, ok := bigSum(rows)
	if ok {
		return special
	}
	f, _ := total.Float64()
	return f + 0
}

func wantIntSum(rows [][]any) any {
	if len(rows) == 0 {
		return nil
	}
	total, _, _ := bigSum(rows)
	i, _ := total.Int64()
	return i
}

func wantUintSum(rows [][]any) any {
	if len(rows) == 0 {
		return nil
	}
	total, _, _ := bigSum(rows)
	u, _ := total.Uint64()
	return u
}

func wantMean(rows [][]any) any {
	if len(rows) == 0 {
		return nil
	}
	total, special, ok := bigSum(rows)
	if ok {
		return special
	}
	exact, _ := total.Rat(nil)
	if exact == nil {
		exact = new(big.Rat)
	}
	f, _ := exact.Quo(exact, big.NewRat(int64(len(rows)), 1)).Float64()
	return f + 0
}

// numberCases are columns of numbers to sum.
var numberCases = map[string]struct {
	t    arrow.DataType
	make func(r *rand.Rand) any
	sum  func(rows [][]any) any
}{
	"float64": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return r.NormFloat64() }, wantFloatSum},
	"float64 cancelling": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any {
		return []float64{1e16, 1, -1e16, 1e-16, math.Copysign(0, -1), 0, 5e-324}[r.IntN(7)]
	}, wantFloatSum},
	"float64 extremes": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any {
		return []float64{math.MaxFloat64, -math.MaxFloat64, 5e-324, -0x1p-1022, 1, 1e300}[r.IntN(6)]
	}, wantFloatSum},
	"float64 spread":   {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000) }, wantFloatSum},
	"float64 infinite": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return []float64{math.Inf(1), 1, 2, 3, 4, 5, 6, 7}[r.IntN(8)] }, wantFloatSum},
	"float64 special": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any {
		return []float64{math.Inf(1), math.Inf(-1), math.NaN(), 1, 2, 3, 4, 5, 6, 7}[r.IntN(10)]
	}, wantFloatSum},
	"float32": {arrow.PrimitiveTypes.Float32, func(r *rand.Rand) any { return float32(math.Ldexp(r.NormFloat64(), r.IntN(240)-120)) }, wantFloatSum},
	"int8":    {arrow.PrimitiveTypes.Int8, func(r *rand.Rand) any { return int8(r.Uint32()) }, wantIntSum},
	"int16":   {arrow.PrimitiveTypes.Int16, func(r *rand.Rand) any { return int16(r.Uint32()) }, wantIntSum},
	"int32":   {arrow.PrimitiveTypes.Int32, func(r *rand.Rand) any { return int32(r.Uint32()) }, wantIntSum},
	"int64":   {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return int64(r.Uint64()) >> 20 }, wantIntSum},
	"uint8":   {arrow.PrimitiveTypes.Uint8, func(r *rand.Rand) any { return uint8(r.Uint32()) }, wantUintSum},
	"uint16":  {arrow.PrimitiveTypes.Uint16, func(r *rand.Rand) any { return uint16(r.Uint32()) }, wantUintSum},
	"uint32":  {arrow.PrimitiveTypes.Uint32, func(r *rand.Rand) any { return r.Uint32() }, wantUintSum},
	"uint64":  {arrow.PrimitiveTypes.Uint64, func(r *rand.Rand) any { return r.Uint64() >> 20 }, wantUintSum},
	"bool":    {arrow.FixedWidthTypes.Boolean, func(r *rand.Rand) any { return r.IntN(2) == 0 }, wantIntSum},
}

func TestSum(t *testing.T) {
	t.Parallel()
	for name, c := range numberCases {
		t.Run(name, func(t *testing.T) {
			checkAggregate(t, Sum(Col("v")), []arrow.DataType{c.t}, func(r *rand.Rand) []any { return []any{c.make(r)} }, c.sum, sameValue)
		})
	}
}

func TestSumOfDurations(t *testing.T) {
	want := func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		var total time.Duration
		for _, row := range rows {
			total += row[0].(time.Duration)
		}
		return total
	}
	checkAggregate(t, Sum(Col("v")), []arrow.DataType{arrow.FixedWidthTypes.Duration_ms}, func(r *rand.Rand) []any {
		return []any{time.Duration(r.Int32()) * time.Millisecond}
	}, want, sameValue)
}

func TestSumOfDecimals(t *testing.T) {
	want := func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		total := new(big.Int)
		for _, row := range rows {
			total.Add(total, row[0].(decimal128.Num).BigInt())
		}
		return decimal128.FromBigInt(total)
	}
	checkAggregate(t, Sum(Col("v")), []arrow.DataType{&arrow.Decimal128Type{Precision: 30, Scale: 4}}, func(r *rand.Rand) []any {
		return []any{decimal128.New(int64(r.Uint64())>>30, r.Uint64())}
	}, want, sameValue)
}

// halves is a column of half floats of the given bits.
func halves(bits ...uint16) dataflowtest.Column {
	values := make([]any, len(bits))
	for i, b := range bits {
		values[i] = float16.FromBits(b).Float32()
	}
	return dataflowtest.ColOf("v", arrow.FixedWidthTypes.Float16, values...)
}

func TestHalfFloats(t *testing.T) {
	rec, group := oneGroup(halves(0x3c00, 0xc000, 0x7bff))
	defer rec.Release()
	for agg, want := range map[*Agg]any{ptr(Sum(Col("v"))): 65503.0, ptr(Largest(Col("v"), 2)): []any{float32(65504), float32(1)}, ptr(Median(Col("v"))): 1.0} {
		got, err := aggregated(t, randomSource(t), *agg, rec, group, 1)
		if err != nil || !sameValue(got[0], want) {
			t.Errorf("%s: %v, %v, want %v", agg.Name(), got, err, want)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestSumOutOfRange: what is in between may be out of range, the sum may not.
func TestSumOutOfRange(t *testing.T) {
	const most = math.MaxInt64
	dec := &arrow.Decimal128Type{Precision: 38, Scale: 2}
	nines := decimal128.GetMaxValue(38)
	for _, c := range []struct {
		column dataflowtest.Column
		want   any
		fails  string
	}{
		{dataflowtest.Col("v", []int64{most, most, -most, -most, 7}), int64(7), ""},
		{dataflowtest.Col("v", []int64{most, 1}), nil, "sum(v): the sum of a group is 9223372036854775808, which does not fit int64"},
		{dataflowtest.Col("v", []int64{math.MinInt64, -1}), nil, "is -9223372036854775809"},
		{dataflowtest.Col("v", []int64{math.MinInt64, -1, 1}), int64(math.MinInt64), ""},
		{dataflowtest.Col("v", []uint64{math.MaxUint64, 0}), uint64(math.MaxUint64), ""},
		{dataflowtest.Col("v", []uint64{math.MaxUint64, 1}), nil, "is 18446744073709551616, which does not fit uint64"},
		{dataflowtest.ColOf("v", dec, nines, nines, nines.Negate(), 5, -5), nines, ""},
		{dataflowtest.ColOf("v", dec, nines, 1), nil, "sum(v): the sum of a group is 100000000000000000000000000000000000000e-2, which has more"},
	} {
		rec, group := oneGroup(c.column)
		for range 10 {
			got, err := aggregated(t, randomSource(t), Sum(Col("v")), rec, group, 1)
			switch {
			case c.fails == "" && (err != nil || !sameValue(got[0], c.want)):
				t.Errorf("%v: %v, %v, want %v", rec.Column(0), got, err, c.want)
			case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
				t.Errorf("%v: error %v, want %s", rec.Column(0), err, c.fails)
			}
		}
		rec.Release()
	}
}

// TestSumOfNarrowUnsigned passes 2^63, which an int64 accumulator alone would not.
func TestSumOfNarrowUnsigned(t *testing.T) {
	for by, want := range map[int64]string{1: "18446744073709551615", 2: ""} {
		states, err := sum{}.NewStates([]arrow.DataType{arrow.PrimitiveTypes.Uint32}, dataflowtest.NewEnv(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		totals := states.(*sumStates).totals.(*narrowTotals[uint32])
		if err := states.Grow(1); err != nil {
			t.Fatal(err)
		}
		totals.sums.Merge([]int32{0}, []uint64{math.MaxUint64}, []int64{by}) // 2^64-1, 2^65-1
		got, fits := totals.sums.Uint64(0)
		if fits != (want != "") || fits && got != math.MaxUint64 {
			t.Errorf("%d: %d %v", by, got, fits)
		}
		states.Close()
	}
}

func TestSumNames(t *testing.T) {
	v, w := Col("v"), Col("w")
	for want, agg := range map[string]Agg{
		"sum(v)": Sum(v), "mean(v)": Mean(v), "var(v)": Var(v), "std(v)": Std(v), "median(v)": Median(v),
		"quantile(v, 0.9)": Quantile(v, 0.9), "largest(v, 2)": Largest(v, 2), "corr(v, w)": Corr(v, w),
	} {
		if agg.Name() != want {
			t.Errorf("name %q, want %q", agg.Name(), want)
		}
	}
}

func TestArgumentTypes(t *testing.T) {
	str, num := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	v := Col("v")
	for _, c := range []struct {
		agg   Agg
		types []arrow.DataType
		fails string
	}{
		{Sum(v), []arrow.DataType{str}, "sum needs numbers, booleans or durations, not utf8"},
		{Sum(v), []arrow.DataType{&arrow.DictionaryType{IndexType: num, ValueType: str}}, "sum needs numbers, booleans or durations, not utf8"},
		{Sum(v), []arrow.DataType{num, num}, "sum takes one argument, not 2"},
		{Mean(v), []arrow.DataType{arrow.FixedWidthTypes.Duration_s}, "mean needs numbers or booleans, not duration[s]"},
		{Var(v), []arrow.DataType{str}, "var needs integers or floats, not utf8"},
		{Std(v), []arrow.DataType{arrow.FixedWidthTypes.Boolean}, "std needs integers or floats, not bool"},
		{Median(v), []arrow.DataType{str}, "median needs integers or floats, not utf8"},
		{Quantile(v, 1.1), []arrow.DataType{num}, "quantile takes a number from 0 to 1, not 1.1"},
		{Quantile(v, math.NaN()), []arrow.DataType{num}, "not NaN"},
		{Largest(v, 0), []arrow.DataType{num}, "from 1 to 1000, not 0"},
		{Largest(v, 1001), []arrow.DataType{num}, "from 1 to 1000, not 1001"},
		{Largest(v, 1), []arrow.DataType{str}, "largest needs numbers or times, not utf8"},
		{Corr(v, v), []arrow.DataType{num, str}, "corr needs integers or floats, not utf8"},
	} {
		if _, _, err := c.agg.aggregate.Types(c.types); err == nil || !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s of %v: error %v, want %s", c.agg.Name(), c.types, err, c.fails)
		}
		if _, err := c.agg.aggregate.NewStates(c.types, dataflowtest.NewEnv(t, nil)); err == nil {
			t.Errorf("%s of %v: states of wrong types", c.agg.Name(), c.types)
		}
	}
}
