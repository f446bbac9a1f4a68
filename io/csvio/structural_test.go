package csvio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestStructurals(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	x := new(index)
	got := func(n int) (places []int) {
		for i := range n {
			places = append(places, int(x[i]))
		}
		return places
	}
	for round := range 2000 {
		data := make([]byte, rng.IntN(1000))
		if round%500 == 0 {
			data = make([]byte, regionBytes)
		}
		alphabet := []byte(",\n\"a\x00\xff-+\x0b\x8a;\xac\xa2\x2d\x2b")[:1+rng.IntN(15)]
		for i := range data {
			data[i] = alphabet[rng.IntN(len(alphabet))]
		}
		var plain, quoted []int
		for i, c := range data {
			if strings.IndexByte(",\n", c) >= 0 {
				plain = append(plain, i)
			}
			if strings.IndexByte(",\n\"", c) >= 0 {
				quoted = append(quoted, i)
			}
		}
		if got := got(structurals(x, data, ',')); !slices.Equal(got, plain) {
			t.Fatalf("seed %d: %q: got %v, want %v", seed, data, got, plain)
		}
		if got := got(structuralsQuoted(x, data, ',', '"')); !slices.Equal(got, quoted) {
			t.Fatalf("seed %d: %q with quotes: got %v, want %v", seed, data, got, quoted)
		}
	}
}

// g1 is rows as those of the groupby benchmark.
func g1(rows int) []byte {
	rng := rand.New(rand.NewPCG(1, 1))
	var b bytes.Buffer
	for range rows {
		fmt.Fprintf(&b, "id%03d,id%03d,id%010d,%d,%d,%d,%d,%d,%.6f\n", 1+rng.IntN(100), 1+rng.IntN(100), 1+rng.IntN(100000),
			1+rng.IntN(100), 1+rng.IntN(100), 1+rng.IntN(100000), 1+rng.IntN(5), 1+rng.IntN(15), 100*rng.Float64())
	}
	return b.Bytes()
}

func BenchmarkStructurals(b *testing.B) {
	data := g1(30000)[:1<<20]
	x := new(index)
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			for at := 0; at < len(data); at += regionBytes {
				structurals(x, data[at:at+regionBytes], ',')
			}
		}
	})
	b.Run("quoted", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			for at := 0; at < len(data); at += regionBytes {
				structuralsQuoted(x, data[at:at+regionBytes], ',', '"')
			}
		}
	})
}
