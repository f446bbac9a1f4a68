package textcol

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// known is words that know n texts: of all lengths, and some that differ in nothing
// but zeros before them, so that no two of them have places.
func known(rng *rand.Rand, n int) (w *words, texts [][]byte) {
	w = newWords()
	for i := range n {
		text := []byte(fmt.Sprintf("%d%.*s", i, rng.IntN(20), "abcdefghijklmnopqrst"))
		all := [][]byte{text}
		switch rng.IntN(200) {
		case 0:
			all = append(all, append(make([]byte, 1+rng.IntN(3)), text...))
		case 1:
			all[0] = make([]byte, rng.IntN(20))
		}
		for _, text := range all {
			if code, key, hash := w.find(text); code < 0 {
				w.add(text, key, hash)
				texts = append(texts, text)
			}
		}
	}
	return w, texts
}

// Nearly all texts of up to 16 characters have a place, and nothing else has one: what
// the quick loop does not call odd has the code of its text.
func TestPlaced(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, n := range []int{1, 2, 5, 100, 413, 10_000, 70_000} {
		w, texts := known(rng, n)
		w.placed = w.place16()
		data, fields := make([]byte, 16), []Field{}
		for range 5 * blockFields {
			text := texts[rng.IntN(len(texts))]
			switch rng.IntN(20) {
			case 0:
				text = append(bytes.Clone(text), 'x')
			case 1:
				text = append(make([]byte, 1), text...)
			}
			f := Field{uint32(len(data)), uint32(len(data) + len(text))}
			switch rng.IntN(20) {
			case 0:
				f.From |= Quoted
			case 1:
				f.From |= Escaped | Quoted
			}
			data, fields = append(data, text...), append(fields, f)
		}
		placed, found := 0, 0
		for at := 0; at < len(fields); at += blockFields {
			part := fields[at:][:blockFields-rng.IntN(2)*rng.IntN(blockFields)]
			dst, odd, isOdd := make([]int32, len(part)), oddFields{}, [blockFields]bool{}
			for _, i := range odd[:w.codes(dst, data, part, &odd)] {
				isOdd[i] = true
			}
			for i, f := range part {
				text := data[f.From&Mask : f.To]
				code, _, _ := w.find(text)
				if code >= 0 && f.From&Escaped == 0 && len(text) > 0 && len(text) <= 16 {
					if found++; !isOdd[i] {
						placed++
					}
				}
				if !isOdd[i] && (dst[i] != code || f.From&Escaped != 0) {
					t.Fatalf("seed %d, %d texts: field %d, %q, has code %d, want %d", seed, n, i, text, dst[i], code)
				}
			}
		}
		if n >= 413 && placed < found*9/10 {
			t.Errorf("seed %d, %d texts: %d of %d have places", seed, n, placed, found)
		}
	}
}

// Texts are placed by themselves once they have been looked for often enough, again
// when there are more, and no more once they are forgotten.
func TestPlacedInTime(t *testing.T) {
	w, texts := known(rand.New(rand.NewPCG(1, 1)), 1000)
	if w.learn(); len(w.placed.places) > 1 {
		t.Error("placed before one was missed")
	}
	w.missed, w.pause = 1<<20, 7
	if w.learn(); w.placed.texts != len(texts) || w.missed != 0 || w.pause != 0 {
		t.Errorf("%d of %d texts are placed, %d missed, a pause of %d", w.placed.texts, len(texts), w.missed, w.pause)
	}
	before, held := &w.placed.places[0], w.heldBytes()
	w.missed = 1 << 20
	if w.learn(); &w.placed.places[0] != before {
		t.Error("placed anew though nothing is")
	}
	code, key, hash := w.find([]byte("another"))
	if code >= 0 {
		t.Fatal("another is known")
	}
	w.add([]byte("another"), key, hash)
	if w.learn(); w.placed.texts != len(texts)+1 || w.heldBytes() <= held-int64(len(texts)) {
		t.Errorf("%d texts are placed, want %d", w.placed.texts, len(texts)+1)
	}
	if w.reset(); len(w.placed.places) != 1 {
		t.Error("places are left")
	}
}

// Where the quick loop can do little it is left alone for a while.
func TestPlacedPauses(t *testing.T) {
	w, _ := known(rand.New(rand.NewPCG(1, 1)), 10)
	data := make([]byte, 40)
	var fields [blockFields]Field
	for i := range fields {
		fields[i] = Field{16, 33 + uint32(i%4)}
	}
	dst := make([]int32, blockFields)
	var odd oddFields
	if w.codes(dst, data, fields[:blockFields/2], &odd); w.pause > 0 {
		t.Error("paused for few fields")
	}
	for i := range kernelPause + 2 {
		if n := w.codes(dst, data, fields[:], &odd); n != blockFields || odd[2] != 2 {
			t.Errorf("%d are odd: %v", n, odd[:3])
		}
		if want := kernelPause - i%(kernelPause+1); w.pause != want {
			t.Errorf("call %d: a pause of %d, want %d", i, w.pause, want)
		}
	}
}

// checkCodes holds the kernel against its twin.
func checkCodes(t testing.TB, w *words, data []byte, fields []Field) {
	t.Helper()
	l := w.lookup()
	fields = fields[:min(len(fields), 64)]
	dst, want := make([]int32, len(fields)), make([]int32, len(fields))
	odd, wantOdd := manyCodes(dst, data, fields, l), codesGo(want, data, fields, l)
	if odd != wantOdd {
		t.Fatalf("odd are %b, want %b, of %q", odd, wantOdd, data)
	}
	for left := ^odd; left != 0; left &= left - 1 {
		if i := bits.TrailingZeros64(left); i < len(fields) && dst[i] != want[i] {
			t.Fatalf("field %d has code %d, want %d, of %q", i, dst[i], want[i], data)
		}
	}
}

func TestCodesTwins(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	w, texts := known(rng, 500)
	w.placed = w.place16()
	for range 2000 {
		data, fields := []byte{}, []Field{}
		for range 1 + rng.IntN(64) {
			text := texts[rng.IntN(len(texts))]
			fields = append(fields, Field{uint32(len(data)), uint32(len(data) + max(len(text)-rng.IntN(2)*rng.IntN(2), 0))})
			data = append(data, text...)
			if rng.IntN(9) == 0 {
				fields[len(fields)-1].From |= uint32(rng.IntN(4)) << 30
			}
		}
		if len(data) < 16 {
			continue
		}
		rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		checkCodes(t, w, data, fields)
	}
}

func FuzzCodes(f *testing.F) {
	f.Add([]byte("a,ab,abc,,a,sixteen letters!,seventeen letters,\x00a,a\x00,\x00,\x00\x00"), uint64(1))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 1<<10 {
			t.Skip("long")
		}
		data = append(data, ",a text that is of some length,"...)
		w, fields, from := newWords(), []Field{}, 0
		for i, c := range data {
			if c != ',' {
				continue
			}
			if code, key, hash := w.find(data[from:i]); code < 0 && seed>>(i&63)&1 != 0 {
				w.add(data[from:i], key, hash)
			}
			fields = append(fields, Field{uint32(from), uint32(i)})
			from = i + 1
		}
		w.placed = w.place16()
		for len(fields) > 0 {
			n := min(len(fields), 64)
			checkCodes(t, w, data, fields[:n])
			fields = fields[n:]
		}
	})
}
