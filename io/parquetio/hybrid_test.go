package parquetio

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// encodeHybrid is a naive encoder: random runs of both kinds.
func encodeHybrid(rng *rand.Rand, values []uint32, width int) []byte {
	var out []byte
	for at := 0; at < len(values); {
		n := 1
		for at+n < len(values) && values[at+n] == values[at] {
			n++
		}
		if n >= 8 || rng.IntN(4) == 0 {
			n = 1 + rng.IntN(n)
			out = binary.AppendUvarint(out, uint64(n)<<1)
			var v [4]byte
			binary.LittleEndian.PutUint32(v[:], values[at])
			out = append(out, v[:(width+7)/8]...)
			at += n
			continue
		}
		groups := 1 + rng.IntN(6)
		if at+8*groups > len(values) {
			groups = (len(values) - at + 7) / 8 // the last one is filled up
		}
		out = binary.AppendUvarint(out, uint64(groups)<<1|1)
		packed := make([]byte, groups*width)
		for i := range 8 * groups {
			if at+i < len(values) {
				for b := range width {
					bit := i*width + b
					packed[bit/8] |= byte(values[at+i]>>b&1) << (bit % 8)
				}
			}
		}
		out = append(out, packed...)
		at += 8 * groups
	}
	return out
}

func TestHybrid(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		width := rng.IntN(33)
		values := make([]uint32, rng.IntN(400))
		run := uint32(0)
		for i := range values {
			if rng.IntN(6) == 0 || i == 0 {
				run = uint32(rng.Uint64() & (1<<width - 1))
			}
			if values[i] = run; rng.IntN(2) == 0 {
				values[i] = uint32(rng.Uint64() & (1<<width - 1))
			}
		}
		data := encodeHybrid(rng, values, width)
		h := hybrid{data: data, width: width}
		got := make([]int32, len(values))
		for at := 0; at < len(got); {
			n := min(len(got)-at, 1+rng.IntN(100))
			if err := h.codes(got[at : at+n]); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			at += n
		}
		if !slices.EqualFunc(got, values, func(a int32, b uint32) bool { return uint32(a) == b }) {
			t.Fatalf("seed %d: width %d: got %v, want %v", seed, width, got, values)
		}
		if err := h.codes(make([]int32, 8)); err == nil && width > 0 {
			t.Fatalf("seed %d: more values than there are", seed)
		}
	}
}

func TestHybridBits(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		values := make([]uint32, rng.IntN(600))
		for i := range values {
			if values[i] = uint32(rng.IntN(2)); i > 0 && rng.IntN(3) > 0 {
				values[i] = values[i-1]
			}
		}
		h := hybrid{data: encodeHybrid(rng, values, 1), width: 1}
		shift := rng.IntN(20)
		bitmap := make([]byte, (shift+len(values)+7)/8)
		for at := 0; at < len(values); {
			n := min(len(values)-at, 1+rng.IntN(100))
			want := 0
			for _, v := range values[at : at+n] {
				want += int(v)
			}
			if all, err := h.ones(n); err != nil {
				t.Fatal(err)
			} else if all {
				if want != n {
					t.Fatalf("seed %d: %d of %d are 1, not all", seed, want, n)
				}
				for i := range n {
					bit := shift + at + i
					bitmap[bit/8] |= 1 << (bit % 8)
				}
			} else if got, err := h.bits(bitmap, shift+at, n); err != nil || got != want {
				t.Fatalf("seed %d: %d of %d are 1 (%v), want %d", seed, got, n, err, want)
			}
			at += n
		}
		for i, v := range values {
			if bit := shift + i; uint32(bitmap[bit/8]>>(bit%8)&1) != v {
				t.Fatalf("seed %d: bit %d of %d", seed, i, len(values))
			}
		}
	}
}
