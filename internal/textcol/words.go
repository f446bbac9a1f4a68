package textcol

import (
	"bytes"
	"math"
	"math/bits"
	"math/rand/v2"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// words is a hash table of texts that have codes, in the order in which they were
// added.
//
//	slots    ┌ code+1 ┐ …                 probed one by one, at most a quarter full
//	entries  ┌ last 16 characters │ n │ at ┐ …   by code+1; up to 16 characters are compared there
//	text     all texts, one behind another
//
// Entry 0 is none, which empty slots lead to.
type words struct {
	slots   []uint32
	seeds   [2]uint64
	entries []entry
	text    []byte

	look   lookup // of the quick loop
	placed placed // texts of up to 16 characters, where the quick loop finds them
	missed int    // how often one was looked for that was not there, though it has a code
	pause  int    // blocks to come that are left alone by the quick loop, since it could do little
}

// entry is one text: its last 16 characters, zeros before them, and where it stands.
type entry struct {
	high, low uint64
	n, at     uint32
}

const (
	firstSlots = 256
	slotsAText = 4
)

// newWords returns an empty table. Codes do not depend on the seeds, which make
// it useless to choose texts that collide.
func newWords() *words {
	w := &words{seeds: [2]uint64{rand.Uint64(), rand.Uint64()}}
	w.reset()
	return w
}

// reset empties w.
func (w *words) reset() {
	w.slots = make([]uint32, firstSlots)
	w.entries = []entry{{n: math.MaxUint32}}
	w.text = nil
	w.placed, w.missed, w.pause = nowhere, 0, 0
}

// len is how many texts there are.
func (w *words) len() int { return len(w.entries) - 1 }

// hash16 is the hash of up to 16 characters: one 128-bit multiplication, folded.
// Texts that differ in nothing but zeros before them have it in common.
func hash16(high, low uint64, seeds *[2]uint64) uint64 {
	h, l := bits.Mul64(low^seeds[0], high^seeds[1])
	return h ^ l
}

// hash is the hash of any text, which key has the last characters of: all others
// are added 16 by 16.
func (w *words) hash(text []byte, key entry) uint64 {
	h := hash16(key.high, key.low, &w.seeds)
	for b := text; len(b) > 16; b = b[min(16, len(b)-16):] {
		h = more16(h, load8(b), load8(b[8:]), &w.seeds)
	}
	return h
}

// more16 adds 16 characters to a hash.
func more16(h, a, b uint64, seeds *[2]uint64) uint64 {
	high, low := bits.Mul64(a^h, b^seeds[1])
	return high ^ low
}

func keyOf(text []byte) entry {
	e := entry{n: uint32(len(text))}
	if n := len(text); n >= 16 {
		e.high, e.low = load8(text[n-16:]), load8(text[n-8:])
	} else if n > 0 {
		var b [16]byte
		copy(b[16-n:], text)
		e.high, e.low = load8(b[:]), load8(b[8:])
	}
	return e
}

// find is the code of text, -1 where it has none, and its key and hash.
func (w *words) find(text []byte) (code int32, key entry, hash uint64) {
	key = keyOf(text)
	hash = w.hash(text, key)
	mask := uint64(len(w.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := w.slots[i]
		if slot == 0 {
			return -1, key, hash
		}
		if e := &w.entries[slot]; e.low == key.low && e.high == key.high && e.n == key.n &&
			(key.n <= 16 || bytes.Equal(w.text[e.at:e.at+e.n], text)) {
			return int32(slot) - 1, key, hash
		}
	}
}

// add gives text, which has none, the next code.
func (w *words) add(text []byte, key entry, hash uint64) int32 {
	key.at = uint32(len(w.text))
	w.text = append(w.text, text...)
	w.entries = append(w.entries, key)
	if slotsAText*len(w.entries) > len(w.slots) {
		w.slots = make([]uint32, slotsAText*len(w.slots))
		for code, e := range w.entries[1 : len(w.entries)-1] {
			w.place(w.hash(w.text[e.at:e.at+e.n], e), code)
		}
	}
	w.place(hash, w.len()-1)
	return int32(w.len() - 1)
}

func (w *words) place(hash uint64, code int) {
	mask := uint64(len(w.slots) - 1)
	i := hash & mask
	for w.slots[i] != 0 {
		i = (i + 1) & mask
	}
	w.slots[i] = uint32(code + 1)
}

// codes32 is codes of 17 to 32 characters, for the n fields that are odd to codes. It
// leaves those that are odd to it as well.
func (w *words) codes32(dst []int32, data []byte, fields []Field, odd *oddFields, n int) (left int) {
	fields = fields[:len(dst)]
	text, known := unsafe.Pointer(unsafe.SliceData(data)), unsafe.Pointer(unsafe.SliceData(w.text))
	slots, entries, seeds := w.slots, w.entries, w.seeds
	for _, i := range odd[:n] {
		f := fields[i]
		from, to := uint64(f.From&^Quoted), uint64(f.To)
		length := to - from
		slot := uint32(0)
		if length-17 < 16 {
			high, low := *(*uint64)(unsafe.Add(text, to-16)), *(*uint64)(unsafe.Add(text, to-8))
			a, b := *(*uint64)(unsafe.Add(text, from)), *(*uint64)(unsafe.Add(text, from+8))
			at := more16(hash16(high, low, &seeds), a, b, &seeds)
			for {
				slot = slots[at&uint64(len(slots)-1)]
				e := &entries[slot]
				if slot == 0 {
					break
				}
				if (e.low^low)|(e.high^high)|(uint64(e.n)^length) == 0 {
					first := (*[2]uint64)(unsafe.Add(known, e.at))
					if (first[0]^a)|(first[1]^b) == 0 {
						break
					}
				}
				at++
			}
		}
		if slot == 0 {
			odd[left&(blockFields-1)] = i
			left++
			continue
		}
		dst[i] = int32(slot) - 1
	}
	return left
}

// array is all texts, in memory of alloc.
func (w *words) array(alloc memory.Allocator) *array.Data {
	offsets, values := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	defer offsets.Release()
	defer values.Release()
	offsets.ResizeNoShrink(len(w.entries) * arrow.Int32SizeBytes)
	to := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	to[0] = 0
	for i, e := range w.entries[1:] {
		to[i+1] = int32(e.at + e.n)
	}
	values.ResizeNoShrink(len(w.text))
	copy(values.Bytes(), w.text)
	return array.NewData(arrow.BinaryTypes.String, w.len(), []*memory.Buffer{nil, offsets, values}, nil, 0, 0)
}

func (w *words) heldBytes() int64 {
	return 4*int64(cap(w.slots)) + int64(unsafe.Sizeof(entry{}))*int64(cap(w.entries)) + int64(cap(w.text)) + w.placed.heldBytes()
}
