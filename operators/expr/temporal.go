package expr

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// bindTemporal binds arithmetic of dates, timestamps and durations.
func bindTemporal(n *node, a, b *bound) (*bound, error) {
	instant := func(b *bound) bool { return b.kind == date || b.kind == timestamp }
	switch {
	case n.op == opSub && a.kind == date && b.kind == date:
		return bindTicks(n, a, b, arrow.PrimitiveTypes.Int64, subInts, day), nil
	case n.op == opSub && instant(a) && instant(b):
		return bindTicks(n, a, b, &arrow.DurationType{Unit: finer(a, b)}, subInts, 0), nil
	case (n.op == opAdd || n.op == opSub) && instant(a) && b.kind == duration:
		return bindTicks(n, a, b, &arrow.TimestampType{Unit: finer(a, b), TimeZone: zoneName(a)}, signedLoops[n.op], 0), nil
	case n.op == opAdd && instant(b) && a.kind == duration:
		return bindTicks(n, a, b, &arrow.TimestampType{Unit: finer(a, b), TimeZone: zoneName(b)}, addInts, 0), nil
	case (n.op == opAdd || n.op == opSub) && a.kind == duration && b.kind == duration:
		return bindTicks(n, a, b, &arrow.DurationType{Unit: finer(a, b)}, signedLoops[n.op], 0), nil
	case n.op == opMul && a.kind == duration && b.kind.integer():
		return bindTicks(n, a, b, plain(a.typ), mulInts, 0), nil
	case n.op == opMul && b.kind == duration && a.kind.integer():
		return bindTicks(n, a, b, plain(b.typ), mulInts, 0), nil
	}
	return nil, cannot(n, a, b)
}

// finer is the finer unit of two types, that of dates being the second.
func finer(a, b *bound) arrow.TimeUnit { return unitOf(min(tick(a.typ), tick(b.typ))) }

func zoneName(b *bound) string {
	if t, ok := plain(b.typ).(*arrow.TimestampType); ok {
		return t.TimeZone
	}
	return ""
}

// bindTicks is a loop over operands in one tick: that of t, where it is 0. What has no
// tick, or the tick itself, is taken as it is.
func bindTicks(n *node, a, b *bound, t arrow.DataType, do loop[int64], in time.Duration) *bound {
	if in == 0 {
		in = tick(t)
	}
	return bindIntegers(n, a, b, t, do, inTicks(a, in), inTicks(b, in), setInts)
}

// inTicks reads b in another tick. In a finer one it may not fit; to a coarser one it is
// cut down, towards the past.
func inTicks(b *bound, to time.Duration) reading[int64] {
	from := tick(b.typ)
	switch {
	case from == 0 || from == to:
		return asSigned(b)
	case from < to:
		return func(r *run, v *vec) ([]int64, func(int) bool) {
			out := scratch[int64](r, len(v.ints))
			for i, t := range v.ints {
				out[i], _ = floorDiv(t, int64(to/from))
			}
			return out, nil
		}
	}
	times := []int64{int64(from / to)}
	return func(r *run, v *vec) ([]int64, func(int) bool) {
		out := scratch[int64](r, len(v.ints))
		if !mulInts(out, v.ints, times, -1, 0) {
			return out, nil
		}
		return out, func(row int) bool {
			_, over := mulInt(v.ints[row&v.mask()], times[0])
			return over != 0
		}
	}
}

// floorDiv is a/b rounded down, and what is left, in [0, b).
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// bindField binds year, month, day, hour, minute and second.
func bindField(n *node, args []*bound) (*bound, error) {
	b := args[0]
	ofDate := n.op == opYear || n.op == opMonth || n.op == opDay
	if b.kind == null {
		return nullOf(n, arrow.PrimitiveTypes.Int64), nil
	}
	if b.kind != timestamp && !(b.kind == date) && !(b.kind == clock && !ofDate) {
		return nil, cannot(n, b)
	}
	zone, err := zoneOf(b.typ)
	if err != nil {
		return nil, err
	}
	t := tick(b.typ)
	return derived(n, b, arrow.PrimitiveTypes.Int64, func(r *run, x, v *vec, count int) {
		v.ints, v.buf = filled[int64](r, count)
		if ofDate {
			days(v.ints, x.ints, t, zone)
			fieldsOfDays(n.op, v.ints)
			return
		}
		seconds(v.ints, x.ints, t, zone)
		fieldsOfSeconds(n.op, v.ints)
	}), nil
}

// seconds are seconds since 1970 by the clocks of a zone; nil: UTC.
func seconds(out, ticks []int64, tick time.Duration, zone *time.Location) {
	switch tick {
	case day:
		clear(out) // of the day, which is all that is asked of a date
	case time.Second:
		copy(out, ticks)
	default:
		for i, v := range ticks[:len(out)] {
			out[i], _ = floorDiv(v, int64(time.Second/tick))
		}
	}
	if zone != nil {
		for i, s := range out {
			out[i] = s + offsetAt(zone, s)
		}
	}
}

// days are days since 1970 by the clocks of a zone.
func days(out, ticks []int64, tick time.Duration, zone *time.Location) {
	switch {
	case tick == day:
		copy(out, ticks)
	case zone == nil:
		for i, v := range ticks[:len(out)] {
			out[i], _ = floorDiv(v, int64(day/tick))
		}
	default:
		seconds(out, ticks, tick, zone)
		for i, s := range out {
			out[i], _ = floorDiv(s, 86400)
		}
	}
}

// offsetAt is a zone's offset from UTC, in seconds; 0 for what package time cannot
// count.
func offsetAt(zone *time.Location, seconds int64) int64 {
	if seconds > 1<<61 || seconds < -1<<61 {
		return 0
	}
	_, offset := time.Unix(seconds, 0).In(zone).Zone()
	return int64(offset)
}

func fieldsOfSeconds(o op, v []int64) {
	for i, s := range v {
		_, s = floorDiv(s, 86400)
		switch o {
		case opHour:
			v[i] = s / 3600
		case opMinute:
			v[i] = s / 60 % 60
		default:
			v[i] = s % 60
		}
	}
}

func fieldsOfDays(o op, v []int64) {
	for i, d := range v {
		year, month, day := civil(d)
		switch o {
		case opYear:
			v[i] = year
		case opMonth:
			v[i] = month
		default:
			v[i] = day
		}
	}
}

// civil is the date of a day since 1970-01-01 in the proleptic Gregorian calendar. The
// arithmetic is that of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
// civil_from_days.
func civil(days int64) (year, month, day int64) {
	era, d := floorDiv(days+719468, 146097)
	y := (d - d/1460 + d/36524 - d/146096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153 // from March
	day = d - (153*m+2)/5 + 1
	year, month = era*400+y, m+3
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}
