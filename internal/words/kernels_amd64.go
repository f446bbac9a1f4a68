//go:build !purego

package words

import "golang.org/x/sys/cpu"

// fast says that the CPU has what the kernels use. Tests clear it.
var fast = cpu.X86.HasAVX2 && cpu.X86.HasBMI1

func markParts(kind Kind, text, lowered []byte, parts []part, fold uint64) {
	switch {
	case !fast:
		markPartsGo(kind, text, lowered, parts, fold)
	case kind == Spaced:
		markSpacedAVX2(&text[0], &lowered[0], &parts[0].start, len(parts), fold)
	default:
		markRunsAVX2(&text[0], &lowered[0], &parts[0].start, len(parts), fold)
	}
}

func gatherPlain(lowered []byte, parts []part, from, start int, values []byte, at int, offsets []int32) (next, nextStart, nextAt, words int) {
	if !fast {
		return gatherPlainGo(lowered, parts, from, start, values, at, offsets)
	}
	if from == len(parts) || parts[from].hard != 0 {
		return from, start, at, 0
	}
	return gatherAVX2(&lowered[0], &parts[from].start, from, len(parts), start, &values[0], at, &offsets[0])
}
