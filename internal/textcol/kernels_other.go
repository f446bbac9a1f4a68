//go:build !amd64 || purego

package textcol

// Without kernels all is left to the loops in Go.

func manyInts([]int64, []byte, []Field, bool, *misses, *oddBits) int { return 0 }

func manyFloats([]float64, []byte, []Field, *misses, *oddBits) int { return 0 }

func manyCodes(dst []int32, data []byte, fields []Field, w *lookup) (odd uint64) {
	return codesGo(dst, data, fields, w)
}
