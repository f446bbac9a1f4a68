package bytescan

import "math/bits"

// BlockBytes is how many bytes a mask tells of.
const BlockBytes = 64

// PositionsSlack is how many more places than it finds [Positions] must have room
// for.
const PositionsSlack = 8

// Masks sets, for each block b of data and each k, bit i of dst[4*b+k] where
// data[64*b+i] == set[k], and clears the others. A byte that stands twice in set
// has two equal masks. len(data) is a multiple of [BlockBytes], len(dst) is
// 4*len(data)/BlockBytes.
func Masks(dst []uint64, data []byte, set [4]byte) {
	if len(data)%BlockBytes != 0 || len(dst) != 4*(len(data)/BlockBytes) {
		panic("bytescan: Masks: lengths do not match")
	}
	if len(data) > 0 {
		masks(dst, data, set)
	}
}

// Pairs sets, for each block b of data, bit i of dst[b] where data[64*b+i] is x or
// y, and clears the others. It returns how many are y, and whether there is any byte p
// or q, which is the cheap way to see that text has none of what is rare in it.
// len(data) is a multiple of [BlockBytes], len(dst) is len(data)/BlockBytes.
func Pairs(dst []uint64, data []byte, x, y, p, q byte) (ys int, other bool) {
	if len(data)%BlockBytes != 0 || len(dst) != len(data)/BlockBytes {
		panic("bytescan: Pairs: lengths do not match")
	}
	if len(data) == 0 {
		return 0, false
	}
	return pairs(dst, data, [4]byte{x, y, p, q})
}

// Positions writes to dst where bits are set, in ascending order: bit i of
// masks[b] as base + 64*b + i, wrapping. It returns their number n. dst has room for
// n + [PositionsSlack]; what is written behind dst[:n] means nothing.
func Positions(dst []uint32, masks []uint64, base uint32) (n int) {
	if len(masks) == 0 {
		return 0
	}
	if len(dst) >= PositionsSlack {
		if n = positions(dst, masks, base); n >= 0 {
			return n
		}
	}
	panic("bytescan: Positions: no room")
}

// InQuotes turns masks of quotes into masks of what is within them, the opening
// quote included and the closing one not: bit i of dst[b] is the parity of the
// quotes up to and with it. carry is all ones where the text before ended within
// quotes, else 0; what is returned is the carry for the text behind.
// len(dst) == len(quotes); they may be the same.
func InQuotes(dst, quotes []uint64, carry uint64) uint64 {
	if len(dst) != len(quotes) {
		panic("bytescan: InQuotes: lengths do not match")
	}
	if len(quotes) == 0 {
		return carry
	}
	return inQuotes(dst, quotes, carry)
}

// ASCII is how many bytes at the start of data are ASCII.
func ASCII(data []byte) (n int) {
	if len(data) >= asciiStep {
		n = asciiSteps(data)
	}
	for ; len(data)-n >= 8; n += 8 {
		if h := load(data[n:]) & high; h != 0 {
			return n + bits.TrailingZeros64(h)/8
		}
	}
	for n < len(data) && data[n] < 0x80 {
		n++
	}
	return n
}
