// Exact writes the assembly of package exact.
package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

var functions = emit.Functions{split}

func main() { functions.Main("exact") }

// As in the package.
const (
	takenBits = 41
	partRows  = 256
	infinity  = 0x7FF << 52
	nan       = infinity | 1<<51
)

// split cuts four values at a time, as the loops over rows do.
func split(c *build.Context) {
	all := func(v uint64) operand.Mem {
		m := c.StaticGlobal(fmt.Sprintf("lanes%016x", v))
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for lane := range 4 {
			c.AddDatum(8*lane, operand.U64(v))
		}
		return m
	}
	taken, magnitude := all(1<<takenBits), all(1<<63-1)
	least, notNumber := all(^uint64(infinity)), all(nan)

	emit.Function(c, "splitAVX2(to *int64, values *float64, fours int, high, low float64) bool",
		"splitAVX2 is splitGo for four values or more.")
	to, values, fours := emit.Param(c, "to"), emit.Param(c, "values"), emit.Param(c, "fours")
	param := func(name string) operand.Mem {
		p, err := c.Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return p.Addr
	}
	high, low := c.YMM(), c.YMM()
	c.VBROADCASTSD(param("high"), high)
	c.VBROADCASTSD(param("low"), low)
	zero, outside := c.YMM(), c.YMM()
	c.VPXOR(zero, zero, zero)
	c.VPXOR(outside, outside, outside)
	c.Label("four")
	v := c.YMM()
	c.VMOVUPD(emit.At(values, 0), v)
	a, left, b, odd := c.YMM(), c.YMM(), c.YMM(), c.YMM()
	c.VADDPD(high, v, a)
	c.VSUBPD(high, a, left)
	c.VSUBPD(left, v, left)
	c.VADDPD(low, left, b)
	c.VSUBPD(low, b, odd)
	c.VCMPPD(operand.U8(4), left, odd, odd) // not equal, or not ordered
	c.VPOR(odd, outside, outside)
	c.VPSUBQ(high, a, a)
	c.VMOVDQU(a, emit.At(to, 0))
	c.VPSUBQ(low, b, b)
	c.VMOVDQU(b, emit.At(to, 8*partRows))
	c.VPADDQ(taken, a, a)
	c.VPSRLQ(operand.U8(takenBits+1), a, a)
	c.VPOR(a, outside, outside)

	word, less := c.YMM(), c.YMM()
	c.VPCMPGTQ(v, zero, word)
	c.VPAND(magnitude, word, word)
	c.VPXOR(v, word, word)
	lowest := c.YMM()
	c.VMOVDQU(least, lowest)
	c.VPCMPGTQ(word, lowest, less)
	c.VBLENDVPD(less, notNumber, word, word)
	c.VMOVDQU(word, emit.At(to, 16*partRows))
	c.ADDQ(operand.U8(32), values)
	c.ADDQ(operand.U8(32), to)
	c.DECQ(fours)
	c.JNZ(operand.LabelRef("four"))
	held := c.GP8()
	c.VPTEST(outside, outside)
	c.SETEQ(held)
	c.Store(held, c.ReturnIndex(0))
	emit.Return(c)
}
