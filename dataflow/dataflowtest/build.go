package dataflowtest

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// appendValue appends a value in one of the Go types that ColOf lists.
func appendValue(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		return fmt.Errorf("%T in a column of nulls", v)
	case *array.BooleanBuilder:
		x, ok := v.(bool)
		if !ok {
			return fmt.Errorf("%T is not a bool", v)
		}
		b.Append(x)
		return nil
	case *array.Int8Builder:
		return appendInt(v, math.MinInt8, math.MaxInt8, func(x int64) { b.Append(int8(x)) })
	case *array.Int16Builder:
		return appendInt(v, math.MinInt16, math.MaxInt16, func(x int64) { b.Append(int16(x)) })
	case *array.Int32Builder:
		return appendInt(v, math.MinInt32, math.MaxInt32, func(x int64) { b.Append(int32(x)) })
	case *array.Int64Builder:
		return appendInt(v, math.MinInt64, math.MaxInt64, b.Append)
	case *array.Uint8Builder:
		return appendUint(v, math.MaxUint8, func(x uint64) { b.Append(uint8(x)) })
	case *array.Uint16Builder:
		return appendUint(v, math.MaxUint16, func(x uint64) { b.Append(uint16(x)) })
	case *array.Uint32Builder:
		return appendUint(v, math.MaxUint32, func(x uint64) { b.Append(uint32(x)) })
	case *array.Uint64Builder:
		return appendUint(v, math.MaxUint64, b.Append)
	case *array.Float16Builder:
		return appendFloat(v, func(x float64) { b.Append(float16.New(float32(x))) })
	case *array.Float32Builder:
		return appendFloat(v, func(x float64) { b.Append(float32(x)) })
	case *array.Float64Builder:
		return appendFloat(v, b.Append)
	case *array.Decimal128Builder:
		if x, ok := v.(decimal128.Num); ok {
			b.Append(x)
			return nil
		}
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(decimal128.FromI64(x)) })
	case *array.Decimal256Builder:
		if x, ok := v.(decimal256.Num); ok {
			b.Append(x)
			return nil
		}
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(decimal256.FromBigInt(big.NewInt(x))) })
	case *array.Date32Builder:
		if x, ok := v.(time.Time); ok {
			v = int64(arrow.Date32FromTime(x))
		}
		return appendInt(v, math.MinInt32, math.MaxInt32, func(x int64) { b.Append(arrow.Date32(x)) })
	case *array.Date64Builder:
		if x, ok := v.(time.Time); ok {
			v = int64(arrow.Date64FromTime(x))
		}
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(arrow.Date64(x)) })
	case *array.TimestampBuilder:
		if x, ok := v.(time.Time); ok {
			ts, err := arrow.TimestampFromTime(x, b.Type().(*arrow.TimestampType).Unit)
			if err != nil {
				return err
			}
			v = int64(ts)
		}
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(arrow.Timestamp(x)) })
	case *array.Time32Builder:
		v = inUnit(v, b.Type().(*arrow.Time32Type).Unit)
		return appendInt(v, math.MinInt32, math.MaxInt32, func(x int64) { b.Append(arrow.Time32(x)) })
	case *array.Time64Builder:
		v = inUnit(v, b.Type().(*arrow.Time64Type).Unit)
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(arrow.Time64(x)) })
	case *array.DurationBuilder:
		v = inUnit(v, b.Type().(*arrow.DurationType).Unit)
		return appendInt(v, math.MinInt64, math.MaxInt64, func(x int64) { b.Append(arrow.Duration(x)) })
	}
	return appendBytes(b, v)
}

// appendBytes appends to columns of strings, and to nested ones.
func appendBytes(b array.Builder, v any) error {
	text, isText := v.(string)
	if raw, ok := v.([]byte); ok {
		text, isText = string(raw), true
	}
	items, isList := v.([]any)
	switch b := b.(type) {
	case *array.FixedSizeBinaryBuilder:
		if width := b.Type().(*arrow.FixedSizeBinaryType).ByteWidth; !isText || len(text) != width {
			return fmt.Errorf("%T of length %d is not %d bytes", v, len(text), width)
		}
		b.Append([]byte(text))
		return nil
	case *array.StringBuilder:
		if isText {
			b.Append(text)
			return nil
		}
	case *array.LargeStringBuilder:
		if isText {
			b.Append(text)
			return nil
		}
	case *array.StringViewBuilder:
		if isText {
			b.AppendString(text)
			return nil
		}
	case *array.BinaryViewBuilder:
		if isText {
			b.Append([]byte(text))
			return nil
		}
	case *array.BinaryBuilder:
		if isText {
			b.Append([]byte(text))
			return nil
		}
	case *array.FixedSizeListBuilder:
		if n := b.Type().(*arrow.FixedSizeListType).Len(); isList && len(items) == int(n) {
			b.Append(true)
			return appendAll(b.ValueBuilder(), items)
		}
	case *array.StructBuilder:
		if isList && len(items) == b.NumField() {
			b.Append(true)
			for i, item := range items {
				if err := appendValue(b.FieldBuilder(i), item); err != nil {
					return err
				}
			}
			return nil
		}
	case array.ListLikeBuilder:
		if isList {
			switch b := b.(type) {
			case array.VarLenListLikeBuilder:
				b.AppendWithSize(true, len(items))
			case interface{ Append(bool) }:
				b.Append(true)
			}
			return appendAll(b.ValueBuilder(), items)
		}
	}
	return fmt.Errorf("%T does not fit a column of type %s", v, b.Type())
}

func appendAll(b array.Builder, items []any) error {
	for _, item := range items {
		if err := appendValue(b, item); err != nil {
			return err
		}
	}
	return nil
}

func appendInt(v any, least, most int64, add func(int64)) error {
	x := reflect.ValueOf(v)
	var n int64
	switch {
	case x.CanInt():
		n = x.Int()
	case x.CanUint() && x.Uint() <= math.MaxInt64:
		n = int64(x.Uint())
	default:
		return fmt.Errorf("%v (%T) is not an integer that fits", v, v)
	}
	if n < least || n > most {
		return fmt.Errorf("%d is outside of %d to %d", n, least, most)
	}
	add(n)
	return nil
}

func appendUint(v any, most uint64, add func(uint64)) error {
	x := reflect.ValueOf(v)
	var n uint64
	switch {
	case x.CanUint():
		n = x.Uint()
	case x.CanInt() && x.Int() >= 0:
		n = uint64(x.Int())
	default:
		return fmt.Errorf("%v (%T) is not an unsigned integer", v, v)
	}
	if n > most {
		return fmt.Errorf("%d is above %d", n, most)
	}
	add(n)
	return nil
}

func appendFloat(v any, add func(float64)) error {
	x := reflect.ValueOf(v)
	switch {
	case x.CanFloat():
		add(x.Float())
	case x.CanInt():
		add(float64(x.Int()))
	case x.CanUint():
		add(float64(x.Uint()))
	default:
		return fmt.Errorf("%v (%T) is not a number", v, v)
	}
	return nil
}

func inUnit(v any, unit arrow.TimeUnit) any {
	if d, ok := v.(time.Duration); ok {
		return int64(d / unit.Multiplier())
	}
	return v
}
