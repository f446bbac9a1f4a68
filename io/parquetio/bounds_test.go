package parquetio

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// boundValues are values that a bound on a column of the type may have.
func boundValues(rng *rand.Rand, t arrow.DataType) any {
	switch t.ID() {
	case arrow.BOOL:
		return rng.IntN(2) == 0
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.FIXED_SIZE_BINARY:
		v := []string{"", "a", "ab", "b", "prefix", "prefixx", "é", "\xff", strings.Repeat("x", 70)}[rng.IntN(9)]
		if rng.IntN(2) == 0 {
			return []byte(v)
		}
		return v
	case arrow.DATE32, arrow.TIMESTAMP:
		return time.Unix(rng.Int64N(20)-10, rng.Int64N(3)*1000)
	}
	switch rng.IntN(3) {
	case 0:
		return []int64{0, 1, -1, -5, 20, math.MaxInt64, math.MinInt64, 1<<53 + 1, -128, 255}[rng.IntN(10)]
	case 1:
		return []uint64{0, 1, 37, math.MaxUint64, 1 << 63, 1<<53 + 1, 32768}[rng.IntN(7)]
	default:
		return []float64{0, math.Copysign(0, -1), 1.5, -2, 0.1, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, -1e300}[rng.IntN(10)]
	}
}

// meets is a naive oracle: whether a cell of df.Rows meets b, in any way that an
// operator may compare them.
func meets(t arrow.DataType, cell any, b dataflow.Bound) bool {
	switch b.Op {
	case dataflow.IsNull:
		return cell == nil
	case dataflow.NotNull:
		return cell != nil
	}
	if cell == nil {
		return false
	}
	for _, c := range comparisons(t, cell, b.Value) {
		if map[dataflow.BoundOp]bool{
			dataflow.Equal: c == 0, dataflow.NotEqual: c != 0, dataflow.Less: c < 0, dataflow.LessEqual: c <= 0,
			dataflow.Greater: c > 0, dataflow.GreaterEqual: c >= 0,
		}[b.Op] {
			return true
		}
	}
	return false
}

func comparisons(t arrow.DataType, cell, value any) []int {
	switch x := cell.(type) {
	case bool:
		return []int{cmp.Compare(fmt.Sprint(x), fmt.Sprint(value))}
	case string:
		return []int{cmp.Compare(x, text(value))}
	case []byte:
		return []int{bytes.Compare(x, []byte(text(value)))}
	case time.Time:
		v := value.(time.Time)
		step := 24 * time.Hour
		if ts, ok := t.(*arrow.TimestampType); ok {
			step = ts.Unit.Multiplier()
		}
		return []int{x.Compare(v), x.Compare(v.UTC().Truncate(step))}
	case float64:
		return floats(x, value)
	case float32:
		if float(value) != float(value) || x != x {
			return floats(float64(x), value)
		}
		return append(floats(float64(x), value), cmp.Compare(x, float32(float(value))))
	}
	// Integers: exactly, and as floats.
	out := exactly(cell, value)
	if reflect.TypeOf(cell) != reflect.TypeOf(value) {
		out = append(out, cmp.Compare(float(cell), float(value)))
	}
	return out
}

func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return v.(string)
}

// floats: NaN is above all numbers, and equal to itself, or unequal to all.
func floats(x float64, value any) []int {
	v := float(value)
	if x != x {
		if v != v {
			return []int{0, 1}
		}
		return []int{1}
	}
	if v != v {
		return []int{-1, 1}
	}
	return []int{cmp.Compare(x, v)}
}

func float(v any) float64 {
	switch v := v.(type) {
	case int8:
		return float64(v)
	case int16:
		return float64(v)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case uint8:
		return float64(v)
	case uint16:
		return float64(v)
	case uint32:
		return float64(v)
	case uint64:
		return float64(v)
	case float32:
		return float64(v)
	case float64:
		return v
	}
	panic(fmt.Sprintf("%T", v))
}

func exactly(cell, value any) []int {
	a, aBig := wide(cell)
	if f, ok := value.(float64); ok {
		if f != f {
			return []int{-1, 1}
		}
		if f >= math.MaxUint64 {
			return []int{-1}
		}
		if f < math.MinInt64 {
			return []int{1}
		}
		if aBig != 0 { // of a uint64 above the largest int64
			return []int{cmp.Compare(aBig, uint64(max(f, 0)))}
		}
		if f >= 1<<63 {
			return []int{-1}
		}
		if c := cmp.Compare(a, int64(f)); c != 0 {
			return []int{c}
		}
		return []int{cmp.Compare(math.Trunc(f), f)}
	}
	b, bBig := wide(value)
	if aBig != 0 || bBig != 0 {
		return []int{cmp.Compare(aBig, bBig)}
	}
	return []int{cmp.Compare(a, b)}
}

func wide(v any) (int64, uint64) {
	if u, ok := v.(uint64); ok {
		if u > math.MaxInt64 {
			return 0, u
		}
		return int64(u), 0
	}
	switch v := v.(type) {
	case int8:
		return int64(v), 0
	case int16:
		return int64(v), 0
	case int32:
		return int64(v), 0
	case uint8:
		return int64(v), 0
	case uint16:
		return int64(v), 0
	case uint32:
		return int64(v), 0
	}
	return v.(int64), 0
}

// boundTypes are those of columns whose statistics are compared with bounds.
var boundTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, &arrow.FixedSizeBinaryType{ByteWidth: 2}, arrow.FixedWidthTypes.Date32,
	&arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"},
}

