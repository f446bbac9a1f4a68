package rowtext

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	daySeconds = 86400
	dayMillis  = daySeconds * 1000
)

func ticksPerSecond(u arrow.TimeUnit) int64 {
	return [...]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}[u]
}

// floorDiv is a/b rounded down, and what is left, in [0, b).
func floorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

type timestamps struct {
	look
	bare
	ticks int64
	zone  *time.Location // nil: local time of nowhere
}

func newTimestamps(t *arrow.TimestampType, as look) (Column, error) {
	w := &timestamps{look: as, ticks: ticksPerSecond(t.Unit)}
	if t.TimeZone == "" {
		return w, nil
	}
	zone, err := t.GetZone()
	if err != nil {
		return nil, fmt.Errorf("time zone %q of %s: %w", t.TimeZone, t, err)
	}
	w.zone = zone
	return w, nil
}

func (w *timestamps) Append(c *Cells, arr arrow.Array, from, to int) {
	values := arr.(*array.Timestamp).TimestampValues()
	each(c, w.look, validityOf(arr), from, to, func(b []byte, i int) []byte {
		seconds, fraction := floorDiv(int64(values[i]), w.ticks)
		if w.zone == nil {
			return appendInstant(b, seconds, fraction, w.ticks)
		}
		offset := int64(offsetAt(w.zone, seconds))
		b = appendInstant(b, seconds+offset, fraction, w.ticks)
		if offset == 0 {
			return append(b, 'Z')
		}
		sign := byte('+')
		if offset < 0 {
			sign, offset = '-', -offset
		}
		b = appendPadded(append(b, sign), offset/3600, 2)
		return appendPadded(append(b, ':'), offset/60%60, 2)
	})
}

// offsetAt is the zone's offset from UTC in seconds: 0 where it is no number of
// minutes, which RFC 3339 has no form for, and beyond what package time counts.
func offsetAt(zone *time.Location, seconds int64) int {
	if seconds > math.MaxInt64/4 || seconds < math.MinInt64/4 {
		return 0
	}
	_, offset := time.Unix(seconds, 0).In(zone).Zone()
	if offset%60 != 0 {
		return 0
	}
	return offset
}

func appendInstant(b []byte, seconds, fraction, ticks int64) []byte {
	days, second := floorDiv(seconds, daySeconds)
	b = append(appendDate(b, days), 'T')
	return appendClock(b, second, fraction, ticks)
}

// appendDate writes the day that is days after 1970-01-01 in the proleptic
// Gregorian calendar. The arithmetic is that of Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms", civil_from_days; it is right
// for every date and every timestamp that Arrow can hold.
func appendDate(b []byte, days int64) []byte {
	era, day := floorDiv(days+719468, 146097)
	yearOfEra := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*yearOfEra + yearOfEra/4 - yearOfEra/100
	month := (5*day + 2) / 153 // from March
	day -= (153*month+2)/5 - 1
	year := era*400 + yearOfEra
	if month += 3; month > 12 {
		month, year = month-12, year+1
	}
	b = appendPadded(b, year, 4)
	return append(b, '-', '0'+byte(month/10), '0'+byte(month%10), '-', '0'+byte(day/10), '0'+byte(day%10))
}

// appendClock writes a time of day. What Arrow does not allow there, before 0 or
// beyond 24 hours, is written as it is.
func appendClock(b []byte, seconds, fraction, ticks int64) []byte {
	b = appendPadded(b, seconds/3600, 2)
	minute, second := seconds/60%60, seconds%60
	b = append(b, ':', '0'+byte(minute/10), '0'+byte(minute%10), ':', '0'+byte(second/10), '0'+byte(second%10))
	return appendFraction(b, fraction, ticks)
}

// appendFraction writes .25 for 250 ticks of 1000, and nothing for none.
func appendFraction(b []byte, fraction, ticks int64) []byte {
	if fraction == 0 {
		return b
	}
	b = append(b, '.')
	for ticks /= 10; fraction > 0; ticks /= 10 {
		b = append(b, '0'+byte(fraction/ticks))
		fraction %= ticks
	}
	return b
}

type dates struct {
	look
	bare
}

