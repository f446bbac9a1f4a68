package textcol

import (
	"bytes"
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
//	slots    ┌ hash, upper half │ code+1 ┐ …     probed one by one
//	entries  ┌ last 16 characters │ n │ at ┐ …   by code; up to 16 characters are compared there
//	text     all texts, one behind another
type words struct {
	slots   []uint64
	mask    uint64
	seed    uint64
	entries []entry
	text    []byte
}

// entry is one text: as last16 loads it, and where it stands.
type entry struct {
	high, low uint64
	n, at     uint32
}

const firstSlots = 64

// newWords returns an empty table. Codes do not depend on the seed, which makes
// it useless to choose texts that collide.
func newWords() *words {
	return &words{slots: make([]uint64, firstSlots), mask: firstSlots - 1, seed: rand.Uint64()}
}

const (
	mixLow  = 0x9E3779B97F4A7C15 // odd constants without a pattern: the golden ratio,
	mixHigh = 0xD6E8FEB86659FD93 // and one of Pelle Evensen's mixers
)

// hash16 is the hash of up to 16 characters.
func (w *words) hash16(high, low uint64, n uint) uint64 {
	h, l := bits.Mul64(low^w.seed, high^uint64(n)^mixHigh)
	h2, l2 := bits.Mul64(h^l^low, mixLow)
	return h2 ^ l2
}

// tag is the upper half of a hash, made other than that of an empty slot.
func tag(hash uint64) uint64 { return hash>>32 | 1 }

// hash is the hash of any text, which key has the last characters of.
func (w *words) hash(text []byte, key entry) uint64 {
	h := w.hash16(key.high, key.low, uint(len(text)))
	for b := text; len(b) > 16; { // the last 16 are in the key
		high, low := bits.Mul64(load8(b)^h, mixLow)
		h, b = high^low, b[8:]
	}
	return h
}

func keyOf(text []byte) entry {
	e := entry{n: uint32(len(text))}
	if len(text) > 0 {
		e.high, e.low = last16(text, len(text), uint(min(len(text), 16)))
	}
	return e
}

// find is the code of text, -1 where it has none.
func (w *words) find(text []byte) int32 {
	key := keyOf(text)
	hash := w.hash(text, key)
	for i := hash & w.mask; ; i = (i + 1) & w.mask {
		slot := w.slots[i]
		if slot == 0 {
			return -1
		}
		if slot>>32 != tag(hash) {
			continue
		}
		if e := &w.entries[uint32(slot)-1]; e.low == key.low && e.high == key.high && e.n == key.n &&
			(key.n <= 16 || bytes.Equal(w.text[e.at:e.at+e.n], text)) {
			return int32(uint32(slot)) - 1
		}
	}
}

// add gives text, which has none, the next code.
func (w *words) add(text []byte) int32 {
	key := keyOf(text)
	key.at = uint32(len(w.text))
	code := len(w.entries)
	w.text = append(w.text, text...)
	w.entries = append(w.entries, key)
	if 2*len(w.entries) > len(w.slots) {
		w.slots = make([]uint64, 4*len(w.slots))
		w.mask = uint64(len(w.slots) - 1)
		for i, e := range w.entries[:code] {
			w.place(w.hash(w.text[e.at:e.at+e.n], e), i)
		}
	}
	w.place(w.hash(text, key), code)
	return int32(code)
}

func (w *words) place(hash uint64, code int) {
	i := hash & w.mask
	for w.slots[i] != 0 {
		i = (i + 1) & w.mask
	}
	w.slots[i] = tag(hash)<<32 | uint64(code+1)
}

// array is all texts, in memory of alloc.
func (w *words) array(alloc memory.Allocator) *array.Data {
	offsets, values := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	defer offsets.Release()
	defer values.Release()
	offsets.ResizeNoShrink((len(w.entries) + 1) * arrow.Int32SizeBytes)
	to := arrow.Int32Traits.CastFromBytes(offsets.Bytes())
	to[0] = 0
	for i, e := range w.entries {
		to[i+1] = int32(e.at + e.n)
	}
	values.ResizeNoShrink(len(w.text))
	copy(values.Bytes(), w.text)
	return array.NewData(arrow.BinaryTypes.String, len(w.entries), []*memory.Buffer{nil, offsets, values}, nil, 0, 0)
}

func (w *words) heldBytes() int64 {
	return 8*int64(cap(w.slots)) + int64(unsafe.Sizeof(entry{}))*int64(cap(w.entries)) + int64(cap(w.text))
}