// TestBoundsLoseNothing: a row group that is left out has no row that meets the
// bound.
func TestBoundsLoseNothing(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	skipped, kept := 0, 0
	for range 300 {
		typ := boundTypes[rng.IntN(len(boundTypes))]
		rec := table(rng.Uint64(), 1+rng.IntN(40), rng.IntN(2) == 0, typ)
		groupRows := int64(1 + rng.IntN(6))
		props := []parquet.WriterProperty{parquet.WithStats(rng.IntN(8) > 0), parquet.WithMaxStatsSize(int64(1 + rng.IntN(100)))}
		path := save(t, theirs(t, []arrow.Record{rec}, groupRows, props, pqarrow.WithStoreSchema()))
		all := df.Rows(rec)
		for range 20 {
			b := dataflow.Bound{Column: "c0", Op: dataflow.BoundOp(rng.IntN(8)), Value: boundValues(rng, typ)}
			res := read(t, Scan(path).TakeBounds([]dataflow.Bound{b}), 0)
			if res.err != nil {
				t.Fatalf("seed %d: %v", seed, res.err)
			}
			there := map[int64]bool{}
			for _, s := range res.splits {
				there[s.From/groupRows] = true
			}
			for i, row := range all {
				if meets(typ, row[0], b) && !there[int64(i)/groupRows] {
					t.Fatalf("seed %d: %s: row %d, %v, meets %s, but row group %d is left out", seed, typ, i, row[0], boundString(b), int64(i)/groupRows)
				}
			}
			groups := (len(all) + int(groupRows) - 1) / int(groupRows)
			kept += len(there)
			skipped += groups - len(there)
		}
	}
	if skipped < kept/10 {
		t.Errorf("%d row groups left out, %d kept: bounds do nothing", skipped, kept)
	}
}

// TestStatistics: which statistics count, and what follows from them.
func TestStatistics(t *testing.T) {
	column := func(physical int, typ arrow.DataType) *fileColumn {
		return &fileColumn{flat: true, optional: true, physical: physical, t: typ}
	}
	i64 := func(v int64) []byte { return binaryAppend(uint64(v), 8) }
	ints := statistics{column: column(physicalInt64, arrow.PrimitiveTypes.Int64), rows: 10, nulls: 0, nans: -1, min: i64(5), max: i64(9), ranged: true, minExact: true, maxExact: true}
	same := ints
	same.max = i64(5)
	inexact := same
	inexact.maxExact = false
	unknown := ints
	unknown.ranged = false
	turned := ints
	turned.min, turned.max = i64(9), i64(5)
	nulls := unknown
	nulls.nulls = 10
	untold := unknown
	untold.nulls = -1
	short := ints
	short.min = i64(5)[:4]
	f64 := func(v float64) []byte { return binaryAppend(math.Float64bits(v), 8) }
	floats := statistics{column: column(physicalDouble, arrow.PrimitiveTypes.Float64), rows: 10, nulls: 0, nans: -1, min: f64(1), max: f64(2), ranged: true, minExact: true, maxExact: true}
	noNaN := floats
	noNaN.nans = 0
	nan := floats
	nan.max = f64(math.NaN())
	decimal := ints
	decimal.column = column(physicalInt64, &arrow.Decimal128Type{Precision: 10, Scale: 2})
	for _, c := range []struct {
		name  string
		s     statistics
		op    dataflow.BoundOp
		value any
		want  bool
	}{
		{"below", ints, dataflow.Equal, int64(4), true},
		{"inside", ints, dataflow.Equal, int64(7), false},
		{"least", ints, dataflow.Less, int64(5), true},
		{"least too", ints, dataflow.LessEqual, int64(5), false},
		{"most", ints, dataflow.Greater, int64(9), true},
		{"most too", ints, dataflow.GreaterEqual, int64(9), false},
		{"one value", same, dataflow.NotEqual, int64(5), true},
		{"one value of many", ints, dataflow.NotEqual, int64(5), false},
		{"an inexact value", inexact, dataflow.NotEqual, int64(5), false},
		{"a fraction", ints, dataflow.Less, 5.0, true},
		{"another type", ints, dataflow.Less, "a", false},
		{"no statistics", unknown, dataflow.Equal, int64(4), false},
		{"turned", turned, dataflow.Equal, int64(4), false},
		{"too short", short, dataflow.Equal, int64(4), false},
		{"all null", nulls, dataflow.Equal, int64(4), true},
		{"all null, not null", nulls, dataflow.NotNull, nil, true},
		{"all null, null", nulls, dataflow.IsNull, nil, false},
		{"no null", ints, dataflow.IsNull, nil, true},
		{"nulls not told", untold, dataflow.IsNull, nil, false},
		{"nulls not told, not null", untold, dataflow.NotNull, nil, false},
		{"floats, less", floats, dataflow.Less, 1.0, true},
		{"floats, greater: there may be NaN", floats, dataflow.Greater, 2.0, false},
		{"floats, greater without NaN", noNaN, dataflow.Greater, 2.0, true},
		{"floats, NaN asked", floats, dataflow.Equal, math.NaN(), false},
		{"floats, NaN in statistics", nan, dataflow.Less, 1.0, false},
		{"decimals", decimal, dataflow.Equal, int64(4), false},
	} {
		if got := c.s.misses(&dataflow.Bound{Op: c.op, Value: c.value}); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func binaryAppend(v uint64, n int) []byte {
	var b []byte
	for range n {
		b = append(b, byte(v))
		v >>= 8
	}
	return b
}
