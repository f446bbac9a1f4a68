package main

import (
	"encoding/binary"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// bitsTable holds for each byte the eight places of its bits that are set, the
// rest 0.
func bitsTable(c *build.Context) operand.Mem {
	table := c.StaticGlobal("bitsOfByte")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for b := range 256 {
		var places [8]byte
		n := 0
		for i := range 8 {
			if b>>i&1 != 0 {
				places[n] = byte(i)
				n++
			}
		}
		c.AppendDatum(operand.U64(binary.LittleEndian.Uint64(places[:])))
	}
	return table
}

// positions takes the bits of a mask a byte at a time: the places of a byte's bits
// come from a table, and eight of them are written whatever the byte. Nothing is
// branched on but the number of masks: twice as fast as a loop over trailing zeros
// unrolled by eight where blocks have ten bits, and no slower where they have one.
func positions(c *build.Context) {
	table := bitsTable(c)
	emit.Function(c, "positionsAVX2(dst *uint32, room int, masks *uint64, n int, base uint32) int",
		"positionsAVX2 is positionsGo for one mask or more and room for eight.")
	dst, room, next, n := emit.Param(c, "dst"), emit.Param(c, "room"), emit.Param(c, "masks"), emit.Param(c, "n")
	first, places := c.GP64(), c.GP64()
	c.MOVQ(dst, first)
	c.SUBQ(operand.U8(8), room)
	c.LEAQ(table, places)

	// base and what it grows by: a byte's eight, in each of eight numbers.
	number, base, eight := c.GP32(), c.YMM(), c.YMM()
	spread := func(to reg.VecVirtual) {
		c.VMOVD(number, to.AsX())
		c.VPBROADCASTD(to.AsX(), to)
	}
	c.Load(c.Param("base"), number)
	spread(base)
	c.MOVL(operand.U32(8), number)
	spread(eight)

	m, count := c.GP64(), c.GP64()
	c.Label("mask")
	c.MOVQ(emit.At(next, 0), m)
	c.POPCNTQ(m, count)
	c.SUBQ(count, room)
	c.JL(operand.LabelRef("full"))
	for i := range 8 {
		b, to := c.GP64(), c.YMM()
		c.MOVBLZX(emit.At(next, i), b.As32())
		c.VPMOVZXBD(operand.Mem{Base: places, Index: b, Scale: 8}, to)
		c.VPADDD(base, to, to)
		c.VMOVDQU(to, emit.At(dst, 0))
		c.POPCNTL(b.As32(), b.As32())
		c.LEAQ(operand.Mem{Base: dst, Index: b, Scale: 4}, dst)
		c.VPADDD(eight, base, base)
	}
	c.ADDQ(operand.U8(8), next)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("mask"))
	c.SUBQ(first, dst)
	c.SHRQ(operand.U8(2), dst)
	c.Store(dst, c.ReturnIndex(0))
	emit.Return(c)
	c.Label("full")
	c.MOVQ(operand.I32(-1), dst)
	c.Store(dst, c.ReturnIndex(0))
	emit.Return(c)
}

func inQuotes(c *build.Context) {
	emit.Function(c, "inQuotesCLMUL(dst, quotes *uint64, n int, carry uint64) uint64",
		"inQuotesCLMUL is inQuotesGo for one mask or more: a product without carries by all",
		"ones is the prefix xor.")
	dst, quotes, n, carry := emit.Param(c, "dst"), emit.Param(c, "quotes"), emit.Param(c, "n"), emit.Param(c, "carry")
	ones := c.XMM()
	c.PCMPEQB(ones, ones)
	c.Label("mask")
	x, q := c.XMM(), c.GP64()
	c.MOVQ(emit.At(quotes, 0), x)
	c.PCLMULQDQ(operand.U8(0), ones, x)
	c.MOVQ(x, q)
	c.XORQ(q, carry)
	c.MOVQ(carry, emit.At(dst, 0))
	c.SARQ(operand.U8(63), carry)
	c.ADDQ(operand.U8(8), quotes)
	c.ADDQ(operand.U8(8), dst)
	c.DECQ(n)
	c.JNZ(operand.LabelRef("mask"))
	c.Store(carry, c.ReturnIndex(0))
	c.RET()
}
