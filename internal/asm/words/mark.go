package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// Where the fields of a part are, and its size.
const (
	partStart, partEnd, partHard = 0, 8, 16
	partBytes                    = 24
)

// classes are two masks of 32 bytes.
type classes func(c *build.Context, text reg.VecVirtual) (one, other reg.VecVirtual)

// mark is a loop over parts of 64 bytes: their lowered bytes, and their masks as of
// calls, which sets up what it needs once.
func mark(c *build.Context, name, doc string, calls func(c *build.Context) classes, invert bool) {
	emit.Function(c, name+"(text, lowered *byte, parts *uint64, n int, fold uint64)", doc)
	text, lowered := emit.Param(c, "text"), emit.Param(c, "lowered")
	part, n := emit.Param(c, "parts"), emit.Param(c, "n")
	fold := c.YMM()
	f := emit.Param(c, "fold")
	c.VMOVQ(f, fold.AsX())
	c.VPBROADCASTQ(fold.AsX(), fold)
	lessA, letters := emit.Byte(c, 0x100-'A'), emit.Byte(c, 'Z'-'A')
	classify := calls(c)

	c.Label("part")
	var word, odd [2]reg.VecVirtual
	for i, x := range emit.Block(c, text) {
		capital := emit.Within(c, x, lessA, letters)
		c.VPAND(capital, fold, capital)
		c.VPOR(capital, x, capital)
		c.VMOVDQU(capital, emit.At(lowered, 32*i))
		word[i], odd[i] = classify(c, x)
	}
	w := emit.Mask(c, word)
	if invert {
		c.NOTQ(w)
	}
	c.MOVQ(w, emit.At(part, partStart))
	c.MOVQ(emit.Mask(c, odd), emit.At(part, partHard))
	c.ADDQ(operand.U8(64), text)
	c.ADDQ(operand.U8(64), lowered)
	c.ADDQ(operand.U8(partBytes), part)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("part"))
	emit.Return(c)
}

func markSpaced(c *build.Context) {
	mark(c, "markSpacedAVX2", "markSpacedAVX2 is markSpacedGo for one part or more.", func(c *build.Context) classes {
		lessTab, lessFS, five := emit.Byte(c, 0x100-0x09), emit.Byte(c, 0x100-0x1C), emit.Byte(c, 4)
		return func(c *build.Context, text reg.VecVirtual) (gap, odd reg.VecVirtual) {
			gap = emit.Within(c, text, lessTab, five)
			c.VPOR(emit.Within(c, text, lessFS, five), gap, gap)
			return gap, text
		}
	}, true)
}

func markRuns(c *build.Context) {
	mark(c, "markRunsAVX2", "markRunsAVX2 is markRunsGo for one part or more.", func(c *build.Context) classes {
		caseBit, lessA, letters := emit.Byte(c, 0x20), emit.Byte(c, 0x100-'a'), emit.Byte(c, 'z'-'a')
		less0, digits, apostrophe := emit.Byte(c, 0x100-'0'), emit.Byte(c, 9), emit.Byte(c, '\'')
		return func(c *build.Context, text reg.VecVirtual) (word, odd reg.VecVirtual) {
			odd, word = c.YMM(), c.YMM()
			c.VPCMPEQB(text, apostrophe, odd)
			c.VPOR(text, odd, odd)
			c.VPOR(text, caseBit, word)
			word = emit.Within(c, word, lessA, letters)
			c.VPOR(emit.Within(c, text, less0, digits), word, word)
			c.VPOR(odd, word, word)
			return word, odd
		}
	}, false)
}
