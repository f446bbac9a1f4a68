package bytescan

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// twin is one of the two that each function stands for.
type twin struct {
	name       string
	masks      func(dst []uint64, data []byte, set [4]byte)
	pairs      func(dst []uint64, data []byte, set [4]byte) (ys int, other bool)
	rows       func(dst []uint64, data []byte, set [4]byte, r *Rhythm) (ys int, other bool)
	positions  func(dst []uint32, masks []uint64, base uint32) int
	inQuotes   func(dst, quotes []uint64, carry uint64) uint64
	asciiSteps func(data []byte) int
}

// twins are what the exported functions call here, and plain Go.
var twins = []twin{
	{"chosen", masks, pairs, rows, positions, inQuotes, asciiSteps},
	{"go", masksGo, pairsGo, rowsGo, positionsGo, inQuotesGo, asciiStepsGo},
}

// blocks is data filled up to whole blocks.
func blocks(data []byte) []byte {
	n := (len(data) + BlockBytes - 1) / BlockBytes * BlockBytes
	return append(slices.Clone(data), make([]byte, n-len(data))...)
}

// check compares the twins, and the exported functions, with loops over bytes.
func check(t *testing.T, data []byte, set [4]byte, base uint32) {
	t.Helper()
	data = blocks(data)
	if len(data) == 0 {
		return
	}
	n := len(data) / BlockBytes
	four, pair := make([]uint64, 4*n), make([]uint64, n)
	within, carry := make([]uint64, n), uint64(base)<<63>>63*^uint64(0)
	wantYs, wantOther, wantCarry := 0, false, carry
	var places []uint32
	ascii := len(data)
	for i, c := range data {
		bit := uint64(1) << (i % 64)
		for k, s := range set {
			if c == s {
				four[i/64*4+k] |= bit
			}
		}
		if c == set[0] || c == set[1] {
			pair[i/64] |= bit
			places = append(places, base+uint32(i))
			wantCarry = ^wantCarry
		}
		if c == set[1] {
			wantYs++
		}
		within[i/64] |= wantCarry & bit
		wantOther = wantOther || c == set[2] || c == set[3]
		if c >= 0x80 {
			ascii = min(ascii, i)
		}
	}
	dirty := func(n int) []uint64 { return slices.Repeat([]uint64{0xDEADBEEF}, n) }
	for _, w := range twins {
		gotFour, gotPair, gotWithin := dirty(4*n), dirty(n), dirty(n)
		w.masks(gotFour, data, set)
		if !slices.Equal(gotFour, four) {
			t.Fatalf("%s masks of %q in %q: %x, want %x", w.name, set, data, gotFour, four)
		}
		if ys, other := w.pairs(gotPair, data, set); ys != wantYs || other != wantOther || !slices.Equal(gotPair, pair) {
			t.Fatalf("%s pairs of %q in %q: %x, %d, %t, want %x, %d, %t", w.name, set, data, gotPair, ys, other, pair, wantYs, wantOther)
		}
		to := make([]uint32, len(places)+PositionsSlack+1)
		to[len(to)-1] = 0xDEADBEEF
		if got := w.positions(to[:len(to)-1], pair, base); got != len(places) || !slices.Equal(to[:got], places) {
			t.Fatalf("%s positions in %x: %d, want %d", w.name, pair, to[:got], places)
		}
		if to[len(to)-1] != 0xDEADBEEF {
			t.Fatalf("%s positions in %x written behind the room", w.name, pair)
		}
		if got := w.positions(to[:len(to)-2], pair, base); got != -1 {
			t.Fatalf("%s positions with too little room: %d", w.name, got)
		}
		if got := w.inQuotes(gotWithin, pair, carry); got != wantCarry || !slices.Equal(gotWithin, within) {
			t.Fatalf("%s within %x, carry %x: %x, %x, want %x, %x", w.name, pair, carry, gotWithin, got, within, wantCarry)
		}
		if w.inQuotes(gotPair, gotPair, carry); !slices.Equal(gotPair, within) {
			t.Fatalf("%s within %x in place: %x, want %x", w.name, pair, gotPair, within)
		}
		if len(data) >= asciiStep {
			if got, want := w.asciiSteps(data), ascii/asciiStep*asciiStep; got != want {
				t.Fatalf("%s ASCII steps of %q: %d, want %d", w.name, data, got, want)
			}
		}
	}
	checkRows(t, data, set, 1+int(base%WidthMost), n/2)
	for _, part := range [][]byte{data, data[:n], data[n/2 : len(data)-n/2]} {
		want := bytes.IndexFunc(part, func(r rune) bool { return r >= 0x80 })
		if want < 0 {
			want = len(part)
		}
		if got := ASCII(part); got != want {
			t.Fatalf("ASCII of %q: %d, want %d", part, got, want)
		}
	}
}

