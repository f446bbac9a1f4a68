//go:build purego || !amd64

package bytescan

func masks(dst []uint64, data []byte, set [4]byte) { masksGo(dst, data, set) }
func pairs(dst []uint64, data []byte, set [4]byte) (ys int, other bool) {
	return pairsGo(dst, data, set)
}
func rows(dst []uint64, data []byte, set [4]byte, r *Rhythm) (ys int, other bool) {
	return rowsGo(dst, data, set, r)
}
func between([][2]uint32, []uint32, int) int                  { return 0 }
func positions(dst []uint32, masks []uint64, base uint32) int { return positionsGo(dst, masks, base) }
func inQuotes(dst, quotes []uint64, carry uint64) uint64      { return inQuotesGo(dst, quotes, carry) }
func asciiSteps(data []byte) int                              { return asciiStepsGo(data) }
