package csvio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// The places of a region are those of the oracle, in whole records before the first
// quote that is out of place.
func TestIndex(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	x := new(index)
	for round := range 4000 {
		data := make([]byte, rng.IntN(600))
		if round%500 == 0 {
			data = make([]byte, regionBytes)
		}
		alphabet := []byte(",\na\r\"\x00\xff-+\x0b\x8a;\xac\xa2\x2d\x2b")[:1+rng.IntN(16)]
		for i := range data {
			data[i] = alphabet[rng.IntN(len(alphabet))]
		}
		if round%3 > 0 {
			data = randomText(rng, 300)
		}
		from := rng.IntN(20)
		text := append(bytes.Repeat([]byte{','}, from), data...)
		for _, d := range []dialect{comma, unquoted} {
			var want []uint32
			for at := 0; at < len(data); {
				end, s := d.nextRecord(data[at:], outside, '\n')
				if end < 0 {
					end = len(data) - at
				}
				places, sound := fieldEnds(data[at:at+end], d)
				if !sound || s != outside && at+end == len(data) {
					break
				}
				for _, p := range places {
					want = append(want, uint32(from+at+p))
				}
				at += end
			}
			n := x.find(text, from, len(text), d, 1+int(seed%70))
			if got := x.at[1 : 1+n]; n < len(want) || !slices.Equal(got[:len(want)], want) {
				t.Fatalf("seed %d: %q: got %v, want %v", seed, data, got, want)
			}
			if x.at[0]+1 != uint32(from) {
				t.Fatalf("the record before ends at %d, want %d", x.at[0], from)
			}
			// What is behind belongs to a record that is not sound, or not whole.
			for _, at := range x.at[1+len(want) : 1+n] {
				if text[at] == '\n' {
					t.Fatalf("seed %d: %q: a record ends at %d, but %v are all", seed, data, at, want)
				}
			}
		}
	}
}

// fieldEnds is where the fields of a record end, one byte after another, and whether
// all quotes stand as they should.
func fieldEnds(record []byte, d dialect) (places []int, sound bool) {
	sound = true
	within, start := false, true
	for i, c := range record {
		switch {
		case within:
			within = c != d.quote
		case d.quote != 0 && c == d.quote:
			sound = sound && (start || record[i-1] == d.quote)
			within = true
		case c == d.delimiter || c == '\n':
			places = append(places, i)
			start = true
			continue
		case i > 0 && d.quote != 0 && record[i-1] == d.quote && !(c == '\r' && i+1 < len(record) && record[i+1] == '\n'):
			sound = false
		}
		start = false
	}
	return places, sound && !within
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

// BenchmarkIndex is how fast the structure of text is found.
func BenchmarkIndex(b *testing.B) {
	x := new(index)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"plain", g1(30000)[:1<<20]},
		{"quoted", bytes.Repeat([]byte("\"id016\",\"id016\",\"id0000042202\",15,24,5971,5,11,37.211254\n"), 1<<20/57+1)[:1<<20]},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				for at := 0; at < len(c.data); at += regionBytes {
					x.find(c.data, at, at+regionBytes, comma, 9)
				}
			}
		})
		b.Run(c.name+"/naive", func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				within, n := false, 0
				for i, c := range c.data {
					switch {
					case c == '"':
						within = !within
					case !within && (c == ',' || c == '\n'):
						x.at[n] = uint32(i)
						n = (n + 1) % regionBytes
					}
				}
			}
		})
	}
}

// TestPick: of rows of any number, from the start of the text on or not.
func TestPick(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for rows := range 12 {
		for width := 1; width < 5; width++ {
			places := []uint32{rng.Uint32N(2) - 1}
			for range rows * width {
				places = append(places, places[len(places)-1]+1+rng.Uint32N(20))
			}
			for f := range width {
				fields := make([]textcol.Field, rows)
				pick(fields, places[min(f, len(places)):], width)
				for r, got := range fields {
					if want := (textcol.Field{From: places[r*width+f] + 1, To: places[r*width+f+1]}); got != want {
						t.Fatalf("field %d of row %d of %d is %v, want %v", f, r, rows, got, want)
					}
				}
			}
		}
	}
}
