package words

import "encoding/binary"

const (
	ones = 0x0101010101010101
	high = 0x8080808080808080
)

// markPartsGo takes 64 bytes for each part: lowered gets them with ASCII letters
// changed by fold, start a bit for each byte of a word, hard one for each that has
// to be thought about.
func markPartsGo(kind Kind, text, lowered []byte, parts []part, fold uint64) {
	if kind == Spaced {
		for p := range parts {
			parts[p].start, parts[p].hard = markSpaced((*[64]byte)(text[64*p:]), (*[64]byte)(lowered[64*p:]), fold)
		}
		return
	}
	for p := range parts {
		parts[p].start, parts[p].hard = markRuns((*[64]byte)(text[64*p:]), (*[64]byte)(lowered[64*p:]), fold)
	}
}

// markSpaced takes 64 bytes: lowered gets them with ASCII letters changed by
// fold, word a bit for each byte that is not ASCII white space, odd one for
// each that is not ASCII. The eight values are variables since the compiler
// keeps those in registers, and arrays not.
func markSpaced(text, lowered *[64]byte, fold uint64) (word, odd uint64) {
	x0 := binary.LittleEndian.Uint64(text[0:])
	x1 := binary.LittleEndian.Uint64(text[8:])
	x2 := binary.LittleEndian.Uint64(text[16:])
	x3 := binary.LittleEndian.Uint64(text[24:])
	x4 := binary.LittleEndian.Uint64(text[32:])
	x5 := binary.LittleEndian.Uint64(text[40:])
	x6 := binary.LittleEndian.Uint64(text[48:])
	x7 := binary.LittleEndian.Uint64(text[56:])
	binary.LittleEndian.PutUint64(lowered[0:], lowerCase(x0, fold))
	binary.LittleEndian.PutUint64(lowered[8:], lowerCase(x1, fold))
	binary.LittleEndian.PutUint64(lowered[16:], lowerCase(x2, fold))
	binary.LittleEndian.PutUint64(lowered[24:], lowerCase(x3, fold))
	binary.LittleEndian.PutUint64(lowered[32:], lowerCase(x4, fold))
	binary.LittleEndian.PutUint64(lowered[40:], lowerCase(x5, fold))
	binary.LittleEndian.PutUint64(lowered[48:], lowerCase(x6, fold))
	binary.LittleEndian.PutUint64(lowered[56:], lowerCase(x7, fold))
	word = ^transpose(spaces(x0)>>7 | spaces(x1)>>6 | spaces(x2)>>5 | spaces(x3)>>4 |
		spaces(x4)>>3 | spaces(x5)>>2 | spaces(x6)>>1 | spaces(x7))
	if (x0|x1|x2|x3|x4|x5|x6|x7)&high != 0 {
		odd = transpose(x0&high>>7 | x1&high>>6 | x2&high>>5 | x3&high>>4 |
			x4&high>>3 | x5&high>>2 | x6&high>>1 | x7&high)
	}
	return word, odd
}

// markRuns is markSpaced with a bit in word for ASCII letters, digits,
// apostrophes and bytes that are not ASCII, and in odd for the last two.
func markRuns(text, lowered *[64]byte, fold uint64) (word, odd uint64) {
	x0 := binary.LittleEndian.Uint64(text[0:])
	x1 := binary.LittleEndian.Uint64(text[8:])
	x2 := binary.LittleEndian.Uint64(text[16:])
	x3 := binary.LittleEndian.Uint64(text[24:])
	x4 := binary.LittleEndian.Uint64(text[32:])
	x5 := binary.LittleEndian.Uint64(text[40:])
	x6 := binary.LittleEndian.Uint64(text[48:])
	x7 := binary.LittleEndian.Uint64(text[56:])
	binary.LittleEndian.PutUint64(lowered[0:], lowerCase(x0, fold))
	binary.LittleEndian.PutUint64(lowered[8:], lowerCase(x1, fold))
	binary.LittleEndian.PutUint64(lowered[16:], lowerCase(x2, fold))
	binary.LittleEndian.PutUint64(lowered[24:], lowerCase(x3, fold))
	binary.LittleEndian.PutUint64(lowered[32:], lowerCase(x4, fold))
	binary.LittleEndian.PutUint64(lowered[40:], lowerCase(x5, fold))
	binary.LittleEndian.PutUint64(lowered[48:], lowerCase(x6, fold))
	binary.LittleEndian.PutUint64(lowered[56:], lowerCase(x7, fold))
	odd = transpose(odds(x0)>>7 | odds(x1)>>6 | odds(x2)>>5 | odds(x3)>>4 |
		odds(x4)>>3 | odds(x5)>>2 | odds(x6)>>1 | odds(x7))
	word = odd | transpose(alnums(x0)>>7|alnums(x1)>>6|alnums(x2)>>5|alnums(x3)>>4|
		alnums(x4)>>3|alnums(x5)>>2|alnums(x6)>>1|alnums(x7))
	return word, odd
}

// The functions below take eight bytes at once. A byte of seven bits plus
// 0x80-c has its high bit set where it is c or more, and carries nothing into
// its neighbour. What they find they mark by the high bit of its byte.

// lowerCase or-s fold, 0x20 or 0 in each byte, to the ASCII capitals of x.
func lowerCase(x, fold uint64) uint64 {
	y := x &^ high
	capitals := (y + (0x80-'A')*ones) &^ (y + (0x80-'Z'-1)*ones) &^ x & high
	return x | capitals>>2&fold
}

// spaces marks U+0009 to U+000D and U+001C to U+0020.
func spaces(x uint64) uint64 {
	y := x &^ high
	return ((y+(0x80-0x09)*ones)&^(y+(0x80-0x0E)*ones) | (y+(0x80-0x1C)*ones)&^(y+(0x80-0x21)*ones)) &^ x & high
}

// alnums marks ASCII letters and digits.
func alnums(x uint64) uint64 {
	y := x &^ high
	z := y | 0x20*ones
	return ((z+(0x80-'a')*ones)&^(z+(0x80-'z'-1)*ones) | (y+(0x80-'0')*ones)&^(y+(0x80-'9'-1)*ones)) &^ x & high
}

// odds marks apostrophes and what is not ASCII.
func odds(x uint64) uint64 {
	other := (x&^high ^ '\''*ones) + 0x7F*ones
	return (x | ^other) & high
}

// transpose turns the 8 by 8 bits of x about the diagonal: bit 8i+j goes to
// 8j+i (Warren, Hacker's Delight, section 7-3).
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00AA00AA00AA00AA
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000CCCC0000CCCC
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000F0F0F0F0
	return x ^ t ^ t<<28
}
