// Words writes the assembly of package words.
package main

import "github.com/arrowmill/arrowmill/internal/asm/emit"

var functions = emit.Functions{markSpaced, markRuns, gather}

func main() { functions.Main("words") }
