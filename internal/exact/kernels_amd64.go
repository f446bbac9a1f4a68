//go:build !purego

package exact

import "golang.org/x/sys/cpu"

// fast says that the CPU has what the kernels use. Tests clear it.
var fast = cpu.X86.HasAVX2

// fold is addNear, addCounted or addRanged, as beside has it, for fours of rows, up to the first
// that it is not for: one with a value that the windows do not hold. It returns how many rows
// it added; 0 where there is no kernel.
func fold(near []Near, c cut, group []int32, values []float64, beside Beside) int {
	fours := len(group) / 4
	if !fast || fours == 0 || len(near) == 0 {
		return 0
	}
	values = values[:len(group)]
	groups, count, low, high := len(near), beside.Count, beside.Low, beside.High
	switch {
	case low != nil:
		groups = min(groups, len(count), len(low), len(high))
		fours = foldRangedAVX2(&near[0].Hi, &count[0], &low[0], &high[0], &group[0], &values[0], fours, uint32(groups), c.high, c.low)
	case count != nil:
		groups = min(groups, len(count))
		fours = foldCountedAVX2(&near[0].Hi, &count[0], &group[0], &values[0], fours, uint32(groups), c.high, c.low)
	default:
		fours = foldNearAVX2(&near[0].Hi, &group[0], &values[0], fours, uint32(groups), c.high, c.low)
	}
	return 4 * fours
}
