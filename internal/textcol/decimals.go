package textcol

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// scaling is how digits become the integer of a decimal: a number with n digits
// behind the point is multiplied by ten to the power of scale-n.
type scaling struct {
	scale  int
	digits int    // that the integer may have
	limit  uint64 // the first integer with too many digits, or that is no int64
}

func newDecimals(c core, t *arrow.Decimal128Type) Column {
	s := scaling{scale: int(t.Scale), digits: int(t.Precision), limit: 1 << 63}
	if s.digits < len(tensInt)-1 {
		s.limit = tensInt[s.digits]
	}
	return newFixed(c, func(dst []decimal128.Num, data []byte, fields []Field, m *misses) {
		parseDecimals(dst, data, fields, m, &s)
	})
}

// tensInt are the powers of ten that fit 64 bits.
var tensInt = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// parseDecimals is the loop of decimal128.
func parseDecimals(dst []decimal128.Num, data []byte, fields []Field, m *misses, s *scaling) {
	dst = dst[:len(fields)]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to {
			m.skip(i)
			continue
		}
		negative := uint(minus(data[from]))
		if n := uint(to-from) - negative; n-1 < 16 {
			v, behind, ok := decimal16(data, to, n)
			if up := uint(s.scale - behind); ok && up < uint(len(tensInt)) {
				if over, v := bits.Mul64(v, tensInt[up]); over == 0 && v < s.limit {
					dst[i] = decimal128.FromI64(int64((v ^ -uint64(negative)) + uint64(negative)))
					continue
				}
			}
		}
		v, ok := s.decimal(trimmed(data[from:to]))
		if !ok {
			m.refuse(i)
			continue
		}
		dst[i] = v
	}
}

// decimal is any decimal that fits.
func (s *scaling) decimal(b []byte) (v decimal128.Num, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	whole := digitsAt(b, 0)
	var behind []byte
	if whole < len(b) {
		if behind = b[whole+1:]; b[whole] != '.' || digitsAt(behind, 0) != len(behind) {
			return v, false
		}
	}
	if whole+len(behind) == 0 {
		return v, false
	}
	b = b[:whole]
	for len(behind) > max(s.scale, 0) { // a decimal with fewer is the same
		if behind[len(behind)-1] != '0' {
			return v, false
		}
		behind = behind[:len(behind)-1]
	}
	for range -min(s.scale, 0) {
		if len(b) == 0 {
			break
		}
		if b[len(b)-1] != '0' {
			return v, false
		}
		b = b[:len(b)-1]
	}
	var high, low uint64
	significant := 0
	for i := range len(b) + max(s.scale, 0) {
		var digit uint64
		if i < len(b) {
			digit = uint64(b[i] - '0')
		} else if i-len(b) < len(behind) {
			digit = uint64(behind[i-len(b)] - '0')
		}
		if significant > 0 || digit > 0 {
			if significant++; significant > s.digits {
				return v, false
			}
		}
		carry, next := bits.Mul64(low, 10)
		var one uint64
		low, one = bits.Add64(next, digit, 0)
		high = high*10 + carry + one
	}
	v = decimal128.New(int64(high), low)
	if negative {
		v = v.Negate()
	}
	return v, true
}
