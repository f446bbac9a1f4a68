package bytescan

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones = 0x0101010101010101
	high = 0x8080808080808080

	asciiStep = 128 // bytes that asciiSteps takes at once
)

func load(data []byte) uint64 { return binary.LittleEndian.Uint64(data) }

func masksGo(dst []uint64, data []byte, set [4]byte) {
	c0, c1, c2, c3 := ones*uint64(set[0]), ones*uint64(set[1]), ones*uint64(set[2]), ones*uint64(set[3])
	for len(data) >= BlockBytes && len(dst) >= 4 {
		block := (*[BlockBytes]byte)(data)
		dst[0], dst[1], dst[2], dst[3] = equal(block, c0), equal(block, c1), equal(block, c2), equal(block, c3)
		data, dst = data[BlockBytes:], dst[4:]
	}
}

func pairsGo(dst []uint64, data []byte, set [4]byte) (ys int, other bool) {
	c0, c1, c2, c3 := ones*uint64(set[0]), ones*uint64(set[1]), ones*uint64(set[2]), ones*uint64(set[3])
	var rare uint64
	for len(data) >= BlockBytes && len(dst) >= 1 {
		block := (*[BlockBytes]byte)(data)
		y := equal(block, c1)
		dst[0], ys = equal(block, c0)|y, ys+bits.OnesCount64(y)
		for i := 0; i < BlockBytes; i += 8 {
			x := load(block[i:])
			rare |= zeros(x^c2) | zeros(x^c3)
		}
		data, dst = data[BlockBytes:], dst[1:]
	}
	return ys, rare != 0
}

// zeros sets the high bit of each byte that is zero, and no other bit.
func zeros(x uint64) uint64 { return ^((x&^high + 0x7F*ones) | x) & high }

// equal is the mask of the bytes that are c, which stands in all bytes of c.
func equal(block *[BlockBytes]byte, c uint64) uint64 {
	return transpose(zeros(load(block[0:])^c)>>7 | zeros(load(block[8:])^c)>>6 |
		zeros(load(block[16:])^c)>>5 | zeros(load(block[24:])^c)>>4 |
		zeros(load(block[32:])^c)>>3 | zeros(load(block[40:])^c)>>2 |
		zeros(load(block[48:])^c)>>1 | zeros(load(block[56:])^c))
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

// positionsGo returns -1 where dst has no room. It writes eight places at a time,
// meant or not: few blocks have more, so that the branches are foreseen.
func positionsGo(dst []uint32, masks []uint64, base uint32) int {
	n := 0
	for _, m := range masks {
		count := bits.OnesCount64(m)
		if n+count+PositionsSlack > len(dst) {
			return -1
		}
		for at := n; m != 0; at += 8 {
			to := (*[8]uint32)(dst[at:])
			for i := range to {
				to[i] = base + uint32(bits.TrailingZeros64(m))
				m &= m - 1
			}
		}
		n += count
		base += BlockBytes
	}
	return n
}

func inQuotesGo(dst, quotes []uint64, carry uint64) uint64 {
	dst = dst[:len(quotes)]
	for i, q := range quotes {
		q ^= q << 1
		q ^= q << 2
		q ^= q << 4
		q ^= q << 8
		q ^= q << 16
		q ^= q << 32
		q ^= carry
		dst[i] = q
		carry = uint64(int64(q) >> 63)
	}
	return carry
}

// asciiStepsGo is how many bytes at the start of data are ASCII, in steps.
func asciiStepsGo(data []byte) (n int) {
	for ; len(data) >= asciiStep; n += asciiStep {
		step := (*[asciiStep]byte)(data)
		var or uint64
		for i := 0; i < asciiStep; i += 32 {
			or |= load(step[i:]) | load(step[i+8:]) | load(step[i+16:]) | load(step[i+24:])
		}
		if or&high != 0 {
			break
		}
		data = data[asciiStep:]
	}
	return n
}
