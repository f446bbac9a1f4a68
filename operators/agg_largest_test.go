package operators

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// wantLargest sorts the values, NaN first.
func wantLargest(k int) func(rows [][]any) any {
	return func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		var all []any
		for _, row := range rows {
			v := row[0]
			if f, ok := v.(float64); ok {
				v = f + 0
			}
			all = append(all, v)
		}
		slices.SortFunc(all, func(a, b any) int { return compareNumbers(b, a) })
		return all[:min(k, len(all))]
	}
}

func TestLargest(t *testing.T) {
	t.Parallel()
	for name, c := range spreadCases {
		for _, k := range []int{1, 2, 5, 100} {
			t.Run(name, func(t *testing.T) {
				checkAggregate(t, Largest(Col("v"), k), []arrow.DataType{c.t}, func(r *rand.Rand) []any { return []any{c.make(r)} }, wantLargest(k), sameValue)
			})
		}
	}
}

func TestLargestTimes(t *testing.T) {
	want := func(rows [][]any) any {
		if len(rows) == 0 {
			return nil
		}
		var all []any
		for _, row := range rows {
			all = append(all, row[0])
		}
		slices.SortFunc(all, func(a, b any) int { return b.(time.Time).Compare(a.(time.Time)) })
		return all[:min(2, len(all))]
	}
	for _, typ := range []arrow.DataType{arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Date32} {
		checkAggregate(t, Largest(Col("v"), 2), []arrow.DataType{typ}, func(r *rand.Rand) []any {
			return []any{time.Unix(86400*int64(r.IntN(20000)), 0).UTC()}
		}, want, sameValue)
	}
}

func TestInsertNormalises(t *testing.T) {
	top := make([]float64, 3)
	insert(top, 0, math.Copysign(0, -1))
	insert(top, 1, math.Float64frombits(0xfff8000000000123))
	if math.Float64bits(top[0]) != math.Float64bits(math.NaN()) || math.Float64bits(top[1]) != 0 {
		t.Errorf("%x %x", math.Float64bits(top[0]), math.Float64bits(top[1]))
	}
}
