package main

import (
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// function begins a function.
func function(c *build.Context, name, signature, doc string) {
	c.Function(name)
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.Doc(strings.Split(doc, "\n")...)
	c.SignatureExpr(signature)
}

func param(c *build.Context, name string) reg.GPVirtual {
	r := c.GP64()
	c.Load(c.Param(name), r)
	return r
}

func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// broadcast is the four bytes at set, each in all bytes of a register.
func broadcast(c *build.Context, set reg.Register) (all [4]reg.VecVirtual) {
	for k := range all {
		all[k] = c.YMM()
		c.VPBROADCASTB(at(set, k), all[k])
	}
	return all
}

// loadBlock is 64 bytes in two registers.
func loadBlock(c *build.Context, data reg.Register) (low, high reg.VecVirtual) {
	low, high = c.YMM(), c.YMM()
	c.VMOVDQU(at(data, 0), low)
	c.VMOVDQU(at(data, 32), high)
	return low, high
}

// moveMask is the mask of the high bits of 64 bytes.
func moveMask(c *build.Context, low, high reg.VecVirtual) reg.GPVirtual {
	l, h := c.GP64(), c.GP64()
	c.VPMOVMSKB(low, l.As32())
	c.VPMOVMSKB(high, h.As32())
	c.SHLQ(operand.U8(32), h)
	c.ORQ(h, l)
	return l
}

func masks(c *build.Context) {
	function(c, "masksAVX2", "func(dst *uint64, data *byte, blocks int, set *[4]byte)",
		"masksAVX2 is masksGo for one block or more.")
	dst, data, blocks := param(c, "dst"), param(c, "data"), param(c, "blocks")
	set := broadcast(c, param(c, "set"))
	c.Label("block")
	low, high := loadBlock(c, data)
	for k, s := range set {
		l, h := c.YMM(), c.YMM()
		c.VPCMPEQB(low, s, l)
		c.VPCMPEQB(high, s, h)
		c.MOVQ(moveMask(c, l, h), at(dst, 8*k))
	}
	c.ADDQ(operand.U8(64), data)
	c.ADDQ(operand.U8(32), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.VZEROUPPER()
	c.RET()
}

func pairs(c *build.Context) {
	function(c, "pairsAVX2", "func(dst *uint64, data *byte, blocks int, set *[4]byte) bool",
		"pairsAVX2 is pairsGo for one block or more.")
	dst, data, blocks := param(c, "dst"), param(c, "data"), param(c, "blocks")
	set := broadcast(c, param(c, "set"))
	other := c.YMM()
	c.VPXOR(other, other, other)
	c.Label("block")
	low, high := loadBlock(c, data)
	var found [2]reg.VecVirtual
	for i, half := range []reg.VecVirtual{low, high} {
		x, y := c.YMM(), c.YMM()
		c.VPCMPEQB(half, set[0], x)
		c.VPCMPEQB(half, set[1], y)
		c.VPOR(x, y, x)
		found[i] = x
		p, q := c.YMM(), c.YMM()
		c.VPCMPEQB(half, set[2], p)
		c.VPCMPEQB(half, set[3], q)
		c.VPOR(p, other, other)
		c.VPOR(q, other, other)
	}
	c.MOVQ(moveMask(c, found[0], found[1]), at(dst, 0))
	c.ADDQ(operand.U8(64), data)
	c.ADDQ(operand.U8(8), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	any := c.GP8()
	c.VPTEST(other, other)
	c.SETNE(any)
	c.Store(any, c.ReturnIndex(0))
	c.VZEROUPPER()
	c.RET()
}

func asciiSteps(c *build.Context) {
	function(c, "asciiStepsAVX2", "func(data *byte, steps int) int",
		"asciiStepsAVX2 is how many steps of 128 bytes at the start of data, of one or\nmore, are ASCII.")
	data, steps := param(c, "data"), param(c, "steps")
	n, bits := c.GP64(), c.GP32()
	c.XORQ(n, n)
	c.Label("step")
	low, high := c.YMM(), c.YMM()
	c.VMOVDQU(at(data, 0), low)
	c.VMOVDQU(at(data, 64), high)
	c.VPOR(at(data, 32), low, low)
	c.VPOR(at(data, 96), high, high)
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
	c.VZEROUPPER()
	c.RET()
}
