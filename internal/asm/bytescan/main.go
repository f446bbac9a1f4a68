// Bytescan writes the assembly of package bytescan.
package main

import "github.com/arrowmill/arrowmill/internal/asm/emit"

var functions = emit.Functions{masks, pairs, positions, inQuotes, asciiSteps}

func main() { functions.Main("bytescan") }
