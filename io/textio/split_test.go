package textio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/utf8fix/oracle"
)

var smallTexts = []string{
	"", "\n", "\r\n", "a", "a\n", "a\r\n", "a\r", "a\r\r\n", "\n\n\n", "\r\n\r\n", " ", "  a  ",
	"one two\nthree\r\nfour", "one\n\ntwo\n\n\nthree\n", "\ra\rb\r\n\r",
	byteOrderMark, byteOrderMark + "\n", byteOrderMark + "a b", byteOrderMark + "a\r\nb\n" + byteOrderMark + "c", "\xef\xbb", "\xef\xbbx\n\xbf",
	"no-white-space-in-here-at-all", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nb\nccccccccccccccccccccccccccccccccccccccc",
	"ñandú \u2028 日本語\r\n𝄞 e\u0301\n", "\t\v\f\r\n x", "a\xffb\n\xe2\x82\nc\xf0\x9f\x98", "x\x00y\n\x00\n",
}

func TestEverySplitSizeGivesTheSameRows(t *testing.T) {
	for _, text := range smallTexts {
		path := write(t, "f.txt", []byte(text))
		valid, bad := oracle.Fix(text)
		for size := int64(1); size <= int64(len(text))+1; size++ {
			for _, buffer := range []int{1, 2, 3, 7, 64, 4096} {
				what := fmt.Sprintf("%q, splits of %d, buffers of %d", text, size, buffer)
				got := read(t, Lines(path).buffer(buffer), size, 0)
				if got.err != nil || got.warned != bad {
					t.Fatalf("%s: %d replaced, want %d; %v", what, got.warned, bad, got.err)
				}
				same(t, what, got.rows, naiveLines(valid))
				counted := read(t, Lines(path).buffer(buffer).PruneColumns(nil).(*Source), size, 0)
				if len(counted.rows) != len(got.rows) {
					t.Fatalf("%s: %d rows counted, %d read", what, len(counted.rows), len(got.rows))
				}

				got = read(t, Text(path).buffer(buffer), size, 0)
				if got.err != nil || got.warned != bad {
					t.Fatalf("%s: %d replaced, want %d; %v", what, got.warned, bad, got.err)
				}
				same(t, what, []string{strings.Join(got.rows, "")}, []string{strings.TrimPrefix(valid, byteOrderMark)})
				for i, p := range got.rows[:max(len(got.rows)-1, 0)] {
					if !space[p[len(p)-1]] {
						t.Fatalf("%s: piece %d, %q, is not cut behind white space", what, i, p)
					}
				}
			}
		}
	}
}

func TestSplitsOwnWhatTheDocumentSays(t *testing.T) {
	path := write(t, "f.txt", []byte("abc\nde\nfghi\nj"))
	for _, tc := range []struct {
		from, to int64
		want     []string
	}{{0, 4, []string{"abc"}}, {4, 8, []string{"de", "fghi"}}, {8, 12, nil}, {12, 13, []string{"j"}}, {8, 13, []string{"j"}}, {5, 6, nil}, {7, 8, []string{"fghi"}}, {0, 13, []string{"abc", "de", "fghi", "j"}}, {4, 4, nil}} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var res result
		split := dataflow.Split{Path: path, From: tc.from, To: tc.to}
		if err := readSplit(t, Lines(path), split, env(&res, alloc), &res); err != nil {
			t.Fatal(err)
		}
		same(t, split.String(), res.rows, tc.want)
		alloc.AssertSize(t, 0)
	}
}

func TestSplitInsideALongLineReadsItsOwnRangeOnly(t *testing.T) {
	path := write(t, "f.txt", []byte("x\n"+strings.Repeat("y", 1<<20)+"\nz"))
	for _, s := range []*Source{Lines(path).buffer(1024), Text(path).buffer(1024)} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var res result
		r, err := openSegments(t.Context(), s, dataflow.Split{Path: path, From: 1000, To: 9000}, env(&res, alloc))
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Next()
		if err != nil || b.Buf != nil {
			t.Errorf("%v: got a text %v, %v", s, b, err)
		}
		r.Close()
		alloc.AssertSize(t, 0)
		if res.advanced != 8000 {
			t.Errorf("%v: advanced by %d", s, res.advanced)
		}
	}
}

