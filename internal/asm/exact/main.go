// Exact writes the assembly of package exact.
package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

var functions = emit.Functions{folds}

func main() { functions.Main("exact") }

// takenBits is that of the package.
const takenBits = 41

func folds(c *build.Context) {
	all := func(v uint64) operand.Mem {
		m := c.StaticGlobal(fmt.Sprintf("lanes%016x", v))
		c.DataAttributes(attr.RODATA | attr.NOPTR)
		for lane := range 4 {
			c.AddDatum(8*lane, operand.U64(v))
		}
		return m
	}
	f := &folding{c: c, taken: all(1 << takenBits), magnitude: all(1<<63 - 1)}
	f.emit("foldNearAVX2", "addNear", false, false)
	f.emit("foldCountedAVX2", "addCounted", true, false)
	f.emit("foldRangedAVX2", "addRanged", true, true)
}

// folding emits loops over rows, four at a time: what is the same whatever their groups is
// done in lanes, before any of the four is added.
type folding struct {
	c                *build.Context
	taken, magnitude operand.Mem

	near, count, low, high reg.GPVirtual
}

func (f *folding) emit(name, twin string, counted, ranged bool) {
	c := f.c
	columns := "near"
	if counted {
		columns += ", count"
	}
	if ranged {
		columns += ", low, high"
	}
	emit.Function(c, name+"("+columns+" *int64, group *int32, values *float64, fours int, groups uint32, upper, lower float64) int",
		name+" is "+twin+" for fours of rows, up to the first in which a row is not for it: its",
		"value is not held, or its group is none of 0 to groups-1. It returns how many fours",
		"were added.")
	param := func(name string) operand.Mem {
		p, err := c.Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return p.Addr
	}
	f.near = emit.Param(c, "near")
	if counted {
		f.count = emit.Param(c, "count")
	}
	if ranged {
		f.low, f.high = emit.Param(c, "low"), emit.Param(c, "high")
	}
	group, values, fours := emit.Param(c, "group"), emit.Param(c, "values"), emit.Param(c, "fours")
	upper, lower, groups, zero := c.YMM(), c.YMM(), c.XMM(), c.YMM()
	c.VBROADCASTSD(param("upper"), upper)
	c.VBROADCASTSD(param("lower"), lower)
	bound := c.GP32()
	c.Load(c.Param("groups"), bound)
	c.VMOVD(bound, groups)
	c.VPBROADCASTD(groups, groups)
	c.VPXOR(zero, zero, zero)
	words := c.AllocLocal(32)

	c.Label("four")
	v, a, left, b, odd, wrong := c.YMM(), c.YMM(), c.YMM(), c.YMM(), c.YMM(), c.YMM()
	c.VMOVUPD(emit.At(values, 0), v)
	c.VADDPD(upper, v, a)
	c.VSUBPD(upper, a, left)
	c.VSUBPD(left, v, left)
	c.VADDPD(lower, left, b)
	c.VSUBPD(lower, b, odd)
	c.VCMPPD(operand.U8(4), left, odd, odd) // not equal, or not ordered
	c.VPSUBQ(upper, a, a)
	c.VPSUBQ(lower, b, b)
	c.VPADDQ(f.taken, a, wrong)
	c.VPSRLQ(operand.U8(takenBits+1), wrong, wrong)
	c.VPOR(odd, wrong, wrong)
	of, outside := c.XMM(), c.YMM()
	c.VMOVDQU(emit.At(group, 0), of)
	c.VPMAXUD(groups, of, outside.AsX())
	c.VPCMPEQD(of, outside.AsX(), outside.AsX())
	c.VPOR(outside, wrong, wrong)
	c.VPTEST(wrong, wrong)
	c.JNZ(operand.LabelRef("done"))
	if ranged {
		word := c.YMM()
		c.VPCMPGTQ(v, zero, word)
		c.VPAND(f.magnitude, word, word)
		c.VPXOR(v, word, word)
		c.VMOVDQU(word, words)
	}
	even, uneven := c.YMM(), c.YMM() // hi and lo of rows 0 and 2, of 1 and 3
	c.VPUNPCKLQDQ(b, a, even)
	c.VPUNPCKHQDQ(b, a, uneven)
	for row, part := range []reg.VecVirtual{even, uneven, even, uneven} {
		added := c.XMM()
		if row < 2 {
			added = part
		} else {
			c.VEXTRACTI128(operand.U8(1), part, added)
		}
		f.row(row, emit.At(group, 4*row), words.Offset(8*row), added, counted, ranged)
	}
	c.ADDQ(operand.U8(16), group)
	c.ADDQ(operand.U8(32), values)
	c.DECQ(fours)
	c.JNZ(operand.LabelRef("four"))
	c.Label("done")
	done := emit.Param(c, "fours")
	c.SUBQ(fours, done)
	c.Store(done, c.ReturnIndex(0))
	emit.Return(c)
}

// row adds one row. Its group seldom has a new least or greatest value.
func (f *folding) row(row int, group, word operand.Mem, added reg.VecVirtual, counted, ranged bool) {
	c := f.c
	g, twice, sum := c.GP64(), c.GP64(), c.XMM()
	c.MOVL(group, g.As32())
	of := func(column reg.GPVirtual) operand.Mem { return operand.Mem{Base: column, Index: g, Scale: 8} }
	if counted {
		c.INCQ(of(f.count))
	}
	if ranged {
		w := c.GP64()
		c.MOVQ(word, w)
		c.CMPQ(w, of(f.low))
		c.JGE(operand.LabelRef(fmt.Sprintf("notLess%d", row)))
		c.MOVQ(w, of(f.low))
		c.Label(fmt.Sprintf("notLess%d", row))
		c.NOTQ(w)
		c.CMPQ(w, of(f.high))
		c.JGE(operand.LabelRef(fmt.Sprintf("notMore%d", row)))
		c.MOVQ(w, of(f.high))
		c.Label(fmt.Sprintf("notMore%d", row))
	}
	c.LEAQ(operand.Mem{Base: g, Index: g, Scale: 1}, twice)
	window := operand.Mem{Base: f.near, Index: twice, Scale: 8}
	c.VPADDQ(window, added.AsX(), sum)
	c.VMOVDQU(sum, window)
}
