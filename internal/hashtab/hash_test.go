package hashtab

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

func decimalOf(n int) decimal256.Num { return decimal256.FromI64(int64(n)) }

// Keys of any structure spread over slots (low bits), tags (upper half) and
// partitions (top bits).
func TestHashesSpread(t *testing.T) {
	const n = 1 << 16
	patterns := map[string]func(i uint64) uint64{
		"sequence":      func(i uint64) uint64 { return i },
		"negative":      func(i uint64) uint64 { return -i },
		"floats":        func(i uint64) uint64 { return math.Float64bits(float64(i)) },
		"float decimal": func(i uint64) uint64 { return math.Float64bits(float64(i) / 100) },
		"days in ns":    func(i uint64) uint64 { return i * 86400e9 },
		"both halves":   func(i uint64) uint64 { return i<<32 | i },
		"digits":        func(i uint64) uint64 { return uint64(i%10)<<24 + i/10%10<<16 + i/100%10<<8 + i/1000 + 0x30303030 },
	}
	most := 48
	if testing.Short() {
		most = 4
	}
	for shift := 1; shift <= most; shift++ {
		patterns[fmt.Sprint("multiples of 2^", shift)] = func(i uint64) uint64 { return i << shift }
	}
	hashes := func(words int, f func(i uint64) uint64) map[string][]uint64 {
		one, two, three := make([]uint64, n), make([][2]uint64, n), make([]uint64, 3*n)
		for i := range uint64(n) {
			v := f(i)
			one[i], two[i], three[3*i+uint64(words)] = v, [2]uint64{7, v}, v
			if words == 0 {
				two[i] = [2]uint64{v, 7}
			}
		}
		out := map[string][]uint64{"hash1": make([]uint64, n), "hash2": make([]uint64, n), "hash3": make([]uint64, n)}
		mixWords(out["hash1"], one, true)
		for i := range n {
			mixWords(out["hash2"][i:i+1], two[i][:1], true)
			mixWords(out["hash2"][i:i+1], two[i][1:], false)
			for c := range 3 {
				mixWords(out["hash3"][i:i+1], three[3*i+c:][:1], c == 0)
			}
		}
		return out
	}
	for name, f := range patterns {
		for word := range 3 {
			for hash, hs := range hashes(word, f) {
				spread(t, fmt.Sprintf("%s of %s, word %d, partition", hash, name, word), hs, 64, func(h uint64) int { return Partition(h, 64, 0) })
				spread(t, fmt.Sprintf("%s of %s, word %d, second partition", hash, name, word), hs, 64, func(h uint64) int { return Partition(h, 64, 1) })
				spread(t, fmt.Sprintf("%s of %s, word %d, slot", hash, name, word), hs, 1024, func(h uint64) int { return int(h & 1023) })
				spread(t, fmt.Sprintf("%s of %s, word %d, tag", hash, name, word), hs, 256, func(h uint64) int { return int(h >> 32 & 255) })
			}
		}
	}
}

// spread checks that no bucket has far more than its share. (Better than chance is
// fine: multiples are often spread evenly.)
func spread(t *testing.T, what string, hashes []uint64, buckets int, bucket func(h uint64) int) {
	t.Helper()
	counts := make([]int, buckets)
	for _, h := range hashes {
		counts[bucket(h)]++
	}
	mean := float64(len(hashes)) / float64(buckets)
	for b, n := range counts {
		if float64(n) > mean+10*math.Sqrt(mean) {
			t.Errorf("%s: %d of %d in bucket %d of %d", what, n, len(hashes), b, buckets)
			return
		}
	}
}

func TestHashLongUsesEveryByte(t *testing.T) {
	for n := 13; n < 70; n++ {
		b := make([]byte, n)
		seen := map[uint64]int{hashLong(b): -1}
		for i := range b {
			b[i] = 1
			h := hashLong(b)
			if other, ok := seen[h]; ok {
				t.Errorf("%d bytes: byte %d changes as little as byte %d", n, i, other)
			}
			seen[h] = i
			b[i] = 0
		}
	}
}

func TestPartition(t *testing.T) {
	for _, n := range []int{1, 2, 3, 64, 100, 1000} {
		for level := range 3 {
			if p := Partition(math.MaxUint64, n, level); p < 0 || p >= n {
				t.Errorf("Partition(max, %d, %d) = %d", n, level, p)
			}
		}
		last, lastSub := 0, 0
		for i := range uint64(1 << 16) {
			h := i << 48
			p, sub := Partition(h, n, 0), Partition(h, n, 1)
			if p < last || p >= n || p == last && sub < lastSub {
				t.Fatalf("hash %x: partition %d.%d of %d behind %d.%d", h, p, sub, n, last, lastSub)
			}
			last, lastSub = p, sub
		}
		if last != n-1 {
			t.Errorf("the last of %d partitions reached is %d", n, last)
		}
	}
}
