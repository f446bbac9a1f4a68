package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// kernels emits the loops of numbers. Four fields are done at once, each in a lane of
// 64 bits of two registers: low has the last eight characters, high the eight before.
// Loops of short fields have low alone.
type kernels struct {
	c         *build.Context
	constants map[uint64]operand.Mem

	data, fields, dst, odd, left reg.GPVirtual
	room, signed, exact          operand.Mem
	by                           reg.GPVirtual // what the loop goes by
	bits                         reg.GPVirtual // of the fields that are odd, the next at the top
}

func newKernels(c *build.Context) *kernels {
	return &kernels{c: c, constants: map[uint64]operand.Mem{}}
}

// all is v in each of four lanes.
func (k *kernels) all(v uint64) operand.Mem {
	m, ok := k.constants[v]
	if !ok {
		m = k.c.StaticGlobal(fmt.Sprintf("lanes%016x", v))
		k.c.DataAttributes(attr.RODATA | attr.NOPTR)
		for lane := range 4 {
			k.c.AddDatum(8*lane, operand.U64(v))
		}
		k.constants[v] = m
	}
	return m
}

const (
	ones = 0x0101010101010101
	full = 0xFFFFFFFFFFFFFFFF
)

// two is an instruction of two operands, as a value: f(a, b, result).
func (k *kernels) two(f any, a, b operand.Op) reg.VecVirtual {
	y := k.c.YMM()
	switch f := f.(type) {
	case func(operand.Op, operand.Op, operand.Op):
		f(a, b, y)
	case func(...operand.Op):
		f(a, b, y)
	default:
		panic(fmt.Sprintf("%T is no instruction of three operands", f))
	}
	return y
}

func (k *kernels) and(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPAND, a, b) }
func (k *kernels) or(a, b operand.Op) reg.VecVirtual  { return k.two(k.c.VPOR, a, b) }
func (k *kernels) xor(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPXOR, a, b) }
func (k *kernels) add(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPADDQ, a, b) }

// without is a without the bits of b.
func (k *kernels) without(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPANDN, a, b) }

// sub is a-b.
func (k *kernels) sub(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPSUBQ, b, a) }

// equal is all ones in the lanes where a is b, more where a is more than b.
func (k *kernels) equal(a, b operand.Op) reg.VecVirtual { return k.two(k.c.VPCMPEQQ, b, a) }
func (k *kernels) more(a, b operand.Op) reg.VecVirtual  { return k.two(k.c.VPCMPGTQ, b, a) }

// left and right shift lanes by constants, leftBy and rightBy by lanes, to 0 where
// those are not from 0 to 63.
func (k *kernels) shiftLeft(a operand.Op, n uint8) reg.VecVirtual {
	return k.two(k.c.VPSLLQ, operand.Imm(uint64(n)), a)
}
func (k *kernels) shiftRight(a operand.Op, n uint8) reg.VecVirtual {
	return k.two(k.c.VPSRLQ, operand.Imm(uint64(n)), a)
}
func (k *kernels) leftBy(a, n operand.Op) reg.VecVirtual  { return k.two(k.c.VPSLLVQ, n, a) }
func (k *kernels) rightBy(a, n operand.Op) reg.VecVirtual { return k.two(k.c.VPSRLVQ, n, a) }

// number is the number that eight digits are: pairs, fours, and all, by products of
// neighbours.
func (k *kernels) number(digits operand.Op) reg.VecVirtual {
	pairs := k.two(k.c.VPMADDUBSW, k.all(0x010A010A010A010A), digits)
	fours := k.two(k.c.VPMADDWD, k.all(0x0001006400010064), pairs)
	return k.add(k.two(k.c.VPMULUDQ, k.all(10000), fours), k.shiftRight(fours, 32))
}

// zero is a register of zeros.
func (k *kernels) zero() reg.VecVirtual {
	y := k.c.YMM()
	k.c.VPXOR(y, y, y)
	return y
}

