package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow"
)

// plainOf is values as a PLAIN page has them.
func plainOf(values ...[]byte) []byte {
	var out []byte
	for _, v := range values {
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(v))), v...)
	}
	return out
}

// textsAbout are values whose lengths lie about those at which the ways to copy
// change; now and then one is much longer.
func textsAbout(rng *rand.Rand, n, most int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		size := rng.IntN(most + 1)
		if rng.IntN(50) == 0 {
			size = rng.IntN(5000)
		}
		out[i] = make([]byte, size)
		for k := range out[i] {
			out[i][k] = byte(rng.Uint32())
		}
	}
	return out
}

// TestEntries: of dictionaries of strings of any length, each code gives its entry.
func TestEntries(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	env := dataflow.Env{Alloc: newLedger(t), Reserve: func(int64) error { return nil }}
	for range 500 {
		texts := textsAbout(rng, 1+rng.IntN(100), []int{0, 11, 12, 13, 33, 70}[rng.IntN(6)])
		c := newBytesColumn[int32](arrow.BinaryTypes.Binary, &env)
		p := page{kind: dictionaryPage, values: len(texts), data: plainOf(texts...)}
		if err := c.dictionary(&p); err != nil {
			t.Fatal(err)
		}
		clear(p.data) // its memory is that of the next page
		n := 1 + rng.IntN(segmentRows)
		values := randomCodes(rng, n, 7, len(texts))
		coded := page{encoding: encodingDictionary, values: n, data: append([]byte{7}, encodeHybrid(rng, values, 7)...)}
		if err := c.page(&coded); err != nil {
			t.Fatal(err)
		}
		expect(t, seed, c, n, func(i int) []byte { return texts[values[i]] })
	}
}

// TestPlainTexts: PLAIN strings of any length, as many at once as comes.
func TestPlainTexts(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	env := dataflow.Env{Alloc: newLedger(t), Reserve: func(int64) error { return nil }}
	for range 500 {
		texts := textsAbout(rng, 1+rng.IntN(segmentRows), []int{0, 12, 15, 17, 31, 33, 70}[rng.IntN(7)])
		c := newBytesColumn[int64](arrow.BinaryTypes.LargeBinary, &env)
		p := page{encoding: encodingPlain, values: len(texts), data: plainOf(texts...)}
		if err := c.page(&p); err != nil {
			t.Fatal(err)
		}
		expect(t, seed, c, len(texts), func(i int) []byte { return texts[i] })

		// A page that ends early, or has a value that is longer than it.
		short := plainOf(texts...)
		short = short[:rng.IntN(len(short))]
		if err := c.page(&page{encoding: encodingPlain, values: len(texts), data: short}); err != nil {
			t.Fatal(err)
		}
		c.begin(len(texts))
		if err := c.read(0, len(texts), len(texts), nil); err == nil {
			t.Fatalf("seed %d: %d bytes gave %d values", seed, len(short), len(texts))
		}
		c.drop()
	}
}

// expect reads n values of the page in hand, some at a time, and closes c.
func expect[O int32 | int64](t *testing.T, seed uint64, c *bytesColumn[O], n int, want func(i int) []byte) {
	t.Helper()
	defer c.close()
	c.begin(n)
	for at := 0; at < n; {
		k := min(n-at, 1+at/2)
		if err := c.read(at, k, k, nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		at += k
	}
	arr, err := c.end(n, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.drop()
	defer arr.Release()
	value := func(i int) []byte {
		if a, ok := arr.(*array.LargeBinary); ok {
			return a.Value(i)
		}
		return arr.(*array.Binary).Value(i)
	}
	for i := range n {
		if got := value(i); !bytes.Equal(got, want(i)) {
			t.Fatalf("seed %d: value %d is %q, want %q", seed, i, got, want(i))
		}
	}
}

// BenchmarkTexts: strings of a length to Arrow's buffers, PLAIN and coded, and as the
// naive way a string and an append each.
func BenchmarkTexts(b *testing.B) {
	const n = segmentRows
	rng := rand.New(rand.NewPCG(1, 2))
	env := dataflow.Env{Alloc: newLedger(b), Reserve: func(int64) error { return nil }}
	for _, size := range []int{5, 12, 16, 27, 60} {
		texts := make([][]byte, n)
		for i := range texts {
			texts[i] = []byte(strings.Repeat("x", size-rng.IntN(min(size, 1+size/16*8))))
		}
		data := plainOf(texts...)
		codes := make([]int32, n)
		for i := range codes {
			codes[i] = rng.Int32N(n)
		}
		c := newBytesColumn[int32](arrow.BinaryTypes.Binary, &env)
		if err := c.dictionary(&page{values: n, data: data}); err != nil {
			b.Fatal(err)
		}
		out, ends := make([]byte, 2*len(data)), make([]int32, n+1)
		for _, way := range []struct {
			name string
			do   func()
		}{
			{"plain", func() { copyPlain(out, 0, ends[1:], data) }},
			{"plain/naive", func() { naivePlain(out[:0], ends[:0], data) }},
			{"coded", func() { appendCoded(out, 0, ends, cast[slot](c.dict.slots.b), c.dict.long.b, codes) }},
			{"coded/naive", func() { naiveCoded(out[:0], ends[:0], texts, codes) }},
		} {
			b.Run(fmt.Sprintf("%d bytes/%s", size, way.name), func(b *testing.B) {
				for b.Loop() {
					way.do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
			})
		}
		c.close()
	}
}

func naivePlain(out []byte, ends []int32, src []byte) []int32 {
	for len(src) > 0 {
		size := binary.LittleEndian.Uint32(src)
		out = append(out, src[4:4+size]...)
		ends = append(ends, int32(len(out)))
		src = src[4+size:]
	}
	return ends
}

func naiveCoded(out []byte, ends []int32, texts [][]byte, codes []int32) []int32 {
	for _, c := range codes {
		out = append(out, texts[c]...)
		ends = append(ends, int32(len(out)))
	}
	return ends
}
