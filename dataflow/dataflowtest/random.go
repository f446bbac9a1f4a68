package dataflowtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// Random is a batch that depends on the seed alone, of values that break things:
// few distinct ones, so that keys meet; in every column the extremes of its
// type, NaN, infinities, -0 and 0, strings that are empty, that begin like each
// other, that are long, that are not ASCII; a null in about every fifth row of
// a nullable field. It panics on unions, maps, intervals and run ends.
func Random(seed uint64, rows int, fields ...arrow.Field) arrow.Record {
	cols := make([]arrow.Array, len(fields))
	for i, f := range fields {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		values := make([]any, rows)
		for j := range values {
			values[j] = randomValue(rng, f.Type, f.Nullable)
		}
		cols[i] = build(f.Name, f.Type, values)
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), cols, int64(rows))
	for _, c := range cols {
		c.Release()
	}
	return rec
}

// supportsRandom reports whether randomValue knows the type.
func supportsRandom(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.StructType:
		for _, f := range t.Fields() {
			if !supportsRandom(f.Type) {
				return false
			}
		}
		return true
	case *arrow.DictionaryType:
		return supportsRandom(t.ValueType)
	case *arrow.MapType, *arrow.RunEndEncodedType, arrow.UnionType, arrow.ExtensionType,
		*arrow.MonthIntervalType, *arrow.DayTimeIntervalType, *arrow.MonthDayNanoIntervalType:
		return false
	case arrow.ListLikeType:
		return supportsRandom(t.Elem())
	}
	return true
}

func randomValue(rng *rand.Rand, t arrow.DataType, nullable bool) any {
	if t.ID() == arrow.NULL || nullable && rng.IntN(5) == 0 {
		return nil
	}
	switch t := t.(type) {
	case *arrow.BooleanType:
		return rng.IntN(2) == 0
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return randomFloat(rng, t.ID())
	case *arrow.Decimal128Type:
		return decimal128.FromI64(rng.Int64N(21) - 10)
	case *arrow.Decimal256Type:
		return decimal256.FromI64(rng.Int64N(21) - 10)
	case *arrow.Date32Type:
		return int32(rng.IntN(7)) - 3
	case *arrow.Date64Type:
		return (rng.Int64N(7) - 3) * 24 * time.Hour.Milliseconds()
	case *arrow.Time32Type, *arrow.Time64Type:
		return rng.IntN(7) * 11
	case *arrow.TimestampType, *arrow.DurationType:
		return rng.Int64N(7) - 3
	case *arrow.FixedSizeBinaryType:
		return strings.Repeat(string(rune('a'+rng.IntN(4))), t.ByteWidth)
	case *arrow.DictionaryType:
		return randomValue(rng, t.ValueType, false)
	case *arrow.StructType:
		fields := make([]any, t.NumFields())
		for i, f := range t.Fields() {
			fields[i] = randomValue(rng, f.Type, f.Nullable)
		}
		return fields
	case *arrow.FixedSizeListType:
		return randomList(rng, int(t.Len()), t.ElemField())
	case *arrow.ListType:
		return randomList(rng, rng.IntN(4), t.ElemField())
	case *arrow.LargeListType:
		return randomList(rng, rng.IntN(4), t.ElemField())
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		return []byte(randomText(rng))
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return randomText(rng)
	case arrow.FixedWidthDataType:
		if arrow.IsInteger(t.ID()) {
			return randomInt(rng, t.BitWidth(), arrow.IsSignedInteger(t.ID()))
		}
	}
	panic(fmt.Sprintf("dataflowtest: no random values of type %s", t))
}

func randomList(rng *rand.Rand, n int, elem arrow.Field) []any {
	items := make([]any, n)
	for i := range items {
		items[i] = randomValue(rng, elem.Type, elem.Nullable)
	}
	return items
}

func randomInt(rng *rand.Rand, bits int, signed bool) any {
	if !signed {
		most := uint64(math.MaxUint64) >> (64 - bits)
		return pick(rng, uint64(rng.IntN(6)), uint64(rng.IntN(6)), uint64(rng.IntN(100)), most, most-1, most/2+1)
	}
	most := int64(math.MaxInt64) >> (64 - bits)
	return pick(rng, rng.Int64N(11)-5, rng.Int64N(11)-5, rng.Int64N(200)-100, most, -most-1, most-1)
}

func randomFloat(rng *rand.Rand, id arrow.Type) any {
	most, least := math.MaxFloat64, math.SmallestNonzeroFloat64
	switch id {
	case arrow.FLOAT32:
		most, least = math.MaxFloat32, math.SmallestNonzeroFloat32
	case arrow.FLOAT16:
		most, least = 65504, 1.0/(1<<14)
	}
	if rng.IntN(3) > 0 {
		return float64(rng.IntN(21)-10) / 4
	}
	return pick(rng, math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), most, -most, least, 0.1)
}

var texts = []string{"", " ", "a", "b", "ab", "abc", "A", "\x00", "a\x00", "é", "e\u0301", "日本語", "🙂",
	"exactly12byt", "exactly13byte", "a prefix that two share, and then one",
	"a prefix that two share, and then two", strings.Repeat("long ", 40)}

func randomText(rng *rand.Rand) string { return pick(rng, texts...) }

func pick[V any](rng *rand.Rand, of ...V) V { return of[rng.IntN(len(of))] }
