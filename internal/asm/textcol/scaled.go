package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the loop of scaled floats goes by, beside the room: see its twin.
const (
	scaledText = 1 + iota
	scaledMost
	scaledPairs
	scaledFours
	scaledFactor
	scaledDivisor
	scaledLeast
	scaledWhole

	scaledNumbers
)

// scaledFloats emits the loop of short floats whose points stand all in one place.
func (k *kernels) scaledFloats() {
	c := k.c
	k.loop("scaledFloatsAVX2", "scaledFloatsAVX2 is shortFloatsAVX2 for fields that have one number of digits behind the\npoint, which by tells: len(data)-16 and the numbers of a scale, in all lanes.", "float64", scaledNumbers, func(four, to reg.VecVirtual) reg.VecVirtual {
		x := k.lastEight()
		n := k.sub(to, k.and(k.all(1<<30-1), four))
		from := c.YMM() // bits before the field
		c.VMOVDQU(k.all(64), from)
		c.VPSUBQ(k.shiftLeft(n, 3), from, from)
		negative := k.equal(k.and(k.all(0xFF), k.rightBy(x, from)), k.all('-'))
		n = k.add(n, negative)
		from = k.add(from, k.and(k.all(8), negative))
		// What is not as it should be is more than the most that it may be: 9, and 0
		// where the point stands.
		all := c.YMM()
		c.VPCMPEQQ(all, all, all)
		x = k.and(k.xor(k.given(scaledText), x), k.leftBy(all, from))
		zero := k.zero()
		good := k.equal(k.two(c.VPSUBUSB, k.given(scaledMost), x), zero)
		nine := c.YMM()
		c.VMOVDQU(k.all(9), nine)
		good = k.and(good, k.and(k.more(n, k.given(scaledLeast)), k.more(nine, n)))
		lead := k.equal(k.and(k.all(0xFF), k.rightBy(x, from)), zero)
		good = k.without(good, k.and(lead, k.more(n, k.given(scaledWhole))))

		pairs := k.two(c.VPMADDUBSW, k.given(scaledPairs), x)
		fours := k.two(c.VPMADDWD, k.given(scaledFours), pairs)
		v := k.add(k.two(c.VPMULUDQ, k.given(scaledFactor), fours), k.shiftRight(fours, 32))
		v = k.two(c.VSUBPD, k.all(0x4330000000000000), k.or(k.all(0x4330000000000000), v))
		v = k.or(k.two(c.VDIVPD, k.given(scaledDivisor), v), k.shiftLeft(negative, 63))
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}

// longScaledFloats emits the same for up to 16 characters, of which the point is one of
// the last eight: of no more than 15 digits each number is exact.
func (k *kernels) longScaledFloats() {
	c := k.c
	double := func(below32Bits reg.VecVirtual) reg.VecVirtual {
		return k.two(c.VSUBPD, k.all(0x4330000000000000), k.or(k.all(0x4330000000000000), below32Bits))
	}
	k.loop("longScaledFloatsAVX2", "longScaledFloatsAVX2 is scaledFloatsAVX2 for up to 16 characters, with a point.", "float64", scaledNumbers, func(four, to reg.VecVirtual) reg.VecVirtual {
		l := k.loadLong(four, to, nil)
		low, high, _, _ := k.characters(l, k.given(scaledText))
		n, zero := l.n, k.zero()
		above := k.or(k.two(c.VPSUBUSB, k.given(scaledMost), low), k.two(c.VPSUBUSB, k.all(9*ones), high))
		good := k.equal(above, zero)
		seventeen := c.YMM()
		c.VMOVDQU(k.all(17), seventeen)
		good = k.and(good, k.and(k.more(n, k.given(scaledLeast)), k.more(seventeen, n)))
		l.low, l.high = low, high
		good = k.without(good, k.and(k.equal(k.first(l), zero), k.more(n, k.given(scaledWhole))))

		pairs := k.two(c.VPMADDUBSW, k.given(scaledPairs), low)
		fours := k.two(c.VPMADDWD, k.given(scaledFours), pairs)
		v := double(k.add(k.two(c.VPMULUDQ, k.given(scaledFactor), fours), k.shiftRight(fours, 32)))
		v = k.two(c.VADDPD, v, k.two(c.VMULPD, k.all(0x416312D000000000), double(k.number(high)))) // 1e7
		v = k.or(k.two(c.VDIVPD, k.given(scaledDivisor), v), k.shiftLeft(l.negative, 63))
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}
