package hashtab

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// The seeds are fixed: what a key hashes to is part of the order of answers and
// of the agreement between instances. The mixing is that of wyhash (Wang Yi):
// a 64 by 64 bit multiplication, folded.
const (
	seed0 = 0xa0761d6478bd642f
	seed1 = 0xe7037ed1a0b428db
	seed2 = 0x8ebc6af09c88c6e3
	seed3 = 0x589965cc75374cc3
)

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// constantHash replaces every hash by a constant.
var constantHash atomic.Bool

// ConstantHash makes every table made from now on hash all keys to one value,
// for tests: answers must not change. The function that it returns ends it.
func ConstantHash() (restore func()) {
	constantHash.Store(true)
	return func() { constantHash.Store(false) }
}

// Partition is which of n partitions the keys of hash go to, at a level of
// partitioning: 0 for rows that were not partitioned before. At level 0 the
// hashes, in order, are cut into n ranges of one size, and at each further level
// each range into n again: sorting by hash sorts by partition.
func Partition(hash uint64, n, level int) int {
	for range level {
		hash *= uint64(n)
	}
	hi, _ := bits.Mul64(hash, uint64(n))
	return int(hi)
}

// hashLong hashes a value of more than 12 bytes.
func hashLong(b []byte) uint64 {
	n := len(b)
	h := uint64(n) * seed3
	tail := b[n-8:]
	if n < 16 {
		return fold(binary.LittleEndian.Uint64(b)^seed0, binary.LittleEndian.Uint64(tail)^seed1^h)
	}
	last := b[n-16:]
	for len(b) > 16 {
		h = fold(binary.LittleEndian.Uint64(b)^seed0, binary.LittleEndian.Uint64(b[8:])^seed1^h)
		b = b[16:]
	}
	return fold(binary.LittleEndian.Uint64(last)^seed2, binary.LittleEndian.Uint64(tail)^seed3^h)
}
