package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// gather copies 32 bytes of each word, whatever its length, and more of one that is
// longer.
func gather(c *build.Context) {
	emit.Function(c, "gatherAVX2(lowered *byte, parts *uint64, from, to, start int, values *byte, at int, offsets *int32) (next, nextStart, nextAt, words int)",
		"gatherAVX2 is gatherPlainGo for one part or more, the first of which has no hard",
		"word: parts is that numbered from, and to the one behind the last. It may write 31",
		"bytes behind the last word.")
	lowered, part := emit.Param(c, "lowered"), emit.Param(c, "parts")
	base, to := emit.Param(c, "from"), emit.Param(c, "to")
	c.SHLQ(operand.U8(6), base)
	c.SHLQ(operand.U8(6), to)
	values, at, offsets := emit.Param(c, "values"), emit.Param(c, "at"), emit.Param(c, "offsets")
	start := emit.Param(c, "start")
	first := c.GP64()
	c.MOVQ(offsets, first)

	starts, ends, length, candidate := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	chunk := c.YMM()
	c.Label("part")
	c.MOVQ(emit.At(part, partStart), starts)
	c.MOVQ(emit.At(part, partEnd), ends)
	c.ADDQ(operand.U8(partBytes), part)

	// Where no word is open, the first start is taken.
	rest := c.GP64()
	c.TZCNTQ(starts, candidate)
	c.ADDQ(base, candidate)
	c.BLSRQ(starts, rest)
	c.CMPQ(start, base)
	c.CMOVQGE(candidate, start)
	c.CMOVQGE(rest, starts)
	c.TESTQ(ends, ends)
	c.JZ(operand.LabelRef("next"))

	c.Label("word")
	c.VMOVDQU(operand.Mem{Base: lowered, Index: start, Scale: 1}, chunk)
	c.VMOVDQU(chunk, operand.Mem{Base: values, Index: at, Scale: 1})
	c.TZCNTQ(ends, length)
	c.ADDQ(base, length)
	c.SUBQ(start, length)
	c.CMPQ(length, operand.U8(32))
	c.JG(operand.LabelRef("long"))
	c.Label("copied")
	c.ADDQ(length, at)
	c.MOVL(at.As32(), emit.At(offsets, 0))
	c.ADDQ(operand.U8(4), offsets)
	c.TZCNTQ(starts, start)
	c.ADDQ(base, start)
	c.BLSRQ(starts, starts)
	c.BLSRQ(ends, ends)
	c.JNZ(operand.LabelRef("word"))
	c.Label("next")
	c.ADDQ(operand.U8(64), base)
	c.CMPQ(base, to)
	c.JGE(operand.LabelRef("done"))
	c.CMPQ(emit.At(part, partHard), operand.U8(0))
	c.JE(operand.LabelRef("part"))

	c.Label("done")
	c.SHRQ(operand.U8(6), base)
	c.Store(base, c.Return("next"))
	c.Store(start, c.Return("nextStart"))
	c.Store(at, c.Return("nextAt"))
	c.SUBQ(first, offsets)
	c.SHRQ(operand.U8(2), offsets)
	c.Store(offsets, c.Return("words"))
	emit.Return(c)

	c.Label("long")
	read, write, left := c.GP64(), c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: lowered, Index: start, Scale: 1}, read)
	c.LEAQ(operand.Mem{Base: values, Index: at, Scale: 1}, write)
	c.MOVQ(length, left)
	c.Label("more")
	c.ADDQ(operand.U8(32), read)
	c.ADDQ(operand.U8(32), write)
	c.VMOVDQU(emit.At(read, 0), chunk)
	c.VMOVDQU(chunk, emit.At(write, 0))
	c.SUBQ(operand.U8(32), left)
	c.CMPQ(left, operand.U8(32))
	c.JG(operand.LabelRef("more"))
	c.JMP(operand.LabelRef("copied"))
}
