package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// physical types, as the format numbers them.
const (
	physicalBool = iota
	physicalInt32
	physicalInt64
	physicalInt96
	physicalFloat
	physicalDouble
	physicalBytes
	physicalFixed
)

var (
	errPlainEnds = errors.New("the page has fewer values than it says")
	errNotNull   = errors.New("a value in a column of nulls")
)

// storedBytes is how many bytes a PLAIN value of the physical type has at least.
func storedBytes(physical, length int) int {
	switch physical {
	case physicalInt64, physicalDouble:
		return 8
	case physicalInt96:
		return 12
	case physicalFixed:
		return length
	}
	return 4
}

// converterOf is how PLAIN values of the physical type become those of an array of
// type t, and the bytes of one there. ok is false where this package does not know.
// length is that of a fixed-length byte array.
func converterOf(physical, length int, t arrow.DataType) (c convert, width int, ok bool) {
	switch t := t.(type) {
	case *arrow.Decimal128Type:
		c, ok := decimals(physical, length, 2)
		return c, 16, ok
	case *arrow.Decimal256Type:
		c, ok := decimals(physical, length, 4)
		return c, 32, ok
	case *arrow.FixedSizeBinaryType:
		return copied(length), length, physical == physicalFixed && t.ByteWidth == length && length > 0
	}
	switch physical {
	case physicalInt32:
		switch t.ID() {
		case arrow.INT32, arrow.UINT32, arrow.DATE32:
			return copied(4), 4, true
		case arrow.TIME32:
			return copied(4), 4, t.(*arrow.Time32Type).Unit == arrow.Millisecond
		case arrow.INT8:
			return narrow[int8], 1, true
		case arrow.UINT8:
			return narrow[uint8], 1, true
		case arrow.INT16:
			return narrow[int16], 2, true
		case arrow.UINT16:
			return narrow[uint16], 2, true
		}
	case physicalInt64:
		switch t.ID() {
		case arrow.INT64, arrow.UINT64, arrow.TIMESTAMP, arrow.TIME64, arrow.DURATION:
			return copied(8), 8, true
		}
	case physicalInt96:
		ts, is := t.(*arrow.TimestampType)
		return julian, 8, is && ts.Unit == arrow.Nanosecond
	case physicalFloat:
		return copied(4), 4, t.ID() == arrow.FLOAT32
	case physicalDouble:
		return copied(8), 8, t.ID() == arrow.FLOAT64
	case physicalFixed:
		return copied(2), 2, t.ID() == arrow.FLOAT16 && length == 2
	}
	return nil, 0, false
}

// copied converts values that are the same in both.
func copied(width int) convert {
	return func(dst, src []byte, n int) (int, error) {
		n *= width
		if n > len(src) {
			return 0, errPlainEnds
		}
		return copy(dst[:n], src), nil
	}
}

// narrow converts integers of 8 and 16 bits, which are stored in 32.
func narrow[T int8 | uint8 | int16 | uint16](dst, src []byte, n int) (int, error) {
	if 4*n > len(src) {
		return 0, errPlainEnds
	}
	out := cast[T](dst)[:n]
	wrong := int32(0)
	for i := range out {
		v := int32(binary.LittleEndian.Uint32(src[4*i:]))
		out[i] = T(v)
		wrong |= int32(T(v)) ^ v
	}
	if wrong != 0 {
		var t T
		return 0, fmt.Errorf("a value is outside of the column's type, %T", t)
	}
	return 4 * n, nil
}

