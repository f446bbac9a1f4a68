// Bytescan writes the assembly of package bytescan.
package main

import "github.com/arrowmill/arrowmill/internal/asm/emit"

var functions = emit.Functions{masks, pairs, rows, positions, between, inQuotes, asciiSteps}

func main() { functions.Main("bytescan") }
