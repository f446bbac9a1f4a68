package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// short is what is known of the characters of four fields of up to eight.
type short struct {
	text     reg.VecVirtual // characters xor '0', zeros before the field
	n        reg.VecVirtual // how many, without the sign
	negative reg.VecVirtual // all ones where there is a minus sign
	good     reg.VecVirtual // all ones where there are up to eight, and no zero too many
}

// lastEight loads the last eight characters of four fields.
func (k *kernels) lastEight() reg.VecVirtual {
	c := k.c
	text := func(field int) operand.Mem {
		end := c.GP64()
		c.MOVL(operand.Mem{Base: k.fields, Disp: 8*field + 4}, end.As32())
		return operand.Mem{Base: k.data, Index: end, Scale: 1, Disp: -8}
	}
	pair := func(first, second int) reg.VecVirtual {
		y := c.YMM()
		c.VMOVQ(text(first), y.AsX())
		c.VMOVHPS(text(second), y.AsX(), y.AsX())
		return y
	}
	x, upper := pair(0, 1), pair(2, 3)
	c.VINSERTI128(operand.U8(1), upper.AsX(), x, x)
	return x
}

// loadShort loads the characters of four fields that end at to.
func (k *kernels) loadShort(four, to reg.VecVirtual) short {
	c := k.c
	x := k.lastEight()
	n := k.sub(to, k.and(k.all(1<<30-1), four))
	from := c.YMM() // bits before the field
	c.VMOVDQU(k.all(64), from)
	c.VPSUBQ(k.shiftLeft(n, 3), from, from)
	negative := k.and(k.signed, k.equal(k.and(k.all(0xFF), k.rightBy(x, from)), k.all('-')))
	n = k.add(n, negative)
	from = k.add(from, k.and(k.all(8), negative))

	all := c.YMM()
	c.VPCMPEQQ(all, all, all)
	x = k.and(k.xor(k.all('0'*ones), x), k.leftBy(all, from))
	// A zero too many is one before a digit: a point has bit 4.
	lead := k.equal(k.and(k.all(0x10FF), k.rightBy(x, from)), k.zero())
	lead = k.and(k.and(k.exact, lead), k.more(n, k.all(1)))
	nine := c.YMM()
	c.VMOVDQU(k.all(9), nine)
	return short{x, n, negative, k.without(k.more(nine, n), lead)}
}

// digits8 is all ones in the lanes of which no byte is more than 9.
func (k *kernels) digits8(x reg.VecVirtual) reg.VecVirtual {
	return k.equal(k.two(k.c.VPSUBUSB, k.all(9*ones), x), k.zero())
}

// shortInts emits the loop of short integers.
func (k *kernels) shortInts() {
	c := k.c
	k.loop("shortIntsAVX2", "shortIntsAVX2 is intsAVX2 of up to eight digits.", "int64", 3, func(four, to reg.VecVirtual) reg.VecVirtual {
		d := k.loadShort(four, to)
		good := k.and(k.and(d.good, k.more(d.n, k.zero())), k.digits8(d.text))
		v := k.sub(k.xor(k.number(d.text), d.negative), d.negative)
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}

// shortFloats emits the loop of short floats.
func (k *kernels) shortFloats() {
	c := k.c
	double := func(below32Bits reg.VecVirtual) reg.VecVirtual {
		return k.two(c.VSUBPD, k.all(0x4330000000000000), k.or(k.all(0x4330000000000000), below32Bits))
	}
	k.loop("shortFloatsAVX2", "shortFloatsAVX2 is floatsAVX2 of up to eight characters behind a sign.", "float64", 3, func(four, to reg.VecVirtual) reg.VecVirtual {
		d := k.loadShort(four, to)
		// The lowest bit of the byte where the point stands, if any, and the byte.
		points := k.and(k.all(0x10*ones), d.text)
		bit := k.shiftRight(k.and(points, k.sub(k.zero(), points)), 4)
		none := k.equal(points, k.zero())
		place := k.sub(k.shiftLeft(bit, 8), bit)
		good := k.and(d.good, k.more(k.sub(k.add(k.all(full), d.n), none), k.zero()))
		good = k.and(good, k.equal(k.without(place, k.two(c.VPCMPEQB, k.all(('.'^'0')*ones), d.text)), k.zero()))
		// Without it, the characters before it move up.
		before := k.add(k.all(full), bit)
		up := k.two(c.VPANDN, k.all(8), none)
		x := k.or(k.without(d.text, k.or(before, place)), k.leftBy(k.and(d.text, before), up))
		good = k.and(good, k.digits8(x))
		// The power of ten is the number whose digits are a one where the point
		// stood, or at the end.
		power := double(k.number(k.or(bit, k.and(k.all(1<<56), none))))
		v := k.two(c.VDIVPD, power, double(k.number(x)))
		v = k.or(v, k.shiftLeft(d.negative, 63))
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}
