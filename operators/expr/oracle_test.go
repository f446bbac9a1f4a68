package expr_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators/expr"
)

// The oracle computes an expression for one row, by big numbers. A value is nil for null,
// *big.Int for integers, float64, *big.Rat for decimals, string, bool, moment or
// span.
type (
	moment struct{ ns *big.Int }
	span   struct{ ns *big.Int }

	row []any

	// typed is an expression with its oracle.
	typed struct {
		e        expr.Expr
		f        func(row) (any, error)
		unsigned bool // of integers: none is below 0
		wide     bool // of unsigned ones: of 64 bits
		literal  bool
		scale    int    // of decimals
		unit     int64  // of moments and spans: nanoseconds a tick
		isDate   bool   // of moments
		text     string // what the generator thinks that it is
	}
)

var errOracle = errors.New("no value")

var columns = []arrow.Field{
	{Name: "i8", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, {Name: "i32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "i64", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "j64", Type: arrow.PrimitiveTypes.Int64},
	{Name: "di", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int32}, Nullable: true},
	{Name: "u8", Type: arrow.PrimitiveTypes.Uint8, Nullable: true}, {Name: "u64", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
	{Name: "f32", Type: arrow.PrimitiveTypes.Float32, Nullable: true}, {Name: "f64", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "d2", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true}, {Name: "d5", Type: &arrow.Decimal128Type{Precision: 30, Scale: 5}, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "ls", Type: arrow.BinaryTypes.LargeString, Nullable: true},
	{Name: "ds", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, {Name: "c", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true}, {Name: "ms", Type: &arrow.TimestampType{Unit: arrow.Millisecond}, Nullable: true},
	{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, Nullable: true}, {Name: "du", Type: arrow.FixedWidthTypes.Duration_us, Nullable: true},
}

func at(name string) int {
	for i, f := range columns {
		if f.Name == name {
			return i
		}
	}
	panic(name)
}

func fit(x *big.Int, unsigned bool) (any, error) {
	if unsigned && !x.IsUint64() || !unsigned && !x.IsInt64() {
		return nil, errOracle
	}
	return x, nil
}

func toFloat(v any) float64 {
	switch x := v.(type) {
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f
	case *big.Rat:
		f, _ := x.Float64()
		return f
	}
	return v.(float64)
}

func digits(x *big.Rat, scale int) (any, error) {
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(38-scale)), nil)
	if new(big.Rat).Abs(x).Cmp(new(big.Rat).SetInt(n)) >= 0 {
		return nil, errOracle
	}
	return x, nil
}

func toRat(v any) *big.Rat {
	if x, ok := v.(*big.Int); ok {
		return new(big.Rat).SetInt(x)
	}
	return v.(*big.Rat)
}

// order compares two values; NaN is above all numbers.
func order(a, b any) int {
	switch x := a.(type) {
	case string:
		return strings.Compare(x, b.(string))
	case bool:
		return map[bool]int{true: 1}[x] - map[bool]int{true: 1}[b.(bool)]
	case moment:
		return x.ns.Cmp(b.(moment).ns)
	case span:
		return x.ns.Cmp(b.(span).ns)
	}
	rank := func(v any) int {
		if f, ok := v.(float64); ok {
			switch {
			case f != f:
				return 2
			case math.IsInf(f, 0):
				return int(math.Copysign(1, f))
			}
		}
		return 0
	}
	if r, s := rank(a), rank(b); r != 0 || s != 0 {
		return r - s
	}
	exact := func(v any) *big.Rat {
		if f, ok := v.(float64); ok {
			return new(big.Rat).SetFloat64(f)
		}
		return toRat(v)
	}
	return exact(a).Cmp(exact(b))
}

// oracleRows are the rows of a batch as values of the oracle.
func oracleRows(rec arrow.Record) []row {
	all := make([]row, rec.NumRows())
	for i, cells := range dataflowtest.Rows(rec) {
		for c, v := range cells {
			all[i] = append(all[i], oracleValue(v, rec.Column(c).DataType()))
		}
	}
	return all
}

func oracleValue(v any, t arrow.DataType) any {
	switch x := v.(type) {
	case int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		n, _ := new(big.Int).SetString(fmt.Sprint(x), 10)
		return n
	case float32:
		return float64(x)
	case decimal128.Num:
		scale := t.(*arrow.Decimal128Type).Scale
		return new(big.Rat).SetFrac(x.BigInt(), decimal128.GetScaleMultiplier(int(scale)).BigInt())
	case time.Time:
		ns := new(big.Int).Mul(big.NewInt(x.Unix()), big.NewInt(1e9))
		return moment{ns.Add(ns, big.NewInt(int64(x.Nanosecond())))}
	case time.Duration:
		return span{big.NewInt(int64(x))}
	}
	return v
}

func same(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		return ok && (math.Float64bits(x) == math.Float64bits(y) || x != x && y != y)
	}
	return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) && order(a, b) == 0
}
