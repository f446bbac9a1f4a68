package rowhash_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/arrowmill/arrowmill/internal/rowhash"
)

// TestAvalanche flips each bit of random keys and wants every bit of the hash
// to flip half of the time: within six standard deviations for every pair.
func TestAvalanche(t *testing.T) {
	const samples = 4096
	limit := 6 * math.Sqrt(samples) / 2
	step := 1 // between the bits that are flipped
	if testing.Short() {
		step = 13
	}
	hashers := map[string]struct {
		bits int
		hash func(key []byte) uint64
	}{
		"word":      {64, func(k []byte) uint64 { return rowhash.Mix(binary.LittleEndian.Uint64(k), 0) }},
		"state":     {64, func(k []byte) uint64 { return rowhash.Mix(42, binary.LittleEndian.Uint64(k)) }},
		"2 bytes":   {16, rowhash.Bytes},
		"5 bytes":   {40, rowhash.Bytes},
		"12 bytes":  {96, rowhash.Bytes},
		"20 bytes":  {160, rowhash.Bytes},
		"100 bytes": {800, rowhash.Bytes},
	}
	for name, h := range hashers {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			key := make([]byte, h.bits/8)
			for bit := 0; bit < h.bits; bit += step {
				var flips [64]int
				for range samples {
					for i := range key {
						key[i] = byte(rng.Uint32())
					}
					before := h.hash(key)
					key[bit/8] ^= 1 << (bit % 8)
					diff := before ^ h.hash(key)
					for ; diff != 0; diff &= diff - 1 {
						flips[bits.TrailingZeros64(diff)]++
					}
				}
				for out, n := range flips {
					if math.Abs(float64(n)-samples/2) > limit {
						t.Fatalf("key bit %d flips hash bit %d in %d of %d keys", bit, out, n, samples)
					}
				}
			}
		})
	}
}

// TestUniformBuckets spreads regular keys, as real ones are, over partitions and
// wants the spread of chance: chi-squared within five standard deviations, by
// the upper bits (partitions) and the lower ones (hash tables).
func TestUniformBuckets(t *testing.T) {
	const keys = 100_000
	patterns := map[string]func(i int) uint64{
		"sequence":     func(i int) uint64 { return rowhash.Mix(uint64(i), 0) },
		"negative":     func(i int) uint64 { return rowhash.Mix(uint64(-i), 0) },
		"high bits":    func(i int) uint64 { return rowhash.Mix(uint64(i)<<40, 0) },
		"every 4096th": func(i int) uint64 { return rowhash.Mix(uint64(i)<<12, 0) },
		"floats":       func(i int) uint64 { return rowhash.Mix(math.Float64bits(float64(i)), 0) },
		"names":        func(i int) uint64 { return rowhash.Mix(rowhash.Bytes(fmt.Appendf(nil, "id%03d", i)), 0) },
		"long names":   func(i int) uint64 { return rowhash.Mix(rowhash.Bytes(fmt.Appendf(nil, "id%010d", i)), 0) },
		"paths": func(i int) uint64 {
			return rowhash.Mix(rowhash.Bytes(fmt.Appendf(nil, "https://example.org/%d/index.html", i)), 0)
		},
		"pairs":          func(i int) uint64 { return rowhash.Mix(uint64(i%300), rowhash.Mix(uint64(i/300), 0)) },
		"pairs of equal": func(i int) uint64 { return rowhash.Mix(uint64(i), rowhash.Mix(uint64(i), 0)) },
	}
	for name, hash := range patterns {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{2, 3, 7, 64, 100, 1024} {
				upper, lower := make([]int, n), make([]int, n)
				for i := range keys {
					h := hash(i)
					upper[rowhash.Partition(h, n)]++
					lower[h%uint64(n)]++
				}
				for which, counts := range map[string][]int{"upper": upper, "lower": lower} {
					if z := chiSquaredScore(counts, keys); z > 5 {
						t.Errorf("%d buckets by the %s bits: %.1f standard deviations from chance", n, which, z)
					}
				}
			}
		})
	}
}

// chiSquaredScore is how many standard deviations chi-squared of the counts
// stands from its mean.
func chiSquaredScore(counts []int, keys int) float64 {
	want, chi := float64(keys)/float64(len(counts)), 0.0
	for _, n := range counts {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	free := float64(len(counts) - 1)
	return math.Abs(chi-free) / math.Sqrt(2*free)
}

// TestSeedsAreIndependent: rows of one partition under one seed spread over all
// partitions under another.
func TestSeedsAreIndependent(t *testing.T) {
	counts := make([]int, 64)
	n := 0
	for i := 0; n < 10_000; i++ {
		if rowhash.Partition(rowhash.Mix(uint64(i), 1), 64) == 5 {
			counts[rowhash.Partition(rowhash.Mix(uint64(i), 2), 64)]++
			n++
		}
	}
	if z := chiSquaredScore(counts, n); z > 5 {
		t.Errorf("%.1f standard deviations from chance", z)
	}
}
