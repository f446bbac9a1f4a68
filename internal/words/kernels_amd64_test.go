//go:build !purego

package words

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// withoutAVX2 runs f as on a CPU that has not what the kernels use.
func withoutAVX2(t testing.TB, f func()) {
	t.Helper()
	if !fast {
		t.Skip("this CPU has no AVX2: that is all that the other tests test")
	}
	fast = false
	defer func() { fast = true }()
	f()
}

func TestWithoutAVX2(t *testing.T) {
	withoutAVX2(t, func() {
		TestWords(t)
		TestRowEndsEndWords(t)
		TestLongWords(t)
		TestEveryByte(t)
		TestRandomTexts(t)
	})
}

// checkTwins compares what the kernels and plain Go make of a text, in lower case
// and in masks as well as in words.
func checkTwins(t *testing.T, text []byte, cuts []int32) {
	t.Helper()
	text = append(slices.Clone(text[:min(len(text), blockBytes-1)]), make([]byte, 64-len(text)%64)...)
	n := len(text) / 64
	for _, v := range variants {
		fold := NewScanner(v.kind, v.keep).fold
		lowered, loweredGo := make([]byte, len(text)+pad), make([]byte, len(text)+pad)
		parts, partsGo := make([]part, n), make([]part, n)
		markParts(v.kind, text, lowered, parts, fold)
		markPartsGo(v.kind, text, loweredGo, partsGo, fold)
		if !slices.Equal(parts, partsGo) || !slices.Equal(lowered, loweredGo) {
			t.Fatalf("kind %d, keep %t, %q:\n%x %q\n%x %q", v.kind, v.keep, text, parts, lowered, partsGo, loweredGo)
		}
		edges(parts, 0, cuts)
		const before = 5 // bytes of words
		for from, start := 0, 0; from < n; {
			parts[from].hard = 0 // what was stopped at is taken for plain
			var got [2]string
			values, offsets := make([]byte, before+len(text)+pad), make([]int32, n*64+SlackWords)
			next, nextStart, at, k := gatherPlainGo(lowered, parts, from, start, values, before, offsets)
			got[0] = fmt.Sprintf("%d %d %d %q", next, nextStart, offsets[:k], values[:at])
			clear(values)
			next, nextStart, at, k = gatherPlain(lowered, parts, from, start, values, before, offsets)
			got[1] = fmt.Sprintf("%d %d %d %q", next, nextStart, offsets[:k], values[:at])
			if got[0] != got[1] {
				t.Fatalf("kind %d, keep %t, %q, from part %d: plain Go and kernel:\n%s\n%s", v.kind, v.keep, text, from, got[0], got[1])
			}
			from, start = next, nextStart
		}
	}
}

func TestTwins(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		text := randomText(rng, rng.IntN(700), rng.IntN(3))
		var cuts []int32
		for at := 0; at < len(text); at += 1 + rng.IntN(200) {
			cuts = append(cuts, int32(at))
		}
		checkTwins(t, []byte(text), cuts)
	}
}

func FuzzTwins(f *testing.F) {
	f.Add([]byte("In un LUGAR de la Mancha, don't ΟΔΟΣ\u3000x\x1f"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, cut uint8) {
		checkTwins(t, text, []int32{int32(cut)})
	})
}
