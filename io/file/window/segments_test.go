package window

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// semicolon delimits otherwise than by lines.
var semicolon = Delimiter{
	First: func(data []byte) int { return bytes.IndexByte(data, ';') },
	Last:  func(data []byte) int { return bytes.LastIndexByte(data, ';') },
}

// owned is what a split owns, found out from the whole text: an oracle.
func owned(text string, end byte, from, to int) string {
	var b strings.Builder
	at := 0
	if strings.HasPrefix(text, ByteOrderMark) {
		at = len(ByteOrderMark)
	}
	first := true // it begins at byte 0, with the mark
	for at < len(text) {
		next := len(text)
		if i := strings.IndexByte(text[at:], end); i >= 0 {
			next = at + i + 1
		}
		begins := at
		if first {
			begins = 0
		}
		if begins >= from && begins < to {
			b.WriteString(text[at:next])
		}
		at, first = next, false
	}
	return b.String()
}

// check reads text in splits of splitBytes, and whole: each must give what it owns,
// in texts of whole segments, and advance by its bytes.
func check(t *testing.T, text, path, whole string, splitBytes, buffer int, by Delimiter, end byte) {
	t.Helper()
	for from := 0; from < len(text); from += splitBytes {
		to := min(from+splitBytes, len(text))
		split := dataflow.Split{Path: path, From: int64(from), To: int64(to)}
		var a account
		texts, err := segments(t, options(split, buffer), by, &a)
		if want := owned(text, end, from, to); err != nil || string(bytes.Join(texts, nil)) != want {
			t.Fatalf("%q, buffers of %d, bytes %d to %d: got %q, want %q, %v", text, buffer, from, to, texts, want, err)
		}
		for _, got := range texts[:max(len(texts)-1, 0)] {
			if got[len(got)-1] != end {
				t.Fatalf("%q, buffers of %d, bytes %d to %d: a text ends with %q", text, buffer, from, to, got)
			}
		}
		if a.advanced != int64(to-from) || a.reserved != 0 {
			t.Fatalf("%q, buffers of %d, bytes %d to %d: advanced by %d, %d reserved", text, buffer, from, to, a.advanced, a.reserved)
		}
	}
	for _, path := range []string{path, whole} {
		var a account
		texts, err := segments(t, options(dataflow.Split{Path: path, To: -1}, buffer), by, &a)
		if want := owned(text, end, 0, len(text)); err != nil || string(bytes.Join(texts, nil)) != want || a.reserved != 0 {
			t.Fatalf("%q, buffers of %d, whole: got %q, %d reserved, %v", text, buffer, texts, a.reserved, err)
		}
		if path != whole && a.advanced != int64(len(text)) {
			t.Fatalf("%q, buffers of %d, whole: advanced by %d", text, buffer, a.advanced)
		}
	}
}

func TestEverySplitOfSmallTexts(t *testing.T) {
	for _, text := range []string{
		"", "\n", "a", "a\n", "a\nb", "\n\n\n", "abc\nde\n\nf;ghi\n;j", "long line without end; or two",
		ByteOrderMark, ByteOrderMark + "a\nb\n", ByteOrderMark + ";\n", "\xef\xbb", "\xef\xbb\n\xbf;",
	} {
		path, whole := save(t, "plain", []byte(text)), save(t, "packed", packed(t, []byte(text)))
		for splitBytes := 1; splitBytes <= len(text)+1; splitBytes++ {
			for _, buffer := range []int{1, 2, 3, 4, 5, 7, 64, 1000} {
				check(t, text, path, whole, splitBytes, buffer, LineFeed, '\n')
				check(t, text, path, whole, splitBytes, buffer, semicolon, ';')
			}
		}
	}
}

func TestRandomTexts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 100 {
		var b strings.Builder
		for size := random.IntN(30_000); b.Len() < size; {
			length := random.IntN(50)
			if random.IntN(50) == 0 {
				length = random.IntN(size)
			}
			b.WriteString(strings.Repeat("x", length) + []string{"\n", ";"}[random.IntN(2)])
		}
		text := b.String()
		path, whole := save(t, "plain", []byte(text)), save(t, "packed", packed(t, []byte(text)))
		splitBytes, buffer := 1+len(text)/20+random.IntN(len(text)+1), 1+random.IntN(6000)
		check(t, text, path, whole, splitBytes, buffer, LineFeed, '\n')
		check(t, text, path, whole, splitBytes, buffer, semicolon, ';')
	}
}

// A split in which nothing begins is not read any further, and neither is what
// follows the last segment of one.
func TestNoMoreIsReadThanIsOwned(t *testing.T) {
	text := "x\n" + strings.Repeat("y", 1<<20) + "\nz"
	path := save(t, "f", []byte(text))
	for _, c := range []struct{ from, to, most int64 }{{1000, 9000, 9000 + overreadBytes}, {1 << 20, 1<<20 + 2, 1<<20 + 2 + overreadBytes}} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var a account
		s, err := OpenSegments(t.Context(), a.env(alloc), options(dataflow.Split{Path: path, From: c.from, To: c.to}, 1024), LineFeed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Next(); err != nil || got.Buf != nil {
			t.Errorf("%v: got %v, %v", c, got, err)
		}
		if end := s.w.base + int64(s.w.n); end > c.most || a.advanced != c.to-c.from {
			t.Errorf("%v: read up to byte %d, advanced by %d", c, end, a.advanced)
		}
		if got, err := s.Next(); err != nil || got.Buf != nil {
			t.Errorf("%v: after the end: %v, %v", c, got, err)
		}
		s.Close()
		alloc.AssertSize(t, 0)
	}
}

// A long segment makes its own text long, not those behind it.
func TestTextsAreAboutAsLargeAsTheBuffer(t *testing.T) {
	const buffer, long = 1000, 50_000
	text := strings.Repeat("short\n", 2000) + strings.Repeat("y", long) + "\n" + strings.Repeat("short\n", 2000)
	var a account
	texts, err := segments(t, options(dataflow.Split{Path: save(t, "f", []byte(text)), To: -1}, buffer), LineFeed, &a)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range texts {
		most := buffer + len("short\n")
		if bytes.Contains(got, []byte("y")) {
			most = long + 2*buffer
		}
		if len(got) > most {
			t.Errorf("text %d of %d has %d bytes", i, len(texts), len(got))
		}
	}
}

func TestLimitAndBudgetNameThePlace(t *testing.T) {
	path := save(t, "f", []byte("a\n"+strings.Repeat("x", 5000)+"\nb\n"))
	for _, split := range []dataflow.Split{{Path: path, To: -1}, {Path: path, To: 300}} {
		for most, want := range map[int]string{
			5001: "",
			5000: path + ": byte 2: a line of more than 4.9 KiB begins here: is it text?",
			50:   path + ": byte 2: a line of more than 50 B begins here: is it text?",
		} {
			o := options(split, 100)
			o.MostBytes = most
			if _, err := segments(t, o, LineFeed, &account{}); fmt.Sprint(err) != want && (err != nil || want != "") {
				t.Errorf("%v, at most %d: %v", split, most, err)
			}
		}
		a := account{most: 1000}
		_, err := segments(t, options(split, 100), LineFeed, &a)
		if !errors.Is(err, dataflow.ErrBudget) || !strings.Contains(err.Error(), path+": byte 2: a line of more than 792 B begins here: ") || a.reserved != 0 {
			t.Errorf("%v: %v; %d reserved", split, err, a.reserved)
		}
		if len(a.asked) == 0 || a.asked[len(a.asked)-1] != 1584 {
			t.Errorf("%v: asked for %d", split, a.asked)
		}
	}
}
