package expr

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// kind is what the values of a type are to the loops.
type kind uint8

const (
	other    kind = iota // no operation but is null
	null                 // the type whose only value is null
	boolean              // vec.bools
	signed               // vec.ints
	unsigned             // vec.uints
	floating             // vec.floats
	decimal              // vec.decs, in the scale of the type
	text                 // vec.text
	raw                  // vec.text
	date                 // vec.ints, in the type's ticks, and so on
	clock
	timestamp
	duration
)

// kindOf is the kind of a type; that of a dictionary is its values'.
func kindOf(t arrow.DataType) kind {
	switch t := t.(type) {
	case *arrow.NullType:
		return null
	case *arrow.BooleanType:
		return boolean
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return signed
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return unsigned
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return floating
	case *arrow.Decimal128Type:
		if t.Scale >= 0 && t.Scale <= 38 && t.Precision >= 1 && t.Precision <= 38 {
			return decimal
		}
	case *arrow.StringType, *arrow.LargeStringType:
		return text
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.FixedSizeBinaryType:
		return raw
	case *arrow.Date32Type, *arrow.Date64Type:
		return date
	case *arrow.Time32Type, *arrow.Time64Type:
		return clock
	case *arrow.TimestampType:
		return timestamp
	case *arrow.DurationType:
		return duration
	case *arrow.DictionaryType:
		if _, nested := t.ValueType.(*arrow.DictionaryType); !nested {
			return kindOf(t.ValueType)
		}
	}
	return other
}

func (k kind) numeric() bool  { return k >= signed && k <= decimal }
func (k kind) integer() bool  { return k == signed || k == unsigned }
func (k kind) textual() bool  { return k == text || k == raw }
func (k kind) temporal() bool { return k >= date }

// ofTicks reports whether the values are int64: integers and all that counts ticks.
func (k kind) ofTicks() bool { return k == signed || k >= date }

const day = 24 * time.Hour

// tick is how long one tick of a date, time, timestamp or duration is.
func tick(t arrow.DataType) time.Duration {
	switch t := plain(t).(type) {
	case *arrow.Date32Type:
		return day
	case *arrow.Date64Type:
		return time.Millisecond
	case *arrow.Time32Type:
		return t.Unit.Multiplier()
	case *arrow.Time64Type:
		return t.Unit.Multiplier()
	case *arrow.TimestampType:
		return t.Unit.Multiplier()
	case *arrow.DurationType:
		return t.Unit.Multiplier()
	}
	return 0
}

// unitOf is the unit of a tick that is no day.
func unitOf(tick time.Duration) arrow.TimeUnit {
	switch {
	case tick >= time.Second:
		return arrow.Second
	case tick >= time.Millisecond:
		return arrow.Millisecond
	case tick >= time.Microsecond:
		return arrow.Microsecond
	}
	return arrow.Nanosecond
}

// plain is a type, or that of a dictionary's values.
func plain(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

// zoneOf is the zone of a timestamp's clocks; nil: UTC.
func zoneOf(t arrow.DataType) (*time.Location, error) {
	ts, ok := plain(t).(*arrow.TimestampType)
	if !ok || ts.TimeZone == "" || ts.TimeZone == "UTC" {
		return nil, nil
	}
	zone, err := ts.GetZone()
	if err != nil || zone == time.UTC {
		return nil, err
	}
	return zone, nil
}