func (d dates) Append(c *Cells, arr arrow.Array, from, to int) {
	valid := validityOf(arr)
	switch arr := arr.(type) {
	case *array.Date32:
		values := arr.Date32Values()
		each(c, d.look, valid, from, to, func(b []byte, i int) []byte { return appendDate(b, int64(values[i])) })
	case *array.Date64:
		values := arr.Date64Values()
		each(c, d.look, valid, from, to, func(b []byte, i int) []byte {
			days, _ := floorDiv(int64(values[i]), dayMillis)
			return appendDate(b, days)
		})
	}
}

type clocks struct {
	look
	bare
	ticks int64
}

func (w clocks) Append(c *Cells, arr arrow.Array, from, to int) {
	valid := validityOf(arr)
	write := func(b []byte, v int64) []byte {
		seconds, fraction := v/w.ticks, v%w.ticks
		if v < 0 {
			b, seconds, fraction = append(b, '-'), -seconds, -fraction
		}
		return appendClock(b, seconds, fraction, w.ticks)
	}
	switch arr := arr.(type) {
	case *array.Time32:
		values := arr.Time32Values()
		each(c, w.look, valid, from, to, func(b []byte, i int) []byte { return write(b, int64(values[i])) })
	case *array.Time64:
		values := arr.Time64Values()
		each(c, w.look, valid, from, to, func(b []byte, i int) []byte { return write(b, int64(values[i])) })
	}
}

type durations struct {
	look
	bare
	ticks int64
}

func (w durations) Append(c *Cells, arr arrow.Array, from, to int) {
	values := arr.(*array.Duration).DurationValues()
	each(c, w.look, validityOf(arr), from, to, func(b []byte, i int) []byte {
		seconds, fraction := int64(values[i])/w.ticks, int64(values[i])%w.ticks
		if values[i] < 0 {
			b = append(b, '-')
		}
		return appendPeriod(append(b, 'P'), magnitude(seconds), magnitude(fraction), uint64(w.ticks))
	})
}

// magnitude is the absolute value, that of the least integer too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// appendPeriod writes T1H30M0.5S, and T0S for nothing.
func appendPeriod(b []byte, seconds, fraction, ticks uint64) []byte {
	b = append(b, 'T')
	hours, minutes, rest := seconds/3600, seconds/60%60, seconds%60
	if hours > 0 {
		b = append(strconv.AppendUint(b, hours, 10), 'H')
	}
	if minutes > 0 {
		b = append(strconv.AppendUint(b, minutes, 10), 'M')
	}
	if rest > 0 || fraction > 0 || hours == 0 && minutes == 0 {
		b = strconv.AppendUint(b, rest, 10)
		b = append(appendFraction(b, int64(fraction), int64(ticks)), 'S')
	}
	return b
}

// intervals writes months, days and fractions of a day, each with its own sign.
type intervals struct {
	look
	bare
}

func (w intervals) Append(c *Cells, arr arrow.Array, from, to int) {
	each(c, w.look, validityOf(arr), from, to, func(b []byte, i int) []byte {
		switch arr := arr.(type) {
		case *array.MonthInterval:
			return appendInterval(b, int64(arr.Value(i)), 0, 0, 1)
		case *array.DayTimeInterval:
			v := arr.Value(i)
			return appendInterval(b, 0, int64(v.Days), int64(v.Milliseconds), 1e3)
		case *array.MonthDayNanoInterval:
			v := arr.Value(i)
			return appendInterval(b, int64(v.Months), int64(v.Days), v.Nanoseconds, 1e9)
		}
		return b
	})
}

func appendInterval(b []byte, months, days, rest, ticks int64) []byte {
	b = append(b, 'P')
	if months != 0 {
		b = append(strconv.AppendInt(b, months, 10), 'M')
	}
	if days != 0 {
		b = append(strconv.AppendInt(b, days, 10), 'D')
	}
	if rest == 0 && (months != 0 || days != 0) {
		return b
	}
	b = append(b, 'T')
	if rest < 0 {
		b = append(b, '-')
	}
	m := magnitude(rest)
	b = strconv.AppendUint(b, m/uint64(ticks), 10)
	return append(appendFraction(b, int64(m%uint64(ticks)), ticks), 'S')
}
