package rowhash

import (
	"encoding/binary"
	"math/bits"
)

// Constants without a pattern: the fractional parts of the square roots of the
// first primes, as SHA-512 begins with, made odd.
const (
	p0 = 0x6a09e667f3bcc909
	p1 = 0xbb67ae8584caa73b
	p2 = 0x3c6ef372fe94f82b
	p3 = 0xa54ff53a5f1d36f1
	p4 = 0x510e527fade682d1

	// nullWord stands for null. A value of the same bits shares its hash.
	nullWord = 0x1f83d9abfb41bd6b
)

// Mix is a hash of two words, of which neither can blot out the other.
func Mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^p0, b^p1)
	hi, lo = bits.Mul64(lo^a^p2, hi^b^p3)
	return hi ^ lo
}

// Bytes is the hash of a string: the word of a row that holds it.
func Bytes(b []byte) uint64 {
	n := len(b)
	switch {
	case n > 16:
		return long(b)
	case n >= 8:
		return Mix(load64(b), load64(b[n-8:])^uint64(n)*p4)
	case n >= 4:
		return Mix(uint64(load32(b))<<32|uint64(load32(b[n-4:])), uint64(n)*p4)
	case n > 0:
		return Mix(uint64(b[0])<<16|uint64(b[n>>1])<<8|uint64(b[n-1]), uint64(n)*p4)
	}
	return Mix(0, 0)
}

// long takes 48 bytes a step in three lanes that do not wait for one another,
// then 16 a step. The last 16 bytes, which may overlap the step before, end it.
func long(b []byte) uint64 {
	last := b[len(b)-16:]
	h := uint64(len(b)) * p4
	if len(b) > 48 {
		g, k := h^p2, h^p3
		for len(b) > 48 {
			h, g, k = lane(b, h), lane(b[16:], g), lane(b[32:], k)
			b = b[48:]
		}
		h = Mix(h, g) ^ k
	}
	for len(b) > 16 {
		h = lane(b, h)
		b = b[16:]
	}
	return Mix(load64(last), load64(last[8:])^h)
}

func lane(b []byte, h uint64) uint64 {
	hi, lo := bits.Mul64(load64(b)^p1, load64(b[8:])^h)
	return hi ^ lo ^ h
}

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func load32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// Partition is the partition in [0, n) of a hash: the hash, taken as a fraction
// of 2^64, times n (Lemire, "Fast Random Integer Generation in an Interval",
// 2019). It goes by the upper bits, for any n.
func Partition(hash uint64, n int) int32 {
	hi, _ := bits.Mul64(hash, uint64(n))
	return int32(hi)
}

// Partitions writes the partition of each hash.
func Partitions(hashes []uint64, n int, partition []int32) {
	partition = partition[:len(hashes)]
	for i, h := range hashes {
		partition[i] = Partition(h, n)
	}
}
