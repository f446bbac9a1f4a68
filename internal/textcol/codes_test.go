package textcol_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// Values that hardly repeat become dictionaries of their own, and codes of one
// dictionary again when they do repeat. Nulls, bad fields and texts that are mended
// are the same in both ways.
func TestCodesChangeWithTheData(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	replaced := 0
	codes := textcol.NewCodes()
	defer codes.Release()
	o := textcol.Options{Codes: codes, Nulls: []string{"NA"}, Replaced: func(int, int64) { replaced++ }}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	const rows = 4096
	own, shared, changes := 0, 0, []bool{}
	for i := range 140 {
		few := i < 20 || i >= 60
		var texts, want []string
		for range rows {
			s := fmt.Sprintf("%d", rng.Int64())
			if few {
				s = fmt.Sprintf("%d", rng.IntN(3000))
			}
			w := s
			switch rng.IntN(20) {
			case 0:
				s, w = "", "(null)"
			case 1:
				s, w = "NA", "(null)"
			case 2:
				s, w = "\xff", "\uFFFD"
				replaced--
			case 3:
				s, w = "'", ""
			case 4:
				s, w = "\"a\"\"b", "a\"b"
			}
			texts, want = append(texts, s), append(want, w)
		}
		// Every array is one of a new column: what was learnt stays.
		col, err := textcol.New(dictionaryType, o, alloc)
		if err != nil {
			t.Fatal(err)
		}
		data, fields := gather(texts)
		for at := 0; at < rows; at += rows / 4 {
			if bad := col.Append(data, fields[at:at+rows/4], nil); len(bad) > 0 {
				t.Fatalf("bad: %v", bad)
			}
		}
		arr := col.Array().(*array.Dictionary)
		for i, w := range want {
			if got := arr.ValueStr(i); got != w {
				t.Fatalf("seed %d: %q is %q, want %q", seed, texts[i], got, w)
			}
		}
		if arr.Dictionary().NullN() != 0 || arr.Dictionary().Len() > 1<<16+rows {
			t.Fatalf("a dictionary of %d values, %d of them null", arr.Dictionary().Len(), arr.Dictionary().NullN())
		}
		if arr.Dictionary().Len() == rows && arr.GetValueIndex(7) == 7 && arr.GetValueIndex(rows-1) == rows-1 {
			own++
		} else {
			shared++
		}
		if is := own > 0 && arr.GetValueIndex(rows-1) == rows-1; len(changes) == 0 || changes[len(changes)-1] != is {
			changes = append(changes, is)
		}
		arr.Release()
		col.Close()
	}
	if replaced != 0 {
		t.Errorf("seed %d: %d too many were told as replaced", seed, replaced)
	}
	if own < 30 || shared < 60 || !slices.Equal(changes[:2], []bool{false, true}) || changes[len(changes)-1] {
		t.Errorf("%d arrays had their own texts and %d shared ones, in turns %v", own, shared, changes)
	}
}

// Values that repeat, but are others further on, begin new dictionaries and are coded
// all the way.
func TestCodesOfValuesInOrder(t *testing.T) {
	col, err := textcol.New(dictionaryType, textcol.Options{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer col.Close()
	const rows, each = 4096, 10
	for i := range 300 {
		texts := make([]string, rows)
		for r := range texts {
			texts[r] = fmt.Sprintf("day %d", (i*rows+r)/each)
		}
		data, fields := gather(texts)
		col.Append(data, fields, nil)
		arr := col.Array().(*array.Dictionary)
		if got := arr.ValueStr(rows - 1); got != texts[rows-1] {
			t.Fatalf("got %q, want %q", got, texts[rows-1])
		}
		if n := arr.Dictionary().Len(); n > 1<<16+rows || arr.GetValueIndex(0) == 0 && arr.GetValueIndex(rows-1) == rows-1 {
			t.Fatalf("array %d has a dictionary of %d values", i, n)
		}
		arr.Release()
	}
}

// Texts of all lengths that differ in one character, or in nothing but zeros before
// them, have codes of their own: in data of any length, in quotes or not. They are the
// same each time where there are enough rows to go on with one dictionary.
func TestCodesOfAllLengths(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var all []string
	for n := 1; n <= 70; n++ {
		text := []byte(fmt.Sprintf("%070d", 0)[:n])
		all = append(all, string(text), string(append(make([]byte, n/2), text[n/2:]...)), string(make([]byte, n)))
		for i := range text {
			text[i]++
			all = append(all, string(text))
			text[i]--
		}
	}
	for _, rows := range []int{1, 2, 3, 7, 5000} {
		col, err := textcol.New(dictionaryType, textcol.Options{}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		defer col.Close()
		codes := map[string]int{}
		for range 1 + 20000/rows {
			texts, want := make([]string, rows), make([]string, rows)
			for i := range texts {
				want[i] = all[rng.IntN(len(all))]
				if texts[i] = want[i]; rng.IntN(9) == 0 {
					texts[i] = "'" + want[i]
				}
			}
			data, fields := gather(texts)
			if bad := col.Append(data, fields, nil); len(bad) > 0 {
				t.Fatalf("seed %d: bad fields %v", seed, bad)
			}
			arr := col.Array().(*array.Dictionary)
			for i, w := range want {
				got, code := arr.ValueStr(i), arr.GetValueIndex(i)
				if known, ok := codes[w]; got != w || ok && known != code && rows == 5000 {
					t.Fatalf("seed %d: in %d rows %q is %q, of code %d, before %d", seed, rows, w, got, code, known)
				}
				codes[w] = code
			}
			arr.Release()
		}
		if rows == 5000 && len(codes) < 2000 {
			t.Errorf("%d values", len(codes))
		}
	}
}
