package operators_test

import (
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// TestAggregatesInGroupBy goes through the harness, which cuts, codes, spills and merges.
func TestAggregatesInGroupBy(t *testing.T) {
	t.Parallel()
	in, want, r := everyAggregate()
	dataflowtest.CheckReducer(t, r, in, want, dataflowtest.Unordered(), dataflowtest.Tolerance(1e-12))
}

func everyAggregate() (in, want arrow.Record, r dataflow.Reducer) {
	v, n := operators.Col("v"), operators.Col("n")
	in = dataflowtest.Batch(
		dataflowtest.Col("k", []any{"a", "b", "a", "c", nil, "a", "b", "a", nil}),
		dataflowtest.Col("v", []any{1e16, 2.5, 1.0, nil, 0.1, -1e16, 4.0, 3.0, 0.2}),
		dataflowtest.Col("n", []any{int64(math.MaxInt64), int64(2), int64(math.MaxInt64), nil, int64(1), int64(-math.MaxInt64), int64(4), int64(-math.MaxInt64), int64(3)}),
	)
	want = dataflowtest.Batch(
		dataflowtest.Col("k", []any{"a", "b", "c", nil}),
		dataflowtest.Col("sum(v)", []any{4.0, 6.5, nil, 0.30000000000000004}),
		dataflowtest.Col("sum(n)", []any{int64(0), int64(6), nil, int64(4)}),
		dataflowtest.Col("mean(v)", []any{1.0, 3.25, nil, 0.15000000000000002}),
		dataflowtest.Col("mean(n)", []any{0.0, 3.0, nil, 2.0}),
		dataflowtest.Col("var(v)", []any{2e32 / 3, 1.125, nil, 0.005}),
		dataflowtest.Col("std(n)", []any{math.Sqrt(4.0/3) * math.MaxInt64, math.Sqrt2, nil, math.Sqrt2}),
		dataflowtest.Col("median(v)", []any{2.0, 3.25, nil, 0.15000000000000002}),
		dataflowtest.Col("q", []any{2.5e15 + 2.25, 3.625, nil, 0.175}),
		dataflowtest.ColOf("largest(v, 2)", arrow.ListOf(arrow.PrimitiveTypes.Float64), []any{1e16, 3.0}, []any{4.0, 2.5}, nil, []any{0.2, 0.1}),
		dataflowtest.Col("corr(v, n)", []any{math.Sqrt(0.5), 1.0, nil, 1.0}),
		dataflowtest.Col("min(v)", []any{-1e16, 2.5, nil, 0.1}),
		dataflowtest.Col("max(v)", []any{1e16, 4.0, nil, 0.2}),
	)
	return in, want, operators.GroupBy("k").Agg(
		operators.Sum(v), operators.Sum(n), operators.Mean(v), operators.Mean(n), operators.Var(v), operators.Std(n),
		operators.Median(v), operators.Quantile(v, 0.75).As("q"), operators.Largest(v, 2), operators.Corr(v, n), operators.Min(v), operators.Max(v),
	)
}
