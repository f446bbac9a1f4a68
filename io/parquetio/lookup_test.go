package parquetio

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomCodes are codes of the width, all below entries.
func randomCodes(rng *rand.Rand, n, width, entries int) []uint32 {
	values, run := make([]uint32, n), uint32(0)
	for i := range values {
		if rng.IntN(12) == 0 || i == 0 {
			run = uint32(rng.IntN(min(entries, 1<<width)))
		}
		if values[i] = run; rng.IntN(3) > 0 {
			values[i] = uint32(rng.IntN(min(entries, 1<<width)))
		}
	}
	return values
}

// TestLookUp: entries are those that the codes name, whatever lies between the bits
// and the entry; a code behind the last entry is an error.
func TestLookUp(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	for range rounds {
		width, entries := rng.IntN(21), 1+rng.IntN(1<<rng.IntN(18))
		values := randomCodes(rng, rng.IntN(700), width, entries)
		wrong := -1
		if len(values) > 0 && entries < 1<<width && rng.IntN(2) == 0 {
			wrong = rng.IntN(len(values))
			values[wrong] = uint32(entries + rng.IntN(1<<width-entries))
		}
		size := []int{1, 2, 3, 4, 8, 16, 32, 40}[rng.IntN(8)]
		dict := make([]byte, entries*size)
		for i := range dict {
			dict[i] = byte(rng.Uint32())
		}
		data := encodeHybrid(rng, values, width)
		c := codes{stream: hybrid{data: data, width: width}, entries: entries}
		for at := 0; at < len(values); {
			n := min(len(values)-at, 1+rng.IntN(200))
			got := make([]byte, n*size)
			err := c.gather(got, dict, size, n)
			if bad := wrong >= at && wrong < at+n; bad != (err != nil) {
				t.Fatalf("seed %d: width %d, code %d of %d entries: %v", seed, width, values[max(wrong, 0)], entries, err)
			} else if bad {
				break
			}
			for i, v := range values[at : at+n] {
				if !slices.Equal(got[i*size:(i+1)*size], dict[int(v)*size:(int(v)+1)*size]) {
					t.Fatalf("seed %d: width %d, %d bytes: another entry at %d than that of code %d", seed, width, size, at+i, v)
				}
			}
			at += n
		}
	}
}

// BenchmarkLookUp: codes to numbers of 8 bytes, in one pass and, as the naive way, bit
// by bit and entry by entry.
func BenchmarkLookUp(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{1, 3, 7, 8, 11, 16, 17, 24} {
		const n = segmentRows
		entries := 1 << width
		bytes := make([]byte, n/8*width+8)
		for i := range bytes {
			bytes[i] = byte(rng.Uint32())
		}
		packed := hybrid{width: width, packed: bytes, left: n}
		dict, dst := make([]byte, 8*entries), make([]byte, 8*n)
		for _, way := range []struct {
			name string
			do   func(c *codes) error
		}{
			{"fused", func(c *codes) error { return c.gather(dst, dict, 8, n) }},
			{"naive", func(c *codes) error {
				return naiveLookUp(cast[uint64](dst), cast[uint64](dict), c.stream.packed, width)
			}},
		} {
			b.Run(fmt.Sprintf("%d bits/%s", width, way.name), func(b *testing.B) {
				c := codes{entries: entries}
				for b.Loop() {
					c.stream = packed
					if err := way.do(&c); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
			})
		}
	}
}

func naiveLookUp(dst, dict []uint64, packed []byte, width int) error {
	for i := range dst {
		code := 0
		for b := range width {
			bit := i*width + b
			code |= int(packed[bit/8]>>(bit%8)&1) << b
		}
		dst[i] = dict[code]
	}
	return nil
}
