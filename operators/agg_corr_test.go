package operators

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

func wantCorr(rows [][]any) any {
	if len(rows) < 2 {
		return nil
	}
	xx, ok1 := exactMoments(rows, 0, 0)
	yy, ok2 := exactMoments(rows, 1, 1)
	if !ok1 || !ok2 || xx.Sign() == 0 || yy.Sign() == 0 {
		return math.NaN()
	}
	xy, _ := exactMoments(rows, 0, 1)
	xx.Mul(xx, yy)
	f, _ := xy.Quo(xy, xx.Sqrt(xx)).Float64()
	return f
}

// nearCorrelation: the correlation itself may cancel, so it is compared with 1.
func nearCorrelation(a, b any) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 {
		return a == b
	}
	return x != x && y != y || math.Abs(x-y) <= 1e-12
}

func TestCorr(t *testing.T) {
	t.Parallel()
	f64, i64, i32 := arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32
	for name, c := range map[string]struct {
		x, y arrow.DataType
		make func(r *rand.Rand) []any
	}{
		"floats":     {f64, f64, func(r *rand.Rand) []any { return []any{r.NormFloat64(), r.NormFloat64()} }},
		"linear":     {f64, f64, func(r *rand.Rand) []any { x := 1e3 + r.NormFloat64(); return []any{x, 3 - 0.5*x} }},
		"far from 0": {f64, f64, func(r *rand.Rand) []any { x := r.NormFloat64(); return []any{1e5 + x, 1e4 + x*r.Float64()} }},
		"constant":   {f64, i32, func(r *rand.Rand) []any { return []any{0.1, int32(r.IntN(9))} }},
		"small ints": {i64, i32, func(r *rand.Rand) []any { return []any{int64(1 + r.IntN(5)), int32(1 + r.IntN(15))} }},
		"large ints": {i64, i32, func(r *rand.Rand) []any { x := r.Int32(); return []any{int64(x) << 20, x ^ r.Int32()>>4} }},
		"times": {i64, f64, func(r *rand.Rand) []any {
			x := r.Int64N(1e15)
			return []any{17e17 + x, float64(x) + 1e14*r.NormFloat64()}
		}},
		"not finite":  {f64, f64, func(r *rand.Rand) []any { return []any{[]float64{math.NaN(), 1, 2, 3, 4, 5}[r.IntN(6)], r.Float64()} }},
		"wide ints":   {i64, i64, func(r *rand.Rand) []any { x := int64(r.Uint64()); return []any{x, x>>1 + int64(r.Uint64())>>1} }},
		"int, float":  {i32, f64, func(r *rand.Rand) []any { x := r.Int32(); return []any{x, float64(x) + 1e9*r.NormFloat64()} }},
		"float, bits": {f64, arrow.PrimitiveTypes.Uint8, func(r *rand.Rand) []any { x := r.IntN(2); return []any{r.Float64() + float64(x), uint8(x)} }},
	} {
		t.Run(name, func(t *testing.T) {
			checkAggregate(t, Corr(Col("x"), Col("y")), []arrow.DataType{c.x, c.y}, c.make, wantCorr, nearCorrelation)
		})
	}
}

func TestCorrOfAColumnWithItself(t *testing.T) {
	for _, scale := range []float64{1, 1e-100, 1e100} {
		values := []float64{1 * scale, 2 * scale, 4 * scale}
		rec, group := oneGroup(dataflowtest.Col("x", values), dataflowtest.Col("y", values))
		got, err := aggregated(t, randomSource(t), Corr(Col("x"), Col("y")), rec, group, 1)
		if err != nil || !nearCorrelation(got[0], 1.0) || got[0].(float64) > 1 {
			t.Errorf("%g: %v, %v, want 1", scale, got, err)
		}
		rec.Release()
	}
}
