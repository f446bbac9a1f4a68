package textcol

import "github.com/apache/arrow/go/v17/arrow"

const (
	colons       = ':'<<16 | ':'<<40
	colonPlaces  = 0xFF<<16 | 0xFF<<40
	clockPattern = zeros&^colonPlaces | colons
	nanos        = 1e9
)

// clockPrefix is the time of day that b begins with, 03:04, 03:04:05 or
// 03:04:05.678, in seconds and nanoseconds, and what stands behind it. Of more
// than nine digits of a fraction the others must be zeros. digits is how many of
// the nine there are.
func clockPrefix(b []byte) (second, nano int64, digits int, rest []byte, ok bool) {
	if len(b) >= 8 {
		x := load8(b) ^ clockPattern
		pairs := x*10 + x>>8
		hour, minute, s := pairs&0xFF, pairs>>24&0xFF, pairs>>48&0xFF
		if x&colonPlaces == 0 && allDigits(x) && hour < 24 && minute < 60 && s < 60 {
			second = int64(hour*3600 + minute*60 + s)
			if rest = b[8:]; len(rest) > 0 && rest[0] == '.' {
				nano, digits, rest, ok = fraction(rest[1:])
				return second, nano, digits, rest, ok
			}
			return second, 0, 0, rest, true
		}
	}
	if len(b) < 5 || b[2] != ':' || len(b) > 5 && (b[5] == ':' || b[5]-'0' <= 9) {
		return 0, 0, 0, nil, false
	}
	hour, ok := magnitude(b[:2])
	minute, also := magnitude(b[3:5])
	return int64(hour*3600 + minute*60), 0, 0, b[5:], ok && also && hour < 24 && minute < 60
}

// fraction is the digits that b begins with as a fraction of a second, in
// nanoseconds.
func fraction(b []byte) (nano int64, digits int, rest []byte, ok bool) {
	n := digitsAt(b, 0)
	for i := range 9 {
		nano *= 10
		if i < n {
			nano += int64(b[i] - '0')
		}
	}
	for i := 9; i < n; i++ {
		if b[i] != '0' {
			return 0, 0, nil, false
		}
	}
	return nano, min(n, 9), b[n:], n > 0
}

// perSecond is how many of a unit a second has.
func perSecond(u arrow.TimeUnit) int64 {
	return [...]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}[u]
}

func newClocks[T int32 | int64](c core, unit arrow.TimeUnit) Column {
	per := perSecond(unit)
	return newFixed(c, func(dst []T, data []byte, fields []Field, m *misses) {
		parseClocks(dst, data, fields, m, per)
	})
}

// parseClocks is the loop of times of day, of which a second has per.
func parseClocks[T int32 | int64](dst []T, data []byte, fields []Field, m *misses, per int64) {
	dst = dst[:len(fields)]
	unit := nanos / per
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		second, nano, _, rest, ok := clockPrefix(trimmed(data[from:to]))
		v := nano / unit
		if !ok || len(rest) > 0 || v*unit != nano {
			m.refuse(i)
			continue
		}
		dst[i] = T(second*per + v)
	}
}
