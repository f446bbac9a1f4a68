package hashtab

import "github.com/arrowmill/arrowmill/internal/reserved"

// arena holds bytes in chunks that never move. A place is chunk<<32 | offset.
type arena struct {
	mem    *reserved.Ledger
	chunks [][]byte
	held   int64
}

const (
	smallestChunk = 4 << 10
	largestChunk  = 1 << 20
)

// put copies b, of at most 2 GiB, and returns its place.
func (a *arena) put(b []byte) (uint64, error) {
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < len(b) {
		size := smallestChunk
		if last >= 0 {
			size = min(2*cap(a.chunks[last]), largestChunk)
		}
		size = max(size, len(b))
		if err := a.mem.Reserve(int64(size)); err != nil {
			return 0, err
		}
		a.held += int64(size)
		a.chunks = append(a.chunks, make([]byte, 0, size))
		last++
	}
	c := a.chunks[last]
	a.chunks[last] = append(c, b...)
	return uint64(last)<<32 | uint64(len(c)), nil
}

func (a *arena) get(place uint64, n uint32) []byte {
	off := uint64(uint32(place))
	return a.chunks[place>>32][off : off+uint64(n)]
}

func (a *arena) reset() {
	a.chunks = nil
	a.mem.Release(a.held)
	a.held = 0
}
