package textcol

import (
	"math"
	"strconv"
	"unsafe"
)

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloats64 is the loop of float64. A decimal whose digits are an integer of
// up to 53 bits is that integer divided by a power of ten: both are exact, so
// that the quotient is rounded once (William Clinger, "How to Read Floating
// Point Numbers Accurately", 1990).
func parseFloats64(dst []float64, data []byte, fields []Field, m *misses) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		negative := minus(data[from])
		n := uint(to-from) - negative
		if n-1 < 8 && to >= 8 {
			x := (load8(data[to-8:to:to]) ^ zeros) & keep(n)
			scale := 0
			if at := pointIn(x); at < 8 {
				x = cutPoint(x, at)
				scale = 7 - at
				n--
			}
			if allDigits(x) && n > 0 {
				v := float64(number8(x)) / tens[scale]
				dst[i] = math.Float64frombits(math.Float64bits(v) | uint64(negative)<<63)
				continue
			}
		} else if n-1 < 16 {
			if v, scale, ok := decimal16(data, to, n); ok && v <= 1<<53 {
				v := float64(v) / tens[scale]
				dst[i] = math.Float64frombits(math.Float64bits(v) | uint64(negative)<<63)
				continue
			}
		}
		v, ok := float(data[from:to], 64)
		if !ok {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}

// parseFloats32 is the loop of float32.
func parseFloats32(dst []float32, data []byte, fields []Field, m *misses) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		negative := minus(data[from])
		if n := uint(to-from) - negative; n-1 < 16 {
			if v, scale, ok := decimal16(data, to, n); ok && v <= 1<<53 {
				if v := float64(v) / tens[scale]; roundsOnce(v) {
					dst[i] = math.Float32frombits(math.Float32bits(float32(v)) | uint32(negative)<<31)
					continue
				}
			}
		}
		v, ok := float(data[from:to], 32)
		if !ok {
			m.refuse(i)
			continue
		}
		dst[i] = float32(v)
	}
}

// roundsOnce reports whether v, a decimal rounded to a float64, rounds to the
// float32 that the decimal does. It does where v is a normal float32 and does not
// lie half-way between two: on which side of that the decimal was, is lost.
func roundsOnce(v float64) bool {
	const dropped, half = 1<<29 - 1, 1 << 28
	return v == 0 || v >= 0x1p-126 && math.Float64bits(v)&dropped != half
}

// float is any float of that many bits, with spaces around it.
func float(b []byte, bits int) (v float64, ok bool) {
	b = trimmed(b)
	digits, negative := b, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		digits, negative = b[1:], b[0] == '-'
	}
	if !isDecimal(digits) {
		switch {
		case isWord(digits, "nan"):
			return math.NaN(), true
		case isWord(digits, "infinity"), isWord(digits, "inf"):
			if negative {
				return math.Inf(-1), true
			}
			return math.Inf(1), true
		}
		return 0, false
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), bits)
	return v, err == nil // an error is that it is too big
}

// isDecimal reports whether b is digits, with a point and an exponent.
func isDecimal(b []byte) bool {
	i := digitsAt(b, 0)
	n := i
	if i < len(b) && b[i] == '.' {
		end := digitsAt(b, i+1)
		n += end - i - 1
		i = end
	}
	if n == 0 {
		return false
	}
	if i == len(b) {
		return true
	}
	if b[i] != 'e' && b[i] != 'E' {
		return false
	}
	i++
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		i++
	}
	end := digitsAt(b, i)
	return end > i && end == len(b)
}

// digitsAt is where the digits that stand from i on end.
func digitsAt(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// isWord reports whether b is word, which is in lower case, in any case.
func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}
