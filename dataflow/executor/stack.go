package executor

import "os"

// growStack gives the goroutine that begins with it the stack that a pipeline needs, at
// once: when the runtime doubles a stack it has to find the pointers of all frames on it,
// which took a tenth of the CPU time of a tiny graph.
//
//go:noinline
func growStack() byte {
	var room [12 << 10]byte
	return room[len(os.Args)%len(room)] // known at run time alone, so that room is on the stack
}
