package operators

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// momentBits is a precision that no sum of these tests is rounded at.
const momentBits = 1200

// exactValue is a number of Rows exactly; false for one that is not finite.
func exactValue(v any) (*big.Float, bool) {
	x := new(big.Float).SetPrec(momentBits)
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		return x.SetFloat64(v), true
	case float32:
		return exactValue(float64(v))
	case uint64:
		return x.SetUint64(v), true
	case int64:
		return x.SetInt64(v), true
	case int32:
		return x.SetInt64(int64(v)), true
	case int8:
		return x.SetInt64(int64(v)), true
	case uint8:
		return x.SetInt64(int64(v)), true
	}
	panic(fmt.Sprintf("%T", v))
}

// exactMoments are n·Σ(x-mean)(y-mean), exactly, of columns a and b.
func exactMoments(rows [][]any, a, b int) (*big.Float, bool) {
	x, y, xy, prod := new(big.Float).SetPrec(momentBits), new(big.Float).SetPrec(momentBits), new(big.Float).SetPrec(momentBits), new(big.Float).SetPrec(momentBits)
	for _, row := range rows {
		v, ok1 := exactValue(row[a])
		w, ok2 := exactValue(row[b])
		if !ok1 || !ok2 {
			return nil, false
		}
		x.Add(x, v)
		y.Add(y, w)
		xy.Add(xy, prod.Mul(v, w))
	}
	xy.Mul(xy, prod.SetInt64(int64(len(rows))))
	return xy.Sub(xy, x.Mul(x, y)), true
}

func wantVar(rows [][]any) any {
	if len(rows) < 2 {
		return nil
	}
	m, ok := exactMoments(rows, 0, 0)
	if !ok {
		return math.NaN()
	}
	n := int64(len(rows))
	f, _ := m.Quo(m, new(big.Float).SetInt64(n*(n-1))).Float64()
	return f
}

// spreadCases are columns for variances.
var spreadCases = map[string]struct {
	t    arrow.DataType
	make func(r *rand.Rand) any
}{
	"float64":              {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return r.NormFloat64() }},
	"float64 far from 0":   {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return 1e6 + r.NormFloat64() }},
	"float64 tiny":         {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return 1e-120 * r.NormFloat64() }},
	"float64 huge":         {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return 1e150 * r.NormFloat64() }},
	"float64 constant":     {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return 0.1 }},
	"float64 few":          {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return []float64{0.1, 0.1, 0.1, 0.1, 0.3}[r.IntN(5)] }},
	"float64 zeros":        {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return math.Copysign(0, r.NormFloat64()) }},
	"float64 special":      {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return []float64{math.NaN(), math.Inf(1), 1, 2, 3, 4, 5, 6}[r.IntN(8)] }},
	"float32":              {arrow.PrimitiveTypes.Float32, func(r *rand.Rand) any { return float32(100 * r.Float64()) }},
	"int8":                 {arrow.PrimitiveTypes.Int8, func(r *rand.Rand) any { return int8(r.Uint32()) }},
	"uint8":                {arrow.PrimitiveTypes.Uint8, func(r *rand.Rand) any { return uint8(r.IntN(5)) }},
	"int32":                {arrow.PrimitiveTypes.Int32, func(r *rand.Rand) any { return int32(r.Uint32()) }},
	"int64":                {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return int64(r.Uint64()) }},
	"int64 both sides":     {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return int64(r.Uint64()) >> r.IntN(60) }},
	"int64 times":          {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return 1_700_000_000_000_000_000 + r.Int64N(1e15) }},
	"int64 large constant": {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return int64(math.MaxInt64) }},
	"uint64":               {arrow.PrimitiveTypes.Uint64, func(r *rand.Rand) any { return math.MaxUint64 - r.Uint64N(1<<50) }},
}

func TestVar(t *testing.T) {
	t.Parallel()
	for name, c := range spreadCases {
		t.Run(name, func(t *testing.T) {
			checkAggregate(t, Var(Col("v")), []arrow.DataType{c.t}, func(r *rand.Rand) []any { return []any{c.make(r)} }, wantVar, near)
		})
	}
}

func TestStd(t *testing.T) {
	t.Parallel()
	want := func(rows [][]any) any {
		if v := wantVar(rows); v != nil {
			return math.Sqrt(v.(float64))
		}
		return nil
	}
	checkAggregate(t, Std(Col("v")), []arrow.DataType{arrow.PrimitiveTypes.Float64}, func(r *rand.Rand) []any {
		return []any{1e5 + 10*r.Float64()}
	}, want, near)
}

// TestVarCancelling is at the limit that Var promises, with many values.
func TestVarCancelling(t *testing.T) {
	t.Parallel()
	r := randomSource(t)
	values := make([]float64, 200_000)
	rows := make([][]any, len(values))
	for i := range values {
		values[i] = 1e6/3 + r.NormFloat64()/3
		rows[i] = []any{values[i]}
	}
	rec, group := oneGroup(dataflowtest.Col("v", values))
	defer rec.Release()
	want := wantVar(rows)
	for range 5 {
		got, err := aggregated(t, r, Var(Col("v")), rec, group, 1)
		if err != nil || !near(got[0], want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
	}
}
