package textcol

import "math"

// parseDates32 is the loop of date32.
func parseDates32(dst []int32, data []byte, fields []Field, m *misses) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		if to-from == 10 {
			if day, ok := date10(data[from:to]); ok {
				dst[i] = int32(day)
				continue
			}
		}
		day, rest, ok := datePrefix(trimmed(data[from:to]))
		if !ok || len(rest) > 0 || day < math.MinInt32 || day > math.MaxInt32 {
			m.refuse(i)
			continue
		}
		dst[i] = int32(day)
	}
}

// parseDates64 is the loop of date64, in milliseconds.
func parseDates64(dst []int64, data []byte, fields []Field, m *misses) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		day, rest, ok := datePrefix(trimmed(data[from:to]))
		v, fits := ticks(day, 0, daySeconds*1000)
		if !ok || !fits || len(rest) > 0 {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}