// digits is what is known of the characters of four fields.
type digits struct {
	high, low reg.VecVirtual // characters xor '0', zeros before the field
	n         reg.VecVirtual // how many, without the sign
	negative  reg.VecVirtual // all ones where there is a minus sign
	good      reg.VecVirtual // all ones where there are up to 16, and no zero too many
}

// loop emits a loop over fours of fields, 64 fields to a word of odd, that goes by so many numbers, each in all
// lanes, len(data)-16 first. body makes the values of four, stores them at dst, and
// returns all ones in the lanes that it could do.
func (k *kernels) loop(name, doc, result string, numbers int, body func(four, to reg.VecVirtual) reg.VecVirtual) {
	c := k.c
	c.Function(name)
	c.SignatureExpr(fmt.Sprintf("func(dst *%s, data *byte, fields *uint64, fours int, by *[%d][4]uint64, odd *uint64)", result, numbers))
	c.Doc(strings.Split(doc, "\n")...)
	c.Pragma("noescape")
	k.dst, k.data, k.fields = c.GP64(), c.GP64(), c.GP64()
	k.left, k.odd, k.bits = c.GP64(), c.GP64(), c.GP64()
	c.Load(c.Param("dst"), k.dst)
	c.Load(c.Param("data"), k.data)
	c.Load(c.Param("fields"), k.fields)
	c.Load(c.Param("fours"), k.left)
	c.Load(c.Param("odd"), k.odd)
	k.by = c.GP64()
	c.Load(c.Param("by"), k.by)
	k.room, k.signed, k.exact = k.given(0), k.given(1), k.given(2)
	group, without := c.GP64(), c.GP64()
	c.Label("block")
	c.MOVQ(operand.U32(16), group)
	c.CMPQ(k.left, group)
	c.CMOVQLT(k.left, group)
	c.SUBQ(group, k.left)
	c.MOVQ(operand.U32(64), without) // bits of fields that a last block lacks
	c.SHLQ(operand.U8(2), group)
	c.SUBQ(group, without)
	c.SHRQ(operand.U8(2), group)
	c.Label("group")
	four := c.YMM()
	c.VMOVDQU(operand.Mem{Base: k.fields}, four)
	to := k.shiftRight(four, 32)
	// Nothing is loaded from outside of data.
	before := k.sub(to, k.all(16))
	outside := c.GP32()
	c.VMOVMSKPD(k.or(before, k.more(before, k.room)), outside)
	c.TESTL(outside, outside)
	c.JNZ(operand.LabelRef("none"))
	good := body(four, to)
	mask := c.GP64()
	c.VMOVMSKPD(good, mask.As32())
	c.XORL(operand.U8(15), mask.As32())
	c.Label("next")
	c.SHRQ(operand.U8(4), k.bits)
	c.SHLQ(operand.U8(60), mask)
	c.ORQ(mask, k.bits)
	c.ADDQ(operand.U8(32), k.fields)
	c.ADDQ(operand.U8(32), k.dst)
	c.DECQ(group)
	c.JNZ(operand.LabelRef("group"))
	c.SHRXQ(without, k.bits, k.bits)
	c.MOVQ(k.bits, operand.Mem{Base: k.odd})
	c.ADDQ(operand.U8(8), k.odd)
	c.TESTQ(k.left, k.left)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
	c.Label("none")
	c.MOVQ(operand.U32(15), mask)
	c.JMP(operand.LabelRef("next"))
}

// given is number i of those that the loop goes by, in all lanes.
func (k *kernels) given(i int) operand.Mem { return operand.Mem{Base: k.by, Disp: 32 * i} }

