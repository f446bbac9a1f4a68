package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

// Where the parts of a lookup stand, of a place, and of a field.
const (
	lookupShifts, lookupPlaces  = 0, 8
	lookupSeeds                 = 16
	lookupMask, lookupPlaceMask = 32, 40
	lookupFound, lookupKeys     = 48, 48 + 64*8

	placeKey, placeN, placeCode = 0, 16, 20

	fieldFrom, fieldTo = 0, 4
)

// lastMasks are 16 bytes of which the last n are ones, from byte n on.
func lastMasks(c *build.Context) operand.Mem {
	table := c.StaticGlobal("lastMasks")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for range 2 {
		c.AppendDatum(operand.U64(0))
	}
	for range 4 {
		c.AppendDatum(operand.U64(^uint64(0)))
	}
	return table
}

// codes looks up fields with nothing to branch on: see its twin. It goes through them
// twice: where the places are found out first, many of them are fetched at once.
func codes(c *build.Context) {
	masks := lastMasks(c)
	emit.Function(c, "codesBMI2(dst *int32, data *byte, fields *uint64, n int, w *[6]uint64) uint64",
		"codesBMI2 is codesGo for 1 to 64 fields. w is a lookup.")
	data, fields, w := emit.Param(c, "data"), emit.Param(c, "fields"), emit.Param(c, "w")
	shifts, places, table := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(emit.At(w, lookupShifts), shifts)
	c.MOVQ(emit.At(w, lookupPlaces), places)
	mask, placeMask := c.GP64(), c.GP64()
	c.MOVQ(emit.At(w, lookupMask), mask)
	c.MOVQ(emit.At(w, lookupPlaceMask), placeMask)
	c.LEAQ(masks, table)
	seeds := c.XMM() // that of the last eight characters behind the other, as characters stand
	c.VPSHUFD(operand.U8(0x4E), emit.At(w, lookupSeeds), seeds)
	// Eight times the fields that are left, negative, count what stands before the ends.
	eights := emit.Param(c, "n")
	c.SHLQ(operand.U8(3), eights)
	c.ADDQ(eights, fields)
	found, keys := c.GP64(), c.GP64()
	c.LEAQ(operand.Mem{Base: w, Index: eights, Scale: 1, Disp: lookupFound}, found)
	c.LEAQ(operand.Mem{Base: w, Index: eights, Scale: 2, Disp: lookupKeys}, keys)
	c.NEGQ(eights)
	field := func(part int) operand.Mem {
		return operand.Mem{Base: fields, Index: eights, Scale: 1, Disp: part}
	}
	place := operand.Mem{Base: found, Index: eights, Scale: 1}
	length := operand.Mem{Base: found, Index: eights, Scale: 1, Disp: 4}

	c.Label("field")
	to, n := c.GP64(), c.GP64()
	c.MOVL(field(fieldTo), to.As32())
	c.MOVL(to.As32(), n.As32())
	c.SUBL(field(fieldFrom), n.As32())
	c.ANDL(operand.U32(1<<31-1), n.As32()) // one with doubled quotes is too long
	c.CMPQ(to, operand.U8(16))
	c.JB(operand.LabelRef("outside"))
	c.MOVL(n.As32(), length)
	c.ANDL(operand.U8(31), n.As32())
	key, seeded := c.XMM(), c.XMM()
	c.VMOVDQU(operand.Mem{Base: data, Index: to, Scale: 1, Disp: -16}, key)
	c.VPAND(operand.Mem{Base: table, Index: n, Scale: 1}, key, key)
	c.VMOVDQU(key, operand.Mem{Base: keys, Index: eights, Scale: 2})
	c.VPXOR(seeds, key, seeded)
	hash, other := reg.RDX, c.GP64()
	c.VMOVQ(seeded, hash)
	c.VPEXTRQ(operand.U8(1), seeded, other)
	c.MULXQ(other, other, hash)
	c.XORQ(other, hash)
	hashed := other
	c.MOVQ(hash, hashed)
	c.ANDQ(mask, hashed)
	c.SHRQ(operand.U8(32), hash)
	c.MOVWLZX(operand.Mem{Base: shifts, Index: hashed, Scale: 2}, hashed.As32())
	c.XORQ(hash, hashed)
	c.ANDQ(placeMask, hashed)
	c.LEAL(operand.Mem{Base: hashed, Index: hashed, Scale: 2}, hashed.As32())
	c.MOVL(hashed.As32(), place)
	c.PREFETCHT0(operand.Mem{Base: places, Index: hashed, Scale: 8})
	c.Label("next")
	c.ADDQ(operand.U8(8), eights)
	c.JNZ(operand.LabelRef("field"))

	dst, fours := emit.Param(c, "dst"), emit.Param(c, "n")
	c.SHLQ(operand.U8(2), fours)
	c.ADDQ(fours, dst)
	c.NEGQ(fours)
	odd := c.GP64() // the next at the top
	c.XORL(odd.As32(), odd.As32())
	c.Label("place")
	at, code := c.GP64(), c.GP32()
	c.MOVL(operand.Mem{Base: found, Index: fours, Scale: 2}, at.As32())
	part := func(disp int) operand.Mem {
		return operand.Mem{Base: places, Index: at, Scale: 8, Disp: disp}
	}
	c.MOVL(part(placeCode), code)
	c.MOVL(code, operand.Mem{Base: dst, Index: fours, Scale: 1})
	same, is := c.XMM(), c.GP64()
	c.VMOVDQU(operand.Mem{Base: keys, Index: fours, Scale: 4}, same)
	c.VPCMPEQB(part(placeKey), same, same)
	c.VPMOVMSKB(same, is.As32())
	c.XORL(operand.U32(1<<16-1), is.As32())
	c.MOVL(operand.Mem{Base: found, Index: fours, Scale: 2, Disp: 4}, code)
	c.XORL(part(placeN), code)
	c.ORL(code, is.As32())
	c.NEGL(is.As32())
	c.RCRQ(operand.U8(1), odd)
	c.ADDQ(operand.U8(4), fours)
	c.JNZ(operand.LabelRef("place"))
	rest := emit.Param(c, "n") // 64-n, which is -n to a shift
	c.NEGQ(rest)
	c.SHRXQ(rest, odd, odd)
	c.Store(odd, c.ReturnIndex(0))
	c.RET()

	c.Label("outside") // of data: no place is of that length
	c.MOVL(operand.U32(1<<31), length)
	c.MOVL(operand.U32(0), place)
	c.JMP(operand.LabelRef("next"))
}
