package textcol

import (
	"encoding/binary"
	"math/bits"
)

// Digits are worked on eight at a time, in a word whose highest byte is the last
// character: the bytes below the field are masked off, and a masked byte is the
// digit 0. A word is loaded so that it ends where the field does: what stands
// before a field in data is always there to be loaded, but for the first few
// bytes, and what stands behind it need not be.
//
//	data   … , 1 2 3 4 5 ,
//	load     └─────────┘        eight bytes up to To
//	xor '0'  x x x 1 2 3 4 5    mask: the bytes of the field
//	         0 0 0 1 2 3 4 5
//
// The conversion of eight digits by three multiplications is the one that Daniel
// Lemire describes in "Quickly parsing eight digits" (2018), after Johnny Lee.

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	zeros  = '0' * ones
	points = ('.' ^ '0') * ones
)

func load8(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// keep masks all but the last n of eight characters, n from 1 to 8.
func keep(n uint) uint64 { return ^uint64(0) << ((64 - 8*n) & 63) }

// allDigits reports whether every byte of x is at most 9.
func allDigits(x uint64) bool { return notDigits(x) == 0 }

// notDigits is not 0 where a byte of x is more than 9.
func notDigits(x uint64) uint64 { return ((x + (0x7F-9)*ones) | x) & highs }

// number8 is the number that eight digits are, the highest byte the last.
func number8(x uint64) uint64 {
	x = x*10 + x>>8
	return (x&0x000000FF000000FF*(100+1000000<<32) + x>>16&0x000000FF000000FF*(1+10000<<32)) >> 32
}

// digits16 is the number that 16 digits are.
func digits16(high, low uint64) uint64 { return number8(high)*1e8 + number8(low) }

// pointIn is the index of the first point in x, 8 where there is none.
func pointIn(x uint64) int {
	x ^= points
	return bits.TrailingZeros64((x-ones)&^x&highs) >> 3
}

// cutPoint is x without its character at, which is less than 8: those before it
// move up, and the first place is the digit 0.
func cutPoint(x uint64, at int) uint64 {
	before := uint64(1)<<(8*at&63) - 1
	return x&^(before<<8|0xFF) | x&before<<8
}

// last16 loads the last 16 characters of data[:to], of which n belong to the
// field, n from 1 to 16: high has those before the last eight. What does not belong is
// the digit 0.
func last16(data []byte, to int, n uint) (high, low uint64) {
	if to >= 16 {
		b := data[to-16 : to : to]
		high, low = load8(b), load8(b[8:])
	} else {
		var b [16]byte
		copy(b[16-to:], data[:to])
		high, low = load8(b[:]), load8(b[8:])
	}
	high ^= zeros
	low ^= zeros
	if n <= 8 {
		return 0, low & keep(n)
	}
	return high & keep(n-8), low
}

// decimal16 is the number that up to 16 characters before data[to] are, digits and
// at most one point, without the point, and how many of the digits stand behind it.
func decimal16(data []byte, to int, n uint) (v uint64, scale int, ok bool) {
	high, low := last16(data, to, n)
	digits := n
	if at := pointIn(low); at < 8 {
		low = cutPoint(low, at) | high>>56
		high <<= 8
		scale, digits = 7-at, n-1
	} else if at := pointIn(high); at < 8 {
		high = cutPoint(high, at)
		scale, digits = 15-at, n-1
	}
	return digits16(high, low), scale, allDigits(high) && allDigits(low) && digits > 0
}

// trimmed is b without spaces and tabs around it.
func trimmed(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// minus is 1 where c is a minus sign.
func minus(c byte) uint64 {
	if c == '-' {
		return 1
	}
	return 0
}
