//go:build !purego

package textcol

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// fast says that the CPU has what the kernels use. Tests clear it.
var fast = cpu.X86.HasAVX2 && cpu.X86.HasBMI2

// settings are what a kernel goes by.
func settings(data []byte, signed, exact bool) (by [3][4]uint64) {
	for lane := range by[0] {
		by[0][lane] = uint64(len(data) - 16)
		if signed {
			by[1][lane] = ^uint64(0)
		}
		if exact {
			by[2][lane] = ^uint64(0)
		}
	}
	return by
}

// scaledSettings are those of the kernel of scaled floats.
func scaledSettings(data []byte, scale int, exact bool) (by [9][4]uint64) {
	s := &scales[scale]
	whole := s.whole
	if !exact {
		whole = math.MaxInt64
	}
	for i, v := range [...]uint64{uint64(len(data) - 16), s.text, s.most, s.pairs, s.fours, s.factor, math.Float64bits(s.divisor), s.least, whole} {
		by[i] = [4]uint64{v, v, v, v}
	}
	return by
}

// manyInts parses as many of fields as there are fours of, and odd has bits for, and sets
// the bits of those that it could not do: long ones too, unless told that there are. It
// returns how many it has gone through.
func manyInts(dst []int64, data []byte, fields []Field, signed bool, m *misses, odd *oddBits) int {
	fours := min(len(fields)/4, 16*len(odd))
	if !fast || fours == 0 || len(data) < 16 {
		return 0
	}
	dst = dst[:len(fields)]
	by := settings(data, signed, m.exact)
	if from := (*uint64)(unsafe.Pointer(&fields[0])); m.long {
		intsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
	} else {
		shortIntsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
	}
	return 4 * fours
}

// manyFloats is manyInts for floats.
func manyFloats(dst []float64, data []byte, fields []Field, m *misses, odd *oddBits) int {
	fours := min(len(fields)/4, 16*len(odd))
	if !fast || fours == 0 || len(data) < 16 {
		return 0
	}
	dst = dst[:len(fields)]
	from := (*uint64)(unsafe.Pointer(&fields[0]))
	m.scaled = false
	if m.mixed > 0 {
		m.mixed--
	} else if scale := usualScale(data, fields); scale > 0 || !m.long {
		by := scaledSettings(data, scale, m.exact)
		if m.long {
			longScaledFloatsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
		} else {
			scaledFloatsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
		}
		if m.scaled = odd.count(4*fours) <= 4*fours/16; m.scaled {
			return 4 * fours
		}
		m.mixed = kernelPause
	}
	by := settings(data, true, m.exact)
	if m.long {
		floatsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
	} else {
		shortFloatsAVX2(&dst[0], &data[0], from, fours, &by, &odd[0])
	}
	return 4 * fours
}

// manyCodes is the quick loop of codes.
func manyCodes(dst []int32, data []byte, fields []Field, w *lookup) (odd uint64) {
	if !fast || len(fields) == 0 {
		return codesGo(dst, data, fields, w)
	}
	return codesBMI2(&dst[0], &data[0], (*uint64)(unsafe.Pointer(&fields[0])), len(fields), (*[6]uint64)(unsafe.Pointer(w)))
}
