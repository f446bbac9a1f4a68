// Package bytescan looks through bytes 64 at a time: where certain bytes stand,
// as masks and as positions, what is between quotes, how much is ASCII.
//
//	data   a , b c , " x , y " \n …     64 bytes are a block
//	','    0 1 0 0 1 0 0 1 0 0 0  …     bit i of a mask: byte i of the block is it
//	'"'    0 0 0 0 0 1 0 0 0 1 0  …
//	within 0 0 0 0 0 1 1 1 1 0 0  …     [InQuotes]: from a quote to before the next
//	                                    [Positions]: 1 4 7
//
// Readers of formats take text through in steps of some kilobytes, so that the
// masks stay in the first-level cache between one step and the next. That masks
// find structure several gigabytes a second fast is from Langdale and Lemire,
// "Parsing Gigabytes of JSON per Second" (2019).
//
// Every function stands here twice: in plain Go, eight bytes to a machine word,
// and for x86-64 in AVX2 instructions. The latter run where the CPU has them; the
// build tag purego leaves them out. Their source is internal/asm/bytescan, which
// "go generate" runs.
//
// All functions are safe for concurrent use, keep nothing that they are given,
// and panic where a slice has not the length that they say.
package bytescan

//go:generate go -C ../asm run ./bytescan ../bytescan
