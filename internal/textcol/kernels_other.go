//go:build !amd64 || purego

package textcol

// Without kernels all is left to the loops in Go.

func manyInts([]int64, []byte, []Field, bool, bool, *oddBits) int { return 0 }

func manyFloats([]float64, []byte, []Field, bool, *oddBits) int { return 0 }

func manyCodes(dst []int32, data []byte, fields []Field, w *lookup) (odd uint64) {
	return codesGo(dst, data, fields, w)
}
