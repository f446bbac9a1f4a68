package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// broadcast is the four bytes at set, each in all bytes of a register.
func broadcast(c *build.Context, set reg.Register) (all [4]reg.VecVirtual) {
	for k := range all {
		all[k] = c.YMM()
		c.VPBROADCASTB(emit.At(set, k), all[k])
	}
	return all
}

func masks(c *build.Context) {
	emit.Function(c, "masksAVX2(dst *uint64, data *byte, blocks int, set *[4]byte)",
		"masksAVX2 is masksGo for one block or more.")
	dst, data, blocks := emit.Param(c, "dst"), emit.Param(c, "data"), emit.Param(c, "blocks")
	set := broadcast(c, emit.Param(c, "set"))
	c.Label("block")
	block := emit.Block(c, data)
	for k, s := range set {
		found := [2]reg.VecVirtual{c.YMM(), c.YMM()}
		for i, half := range block {
			c.VPCMPEQB(half, s, found[i])
		}
		c.MOVQ(emit.Mask(c, found), emit.At(dst, 8*k))
	}
	c.ADDQ(operand.U8(64), data)
	c.ADDQ(operand.U8(32), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	emit.Return(c)
}

func pairs(c *build.Context) {
	emit.Function(c, "pairsAVX2(dst *uint64, data *byte, blocks int, set *[4]byte) (ys int, other bool)",
		"pairsAVX2 is pairsGo for one block or more.")
	dst, data, blocks := emit.Param(c, "dst"), emit.Param(c, "data"), emit.Param(c, "blocks")
	set := broadcast(c, emit.Param(c, "set"))
	other := c.YMM()
	c.VPXOR(other, other, other)
	zero, ys := c.YMM(), c.YMM()
	c.VPXOR(zero, zero, zero)
	c.VPXOR(ys, ys, ys)
	c.Label("block")
	found, second := compared(c, data, set, other)
	c.MOVQ(emit.Mask(c, found), emit.At(dst, 0))
	// A byte of all ones is -1.
	count := c.YMM()
	c.VPADDB(second[0], second[1], count)
	c.VPSUBB(count, zero, count)
	c.VPSADBW(zero, count, count)
	c.VPADDQ(count, ys, ys)
	c.ADDQ(operand.U8(64), data)
	c.ADDQ(operand.U8(8), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	any := c.GP8()
	c.VPTEST(other, other)
	c.SETNE(any)
	c.Store(any, c.ReturnIndex(1))
	upper, n := c.YMM(), c.GP64()
	c.VEXTRACTI128(operand.U8(1), ys, upper.AsX())
	c.VPADDQ(upper.AsX(), ys.AsX(), ys.AsX())
	c.VPSRLDQ(operand.U8(8), ys.AsX(), upper.AsX())
	c.VPADDQ(upper.AsX(), ys.AsX(), ys.AsX())
	c.VMOVQ(ys.AsX(), n)
	c.Store(n, c.ReturnIndex(0))
	emit.Return(c)
}

// compared is which bytes of a block are one of the first two of set, and which the second, and
// adds to other which are one of the others.
func compared(c *build.Context, data reg.Register, set [4]reg.VecVirtual, other reg.VecVirtual) (found, second [2]reg.VecVirtual) {
	for i, half := range emit.Block(c, data) {
		x, y := c.YMM(), c.YMM()
		c.VPCMPEQB(half, set[0], x)
		c.VPCMPEQB(half, set[1], y)
		c.VPOR(x, y, x)
		found[i], second[i] = x, y
		p, q := c.YMM(), c.YMM()
		c.VPCMPEQB(half, set[2], p)
		c.VPCMPEQB(half, set[3], q)
		c.VPOR(p, other, other)
		c.VPOR(q, other, other)
	}
	return found, second
}

func asciiSteps(c *build.Context) {
	emit.Function(c, "asciiStepsAVX2(data *byte, steps int) int",
		"asciiStepsAVX2 is how many steps of 128 bytes at the start of data, of one or",
		"more, are ASCII.")
	data, steps := emit.Param(c, "data"), emit.Param(c, "steps")
	n, bits := c.GP64(), c.GP32()
	c.XORQ(n, n)
	c.Label("step")
	low, high := c.YMM(), c.YMM()
	c.VMOVDQU(emit.At(data, 0), low)
	c.VMOVDQU(emit.At(data, 64), high)
	c.VPOR(emit.At(data, 32), low, low)
	c.VPOR(emit.At(data, 96), high, high)
	c.VPOR(low, high, low)
	c.VPMOVMSKB(low, bits)
	c.TESTL(bits, bits)
	c.JNZ(operand.LabelRef("done"))
	c.INCQ(n)
	c.ADDQ(operand.U32(128), data)
	c.CMPQ(n, steps)
	c.JNE(operand.LabelRef("step"))
	c.Label("done")
	c.Store(n, c.ReturnIndex(0))
	emit.Return(c)
}
