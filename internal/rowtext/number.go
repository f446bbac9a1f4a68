package rowtext

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// numbers writes integers, floats and bools, which no format but JSON quotes:
// and that only where a float is not a number.
type numbers struct {
	look
	bare
}

func (n numbers) Append(c *Cells, arr arrow.Array, from, to int) {
	valid := validityOf(arr)
	switch arr := arr.(type) {
	case *array.Int8:
		appendInts(c, n.null, valid, arr.Int8Values(), from, to)
	case *array.Int16:
		appendInts(c, n.null, valid, arr.Int16Values(), from, to)
	case *array.Int32:
		appendInts(c, n.null, valid, arr.Int32Values(), from, to)
	case *array.Int64:
		appendInts(c, n.null, valid, arr.Int64Values(), from, to)
	case *array.Uint8:
		appendUints(c, n.null, valid, arr.Uint8Values(), from, to)
	case *array.Uint16:
		appendUints(c, n.null, valid, arr.Uint16Values(), from, to)
	case *array.Uint32:
		appendUints(c, n.null, valid, arr.Uint32Values(), from, to)
	case *array.Uint64:
		appendUints(c, n.null, valid, arr.Uint64Values(), from, to)
	case *array.Float32:
		appendFloats(c, n.look, valid, arr.Float32Values(), from, to, 32)
	case *array.Float64:
		appendFloats(c, n.look, valid, arr.Float64Values(), from, to, 64)
	case *array.Float16:
		appendHalves(c, n.look, valid, arr.Values(), from, to)
	case *array.Boolean:
		bits := arr.Data().Buffers()[1]
		if to > from {
			appendBools(c, n.null, valid, bits.Bytes(), arr.Data().Offset(), from, to)
		}
	}
}

func appendInts[T int8 | int16 | int32 | int64](c *Cells, null string, valid validity, values []T, from, to int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		if valid.null(i) {
			text = append(text, null...)
		} else {
			text = strconv.AppendInt(text, int64(values[i]), 10)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

func appendUints[T uint8 | uint16 | uint32 | uint64](c *Cells, null string, valid validity, values []T, from, to int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		if valid.null(i) {
			text = append(text, null...)
		} else {
			text = strconv.AppendUint(text, uint64(values[i]), 10)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

func appendFloats[T float32 | float64](c *Cells, as look, valid validity, values []T, from, to, bits int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		if valid.null(i) {
			text = append(text, as.null...)
		} else {
			text = appendFloat(text, float64(values[i]), bits, as.quote)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

func appendHalves(c *Cells, as look, valid validity, values []float16.Num, from, to int) {
	for i := from; i < to; i++ {
		if valid.null(i) {
			c.Text = append(c.Text, as.null...)
		} else {
			c.Text = appendFloat(c.Text, float64(values[i].Float32()), 32, as.quote)
		}
		c.end()
	}
}

func appendBools(c *Cells, null string, valid validity, bits []byte, offset, from, to int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		switch at := offset + i; {
		case valid.null(i):
			text = append(text, null...)
		case bits[at>>3]>>(at&7)&1 != 0:
			text = append(text, "true"...)
		default:
			text = append(text, "false"...)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

// appendFloat writes f, which has the given width in bits, as ECMAScript does:
// the fewest digits that read back as f, an exponent only where the plain form
// would be long. quote goes around what is not a number.
func appendFloat(b []byte, f float64, bits int, quote string) []byte {
	abs := math.Abs(f)
	switch {
	case f != f:
		return append(append(append(b, quote...), "NaN"...), quote...)
	case f > math.MaxFloat64:
		return append(append(append(b, quote...), "Infinity"...), quote...)
	case f < -math.MaxFloat64:
		return append(append(append(b, quote...), "-Infinity"...), quote...)
	case abs != 0 && (bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)):
		b = strconv.AppendFloat(b, f, 'e', -1, bits)
		if n := len(b); b[n-2] == '0' && b[n-3] == '-' { // e-07 is e-7
			b[n-2] = b[n-1]
			b = b[:n-1]
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, bits)
}
