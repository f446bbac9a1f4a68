package expr

import (
	"math"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// counted reads ticks as integers, or integers as ticks, of t.
func counted(t arrow.DataType) conversion {
	if kindOf(t) == unsigned {
		return numbers(arrow.PrimitiveTypes.Int64, t)
	}
	least, most := bitsRange(t)
	return func(_ *run, v, x *vec, _ int, bad []int32) ([]int32, error) {
		v.ints, v.buf = x.ints, x.buf
		for i, s := range x.ints {
			if s < least || s > most {
				bad = append(bad, int32(i))
			}
		}
		return bad, nil
	}
}

// bitsRange is the range of a type of signed words.
func bitsRange(t arrow.DataType) (least, most int64) {
	width := t.(arrow.FixedWidthDataType).BitWidth()
	return math.MinInt64 >> (64 - width), math.MaxInt64 >> (64 - width)
}

// moved brings dates, times, timestamps and durations to another tick.
func moved(from, to arrow.DataType) (conversion, error) {
	zone, err := zoneOf(from)
	if err != nil {
		return nil, err
	}
	s, t := tick(from), tick(to)
	ofClock := kindOf(from) == timestamp && kindOf(to) == clock
	ofDate := kindOf(from) == timestamp && kindOf(to) == date || from.ID() == arrow.DATE64
	least, most := bitsRange(to)
	return func(r *run, v, x *vec, count int, bad []int32) ([]int32, error) {
		v.ints, v.buf = filled[int64](r, count)
		in, unit := x.ints, s
		switch {
		case ofDate:
			in, unit = scratch[int64](r, count), day
			days(in, x.ints, s, zone)
		case ofClock:
			in = scratch[int64](r, count)
			for i, v := range x.ints {
				in[i] = v
				if zone != nil {
					whole, _ := floorDiv(v, int64(time.Second/s))
					in[i] += offsetAt(zone, whole) * int64(time.Second/s)
				}
				_, in[i] = floorDiv(in[i], int64(day/s))
			}
		}
		for i, c := range in {
			var over uint64
			if unit >= t {
				v.ints[i], over = mulInt(c, int64(unit/t))
			} else {
				v.ints[i], _ = floorDiv(c, int64(t/unit))
			}
			if over != 0 || v.ints[i] < least || v.ints[i] > most {
				bad = append(bad, int32(i))
			}
		}
		return bad, nil
	}, nil
}