// checkRows looks for rows of width places, in two calls of which the first has so many blocks.
func checkRows(t *testing.T, data []byte, set [4]byte, width, first int) {
	t.Helper()
	n := len(data) / BlockBytes
	want, got := make([]uint64, n), make([]uint64, n)
	held, place := true, 0
	for _, c := range data {
		if c == set[0] || c == set[1] {
			place++
			held = held && (c == set[1]) == (place%width == 0)
		}
	}
	wantYs, wantOther := pairsGo(want, data, set)
	for _, w := range twins {
		r := new(Rhythm)
		for _, other := range []int{width%WidthMost + 1, width, width} { // what was before is no matter
			r.Begin(other)
			r.broken, r.phase = 1, uint64(other-1)
			if r.Begin(width); !r.Held() {
				t.Fatal("a rhythm is broken that has just begun")
			}
			if first == 0 {
				first = n
			}
			ys, other := w.rows(got[:first], data[:first*BlockBytes], set, r)
			if first < n {
				y, o := w.rows(got[first:], data[first*BlockBytes:], set, r)
				ys, other = ys+y, other || o
			}
			if ys != wantYs || other != wantOther || r.Held() != held || !slices.Equal(got, want) {
				t.Fatalf("%s rows of %d, %q in %q: %x, %d, %t, %t, want %x, %d, %t, %t", w.name, width, set, data, got, ys, other, r.Held(), want, wantYs, wantOther, held)
			}
		}
	}
}

// TestRows: rows of every width, whole or with one place that is not as it should be.
func TestRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for width := 1; width <= WidthMost; width++ {
		for i := range 40 {
			var data []byte
			for place, most := 1, r.IntN(20); len(data) < 1000; place++ {
				data = append(data, "abcdefghijklmnopqrst"[:r.IntN(most+1)]...)
				data = append(data, ",\n"[b2i(place%width == 0)])
			}
			data = blocks(data)
			if i%4 > 0 {
				at := r.IntN(len(data))
				data[at] = ",\nx"[r.IntN(3)]
			}
			checkRows(t, data, [4]byte{',', '\n', '"', '\r'}, width, r.IntN(len(data)/BlockBytes))
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestBetween: spans of any number and width, with nothing written behind them.
func TestBetween(t *testing.T) {
	for width := 1; width < 9; width++ {
		for n := range 20 {
			places := make([]uint32, max(n-1, 0)*width+2)
			for i := range places {
				places[i] = uint32(7*i) - 1 // that before a text's first row is -1
			}
			got := make([][2]uint32, n+1)
			Between(got[:n], places, width)
			for i, g := range got {
				want := [2]uint32{uint32(7 * i * width), uint32(7*(i*width+1)) - 1}
				if i == n {
					want = [2]uint32{}
				}
				if g != want {
					t.Fatalf("span %d of %d, width %d: %v, want %v", i, n, width, g, want)
				}
			}
		}
	}
}

func TestTwins(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, alphabet := range []string{"a", ",", "ab,\n\"\r", "abcdefghijklmnopqrstuvwxyz,\n", "a\x00\x01\x7f\x80\x81\xff", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xff,"} {
		for range 300 {
			data := make([]byte, r.IntN(1000))
			for i := range data {
				data[i] = alphabet[r.IntN(len(alphabet))]
			}
			var set [4]byte
			for k := range set {
				set[k] = alphabet[r.IntN(len(alphabet))]
			}
			check(t, data, set, r.Uint32())
		}
	}
	for c := range 256 { // each byte against each
		data := make([]byte, 256)
		for i := range data {
			data[i] = byte(i)
		}
		check(t, data, [4]byte{byte(c), byte(c + 1), byte(c + 128), byte(c)}, 0)
	}
}

func FuzzTwins(f *testing.F) {
	f.Add([]byte("a,\"b,\"\"c\"\n\xc3\xa9"), []byte(",\n\"\r"), uint32(7))
	f.Fuzz(func(t *testing.T, data, set []byte, base uint32) {
		check(t, data, [4]byte(append(set, 0, 0, 0, 0)), base)
		check(t, bytes.Repeat(data, 9), [4]byte(append(set, 0, 0, 0, 0)), base)
	})
}

func TestEmpty(t *testing.T) {
	Masks(nil, nil, [4]byte{})
	if ys, other := Pairs(nil, nil, 0, 0, 0, 0); ys != 0 || other || Positions(nil, nil, 9) != 0 || InQuotes(nil, nil, 5) != 5 || ASCII(nil) != 0 {
		t.Error("something was found in nothing")
	}
}

func begun(width int) *Rhythm {
	r := new(Rhythm)
	r.Begin(width)
	return r
}

func TestLengths(t *testing.T) {
	data, m := make([]byte, 2*BlockBytes), make([]uint64, 8)
	for name, f := range map[string]func(){
		"Masks, part of a block":   func() { Masks(m, data[:100], [4]byte{}) },
		"Masks, short":             func() { Masks(m[:7], data, [4]byte{}) },
		"Pairs, part of a block":   func() { Pairs(m[:2], data[:127], 0, 0, 0, 0) },
		"Pairs, long":              func() { Pairs(m[:3], data, 0, 0, 0, 0) },
		"Rows, part of a block":    func() { Rows(m[:2], data[:127], 0, 0, 0, 0, begun(1)) },
		"Rows, not begun":          func() { Rows(m[:2], data, 0, 0, 0, 0, new(Rhythm)) },
		"Begin, no place":          func() { begun(0) },
		"Begin, too many":          func() { begun(WidthMost + 1) },
		"Between, too few":         func() { Between(make([][2]uint32, 3), make([]uint32, 5), 2) },
		"Between, no width":        func() { Between(make([][2]uint32, 1), make([]uint32, 5), 0) },
		"InQuotes":                 func() { InQuotes(m[:1], m[:2], 0) },
		"Positions, nothing found": func() { Positions(make([]uint32, 7), m, 0) },
		"Positions, one found":     func() { Positions(make([]uint32, 8), []uint64{4}, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
