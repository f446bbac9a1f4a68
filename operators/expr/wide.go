package expr

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// num is a decimal without its scale.
type num = decimal128.Num

// digitsMost is how many digits a decimal has at most.
const digitsMost = 38

// mulInt is x*y, and not 0 where it does not fit.
func mulInt(x, y int64) (product int64, over uint64) {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	return int64(lo), hi ^ uint64(int64(lo)>>63)
}

func mulUint(x, y uint64) (product, over uint64) {
	over, product = bits.Mul64(x, y)
	return product, over
}

// addNum is x+y, if it fits 128 bits.
func addNum(x, y decimal128.Num) (sum decimal128.Num, ok bool) {
	lo, carry := bits.Add64(x.LowBits(), y.LowBits(), 0)
	hi := x.HighBits() + y.HighBits() + int64(carry)
	return decimal128.New(hi, lo), (x.HighBits()^hi)&(y.HighBits()^hi) >= 0
}

// mulNum is x*y, if it fits 128 bits.
func mulNum(x, y decimal128.Num) (product decimal128.Num, ok bool) {
	xh, xl := magnitude(x)
	yh, yl := magnitude(y)
	if xh != 0 && yh != 0 {
		return product, false
	}
	high, other := xh, yl // of the factor that has a high word, and the low word of the one that has none
	if xh == 0 {
		high, other = yh, xl
	}
	over, cross := bits.Mul64(high, other)
	hi, lo := bits.Mul64(xl, yl)
	hi, carry := bits.Add64(hi, cross, 0)
	if over != 0 || carry != 0 || int64(hi) < 0 {
		return product, false
	}
	product = decimal128.New(int64(hi), lo)
	if (x.HighBits() < 0) != (y.HighBits() < 0) {
		product = product.Negate()
	}
	return product, true
}

// magnitude is |x| as two words.
func magnitude(x decimal128.Num) (hi, lo uint64) {
	if x.HighBits() < 0 {
		x = x.Negate()
	}
	return uint64(x.HighBits()), x.LowBits()
}

// fits reports whether x has no more than digits digits.
func fits(x decimal128.Num, digits int32) bool {
	if x.HighBits() < 0 {
		x = x.Negate()
	}
	return x.HighBits() >= 0 && x.Less(decimal128.GetScaleMultiplier(int(digits)))
}

// quotient is x / 10^scale rounded towards zero, and what is left, with the sign of x.
func quotient(x decimal128.Num, scale int32) (q, rest decimal128.Num) {
	if scale == 0 {
		return x, decimal128.Num{}
	}
	if scale <= 18 && x.HighBits() == int64(x.LowBits())>>63 {
		v, ten := int64(x.LowBits()), int64(decimal128.GetScaleMultiplier(int(scale)).LowBits())
		return decimal128.FromI64(v / ten), decimal128.FromI64(v % ten)
	}
	a, b := new(big.Int).QuoRem(x.BigInt(), decimal128.GetScaleMultiplier(int(scale)).BigInt(), new(big.Int))
	return decimal128.FromBigInt(a), decimal128.FromBigInt(b)
}

// rounded is x / 10^scale, half away from zero.
func rounded(x decimal128.Num, scale int32) decimal128.Num {
	if scale == 0 {
		return x
	}
	q, rest := quotient(x, scale)
	half := decimal128.GetScaleMultiplier(int(scale))
	twice := rest.Abs()
	twice = twice.Add(twice)
	if twice.Cmp(half) < 0 {
		return q
	}
	if x.HighBits() < 0 {
		return q.Sub(decimal128.FromI64(1))
	}
	return q.Add(decimal128.FromI64(1))
}

// float is the float nearest to x / 10^scale.
func float(x decimal128.Num, scale int32) float64 {
	if v := int64(x.LowBits()); x.HighBits() == v>>63 && v <= 1<<53 && v >= -1<<53 && int(scale) < len(exactTens) {
		return float64(v) / exactTens[scale]
	}
	f, _ := strconv.ParseFloat(x.ToString(scale), 64) // cannot be out of range
	return f
}

// exactTens are the powers of ten that a float64 holds exactly: with an integer of up
// to 53 bits before the line, a division rounds once.
var exactTens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float32Of is the float of 32 bits nearest to x / 10^scale.
func float32Of(x num, scale int32) float64 {
	f, _ := strconv.ParseFloat(x.ToString(scale), 32) // cannot be out of range
	return f
}

// nearestDecimal is the decimal that a float is written as, rounded half away from zero
// to a scale, if it fits 128 bits.
func nearestDecimal(f float64, scale int32) (num, bool) {
	if f != f || math.Abs(f) >= 1e39 {
		return num{}, false
	}
	var room [400]byte
	text := strconv.AppendFloat(room[:0], math.Abs(f), 'f', -1, 64)
	ten, x, up, behind := decimal128.FromI64(10), num{}, false, int32(-1)
	for _, c := range text {
		switch {
		case c == '.':
			behind = 0
			continue
		case behind == scale:
			up = c >= '5'
		}
		if behind == scale {
			break
		}
		var ok bool
		if x, ok = mulNum(x, ten); !ok {
			return num{}, false
		}
		x = x.Add(decimal128.FromI64(int64(c - '0')))
		if behind >= 0 {
			behind++
		}
	}
	if up {
		x = x.Add(decimal128.FromI64(1))
	}
	x, ok := mulNum(x, decimal128.GetScaleMultiplier(int(scale-max(behind, 0))))
	if f < 0 {
		x = x.Negate()
	}
	return x, ok
}

// decimalOf is the decimal that a float is written as, if there is one.
func decimalOf(f float64) (decimal128.Num, arrow.DataType, bool) {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	digits := len(strings.TrimLeft(strings.TrimLeft(whole, "-"), "0")) + len(fraction)
	x, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || digits > digitsMost {
		return decimal128.Num{}, nil, false
	}
	return decimal128.FromBigInt(x), decimalType(max(digits, 1), len(fraction)), true
}

func decimalType(precision, scale int) *arrow.Decimal128Type {
	return &arrow.Decimal128Type{Precision: int32(min(max(precision, scale, 1), digitsMost)), Scale: int32(scale)}
}

// digitsOf is how many digits before and behind the point the values of a number type
// that is no float have.
func digitsOf(b *bound) (before, behind int) {
	switch t := plain(b.typ).(type) {
	case *arrow.Decimal128Type:
		return int(t.Precision - t.Scale), int(t.Scale)
	case *arrow.Int8Type, *arrow.Uint8Type:
		return 3, 0
	case *arrow.Int16Type, *arrow.Uint16Type:
		return 5, 0
	case *arrow.Int32Type, *arrow.Uint32Type:
		return 10, 0
	}
	if b.node.op == opLiteral && !b.konst.null {
		return len(strings.TrimLeft(b.node.text(), "-")), 0
	}
	if b.kind == unsigned {
		return 20, 0
	}
	return 19, 0
}
