//go:build !purego

package exact

import "golang.org/x/sys/cpu"

// fast says that the CPU has what the kernel uses. Tests clear it.
var fast = cpu.X86.HasAVX2

// split is splitGo for a multiple of four values, where there is a kernel: else it says
// that not all are held.
func split(to *parts, values []float64, c cut) (held bool) {
	if !fast || len(values) == 0 {
		return false
	}
	return splitAVX2(&to.hi[0], &values[0], len(values)/4, c.high, c.low)
}
