package textcol

import (
	"fmt"
	"math"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// instant is a timestamp as a text tells it.
type instant struct {
	second int64 // since 1970, by the clock that the text was read from
	nano   int64
	digits int   // of the fraction, up to nine
	zoned  bool  // the text has an offset
	offset int64 // of that clock, in seconds east of UTC
	plain  bool  // a date alone
}

// parseInstant reads 2021-01-02, 2021-01-02T03:04 and so on, to an offset.
func parseInstant(b []byte) (t instant, ok bool) {
	day, rest, ok := datePrefix(b)
	if !ok {
		return t, false
	}
	var second int64
	switch {
	case len(rest) == 0:
		t.plain = true
	case rest[0] == 'T' || rest[0] == ' ' || rest[0] == 't':
		if second, t.nano, t.digits, rest, ok = clockPrefix(rest[1:]); !ok {
			return t, false
		}
		if len(rest) > 0 {
			t.zoned = true
			if t.offset, ok = offsetOf(rest); !ok {
				return t, false
			}
		}
	default:
		return t, false
	}
	t.second, ok = ticks(day, second, daySeconds)
	return t, ok
}

// offsetOf is the seconds east of UTC that Z, +02:00, +0200 or +02 say.
func offsetOf(b []byte) (seconds int64, ok bool) {
	if len(b) == 1 && b[0]|0x20 == 'z' {
		return 0, true
	}
	sign := int64(1)
	switch {
	case len(b) < 3 || b[0] != '+' && b[0] != '-':
		return 0, false
	case b[0] == '-':
		sign = -1
	}
	var hours, minutes uint64
	also := true
	hours, ok = magnitude(b[1:3])
	switch b = b[3:]; {
	case len(b) == 3 && b[0] == ':':
		minutes, also = magnitude(b[1:])
	case len(b) == 2:
		minutes, also = magnitude(b)
	case len(b) > 0:
		return 0, false
	}
	return sign * int64(hours*3600+minutes*60), ok && also && hours < 24 && minutes < 60
}

// value is t in ticks of which a second has per, in UTC.
func (t *instant) value(per int64) (v int64, ok bool) {
	second := t.second - t.offset
	if (second < t.second) != (t.offset > 0) && t.offset != 0 {
		return 0, false
	}
	unit := nanos / per
	part := t.nano / unit
	if part*unit != t.nano {
		return 0, false
	}
	return ticks(second, part, per)
}

// scale is a unit: how many digits of a fraction of a second it holds, and how
// many of it a second has.
type scale struct {
	digits int
	per    int64
}

func scaleOf(u arrow.TimeUnit) scale { return scale{3 * int(u), perSecond(u)} }

func newTimestamps(c core, t *arrow.TimestampType) (Column, error) {
	u := scaleOf(t.Unit)
	if t.TimeZone == "" {
		return newFixed(c, func(dst []int64, data []byte, fields []Field, m *misses) {
			parseLocal(dst, data, fields, m, u)
		}), nil
	}
	zone, err := t.GetZone()
	if err != nil {
		return nil, fmt.Errorf("time zone %q of %s: %w", t.TimeZone, t, err)
	}
	return newFixed(c, func(dst []int64, data []byte, fields []Field, m *misses) {
		parseZoned(dst, data, fields, m, u, zone)
	}), nil
}

// parseLocal is the loop of timestamps without a zone.
func parseLocal(dst []int64, data []byte, fields []Field, m *misses, u scale) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		if v, n := stamp(data[from:to], u); n == to-from {
			dst[i] = v
			continue
		}
		t, ok := parseInstant(trimmed(data[from:to]))
		v, fits := t.value(u.per)
		if !ok || !fits || t.zoned {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}

// parseZoned is the loop of timestamps with a zone.
func parseZoned(dst []int64, data []byte, fields []Field, m *misses, u scale, zone *time.Location) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		switch v, n := stamp(data[from:to], u); {
		case n == 0:
		case n == to-from-1 && data[to-1] == 'Z', n == to-from && zone == time.UTC:
			dst[i] = v
			continue
		}
		t, ok := parseInstant(trimmed(data[from:to]))
		if ok && !t.zoned && zone != time.UTC {
			t.offset, ok = offsetIn(zone, t.second)
		}
		v, fits := t.value(u.per)
		if !ok || !fits {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}

// stamp reads a timestamp of the usual form, 2021-01-02T03:04:05 and a fraction of
// up to nine digits that u holds, of years that any unit can reach. It returns
// how long that is, 0 where there is none.
func stamp(b []byte, u scale) (v int64, n int) {
	if len(b) < 19 || b[10] != 'T' && b[10] != ' ' {
		return 0, 0
	}
	day, ok := date10(b)
	x := load8(b[11:]) ^ clockPattern
	pairs := x*10 + x>>8
	hour, minute, second := pairs&0xFF, pairs>>24&0xFF, pairs>>48&0xFF
	if !ok || x&colonPlaces != 0 || !allDigits(x) || hour >= 24 || minute >= 60 || second >= 60 || uint64(day+100_000) >= 200_000 {
		return 0, 0
	}
	v = (day*daySeconds + int64(hour*3600+minute*60+second)) * u.per
	if len(b) == 19 || b[19] != '.' {
		return v, 19
	}
	n = digitsAt(b, 20)
	digits := n - 20
	if uint(digits-1) >= uint(u.digits) {
		return 0, 0
	}
	high, low := last16(b, n, uint(digits))
	return v + int64(digits16(high, low)*tensInt[u.digits-digits]), n
}

// offsetIn is the offset from UTC when the zone's clocks show local, false where
// they never do or do it twice, and beyond what package time counts.
func offsetIn(zone *time.Location, local int64) (offset int64, ok bool) {
	if local > math.MaxInt64/4 || local < math.MinInt64/4 {
		return 0, false
	}
	before, after := offsetAt(zone, local-daySeconds), offsetAt(zone, local+daySeconds)
	first, second := offsetAt(zone, local-before) == before, offsetAt(zone, local-after) == after
	switch {
	case first && (!second || before == after):
		return before, true
	case second && !first:
		return after, true
	}
	return 0, false
}

func offsetAt(zone *time.Location, second int64) int64 {
	_, offset := time.Unix(second, 0).In(zone).Zone()
	return int64(offset)
}
