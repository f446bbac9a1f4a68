package words

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/arrowmill/arrowmill/internal/lower"
)

// naive is the words of one row, by code points.
func naive(text string, kind Kind, keepCase bool) []string {
	var runes []rune
	for b := []byte(text); len(b) > 0; {
		r, size := lower.Decode(b)
		runes, b = append(runes, r), b[size:]
	}
	part := func(i int) bool {
		if i < 0 || i >= len(runes) {
			return false
		}
		return unicode.In(runes[i], unicode.L, unicode.M, unicode.Nd)
	}
	var words []string
	var word []byte
	for i := 0; i <= len(runes); i++ {
		in := i < len(runes)
		if in && kind == Spaced {
			in = !unicode.IsSpace(runes[i]) && (runes[i] < 0x1C || runes[i] > 0x1F)
		} else if in {
			in = part(i) || (runes[i] == 0x27 || runes[i] == 0x2019) && part(i-1) && part(i+1)
		}
		if in {
			word = utf8.AppendRune(word, runes[i])
		} else if len(word) > 0 {
			if !keepCase {
				word = lower.Append(nil, word)
			}
			words, word = append(words, string(word)), word[:0]
		}
	}
	return words
}

// scanAll scans rows with outputs of at least room bytes and words, more where
// the next word needs it, and checks what Scan promises.
func scanAll(t testing.TB, s *Scanner, src []byte, from int, ends []int32, room int) []string {
	t.Helper()
	var words []string
	to := from
	if len(ends) > 0 {
		to = int(ends[len(ends)-1])
	}
	more := 0
	for at := from; at < to; {
		need := min(to-at, blockBytes)
		out := &Output{Values: make([]byte, max(room, need)+SlackBytes+more), Offsets: make([]int32, max(room, need)+SlackWords+more)}
		next := Scan(s, src, at, ends, out)
		if next < at || next > to {
			t.Fatalf("from %d of %d to %d", at, to, next)
		}
		if next == at && out.Words == 0 {
			if more = 2*more + 64; more > 4*len(src)+1024 {
				t.Fatalf("no progress at %d of %d with %d bytes", at, to, len(out.Values))
			}
			continue
		}
		if out.Offsets[0] != 0 || int(out.Offsets[out.Words]) != out.Bytes {
			t.Fatalf("offsets from %d to %d, %d bytes", out.Offsets[0], out.Offsets[out.Words], out.Bytes)
		}
		for i := range out.Words {
			words = append(words, string(out.Values[out.Offsets[i]:out.Offsets[i+1]]))
		}
		at = next
	}
	return words
}

var variants = []struct {
	kind Kind
	keep bool
}{{Spaced, false}, {Spaced, true}, {Runs, false}, {Runs, true}}

