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
	lookupSeed0, lookupSeed1    = 16, 24
	lookupMask, lookupPlaceMask = 32, 40

	placeHigh, placeLow, placeN, placeCode = 0, 8, 16, 20

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

// codes looks up a field at a time, with nothing to branch on: see its twin.
func codes(c *build.Context) {
	masks := lastMasks(c)
	emit.Function(c, "codesBMI2(dst *int32, data *byte, fields *uint64, n int, w *[6]uint64) uint64",
		"codesBMI2 is codesGo for 1 to 64 fields.")
	dst, data, fields := emit.Param(c, "dst"), emit.Param(c, "data"), emit.Param(c, "fields")
	n, w := emit.Param(c, "n"), emit.Param(c, "w")
	shifts, places, table := c.GP64(), c.GP64(), c.GP64()
	c.MOVQ(emit.At(w, lookupShifts), shifts)
	c.MOVQ(emit.At(w, lookupPlaces), places)
	c.LEAQ(masks, table)
	odd := c.GP64() // the next at the top
	c.XORL(odd.As32(), odd.As32())
	// Fields and codes are numbered from -n to -1.
	c.LEAQ(operand.Mem{Base: fields, Index: n, Scale: 8}, fields)
	c.LEAQ(operand.Mem{Base: dst, Index: n, Scale: 4}, dst)
	c.NEGQ(n)

	c.Label("field")
	to, length := c.GP64(), c.GP64()
	c.MOVL(operand.Mem{Base: fields, Index: n, Scale: 8, Disp: fieldTo}, to.As32())
	c.MOVL(to.As32(), length.As32())
	c.SUBL(operand.Mem{Base: fields, Index: n, Scale: 8, Disp: fieldFrom}, length.As32())
	c.ANDL(operand.U32(1<<31-1), length.As32()) // one with doubled quotes is too long
	c.CMPQ(to, operand.U8(16))
	c.JB(operand.LabelRef("outside"))

	// The last 16 characters, and their hash.
	mask, high, low := c.GP64(), c.GP64(), c.GP64()
	c.MOVL(length.As32(), mask.As32())
	c.ANDL(operand.U8(31), mask.As32())
	c.MOVQ(operand.Mem{Base: data, Index: to, Scale: 1, Disp: -16}, high)
	c.MOVQ(operand.Mem{Base: data, Index: to, Scale: 1, Disp: -8}, low)
	c.ANDQ(operand.Mem{Base: table, Index: mask, Scale: 1}, high)
	c.ANDQ(operand.Mem{Base: table, Index: mask, Scale: 1, Disp: 8}, low)
	hash, other := reg.RDX, c.GP64()
	c.MOVQ(low, hash)
	c.XORQ(emit.At(w, lookupSeed0), hash)
	c.MOVQ(high, other)
	c.XORQ(emit.At(w, lookupSeed1), other)
	c.MULXQ(other, other, hash)
	c.XORQ(other, hash)

	// The place.
	at := other
	c.MOVQ(hash, at)
	c.ANDQ(emit.At(w, lookupMask), at)
	c.SHRQ(operand.U8(32), hash)
	c.MOVWLZX(operand.Mem{Base: shifts, Index: at, Scale: 2}, at.As32())
	c.XORQ(hash, at)
	c.ANDQ(emit.At(w, lookupPlaceMask), at)
	c.LEAQ(operand.Mem{Base: at, Index: at, Scale: 2}, at)
	part := func(disp int) operand.Mem { return operand.Mem{Base: places, Index: at, Scale: 8, Disp: disp} }
	c.MOVL(part(placeCode), hash.As32())
	c.MOVL(hash.As32(), operand.Mem{Base: dst, Index: n, Scale: 4})

	// The field is odd where it is not that text.
	c.XORQ(part(placeHigh), high)
	c.XORQ(part(placeLow), low)
	c.ORQ(high, low)
	c.MOVL(part(placeN), high.As32())
	c.XORQ(length, high)
	c.ORQ(high, low)
	c.NEGQ(low)
	c.RCRQ(operand.U8(1), odd)
	c.Label("next")
	c.INCQ(n)
	c.JNZ(operand.LabelRef("field"))
	rest := emit.Param(c, "n") // 64-n, which is -n to a shift
	c.NEGQ(rest)
	c.SHRXQ(rest, odd, odd)
	c.Store(odd, c.ReturnIndex(0))
	c.RET()

	c.Label("outside") // of data
	c.STC()
	c.RCRQ(operand.U8(1), odd)
	c.JMP(operand.LabelRef("next"))
}
