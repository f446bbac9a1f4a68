package rowtext

import (
	"math/bits"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// decimals writes decimals of 128 and 256 bits in plain digits.
type decimals struct {
	look
	bare
	scale int32
}

func (d decimals) Append(c *Cells, arr arrow.Array, from, to int) {
	as := d.look
	as.quote = "" // numbers, of any size
	valid := validityOf(arr)
	switch arr := arr.(type) {
	case *array.Decimal128:
		each(c, as, valid, from, to, func(b []byte, i int) []byte {
			v := arr.Value(i)
			sign := uint64(v.HighBits() >> 63)
			return appendDecimal(b, [4]uint64{v.LowBits(), uint64(v.HighBits()), sign, sign}, d.scale)
		})
	case *array.Decimal256:
		each(c, as, valid, from, to, func(b []byte, i int) []byte {
			return appendDecimal(b, arr.Value(i).Array(), d.scale)
		})
	}
}

// appendDecimal writes v, 256 bits of two's complement, least limb first,
// divided by 10 to the power of scale.
func appendDecimal(b []byte, v [4]uint64, scale int32) []byte {
	negative := int64(v[3]) < 0
	if negative {
		var carry uint64 = 1
		for i := range v {
			v[i], carry = bits.Add64(^v[i], 0, carry)
		}
		b = append(b, '-')
	}
	// Digits come from the end, 19 at a time: 256 bits have 78 at most.
	var digits [80]byte
	at := len(digits)
	for v != [4]uint64{} {
		const chunk = 1e19
		var rest uint64
		for i := 3; i >= 0; i-- {
			v[i], rest = bits.Div64(rest, v[i], chunk)
		}
		last := v == [4]uint64{}
		for n := 0; n < 19 && (rest > 0 || !last); n++ {
			at--
			digits[at] = '0' + byte(rest%10)
			rest /= 10
		}
	}
	text := digits[at:]
	switch {
	case len(text) == 0 && scale <= 0:
		return append(b, '0')
	case scale <= 0:
		b = append(b, text...)
		return appendZeros(b, -int(scale))
	case len(text) > int(scale):
		point := len(text) - int(scale)
		b = append(append(b, text[:point]...), '.')
		return append(b, text[point:]...)
	}
	b = appendZeros(append(b, "0."...), int(scale)-len(text))
	return append(b, text...)
}

func appendZeros(b []byte, n int) []byte {
	for range n {
		b = append(b, '0')
	}
	return b
}

// appendPadded writes v with at least width digits.
func appendPadded(b []byte, v int64, width int) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	most := int64(10)
	for n := 1; n < width; n++ {
		if v < most {
			b = appendZeros(b, width-n)
			break
		}
		most *= 10
	}
	return strconv.AppendInt(b, v, 10)
}
