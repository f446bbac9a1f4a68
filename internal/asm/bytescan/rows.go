package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// Where the parts of a Rhythm stand.
const (
	rhythmPhase, rhythmBroken = 0, 8
	rhythmEnds                = 16
	rhythmNext                = 16 + 64*8
)

// rows is pairs, and compares those of the places that are ends with those that should be: of
// the places of a block alone, which PEXT makes of two masks.
func rows(c *build.Context) {
	emit.Function(c, "rowsAVX2(dst *uint64, data *byte, blocks int, set *[4]byte, rhythm *uint64) (ys int, other bool)",
		"rowsAVX2 is rowsGo for one block or more. rhythm is a Rhythm.")
	dst, data, blocks := emit.Param(c, "dst"), emit.Param(c, "data"), emit.Param(c, "blocks")
	set, rhythm := broadcast(c, emit.Param(c, "set")), emit.Param(c, "rhythm")
	other, ys := c.YMM(), c.GP64()
	c.VPXOR(other, other, other)
	c.XORL(ys.As32(), ys.As32())
	phase, broken := c.GP64(), c.GP64()
	c.MOVQ(emit.At(rhythm, rhythmPhase), phase)
	c.MOVQ(emit.At(rhythm, rhythmBroken), broken)
	c.Label("block")
	found, second := compared(c, data, set, other)
	places, ends, count := emit.Mask(c, found), emit.Mask(c, second), c.GP64()
	c.MOVQ(places, emit.At(dst, 0))
	c.PEXTQ(places, ends, places)
	c.POPCNTQ(emit.At(dst, 0), count)
	c.POPCNTQ(ends, ends)
	c.ADDQ(ends, ys)
	c.XORQ(operand.Mem{Base: rhythm, Index: phase, Scale: 8, Disp: rhythmEnds}, places)
	c.BZHIQ(count, places, places)
	c.ORQ(places, broken)
	c.ADDQ(count, phase)
	c.MOVBLZX(operand.Mem{Base: rhythm, Index: phase, Scale: 1, Disp: rhythmNext}, phase.As32())
	c.ADDQ(operand.U8(64), data)
	c.ADDQ(operand.U8(8), dst)
	c.DECQ(blocks)
	c.JNZ(operand.LabelRef("block"))
	c.MOVQ(phase, emit.At(rhythm, rhythmPhase))
	c.MOVQ(broken, emit.At(rhythm, rhythmBroken))
	any := c.GP8()
	c.VPTEST(other, other)
	c.SETNE(any)
	c.Store(any, c.ReturnIndex(1))
	c.Store(ys, c.ReturnIndex(0))
	emit.Return(c)
}

// between takes four spans at a time; where rows have two places they are those as they stand.
func between(c *build.Context) {
	one := c.StaticGlobal("oneOfTwo")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 4 {
		c.AppendDatum(operand.U64(1))
	}
	emit.Function(c, "betweenAVX2(dst *[2]uint32, places *uint32, fours, width int)",
		"betweenAVX2 is betweenGo for four spans or more.")
	dst, places, fours, row := emit.Param(c, "dst"), emit.Param(c, "places"), emit.Param(c, "fours"), emit.Param(c, "width")
	add := c.YMM()
	c.VMOVDQU(one, add)
	c.CMPQ(row, operand.U8(2))
	c.JNE(operand.LabelRef("any"))
	c.Label("two")
	both := c.YMM()
	c.VPADDD(emit.At(places, 0), add, both)
	c.VMOVDQU(both, emit.At(dst, 0))
	c.ADDQ(operand.U8(32), places)
	c.ADDQ(operand.U8(32), dst)
	c.DECQ(fours)
	c.JNZ(operand.LabelRef("two"))
	emit.Return(c)

	c.Label("any")
	c.SHLQ(operand.U8(2), row)
	three := c.GP64()
	c.LEAQ(operand.Mem{Base: row, Index: row, Scale: 2}, three)
	c.Label("four")
	low, high := c.YMM(), c.YMM()
	at := func(index reg.Register, scale uint8) operand.Mem {
		return operand.Mem{Base: places, Index: index, Scale: scale}
	}
	c.VMOVQ(emit.At(places, 0), low.AsX())
	c.VMOVHPS(at(row, 1), low.AsX(), low.AsX())
	c.VMOVQ(at(row, 2), high.AsX())
	c.VMOVHPS(at(three, 1), high.AsX(), high.AsX())
	c.VINSERTI128(operand.U8(1), high.AsX(), low, low)
	c.VPADDD(low, add, low)
	c.VMOVDQU(low, emit.At(dst, 0))
	c.LEAQ(operand.Mem{Base: places, Index: row, Scale: 4}, places)
	c.ADDQ(operand.U8(32), dst)
	c.DECQ(fours)
	c.JNZ(operand.LabelRef("four"))
	emit.Return(c)
}