// julian converts timestamps of 96 bits: nanoseconds of a day, and the Julian day.
func julian(dst, src []byte, n int) (int, error) {
	const (
		nanosPerDay = 86_400_000_000_000
		epoch       = 2_440_588
	)
	if 12*n > len(src) {
		return 0, errPlainEnds
	}
	out := cast[int64](dst)[:n]
	for i := range out {
		nanos := int64(binary.LittleEndian.Uint64(src[12*i:]))
		day := int64(int32(binary.LittleEndian.Uint32(src[12*i+8:]))) - epoch
		// Impala and Spark keep to [0, nanosPerDay); a day either way does no harm.
		if nanos < -nanosPerDay || nanos > 2*nanosPerDay {
			return 0, fmt.Errorf("a timestamp of 96 bits with %d nanoseconds of the day", nanos)
		}
		day, nanos = day+nanos/nanosPerDay, nanos%nanosPerDay
		if nanos < 0 {
			day, nanos = day-1, nanos+nanosPerDay
		}
		const most = math.MaxInt64 / nanosPerDay
		if day < -most || day > most || day == most && nanos > math.MaxInt64-most*nanosPerDay {
			return 0, fmt.Errorf("a timestamp of 96 bits %d days from 1970 does not fit 64 bits of nanoseconds, which end in 1677 and 2262: leave the column out", day)
		}
		out[i] = day*nanosPerDay + nanos
	}
	return 12 * n, nil
}

// decimals converts to decimals of words 64-bit words, the lowest first.
func decimals(physical, length, words int) (convert, bool) {
	switch physical {
	case physicalInt32:
		return func(dst, src []byte, n int) (int, error) {
			if 4*n > len(src) {
				return 0, errPlainEnds
			}
			out := cast[uint64](dst)
			for i := range n {
				setWords(out[i*words:(i+1)*words], int64(int32(binary.LittleEndian.Uint32(src[4*i:]))))
			}
			return 4 * n, nil
		}, true
	case physicalInt64:
		return func(dst, src []byte, n int) (int, error) {
			if 8*n > len(src) {
				return 0, errPlainEnds
			}
			out := cast[uint64](dst)
			for i := range n {
				setWords(out[i*words:(i+1)*words], int64(binary.LittleEndian.Uint64(src[8*i:])))
			}
			return 8 * n, nil
		}, true
	case physicalFixed:
		return func(dst, src []byte, n int) (int, error) {
			if length*n > len(src) {
				return 0, errPlainEnds
			}
			out := cast[uint64](dst)
			for i := range n {
				if err := bigEndian(out[i*words:(i+1)*words], src[i*length:(i+1)*length]); err != nil {
					return 0, err
				}
			}
			return length * n, nil
		}, length > 0
	case physicalBytes:
		return func(dst, src []byte, n int) (int, error) {
			out, at := cast[uint64](dst), 0
			for i := range n {
				v, next, err := plainBytes(src, at)
				if err != nil {
					return 0, err
				}
				if err := bigEndian(out[i*words:(i+1)*words], v); err != nil {
					return 0, err
				}
				at = next
			}
			return at, nil
		}, true
	}
	return nil, false
}

func setWords(out []uint64, v int64) {
	out[0] = uint64(v)
	for i := 1; i < len(out); i++ {
		out[i] = uint64(v >> 63)
	}
}

// bigEndian writes the two's-complement number b to out.
func bigEndian(out []uint64, b []byte) error {
	sign := byte(0)
	if len(b) > 0 && b[0] >= 0x80 {
		sign = 0xff
	}
	for len(b) > 8*len(out) {
		if b[0] != sign || b[1]&0x80 != sign&0x80 {
			return fmt.Errorf("a decimal of %d bytes does not fit its column's type", len(b))
		}
		b = b[1:]
	}
	for i := range out {
		var word [8]byte
		from := max(len(b)-8, 0)
		n := copy(word[8-(len(b)-from):], b[from:])
		for j := range 8 - n {
			word[j] = sign
		}
		out[i] = binary.BigEndian.Uint64(word[:])
		b = b[:from]
	}
	return nil
}

// plainBytes is the byte array at src[at:], behind its length of four bytes, and
// where the next one stands.
func plainBytes(src []byte, at int) ([]byte, int, error) {
	if at+4 > len(src) {
		return nil, 0, errPlainEnds
	}
	n := int64(binary.LittleEndian.Uint32(src[at:]))
	if at += 4; n > int64(len(src)-at) {
		return nil, 0, fmt.Errorf("a value of %d bytes, where its page has %d left", n, len(src)-at)
	}
	return src[at : at+int(n)], at + int(n), nil
}
