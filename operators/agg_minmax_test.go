package operators

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// specialFloat is mostly one of the values of which the order is not plain.
func specialFloat(r *rand.Rand) float64 {
	minus := math.Copysign(0, -1)
	special := []float64{math.NaN(), math.Copysign(math.NaN(), -1), math.Float64frombits(0x7ff0000000000001), math.Inf(1), math.Inf(-1), 0, minus, 5e-324, -5e-324, math.MaxFloat64, -math.MaxFloat64}
	if n := r.IntN(2 * len(special)); n < len(special) {
		return special[n]
	}
	return r.NormFloat64()
}

// beforeFloat is the order of Min: -0 before 0, NaN behind all.
func beforeFloat(a, b float64) bool {
	switch {
	case a != a || b != b:
		return a == a
	case a == b:
		return math.Signbit(a) && !math.Signbit(b)
	}
	return a < b
}

func TestMinAndMax(t *testing.T) {
	t.Parallel()
	ints := func(a, b any) bool {
		v, w := reflect.ValueOf(a), reflect.ValueOf(b)
		if v.CanInt() {
			return v.Int() < w.Int()
		}
		return v.Uint() < w.Uint()
	}
	for name, c := range map[string]struct {
		t      arrow.DataType
		make   func(r *rand.Rand) any
		before func(a, b any) bool
	}{
		"float64": {arrow.PrimitiveTypes.Float64, func(r *rand.Rand) any { return specialFloat(r) }, func(a, b any) bool { return beforeFloat(a.(float64), b.(float64)) }},
		"float32": {arrow.PrimitiveTypes.Float32, func(r *rand.Rand) any { return float32(specialFloat(r)) }, func(a, b any) bool { return beforeFloat(float64(a.(float32)), float64(b.(float32))) }},
		"int8":    {arrow.PrimitiveTypes.Int8, func(r *rand.Rand) any { return int8(r.Uint32()) }, ints},
		"int32":   {arrow.PrimitiveTypes.Int32, func(r *rand.Rand) any { return int32(r.Uint32()) }, ints},
		"int64":   {arrow.PrimitiveTypes.Int64, func(r *rand.Rand) any { return int64(r.Uint64()) }, ints},
		"uint16":  {arrow.PrimitiveTypes.Uint16, func(r *rand.Rand) any { return uint16(r.Uint32()) }, ints},
		"uint64":  {arrow.PrimitiveTypes.Uint64, func(r *rand.Rand) any { return r.Uint64() }, ints},
		"bool":    {arrow.FixedWidthTypes.Boolean, func(r *rand.Rand) any { return r.IntN(2) == 0 }, func(a, b any) bool { return !a.(bool) && b.(bool) }},
	} {
		first := func(before func(a, b any) bool) func(rows [][]any) any {
			return func(rows [][]any) any {
				var best any
				for _, row := range rows {
					if best == nil || before(row[0], best) {
						best = row[0]
					}
				}
				return best
			}
		}
		one := func(r *rand.Rand) []any { return []any{c.make(r)} }
		t.Run(name, func(t *testing.T) {
			checkAggregate(t, Min(Col("v")), []arrow.DataType{c.t}, one, first(c.before), sameValue)
			checkAggregate(t, Max(Col("v")), []arrow.DataType{c.t}, one, first(func(a, b any) bool { return c.before(b, a) }), sameValue)
		})
	}
}

// TestPresent adds groups in order, out of order and with gaps.
func TestPresent(t *testing.T) {
	r := randomSource(t)
	counted := 0
	for round := range 300 {
		p := present{ledger: reserved.NewLedger(nil)}
		want := map[int32]bool{}
		next, groups := int32(0), int32(0)
		for range 1 + r.IntN(8) {
			groups += r.Int32N(20)
			if err := p.grow(int(groups)); err != nil {
				t.Fatal(err)
			}
			var group []int32
			for next < groups {
				if round%2 == 0 || r.IntN(3) > 0 {
					group = append(group, next)
					if r.IntN(2) == 0 {
						group = append(group, group[r.IntN(len(group))])
					}
				}
				next++
				for _, g := range group {
					want[g] = true
				}
			}
			p.mark(group)
			for g := range groups {
				if p.has(int(g)) != want[g] {
					t.Fatalf("group %d of %d has a value: %v", g, groups, !want[g])
				}
			}
		}
		if p.seen == nil {
			counted++
		}
		p.reset()
	}
	if counted < 100 || counted == 300 {
		t.Errorf("%d of 300 were counted only", counted)
	}
}