// check compares every variant with the oracle: rows stand behind before bytes
// that are not scanned, and before more that are not.
func check(t testing.TB, rows []string, before int, room int) {
	t.Helper()
	src := bytes.Repeat([]byte("x"), before)
	var ends []int32
	for _, r := range rows {
		src = append(src, r...)
		ends = append(ends, int32(len(src)))
	}
	src = append(src, "yyé"...)
	src = slices.Clip(src)
	for _, v := range variants {
		var want []string
		for _, r := range rows {
			want = append(want, naive(r, v.kind, v.keep)...)
		}
		s := NewScanner(v.kind, v.keep)
		got := scanAll(t, s, src, before, ends, room)
		if !slices.Equal(got, want) {
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("kind %d, keep %v, room %d, %d rows: word %d: %+q, want %+q", v.kind, v.keep, room, len(rows), i,
						got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
				}
			}
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		keep bool
		text string
		want []string
	}{
		{Spaced, false, "", nil},
		{Spaced, false, " \t\r\n\v\f\x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u2000\u2028\u2029\u202f\u205f\u3000", nil},
		{Spaced, false, "In un LUGAR de la Mancha", []string{"in", "un", "lugar", "de", "la", "mancha"}},
		{Spaced, false, "a\x1cb\u00a0C\u3000d\u0085É", []string{"a", "b", "c", "d", "é"}},
		{Spaced, false, "İı ΟΔΥΣΣΕΥΣ ΑΣ' ΑΣ'Α Σ ẞ ǅ", []string{"i̇ı", "οδυσσευς", "ας'", "ασ'α", "σ", "ß", "ǆ"}},
		{Spaced, true, "İı ΟΔΟΣ\u00a0A", []string{"İı", "ΟΔΟΣ", "A"}},
		{Spaced, false, "a\x00B \u200b \ufeff", []string{"a\x00b", "\u200b", "\ufeff"}},
		{Spaced, false, "a\xff\xe2\x82B \xc0\x80", []string{"a\ufffd\ufffdb", "\ufffd\ufffd"}},
		{Spaced, true, "a\xff\xe2\x82B", []string{"a\ufffd\ufffdB"}},
		{Runs, false, "Don't 'quote' rock''n'roll' l’Été’", []string{"don't", "quote", "rock", "n'roll", "l’été"}},
		{Runs, false, "x_1 3.14 a-b C++ ½ Ⅻ ٣", []string{"x", "1", "3", "14", "a", "b", "c", "٣"}},
		{Runs, false, "ΑΣ.Α ΟΔΟΣ' ΑΣ'Α", []string{"ας", "α", "οδος", "ασ'α"}},
		{Runs, false, "e\u0301 '\u0301' 中文\u3000字", []string{"e\u0301", "\u0301", "中文", "字"}},
		{Runs, false, "a\xffb '", []string{"a", "b"}},
		{Runs, true, "Don’t STOP’ ’", []string{"Don’t", "STOP"}},
	} {
		got := scanAll(t, NewScanner(c.kind, c.keep), []byte(c.text), 0, []int32{int32(len(c.text))}, 0)
		if !slices.Equal(got, c.want) {
			t.Errorf("kind %d, keep %v, %+q: %+q, want %+q", c.kind, c.keep, c.text, got, c.want)
		}
	}
}

func TestRowEndsEndWords(t *testing.T) {
	check(t, []string{"ab", "cd", "", "", " e", "f ", "é", "g", "'", "Σ", "ΑΣ", "Α"}, 3, 0)
	check(t, []string{"a\xc3", "\xa9b", "\xc3", "\xa9", "Σ\xe2", "\x82\xac", "é\xe2\x82", "\xac"}, 5, 0)
	single := strings.Split(strings.Repeat("aBé 'Σ", 1500), "")
	check(t, single, 0, 0)
	check(t, single, 63, 5000)
}

func TestLongWords(t *testing.T) {
	for _, n := range []int{15, 16, 17, 63, 64, 65, blockBytes - 1, blockBytes, blockBytes + 1, 3*blockBytes + 7} {
		for _, unit := range []string{"A", "é", "Σ", "中", "İ", "\xff", "a'", "x\u3000", "🙂"} {
			word := strings.Repeat(unit, n)
			check(t, []string{word, " " + word + " tail", word}, n%5, 0)
		}
	}
}

// Every way that a word of a block can lie to its parts of 64 bytes and to its
// end, plain and hard.
func TestAlignments(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 5
	}
	for lead := 0; lead < 70; lead += step {
		for length := 1; length < 40; length += 3 {
			plain := strings.Repeat(" ", lead) + strings.Repeat("W", length)
			check(t, []string{plain + " Z " + strings.Repeat("Q", length) + "é w"}, lead%9, 0)
		}
	}
	for lead := blockBytes - 70; lead < blockBytes+10; lead += step {
		check(t, []string{strings.Repeat("ab ", lead/3) + strings.Repeat("c", lead%3) + "Éa", "z"}, 0, 0)
	}
}

func TestRandomTexts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := 300
	if testing.Short() {
		texts = 60
	}
	for range texts {
		rows := make([]string, rng.IntN(30))
		for i := range rows {
			rows[i] = randomText(rng, rng.IntN(400), rng.IntN(3))
		}
		check(t, rows, rng.IntN(100), rng.IntN(3)*500)
	}
	for range 3 {
		check(t, []string{randomText(rng, 60_000, 0), randomText(rng, 60_000, 1), randomText(rng, 30_000, 2)}, rng.IntN(64), 8<<10)
	}
}

