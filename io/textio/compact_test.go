package textio

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// Lines of every length, about the steps and at the end, are moved as a split of
// the whole text says.
func TestCompact(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := &chunker{env: dataflow.Env{Alloc: memory.NewGoAllocator()}}
	defer c.close()
	var texts [][]byte
	for range 200 {
		var text []byte
		for long := 1 + rng.IntN(300); len(text) < rng.IntN(5*stepBytes); {
			for range rng.IntN(long) {
				text = append(text, byte(' '+rng.IntN(90)))
			}
			text = append(text, []string{"\n", "\r\n", "\n\n", "\r", "\r\r\n"}[rng.IntN(5)]...)
		}
		texts = append(texts, text)
	}
	texts = append(texts, bytes.Repeat([]byte("\n"), 5*stepBytes+3), bytes.Repeat([]byte("\r\n"), 2*stepBytes), bytes.Repeat([]byte("a"), 3*stepBytes))
	for _, text := range texts {
		var want []byte
		wantEnds := []int32{0}
		for line := range bytes.Lines(text) {
			if n := len(line) - 1; line[n] == '\n' {
				if line = line[:n]; n > 0 && line[n-1] == '\r' {
					line = line[:n-1]
				}
			}
			want = append(want, line...)
			wantEnds = append(wantEnds, int32(len(want)))
		}
		data := slices.Clone(text)
		rows, written := c.compact(data)
		ends := arrow.Int32Traits.CastFromBytes(c.offsets.Bytes())[:rows+1]
		if !bytes.Equal(data[:written], want) || !slices.Equal(ends, wantEnds) {
			t.Fatalf("%q:\n%q %d, want\n%q %d", text, data[:written], ends, want, wantEnds)
		}
	}
}

// compactNaive is the line at a time that compact is to be faster than.
func compactNaive(data []byte, ends []int32) int {
	rows, written := compactRest(data, 0, 0, ends)
	return rows + written
}

func BenchmarkCompact(b *testing.B) {
	text := bytes.Repeat([]byte(asciiText), 256<<10/len(asciiText))
	data := slices.Clone(text)
	c := &chunker{env: dataflow.Env{Alloc: memory.NewGoAllocator()}}
	defer c.close()
	ends := make([]int32, len(text)+1)
	b.Run("steps", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			copy(data, text)
			c.compact(data)
		}
	})
	b.Run("naive", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			copy(data, text)
			compactNaive(data, ends)
		}
	})
}
