//go:build !purego

package bytescan

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// fast says that the CPU has what the kernels use. Tests clear it.
var fast = cpu.X86.HasAVX2 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT && cpu.X86.HasPCLMULQDQ

func masks(dst []uint64, data []byte, set [4]byte) {
	if !fast {
		masksGo(dst, data, set)
		return
	}
	masksAVX2(&dst[0], &data[0], len(data)/BlockBytes, &set)
}

func pairs(dst []uint64, data []byte, set [4]byte) (ys int, other bool) {
	if !fast {
		return pairsGo(dst, data, set)
	}
	return pairsAVX2(&dst[0], &data[0], len(data)/BlockBytes, &set)
}

func rows(dst []uint64, data []byte, set [4]byte, r *Rhythm) (ys int, other bool) {
	if !fast {
		return rowsGo(dst, data, set, r)
	}
	return rowsAVX2(&dst[0], &data[0], len(data)/BlockBytes, &set, (*uint64)(unsafe.Pointer(r)))
}

// between writes the first spans, and returns how many.
func between(dst [][2]uint32, places []uint32, width int) int {
	fours := len(dst) / 4
	if !fast || fours == 0 {
		return 0
	}
	betweenAVX2(&dst[0], &places[0], fours, width)
	return 4 * fours
}

func positions(dst []uint32, masks []uint64, base uint32) int {
	if !fast {
		return positionsGo(dst, masks, base)
	}
	return positionsAVX2(&dst[0], len(dst), &masks[0], len(masks), base)
}

func inQuotes(dst, quotes []uint64, carry uint64) uint64 {
	if !fast {
		return inQuotesGo(dst, quotes, carry)
	}
	return inQuotesCLMUL(&dst[0], &quotes[0], len(quotes), carry)
}

func asciiSteps(data []byte) int {
	if !fast {
		return asciiStepsGo(data)
	}
	return asciiStep * asciiStepsAVX2(&data[0], len(data)/asciiStep)
}