// lastSixteen loads the last 16 characters of four fields.
func (k *kernels) lastSixteen() (high, low reg.VecVirtual) {
	c := k.c
	text := func(field int) operand.Mem {
		end := c.GP64()
		c.MOVL(operand.Mem{Base: k.fields, Disp: 8*field + 4}, end.As32())
		return operand.Mem{Base: k.data, Index: end, Scale: 1, Disp: -16}
	}
	pair := func(first, second int) reg.VecVirtual {
		y := c.YMM()
		c.VMOVDQU(text(first), y.AsX())
		c.VINSERTI128(operand.U8(1), text(second), y, y)
		return y
	}
	even, odd := pair(0, 2), pair(1, 3)
	high, low = c.YMM(), c.YMM()
	c.VPUNPCKLQDQ(odd, even, high)
	c.VPUNPCKHQDQ(odd, even, low)
	return high, low
}

// long is four fields of up to 16 characters.
type long struct {
	high, low         reg.VecVirtual // the last 16 characters
	fromHigh, fromLow reg.VecVirtual // bits before the field, without its sign
	n                 reg.VecVirtual // how many characters, without the sign
	negative          reg.VecVirtual // all ones where there is a minus sign
}

// loadLong loads four fields that end at to, with minus signs in the lanes of signed that are
// all ones; nil: in any.
func (k *kernels) loadLong(four, to reg.VecVirtual, signed operand.Op) (x long) {
	c := k.c
	x.high, x.low = k.lastSixteen()
	n := k.sub(to, k.and(k.all(1<<30-1), four))
	size := k.shiftLeft(n, 3)
	fromLow, fromHigh := c.YMM(), c.YMM()
	c.VMOVDQU(k.all(64), fromLow)
	c.VPSUBQ(size, fromLow, fromLow)
	c.VPADDQ(k.all(64), fromLow, fromHigh)
	x.fromLow, x.fromHigh = fromLow, fromHigh
	x.negative = k.equal(k.first(x), k.all('-'))
	if signed != nil {
		x.negative = k.and(signed, x.negative)
	}
	x.n = k.add(n, x.negative)
	sign := k.and(k.all(8), x.negative)
	x.fromLow, x.fromHigh = k.add(fromLow, sign), k.add(fromHigh, sign)
	return x
}

// first is the first character of the fields.
func (k *kernels) first(x long) reg.VecVirtual {
	return k.and(k.all(0xFF), k.or(k.rightBy(x.low, x.fromLow), k.rightBy(x.high, x.fromHigh)))
}

// characters xor text, and '0' in the first eight: zeros before the field. It returns the bits
// before the field, too.
func (k *kernels) characters(x long, text operand.Op) (low, high, fromLow, fromHigh reg.VecVirtual) {
	all := k.c.YMM()
	k.c.VPCMPEQQ(all, all, all)
	low = k.and(k.xor(text, x.low), k.leftBy(all, k.two(k.c.VPMAXSD, k.zero(), x.fromLow)))
	high = k.and(k.xor(k.all('0'*ones), x.high), k.leftBy(all, x.fromHigh))
	return low, high, x.fromLow, x.fromHigh
}

// load loads the characters of four fields that end at to.
func (k *kernels) load(four, to reg.VecVirtual) digits {
	c := k.c
	x := k.loadLong(four, to, k.signed)
	low, high, fromLow, fromHigh := k.characters(x, k.all('0'*ones))
	n, zero := x.n, k.zero()

	// A zero too many is one before a digit: a point has bit 4.
	lead := k.or(k.or(k.rightBy(low, fromLow), k.rightBy(high, fromHigh)), k.leftBy(low, k.sub(zero, fromLow)))
	lead = k.equal(k.and(k.all(0x10FF), lead), zero)
	lead = k.and(k.and(k.exact, lead), k.more(n, k.all(1)))
	seventeen := c.YMM()
	c.VMOVDQU(k.all(17), seventeen)
	good := k.without(k.more(seventeen, n), lead)
	return digits{high, low, n, x.negative, good}
}

// none is all ones in the lanes of which no byte of high and low is more than 9.
func (k *kernels) allDigits(high, low reg.VecVirtual) reg.VecVirtual {
	above := k.or(k.two(k.c.VPSUBUSB, k.all(9*ones), high), k.two(k.c.VPSUBUSB, k.all(9*ones), low))
	return k.equal(above, k.zero())
}

