package textcol

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
)

func newDurations(c core, unit arrow.TimeUnit) Column {
	per := perSecond(unit)
	return newFixed(c, func(dst []int64, data []byte, fields []Field, m *misses) {
		parseDurations(dst, data, fields, m, per)
	})
}

// parseDurations is the loop of durations, of which a second has per.
func parseDurations(dst []int64, data []byte, fields []Field, m *misses, per int64) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		v, ok := duration(trimmed(data[from:to]), uint64(per))
		if !ok {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}

// duration reads a sign and P1DT2H3M4.5S, of which at least one part is there
// and none stands behind a smaller one.
func duration(b []byte, per uint64) (v int64, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) < 3 || b[0] != 'P' {
		return 0, false
	}
	var sum uint64
	const letters = "DTHMS"
	next := 0 // of letters
	for b = b[1:]; len(b) > 0; {
		if b[0] == 'T' && next <= 1 && len(b) > 1 {
			next, b = 2, b[1:]
			continue
		}
		n := digitsAt(b, 0)
		count, fits := magnitude(b[:n])
		if n == 0 || !fits || n == len(b) {
			return 0, false
		}
		var nano int64
		if b[n] == '.' {
			var rest []byte
			if nano, _, rest, fits = fraction(b[n+1:]); !fits || len(rest) != 1 || rest[0] != 'S' {
				return 0, false
			}
			n = len(b) - 1
		}
		part := next
		for part < len(letters) && letters[part] != b[n] {
			part++
		}
		if part == len(letters) || part == 0 && next != 0 || part > 0 && next < 2 {
			return 0, false
		}
		unit := uint64(nanos) / per
		over, value := bits.Mul64(count, [...]uint64{0: daySeconds, 2: 3600, 3: 60, 4: 1}[part])
		over2, value := bits.Mul64(value, per)
		value, carry := bits.Add64(value, uint64(nano)/unit, 0)
		sum, carry = bits.Add64(sum, value, carry)
		if over|over2|carry != 0 || uint64(nano)%unit != 0 {
			return 0, false
		}
		next, b = part+1, b[n+1:]
	}
	switch {
	case negative && sum <= 1<<63:
		return int64(-sum), true
	case !negative && sum <= math.MaxInt64:
		return int64(sum), true
	}
	return 0, false
}
