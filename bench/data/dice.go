package data

import (
	"math/bits"
	"math/rand/v2"
)

// dice are the random choices of one block.
type dice struct{ pcg rand.PCG }

// cast returns dice that depend on all of the numbers.
func cast(table, seed, block uint64) *dice {
	d := &dice{}
	d.pcg.Seed(mix(table+mix(seed)), mix(block+mix(table)))
	return d
}

// below is a number from 0 to n-1, each equally likely but for n/2⁶⁴.
func (d *dice) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.pcg.Uint64(), n)
	return hi
}

// between is a number from least to most.
func (d *dice) between(least, most int64) int64 {
	return least + int64(d.below(uint64(most-least+1)))
}

// oneIn is true once in n times.
func (d *dice) oneIn(n uint64) bool { return d.below(n) == 0 }

// rank is a number from 1 to 2^octaves-1, a Zipf rank of exponent 1: every octave
// [2^k, 2^(k+1)) is equally likely, and so is every rank within one.
func (d *dice) rank(octaves uint64) uint64 {
	k, rest := bits.Mul64(d.pcg.Uint64(), octaves)
	return 1<<k | rest>>(64-k)
}

// rankTo is a rank from 1 to most.
func (d *dice) rankTo(most uint64) uint64 {
	for {
		if r := d.rank(uint64(bits.Len64(most))); r <= most {
			return r
		}
	}
}

// mix is a bijection of 64 bits (the finaliser of SplitMix64, G. Steele, D. Lea,
// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// mix63 is a bijection of 63 bits.
func mix63(x uint64) int64 {
	const mask = 1<<63 - 1
	x = (x ^ x>>32) * 0xd6e8feb86659fd93 & mask
	x = (x ^ x>>32) * 0xd6e8feb86659fd93 & mask
	return int64(x ^ x>>32)
}