func TestRandomTextsSplitsAndBuffers(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range 300 {
		text := randomText(rng, rng.IntN(20000))
		checkText(t, text, 1+rng.Int64N(int64(len(text))+1), 1+rng.IntN(5000), rng.IntN(200), i%4 == 0)
		if t.Failed() {
			t.Fatalf("text %d of seed %d", i, seed)
		}
	}
}

// randomText mixes words, long stretches, line ends and bytes that are not UTF-8.
func randomText(rng *rand.Rand, size int) []byte {
	parts := []string{"a", "word", "\n", "\n", "\r\n", " ", "\t", "\r", "é", "日本", "𝄞", "\xff", "\xe2\x82", "\xf0\x9f", "\xed\xa0\x80", "\xc0\xaf", byteOrderMark}
	var b bytes.Buffer
	if rng.IntN(3) == 0 {
		b.WriteString(byteOrderMark)
	}
	valid := rng.IntN(2) == 0
	for b.Len() < size {
		p := parts[rng.IntN(len(parts))]
		switch {
		case rng.IntN(60) == 0:
			p = strings.Repeat("z", rng.IntN(size))
		case valid && !strings.Contains("é日本𝄞"+byteOrderMark, p) && p[0] >= 0x80:
			continue
		}
		b.WriteString(p)
	}
	return b.Bytes()
}

// checkText compares reading text in every way with the oracle.
func checkText(t *testing.T, text []byte, split int64, buffer, batchRows int, packed bool) {
	t.Helper()
	path := write(t, "f.txt", text)
	if packed {
		path = write(t, "f.gz", gzipped(t, text))
	}
	valid, bad := oracle.Fix(string(text))
	what := fmt.Sprintf("%d bytes, splits of %d, buffers of %d", len(text), split, buffer)
	if packed {
		checkBlocks(t, what+", blocks", path, valid, bad, buffer, batchRows)
	}
	got := read(t, Lines(path).buffer(buffer), split, batchRows)
	if got.err != nil || got.warned != bad {
		t.Fatalf("%s: lines: %d replaced, want %d; %v", what, got.warned, bad, got.err)
	}
	same(t, what, got.rows, naiveLines(valid))
	got = read(t, Text(path).buffer(buffer), split, 0)
	if got.err != nil || got.warned != bad {
		t.Fatalf("%s: text: %d replaced, want %d; %v", what, got.warned, bad, got.err)
	}
	if joined := strings.Join(got.rows, ""); joined != strings.TrimPrefix(valid, byteOrderMark) {
		t.Fatalf("%s: the pieces are not the text", what)
	}
}

// checkBlocks compares what is read as blocks with the oracle.
func checkBlocks(t *testing.T, what, path, valid string, bad int64, buffer, batchRows int) {
	t.Helper()
	got, blocks := readBlocks(t, Lines(path).buffer(buffer), batchRows)
	if got.err != nil || got.warned != bad {
		t.Fatalf("%s: lines: %d replaced, want %d; %v", what, got.warned, bad, got.err)
	}
	same(t, what, got.rows, naiveLines(valid))
	if least := len(valid) / (8 * buffer); blocks == 0 && least > 0 && least > len(valid)/64 {
		t.Fatalf("%s: no blocks", what)
	}
	counted, _ := readBlocks(t, Lines(path).buffer(buffer).PruneColumns(nil).(*Source), 0)
	if len(counted.rows) != len(got.rows) {
		t.Fatalf("%s: %d rows counted, %d read", what, len(counted.rows), len(got.rows))
	}
	got, _ = readBlocks(t, Text(path).buffer(buffer), 0)
	if joined := strings.Join(got.rows, ""); got.err != nil || got.warned != bad || joined != strings.TrimPrefix(valid, byteOrderMark) {
		t.Fatalf("%s: the pieces are not the text: %v", what, got.err)
	}
}

func FuzzSplits(f *testing.F) {
	for i, text := range smallTexts {
		f.Add([]byte(text), uint16(i), uint16(3*i), uint8(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, text []byte, split, buffer uint16, batchRows uint8, packed bool) {
		if len(text) > 1<<14 || int(split) < len(text)/64 {
			t.Skip("too slow to be worth it")
		}
		checkText(t, text, int64(split)+1, int(buffer)+1, int(batchRows), packed)
	})
}
