package textcol

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// pointTens is ten to the number of digits behind a point that is character at of
// eight; 8: there is none.
var pointTens = [16]float64{1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0, 1e0}

type float interface{ float32 | float64 }

// parseFloats is the loop of floats. A decimal whose digits are an integer of up to
// 53 bits is that integer divided by a power of ten: both are exact, so that the
// quotient is rounded once (William Clinger, "How to Read Floating Point Numbers
// Accurately", 1990).
func parseFloats[T float](dst []T, data []byte, fields []Field, m *misses) {
	dst = dst[:len(fields)]
	at := 0
	if unsafe.Sizeof(*new(T)) == 8 {
		var odd oddBits
		var still oddFields
		m.glance(data, fields)
		for len(fields)-at >= kernelLeast && m.useful() {
			n := manyFloats(unsafe.Slice((*float64)(unsafe.Pointer(&dst[at])), len(dst)-at), data, fields[at:], m, &odd)
			if n == 0 {
				break
			}
			long := 0
			for b, set := range odd[:(n+63)/64] {
				for ; set != 0; set &= set - 1 {
					i := at + 64*b + bits.TrailingZeros64(set)
					if m.scaled && longFloats(dst[i:i+1], data, fields[i:i+1], &still, m.wholes) == 0 {
						continue // it only has another scale
					}
					if slowFloat(dst, data, fields, i, m) > 8 {
						long++
					}
				}
			}
			m.long = m.long || long > n/8
			at += n
			m.judge(n, &odd)
		}
	}
	var odd oddFields
	for ; at < len(fields); at += blockFields {
		end := min(at+blockFields, len(fields))
		to, part := dst[at:end], fields[at:end]
		n := 0
		switch {
		case len(data) < 16:
			n = odd.all(len(part))
		case m.long:
			n = longFloats(to, data, part, &odd, m.wholes)
		default:
			n = shortFloats(to, data, part, &odd, m.wholes)
		}
		long := 0
		for _, i := range odd[:n] {
			if slowFloat(dst, data, fields, at+int(i), m) > 8 {
				long++
			}
		}
		m.long = m.long || long > blockFields/8
	}
}

// slowFloat is the slow part for field i, whose size is returned.
func slowFloat[T float](dst []T, data []byte, fields []Field, i int, m *misses) int {
	f := fields[i]
	if f.From&Mask >= f.To {
		m.skip(i)
		return 0
	}
	text := data[f.From&Mask : f.To]
	v, ok := anyFloat(text, 8*int(unsafe.Sizeof(*new(T))))
	if !ok || m.exact && LosesZeros(text) {
		m.refuse(i)
	} else {
		dst[i] = T(v)
	}
	return len(text)
}

// pointBits has the bits that a point xor '0' has, and no digit.
const pointBits = 0x10 * ones

// shortFloats is the quick loop of floats of up to eight characters. It returns how
// many fields are odd. len(data) >= 16.
func shortFloats[T float](dst []T, data []byte, fields []Field, odd *oddFields, least *leastFloats) (n int) {
	dst = dst[:len(fields)]
	text, room := unsafe.Pointer(unsafe.SliceData(data)), uint64(len(data)-8)
	for i, f := range fields {
		from, to := uint64(f.From&Mask), uint64(f.To)
		chars := to - from
		if to-8 > room {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		w := *(*uint64)(unsafe.Add(text, to-8))
		negative := minus(byte(w >> (-(8 * chars) & 63)))
		chars -= negative
		x := (w ^ zeros) & (^uint64(0) << (-(8 * chars) & 63))
		at, digits := uint64(8), chars
		if point := x & pointBits; point != 0 { // in a column, in all fields or in none
			at = uint64(bits.TrailingZeros64(point)) >> 3
			if digits--; byte(x>>(8*at&63)) != '.'^'0' {
				digits = 0
			}
			before := uint64(1)<<(8*at&63) - 1
			x = x&^(before<<8|0xFF) | x&before<<8
		}
		v := float64(int64(number8(x))) / pointTens[at&15]
		if chars > 8 || digits-1 >= 8 || notDigits(x) != 0 || v < least[(chars+at-8)&31] || unsafe.Sizeof(*new(T)) == 4 && !roundsOnce(v) {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		dst[i] = signed(T(v), negative)
	}
	return n
}

// longFloats is shortFloats for up to 16 characters.
func longFloats[T float](dst []T, data []byte, fields []Field, odd *oddFields, least *leastFloats) (n int) {
	dst = dst[:len(fields)]
	text, room := unsafe.Pointer(unsafe.SliceData(data)), uint64(len(data)-16)
	for i, f := range fields {
		from, to := uint64(f.From&Mask), uint64(f.To)
		chars := to - from
		if to-16 > room || chars-1 >= 16 {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		negative := minus(*(*byte)(unsafe.Add(text, from)))
		chars -= negative
		mask := &last16s[chars&31]
		high := (*(*uint64)(unsafe.Add(text, to-16)) ^ zeros) & mask[0]
		low := (*(*uint64)(unsafe.Add(text, to-8)) ^ zeros) & mask[1]
		behind, digits, other := uint64(0), chars, uint64(0)
		if point := low & pointBits; point != 0 { // in a column the point mostly stands in the same half
			at := uint64(bits.TrailingZeros64(point)) >> 3
			behind, digits, other = 7-at, chars-1, (low>>(8*at&63)^('.'^'0'))&0xFF
			low, high = cutPoint(low, int(at))|high>>56, high<<8
		} else if point := high & pointBits; point != 0 {
			at := uint64(bits.TrailingZeros64(point)) >> 3
			behind, digits, other = 15-at, chars-1, (high>>(8*at&63)^('.'^'0'))&0xFF
			high = cutPoint(high, int(at))
		}
		whole := digits16(high, low)
		v := float64(int64(whole)) / tens[behind&15]
		if digits == 0 || other|notDigits(high)|notDigits(low) != 0 || whole > 1<<53 || v < least[(digits-behind)&31] || unsafe.Sizeof(*new(T)) == 4 && !roundsOnce(v) {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		dst[i] = signed(T(v), negative)
	}
	return n
}

// signed is v, which has no sign, with one where negative is 1.
func signed[T float](v T, negative uint64) T {
	if unsafe.Sizeof(v) == 4 {
		return T(math.Float32frombits(math.Float32bits(float32(v)) | uint32(negative)<<31))
	}
	return T(math.Float64frombits(math.Float64bits(float64(v)) | negative<<63))
}

// roundsOnce reports whether v, a decimal rounded to a float64, rounds to the
// float32 that the decimal does. It does where v is a normal float32 and does not
// lie half-way between two: on which side of that the decimal was, is lost.
func roundsOnce(v float64) bool {
	const dropped, half = 1<<29 - 1, 1 << 28
	return v == 0 || v >= 0x1p-126 && math.Float64bits(v)&dropped != half
}

// anyFloat is any float of that many bits, with spaces around it.
func anyFloat(b []byte, size int) (v float64, ok bool) {
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
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), size)
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