// randomText is about n bytes: 0, ASCII; 1, some words of it not; 2, anything.
func randomText(rng *rand.Rand, n, kind int) string {
	odd := []rune("éÑßİıΣΣσςǅẞ\u0085\u00a0\u0301\u0345\u1680\u2003\u2019\u2028\u3000中가𐐀🙂ªÅ\ufffd'.")
	var b strings.Builder
	for b.Len() < n {
		switch k := rng.IntN(12); {
		case k < 2:
			b.WriteByte(" \t\n\r\x1c\x1f"[rng.IntN(6)])
		case k == 2 && kind > 0, k < 9 && kind == 2:
			b.WriteRune(odd[rng.IntN(len(odd))])
		case k == 3 && kind == 2:
			b.WriteByte(byte(rng.IntN(256)))
		case k == 4:
			b.WriteByte("'_.,0\x00\x7f-"[rng.IntN(8)])
		default:
			b.WriteByte(byte('A' + rng.IntN(58)))
		}
	}
	return b.String()
}

// Each byte, alone and beside letters, in every lane of the eight.
func TestEveryByte(t *testing.T) {
	for c := range 256 {
		for lane := range 9 {
			check(t, []string{strings.Repeat("k", lane) + string([]byte{byte(c)}) + "K"}, 0, 0)
		}
	}
}

func TestEveryCodePoint(t *testing.T) {
	var rows []string
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r >= 0x20000 && r < 0xE0000 && r%97 != 0 || testing.Short() && r > 0x3000 && r%13 != 0 && r%256 > 3 {
			continue
		}
		if rows = append(rows, fmt.Sprintf("a%cB", r)); len(rows) == 20_000 {
			check(t, rows, 1, 64<<10)
			rows = rows[:0]
		}
	}
	check(t, rows, 1, 64<<10)
}

func TestTooLittleRoomIsNoProgress(t *testing.T) {
	src := []byte("éé " + strings.Repeat("\xff", 200))
	s := NewScanner(Spaced, false)
	out := &Output{Values: make([]byte, len(src)+SlackBytes), Offsets: make([]int32, len(src)+SlackWords)}
	next := Scan(s, src, 0, []int64{int64(len(src))}, out)
	if out.Words != 1 || next <= 4 || next > 5 {
		t.Fatalf("%d words, at %d", out.Words, next)
	}
	out = &Output{Values: make([]byte, 10), Offsets: make([]int32, 10)}
	if next := Scan(s, src, 0, []int64{int64(len(src))}, out); next != 0 || out.Words != 0 {
		t.Fatalf("%d words, at %d", out.Words, next)
	}
	if next := Scan(s, src, 2, []int64{}, out); next != 2 {
		t.Fatalf("at %d", next)
	}
}

// A hard word may not take the room that the plain words behind it need.
func TestGrowthLeavesRoom(t *testing.T) {
	for n := range 60 {
		check(t, []string{"a " + strings.Repeat("\xff", n) + " " + strings.Repeat("p", 300) + " " + strings.Repeat("q", 300)}, 0, 0)
	}
}

func TestScanAllocatesNothing(t *testing.T) {
	src := []byte(strings.Repeat("Plain words, y alguna más ", 400))
	ends := []int32{100, 2000, int32(len(src))}
	s := NewScanner(Spaced, false)
	out := &Output{Values: make([]byte, 2*len(src)), Offsets: make([]int32, 2*len(src))}
	if n := testing.AllocsPerRun(10, func() {
		out.Words, out.Bytes = 0, 0
		if Scan(s, src, 0, ends, out) != len(src) {
			t.Fatal("not all")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScan(f *testing.F) {
	f.Add("In un LUGAR de la Mancha, don't ΟΔΟΣ\u3000x", uint8(3), uint16(5), uint16(9))
	f.Add("\xe2\x82 \xffΣ'\xc3", uint8(0), uint16(1), uint16(2))
	f.Add(strings.Repeat("İ", 100), uint8(63), uint16(50), uint16(51))
	f.Fuzz(func(t *testing.T, text string, before uint8, a, b uint16) {
		i := int(a) % (len(text) + 1)
		j := i + int(b)%(len(text)-i+1)
		check(t, []string{text[:i], text[i:j], text[j:]}, int(before), 0)
	})
}
