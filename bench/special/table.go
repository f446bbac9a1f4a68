package special

import (
	"bytes"
	"math/bits"
)

// table numbers keys from 0 on, by open addressing. A slot is the upper half of the
// key's hash and its number + 1.
type table struct {
	slots []uint64
	mask  uint64
	keys  []byte
	ends  []int // of the keys, in keys
	used  []uint64
}

func newTable(slots int) *table {
	return &table{slots: make([]uint64, slots), mask: uint64(slots - 1), ends: []int{0}}
}

// len is how many keys there are.
func (t *table) len() int { return len(t.ends) - 1 }

func (t *table) key(n int) []byte { return t.keys[t.ends[n]:t.ends[n+1]] }

// at is the number of a key of a hash; new keys get the next one.
func (t *table) at(key []byte, hash uint64) int {
	tag := hash >> 32 << 32
	for i := hash & t.mask; ; i = (i + 1) & t.mask {
		slot := t.slots[i]
		if slot == 0 {
			return t.add(key, hash)
		}
		if slot>>32<<32 == tag {
			if n := int(uint32(slot)) - 1; bytes.Equal(t.key(n), key) {
				return n
			}
		}
	}
}

func (t *table) add(key []byte, hash uint64) int {
	n := t.len()
	t.keys = append(t.keys, key...)
	t.ends = append(t.ends, len(t.keys))
	t.used = append(t.used, hash)
	if 2*(n+1) > len(t.slots) {
		t.slots = make([]uint64, 2*len(t.slots))
		t.mask = uint64(len(t.slots) - 1)
		for i, h := range t.used {
			t.put(h, i)
		}
		return n
	}
	t.put(hash, n)
	return n
}

func (t *table) put(hash uint64, n int) {
	i := hash & t.mask
	for t.slots[i] != 0 {
		i = (i + 1) & t.mask
	}
	t.slots[i] = hash>>32<<32 | uint64(n+1)
}

// mix adds eight bytes to a hash.
func mix(hash, word uint64) uint64 {
	high, low := bits.Mul64(hash^word, 0x9E3779B97F4A7C15)
	return high ^ low
}
