package textcol

import (
	"math/bits"
	"unsafe"
)

// parseInts is the loop of signed integers.
func parseInts[T int8 | int16 | int32 | int64](dst []T, data []byte, fields []Field, m *misses) {
	most := uint64(1)<<(8*unsafe.Sizeof(*new(T))-1) - 1
	parseWhole(dst, data, fields, m, most, most+1, 1)
}

// parseUints is the loop of unsigned integers.
func parseUints[T uint8 | uint16 | uint32 | uint64](dst []T, data []byte, fields []Field, m *misses) {
	parseWhole(dst, data, fields, m, uint64(1)<<(8*unsafe.Sizeof(*new(T))-1)*2-1, 0, 0)
}

type whole interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// parseWhole is the loop of integers up to most, and from -least on; signed is 1
// where there are negative ones.
func parseWhole[T whole](dst []T, data []byte, fields []Field, m *misses, most, least, signed uint64) {
	dst = dst[:len(fields)]
	at := 0
	if unsafe.Sizeof(*new(T)) == 8 {
		var odd oddBits
		m.glance(data, fields)
		for len(fields)-at >= kernelLeast && m.useful() {
			n := manyInts(unsafe.Slice((*int64)(unsafe.Pointer(&dst[at])), len(dst)-at), data, fields[at:], signed == 1, m, &odd)
			if n == 0 {
				break
			}
			long := 0
			for b, set := range odd[:(n+63)/64] {
				for ; set != 0; set &= set - 1 {
					if slowWhole(dst, data, fields, at+64*b+bits.TrailingZeros64(set), m, most, least) > 8 {
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
			n = longInts(to, data, part, &odd, most, signed, m.leasts)
		default:
			n = shortInts(to, data, part, &odd, most, signed, m.leasts)
		}
		long := 0
		for _, i := range odd[:n] {
			if slowWhole(dst, data, fields, at+int(i), m, most, least) > 8 {
				long++
			}
		}
		m.long = m.long || long > blockFields/8
	}
}

// slowWhole is the slow part for field i, whose size is returned.
func slowWhole[T whole](dst []T, data []byte, fields []Field, i int, m *misses, most, least uint64) int {
	f := fields[i]
	if f.From&Mask >= f.To {
		m.skip(i)
		return 0
	}
	text := data[f.From&Mask : f.To]
	v, negative, ok := integer(text)
	switch {
	case !ok || m.exact && LosesZeros(text):
		m.refuse(i)
	case !negative && v <= most:
		dst[i] = T(v)
	case negative && v <= least && least > 0:
		dst[i] = T(-v)
	default:
		m.refuse(i)
	}
	return len(text)
}

// shortInts is the quick loop of integers of up to eight characters. It returns how
// many fields are odd. len(data) >= 16.
func shortInts[T whole](dst []T, data []byte, fields []Field, odd *oddFields, most, signed uint64, least *leasts) (n int) {
	dst = dst[:len(fields)]
	text, room := unsafe.Pointer(unsafe.SliceData(data)), uint64(len(data)-8)
	for i, f := range fields {
		from, to := uint64(f.From&Mask), uint64(f.To)
		digits := to - from
		if to-8 > room {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		w := *(*uint64)(unsafe.Add(text, to-8))
		negative := minus(byte(w>>(-(8*digits)&63))) & signed
		digits -= negative
		x := (w ^ zeros) & (^uint64(0) << (-(8 * digits) & 63))
		v := number8(x)
		if digits-1 >= 8 || notDigits(x) != 0 || unsafe.Sizeof(*new(T)) < 4 && v > most || v < least[digits&31] {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		dst[i] = T((v ^ -negative) + negative)
	}
	return n
}

// longInts is shortInts for up to 16 characters.
func longInts[T whole](dst []T, data []byte, fields []Field, odd *oddFields, most, signed uint64, least *leasts) (n int) {
	dst = dst[:len(fields)]
	text, room := unsafe.Pointer(unsafe.SliceData(data)), uint64(len(data)-16)
	for i, f := range fields {
		from, to := uint64(f.From&Mask), uint64(f.To)
		digits := to - from
		if to-16 > room || digits-1 >= 16 {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		negative := minus(*(*byte)(unsafe.Add(text, from))) & signed
		digits -= negative
		mask := &last16s[digits&31]
		high := (*(*uint64)(unsafe.Add(text, to-16)) ^ zeros) & mask[0]
		low := (*(*uint64)(unsafe.Add(text, to-8)) ^ zeros) & mask[1]
		v := digits16(high, low)
		if digits == 0 || notDigits(high)|notDigits(low) != 0 || v > most || v < least[digits&31] {
			odd[n&(blockFields-1)] = uint8(i)
			n++
			continue
		}
		dst[i] = T((v ^ -negative) + negative)
	}
	return n
}

// integer is the magnitude and the sign of any integer of 64 bits, with spaces
// around it.
func integer(b []byte) (v uint64, negative, ok bool) {
	digits := b
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		digits, negative = b[1:], b[0] == '-'
	}
	if len(digits) >= 8 && len(digits) < 16 { // what a quick loop of shorter ones left
		high, low := last16(digits, len(digits), uint(len(digits)))
		v, ok = digits16(high, low), allDigits(high) && allDigits(low)
	} else {
		v, ok = magnitude(digits)
	}
	if t := trimmed(b); !ok && len(t) < len(b) {
		return integer(t)
	}
	return v, negative, ok
}

// magnitude is the number that digits are, false where it has more than 64 bits
// or they are none.
func magnitude(digits []byte) (v uint64, ok bool) {
	if len(digits) == 0 {
		return 0, false
	}
	if len(digits) >= 16 && len(digits) < 20 { // any 19 digits fit
		high, low := load8(digits), load8(digits[8:])
		v, ok = digits16(high^zeros, low^zeros), allDigits(high^zeros) && allDigits(low^zeros)
		for _, c := range digits[16:] {
			v, ok = v*10+uint64(c-'0'), ok && c-'0' <= 9
		}
		return v, ok
	}
	for i, c := range digits {
		c -= '0'
		if i < 19 && c <= 9 {
			v = v*10 + uint64(c)
			continue
		}
		over, next := bits.Mul64(v, 10)
		next, carry := bits.Add64(next, uint64(c), 0)
		if c > 9 || over|carry != 0 {
			return 0, false
		}
		v = next
	}
	return v, true
}
