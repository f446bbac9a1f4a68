package textcol

import (
	"math"
	"math/bits"
	"unsafe"
)

// placed are texts of up to 16 characters, each in a place of its own, so that to
// look one up is to look at one place.
//
//	shifts   │ 0 │ 7 │ 3 │ …                  by the low bits of the hash
//	places   ┌ last 16 characters │ n │ code ┐ …   by its high bits, xor the shift
//
// It is a perfect hash (Belazzougui, Botelho and Dietzfelbinger, "Hash, Displace, and
// Compress", ESA 2009): texts whose low bits are the same share a shift, which is
// chosen so that their places are free. The shifts stay in the nearest cache, and
// places are one access to memory. Adding a text would move others: it is made anew
// from time to time, and what is not there has no place yet.
type placed struct {
	shifts []uint16
	places []place // a power of two of them
	texts  int     // of words when it was made
}

// place is one text: its last 16 characters, zeros before them, its length, which is
// none's where there is no text, and its code.
type place struct {
	high, low uint64
	n         uint32
	code      int32
}

const noLength = math.MaxUint32

// nowhere has no text.
var nowhere = placed{shifts: make([]uint16, 1), places: []place{{n: noLength}}}

// placeOf is the place of a hash, of mask+1.
func placeOf(hash uint64, shift uint16, mask uint64) uint64 { return (hash>>32 ^ uint64(shift)) & mask }

// learn makes w.placed anew where it has lacked too many texts, which took about as
// much time as to make it.
func (w *words) learn() {
	if n := w.len(); w.missed > 4*n+blockFields && n > w.placed.texts {
		w.placed, w.missed, w.pause = w.place16(), 0, 0
	}
}

// place16 places the texts of up to 16 characters. Where hashes are so near that their
// places are the same with any shift, more shifts may part them; of many texts a few
// do not matter.
func (w *words) place16() (p placed) {
	n := uint(w.len())
	for more := range placeTries {
		lost := 0
		if p, lost = w.placeAmong(1<<(bits.Len(n/4)+more), 1<<bits.Len(n+n/4)); lost <= int(n/1024) {
			break
		}
	}
	return p
}

const placeTries = 4

// placeAmong makes that many shifts and places, powers of two, and says of how many shifts
// not all texts have a place. Those with the most in common go first.
func (w *words) placeAmong(shifts, places int) (p placed, lost int) {
	n := w.len()
	p = placed{shifts: make([]uint16, shifts), places: make([]place, places), texts: n}
	for i := range p.places {
		p.places[i].n = noLength
	}
	heads, next := make([]int32, len(p.shifts)), make([]int32, n+1) // entries that share a shift
	count, most := make([]uint8, len(p.shifts)), uint8(0)
	for i, e := range w.entries[1:] {
		if e.n-1 >= 16 {
			continue
		}
		b := hash16(e.high, e.low, &w.seeds) & uint64(len(p.shifts)-1)
		next[i+1], heads[b] = heads[b], int32(i+1)
		if count[b] < math.MaxUint8 {
			count[b]++
		}
		most = max(most, count[b])
	}
	for ; most > 0; most-- {
		for b, k := range count {
			if k != most {
				continue
			}
			shift, all := w.shift(p.places, heads[b], next)
			if p.shifts[b] = shift; !all {
				lost++
			}
		}
	}
	return p, lost
}

// shift places entries that share a shift, which it returns. Where none will do, as
// many are placed as may be.
func (w *words) shift(places []place, head int32, next []int32) (shift uint16, all bool) {
	for last := uint16(min(len(places), shiftsMost) - 1); ; shift++ {
		i := head
		for i != 0 && w.put(places, i, shift) {
			i = next[i]
		}
		if i == 0 {
			return shift, true
		}
		if shift == last {
			for i = next[i]; i != 0; i = next[i] {
				w.put(places, i, shift)
			}
			return shift, false
		}
		for taken := head; taken != i; taken = next[taken] {
			w.at(places, taken, shift).n = noLength
		}
	}
}