// ints emits the loop of integers.
func (k *kernels) ints() {
	c := k.c
	k.loop("intsAVX2", "intsAVX2 parses integers of up to 16 digits, four at a time, and sets the bits of\nthose in odd, of 64 fields to a word, that it cannot do. by is, in all lanes, len(data)-16, and all ones where\nthere are minus signs and where zeros before digits are odd.", "int64", 3, func(four, to reg.VecVirtual) reg.VecVirtual {
		d := k.load(four, to)
		good := k.and(d.good, k.more(d.n, k.zero()))
		good = k.and(good, k.allDigits(d.high, d.low))
		v := k.add(k.two(c.VPMULUDQ, k.all(1e8), k.number(d.high)), k.number(d.low))
		v = k.sub(k.xor(v, d.negative), d.negative)
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}

// floats emits the loop of floats.
func (k *kernels) floats() {
	c := k.c
	double := func(below32Bits reg.VecVirtual) reg.VecVirtual {
		return k.two(c.VSUBPD, k.all(0x4330000000000000), k.or(k.all(0x4330000000000000), below32Bits))
	}
	// join is high*1e8+low, exactly.
	join := func(high, low reg.VecVirtual) reg.VecVirtual {
		return k.two(c.VADDPD, double(low), k.two(c.VMULPD, k.all(0x4197D78400000000), double(high)))
	}
	k.loop("floatsAVX2", "floatsAVX2 is intsAVX2 for floats: integers of up to 53 bits divided by a power of ten.", "float64", 3, func(four, to reg.VecVirtual) reg.VecVirtual {
		d := k.load(four, to)
		// The lowest bit of the byte where the point stands, if any.
		lowest := func(x reg.VecVirtual) (bit, no reg.VecVirtual) {
			points := k.and(k.all(0x10*ones), x)
			return k.shiftRight(k.and(points, k.sub(k.zero(), points)), 4), k.equal(points, k.zero())
		}
		lowBit, noLow := lowest(d.low)
		highBit, noHigh := lowest(d.high)
		none := k.and(noLow, noHigh)
		good := k.and(d.good, k.or(noLow, noHigh))
		good = k.and(good, k.more(k.sub(k.add(k.all(full), d.n), none), k.zero()))
		// It is a point.
		is := func(x, bit reg.VecVirtual) reg.VecVirtual {
			return k.without(k.sub(k.shiftLeft(bit, 8), bit), k.two(c.VPCMPEQB, k.all(('.'^'0')*ones), x))
		}
		good = k.and(good, k.equal(k.or(is(d.low, lowBit), is(d.high, highBit)), k.zero()))
		// Without it, the characters before it move up.
		cut := func(x, bit, no reg.VecVirtual) (cut, up reg.VecVirtual) {
			up = k.two(c.VPANDN, k.all(8), no)
			before := k.add(k.all(full), bit)
			rest := k.without(k.without(x, before), k.sub(k.shiftLeft(bit, 8), bit))
			return k.or(rest, k.leftBy(k.and(x, before), up)), up
		}
		low, up := cut(d.low, lowBit, noLow)
		low = k.or(low, k.without(k.shiftRight(d.high, 56), noLow))
		high, _ := cut(d.high, highBit, noHigh)
		high = k.leftBy(high, up)
		good = k.and(good, k.allDigits(high, low))
		highNumber := k.number(high)
		limit := c.YMM()
		c.VMOVDQU(k.all(90071992), limit)
		good = k.and(good, k.more(limit, highNumber))
		v := join(highNumber, k.number(low))
		// The power of ten is the number whose digits are a one where the point
		// stood, or at the end.
		power := join(k.number(highBit), k.number(k.or(lowBit, k.and(k.all(1<<56), none))))
		v = k.two(c.VDIVPD, power, v)
		v = k.or(v, k.shiftLeft(d.negative, 63))
		c.VMOVDQU(v, operand.Mem{Base: k.dst})
		return good
	})
}
