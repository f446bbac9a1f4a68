package textcol

import (
	"math/bits"
	"unsafe"
)

// parseInts is the loop of signed integers.
func parseInts[T int8 | int16 | int32 | int64](dst []T, data []byte, fields []Field, m *misses) {
	most := uint64(1)<<(8*unsafe.Sizeof(*new(T))-1) - 1
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
			if v := number8(x); allDigits(x) && v <= most {
				dst[i] = T((v ^ -uint64(negative)) + uint64(negative))
				continue
			}
		} else if v, ok := upTo19(data, to, n); ok && v <= most {
			dst[i] = T((v ^ -uint64(negative)) + uint64(negative))
			continue
		}
		v, minus, ok := integer(data[from:to])
		switch {
		case ok && !minus && v <= most:
			dst[i] = T(v)
		case ok && minus && v <= most+1:
			dst[i] = T(-v)
		default:
			m.refuse(i)
		}
	}
}

// parseUints is the loop of unsigned integers.
func parseUints[T uint8 | uint16 | uint32 | uint64](dst []T, data []byte, fields []Field, m *misses) {
	most := uint64(1)<<(8*unsafe.Sizeof(*new(T))-1)*2 - 1
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		n := uint(to - from)
		if n <= 8 && to >= 8 {
			x := (load8(data[to-8:to:to]) ^ zeros) & keep(n)
			if v := number8(x); allDigits(x) && v <= most {
				dst[i] = T(v)
				continue
			}
		} else if v, ok := upTo19(data, to, n); ok && v <= most {
			dst[i] = T(v)
			continue
		}
		v, minus, ok := integer(data[from:to])
		if !ok || minus || v > most {
			m.refuse(i)
			continue
		}
		dst[i] = T(v)
	}
}

// upTo19 is the number that the n characters before data[to] are, at most 19
// digits, which always fit.
func upTo19(data []byte, to int, n uint) (v uint64, ok bool) {
	if n-1 >= 19 {
		return 0, false
	}
	high, low := last16(data, to, min(n, 16))
	ok = allDigits(high) && allDigits(low)
	for n > 16 {
		c := data[to-int(n)] - '0'
		ok = ok && c <= 9
		v = v*10 + uint64(c)
		n--
	}
	return v*1e16 + digits16(high, low), ok
}

// integer is the magnitude and the sign of any integer of 64 bits, with spaces
// around it.
func integer(b []byte) (v uint64, negative, ok bool) {
	b = trimmed(b)
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, false, false
	}
	v, ok = magnitude(b)
	return v, negative, ok
}

// magnitude is the number that digits are, false where it has more than 64 bits
// or they are none.
func magnitude(digits []byte) (v uint64, ok bool) {
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
