package words

import "math/bits"

// gatherPlainGo copies to values[at:] the words that end in parts[from:], and
// writes to offsets where each then ends: up to a part that has a hard one. start
// is where the word that is open before those parts starts; where none is, it is
// behind the part before.
//
// It returns the part to go on with and start for it, the length of values, and the
// number of words. values and offsets have room for the text and pad bytes.
func gatherPlainGo(lowered []byte, parts []part, from, start int, values []byte, at int, offsets []int32) (next, nextStart, nextAt, words int) {
	for next = from; next < len(parts) && parts[next].hard == 0; next++ {
		base := next * 64
		starts, ends := parts[next].start, parts[next].end
		if start >= base { // no word is open
			start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
		}
		offs := (*[64]int32)(offsets[words:])
		k := 0
		for ends != 0 {
			length := base + bits.TrailingZeros64(ends) - start
			ends &= ends - 1
			*(*[16]byte)(values[at:]) = *(*[16]byte)(lowered[start&(blockBytes-1):])
			if length > 16 {
				copy(values[at+16:], lowered[start+16:start+length])
			}
			at += length
			offs[k&63] = int32(at)
			k++
			start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
		}
		words += k
	}
	return next, start, at, words
}
