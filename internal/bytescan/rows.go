package bytescan

import (
	"math/bits"
	"unsafe"
)

// WidthMost is how many places a row of a [Rhythm] has at most.
const WidthMost = 64

// Rhythm is whether every so many-th place is an end of a row, and no other one is, from block to
// block:
//
//	places  ; ; \n ; ; \n ; ; \n ; …     width 3
//	ends    0 0 1  0 0 1  0 0 1  0 …     from phase 0 on
//
// The zero Rhythm is not begun.
type Rhythm struct {
	phase  uint64 // how many places of its row stand before the next one
	broken uint64
	ends   [WidthMost]uint64 // by phase: bits of those of the next 64 places that are ends
	next   [WidthMost + BlockBytes]uint8
	width  int
}

// Begin begins anew with a row of width places, 1 to [WidthMost].
func (r *Rhythm) Begin(width int) {
	if width < 1 || width > WidthMost {
		panic("bytescan: Rhythm: no such width")
	}
	if r.phase, r.broken = 0, 0; r.width == width {
		return
	}
	r.width = width
	for phase := range width {
		r.ends[phase] = 0
		for at := width - 1 - phase; at < 64; at += width {
			r.ends[phase] |= 1 << at
		}
	}
	for i := range r.next {
		r.next[i] = uint8(i % width)
	}
}

// Held reports whether all places were as they should be since Begin.
func (r *Rhythm) Held() bool { return r.broken == 0 }

// Rows is [Pairs], and goes on with a rhythm of which the bytes that are y are the ends.
func Rows(dst []uint64, data []byte, x, y, p, q byte, r *Rhythm) (ys int, other bool) {
	if len(data)%BlockBytes != 0 || len(dst) != len(data)/BlockBytes || r.width == 0 {
		panic("bytescan: Rows: lengths do not match, or the rhythm is not begun")
	}
	if len(data) == 0 {
		return 0, false
	}
	return rows(dst, data, [4]byte{x, y, p, q}, r)
}

func rowsGo(dst []uint64, data []byte, set [4]byte, r *Rhythm) (ys int, other bool) {
	ys, other = pairsGo(dst, data, set)
	c1 := ones * uint64(set[1])
	for b, places := range dst {
		ends := equal((*[BlockBytes]byte)(data[b*BlockBytes:]), c1)
		should := r.ends[r.phase]
		r.phase = uint64(r.next[r.phase+uint64(bits.OnesCount64(places))])
		for ; places != 0; places &= places - 1 {
			r.broken |= ends>>bits.TrailingZeros64(places)&1 ^ should&1
			should >>= 1
		}
	}
	return ys, other
}

// Between writes to dst[r] what stands between two neighbours of places, as from and to: behind
// places[r*width] and before places[r*width+1].
func Between(dst [][2]uint32, places []uint32, width int) {
	if len(dst) == 0 {
		return
	}
	if width < 1 || len(places) < (len(dst)-1)*width+2 {
		panic("bytescan: Between: too few places")
	}
	done := between(dst, places, width)
	betweenGo(dst[done:], places[min(done*width, len(places)):], width)
}

func betweenGo(dst [][2]uint32, places []uint32, width int) {
	from, row := unsafe.Pointer(unsafe.SliceData(places)), uintptr(width)*unsafe.Sizeof(places[0])
	for r := range dst {
		p := (*[2]uint32)(unsafe.Add(from, uintptr(r)*row))
		dst[r] = [2]uint32{p[0] + 1, p[1]}
	}
}