const shiftsMost = 1 << 10 // that are tried

// put places an entry, if its place is free.
func (w *words) put(places []place, i int32, shift uint16) bool {
	at, e := w.at(places, i, shift), &w.entries[i]
	free := at.n == noLength
	if free {
		*at = place{e.high, e.low, e.n, i - 1}
	}
	return free
}

// at is the place of an entry with a shift.
func (w *words) at(places []place, i int32, shift uint16) *place {
	e := &w.entries[i]
	return &places[placeOf(hash16(e.high, e.low, &w.seeds), shift, uint64(len(places)-1))]
}

func (p *placed) heldBytes() int64 {
	return 2*int64(cap(p.shifts)) + int64(unsafe.Sizeof(place{}))*int64(cap(p.places))
}

// codes is the quick loop of codes: of fields whose text is placed. It returns how
// many are odd, whose codes are anything. len(data) >= 16.
func (w *words) codes(dst []int32, data []byte, fields []Field, odd *oddFields) (n int) {
	if w.pause > 0 {
		w.pause--
		return odd.all(len(fields))
	}
	dst = dst[:len(fields)]
	l := w.lookup()
	for at := 0; at < len(fields); at += 64 {
		end := min(at+64, len(fields))
		for set := manyCodes(dst[at:end], data, fields[at:end], l); set != 0; set &= set - 1 {
			odd[n&(blockFields-1)] = uint8(at + bits.TrailingZeros64(set))
			n++
		}
	}
	if n > blockFields/4*3 { // few fields tell nothing
		w.pause = kernelPause
	}
	return n
}

// lookup is what the quick loop goes by.
type lookup struct {
	shifts, places unsafe.Pointer
	seeds          [2]uint64
	mask           uint64 // the bits of a hash that number its shift
	placeMask      uint64 // the bits of one, and of a shift, that number a place

	// What the kernel finds of each field before it loads places: which, in words, the
	// length, and the characters.
	found [64][2]uint32
	keys  [64][2]uint64
}

func (w *words) lookup() *lookup {
	l, p := &w.look, &w.placed
	l.shifts, l.places = unsafe.Pointer(unsafe.SliceData(p.shifts)), unsafe.Pointer(unsafe.SliceData(p.places))
	l.seeds, l.mask, l.placeMask = w.seeds, uint64(len(p.shifts)-1), uint64(len(p.places)-1)
	return l
}

// codesGo is the quick loop for up to 64 fields, and returns the bits of those that
// are odd. There is nothing to branch on but the end of the data: which texts are odd
// is as hard to predict as they are, and a wrong guess costs as much as several
// fields, whose memory is then waited for once more.
func codesGo(dst []int32, data []byte, fields []Field, w *lookup) (odd uint64) {
	text := unsafe.Pointer(unsafe.SliceData(data))
	dst = dst[:len(fields)]
	for i, f := range fields {
		to := uint64(f.To)
		length := to - uint64(f.From&^Quoted) // one with doubled quotes is too long
		if to < 16 {
			odd |= 1 << (i & 63)
			continue
		}
		last, mask := (*[2]uint64)(unsafe.Add(text, to-16)), &last16s[length&31]
		high, low := last[0]&mask[0], last[1]&mask[1]
		hash := hash16(high, low, &w.seeds)
		shift := *(*uint16)(unsafe.Add(w.shifts, 2*(hash&w.mask)))
		p := (*place)(unsafe.Add(w.places, placeOf(hash, shift, w.placeMask)*uint64(unsafe.Sizeof(place{}))))
		dst[i] = p.code
		wrong := uint64(0)
		if (p.low^low)|(p.high^high)|(uint64(p.n)^length) != 0 {
			wrong = 1
		}
		odd |= wrong << (i & 63)
	}
	return odd
}
