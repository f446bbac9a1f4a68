// Textcol writes the assembly of package textcol.
package main

import (
	"github.com/mmcloughlin/avo/build"

	"github.com/arrowmill/arrowmill/internal/asm/emit"
)

var functions = emit.Functions{numbers, codes}

func numbers(c *build.Context) {
	k := newKernels(c)
	k.ints()
	k.floats()
	k.shortInts()
	k.shortFloats()
	k.scaledFloats()
	k.longScaledFloats()
}

func main() { functions.Main("textcol") }
