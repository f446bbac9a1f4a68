package textcol_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/utf8fix/oracle"
)

var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

var textTypes = []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, dictionaryType}

// textsOf is the texts of a column, ∅ for null.
func textsOf(arr arrow.Array) []string {
	out := make([]string, arr.Len())
	for i := range out {
		switch {
		case arr.IsNull(i):
			out[i] = "∅"
		case arr.DataType().ID() == arrow.DICTIONARY:
			d := arr.(*array.Dictionary)
			out[i] = d.Dictionary().ValueStr(d.GetValueIndex(i))
		default:
			out[i] = arr.ValueStr(i)
		}
	}
	return out
}

func TestTexts(t *testing.T) {
	long := strings.Repeat("a long text, ", 20)
	texts := []string{"a", "", "'", "'a", "NA", "'NA", `"a ""quoted"" one`, `"""`, `"x""`, " ", "exactly 16 chars", "exactly 17 chars!", long, long + "x", "ñandú", "a", "null", "x", long}
	want := []string{"a", "∅", "", "a", "∅", "NA", `a "quoted" one`, `"`, `x"`, " ", "exactly 16 chars", "exactly 17 chars!", long, long + "x", "ñandú", "a", "∅", "x", long}
	for _, of := range textTypes {
		for _, step := range []int{1, 2, 5, len(texts)} {
			arr, bad := column(t, of, textcol.Options{Nulls: []string{"NA", "null", ""}}, step, texts...)
			if got := textsOf(arr); !slices.Equal(got, want) || len(bad) > 0 || arr.NullN() != 3 {
				t.Errorf("%v by %d: got %q (bad %v, %d nulls), want %q", of, step, got, bad, arr.NullN(), want)
			}
		}
	}
	arr, _ := column(t, arrow.BinaryTypes.String, textcol.Options{Quote: '\''}, 9, `"it''s`, `"a "" b`)
	if got := textsOf(arr); !slices.Equal(got, []string{"it's", `a "" b`}) {
		t.Errorf("another quote: got %q", got)
	}
}

// Nulls of columns that are not text, in quotes too, and where they could be read.
func TestNullTexts(t *testing.T) {
	arr, bad := column(t, arrow.PrimitiveTypes.Int64, textcol.Options{Nulls: []string{"-99", "NA", strings.Repeat("-", 70)}}, 3,
		"1", "-99", "'NA", "'", "", "-9", "'5", "99", strings.Repeat("-", 70), strings.Repeat("-", 71))
	if got, want := textsOf(arr), []string{"1", "∅", "∅", "∅", "∅", "-9", "5", "99", "∅", "∅"}; !slices.Equal(got, want) || !slices.Equal(bad, []int{9}) {
		t.Errorf("got %q (bad %v), want %q", got, bad, want)
	}
	arr, bad = column(t, arrow.Null, textcol.Options{Nulls: []string{"NA"}}, 2, "", "NA", "x", "'")
	if arr.Len() != 4 || arr.NullN() != 4 || !slices.Equal(bad, []int{2}) {
		t.Errorf("got %v (bad %v)", arr, bad)
	}
}

// Text that is not UTF-8 is replaced and told, or bad, whatever stands beside it.
func TestInvalidUTF8(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	parts := []string{"a", "é", "日", "🙂", "\xc3", "\xa9", "\xe6\x97", "\xf0\x9f\x99", "\xff", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "the text goes on and on"}
	for range 200 {
		texts := make([]string, 1+rng.IntN(20))
		for i := range texts {
			for range rng.IntN(4) {
				texts[i] += parts[rng.IntN(len(parts)-rng.IntN(2)*9)]
			}
		}
		step := 1 + rng.IntN(len(texts))
		for _, of := range textTypes {
			var told []string
			at := 0
			alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
			c, err := textcol.New(of, textcol.Options{Replaced: func(i int, n int64) { told = append(told, fmt.Sprint(at+i, n)) }}, alloc)
			if err != nil {
				t.Fatal(err)
			}
			data, fields := gather(texts)
			for ; at < len(fields); at += step {
				if bad := c.Append(data, fields[at:min(at+step, len(fields))], nil); len(bad) > 0 {
					t.Fatalf("seed %d: %v: %q: bad %v", seed, of, texts, bad)
				}
			}
			got := c.Array()
			c.Close()
			var want, wantTold []string
			var wantBad []int
			for i, s := range texts {
				clean, n := oracle.Fix(s)
				if n > 0 {
					wantTold = append(wantTold, fmt.Sprint(i, n))
					wantBad = append(wantBad, i)
				}
				if s == "" {
					clean = "∅"
				}
				want = append(want, clean)
			}
			if !slices.Equal(textsOf(got), want) || !slices.Equal(told, wantTold) {
				t.Fatalf("seed %d: %v: %q is %q, told %q, want %q, told %q", seed, of, texts, textsOf(got), told, want, wantTold)
			}
			got.Release()
			alloc.AssertSize(t, 0)
			strict, bad := column(t, of, textcol.Options{}, step, texts...)
			for i := range texts {
				if slices.Contains(wantBad, i) {
					want[i] = "∅"
				}
			}
			if !slices.Equal(bad, wantBad) || !slices.Equal(textsOf(strict), want) {
				t.Fatalf("seed %d: %v: %q is %q, bad %v, want %q, bad %v", seed, of, texts, textsOf(strict), bad, want, wantBad)
			}
		}
	}
	arr, bad := column(t, arrow.BinaryTypes.String, textcol.Options{Valid: true}, 1, "\xff")
	if len(bad) > 0 || arr.(*array.String).Value(0) != "\xff" {
		t.Errorf("what is promised to be valid was looked at: %v, bad %v", arr, bad)
	}
}

func TestBinary(t *testing.T) {
	for _, of := range []arrow.DataType{arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary} {
		arr, bad := column(t, of, textcol.Options{}, 2, "AP8=", "", "'", "YWJj", "YWJ", "YW*j", "YR==", " AP8= ")
		if got, want := textsOf(arr), []string{"AP8=", "∅", "", "YWJj", "∅", "∅", "∅", "AP8="}; !slices.Equal(got, want) || !slices.Equal(bad, []int{4, 5, 6}) {
			t.Errorf("%v: got %q (bad %v), want %q", of, got, bad, want)
		}
	}
}

// The dictionary is one array for as long as it does not grow, grows otherwise,
// and begins anew when it is big.
func TestDictionaryIsShared(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	c, err := textcol.New(dictionaryType, textcol.Options{}, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	values := func(texts ...string) *array.Dictionary {
		data, fields := gather(texts)
		if bad := c.Append(data, fields, nil); len(bad) > 0 {
			t.Fatalf("bad: %v", bad)
		}
		arr := c.Array().(*array.Dictionary)
		t.Cleanup(arr.Release)
		if got := textsOf(arr); !slices.Equal(got, texts) {
			t.Fatalf("got %q, want %q", got, texts)
		}
		return arr
	}
	address := func(d *array.Dictionary) *byte { return &d.Dictionary().Data().Buffers()[2].Bytes()[0] }
	first := values("b", "a", "b")
	if got := textsOf(first.Dictionary()); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("the dictionary is %q", got)
	}
	second := values("a", "a", "b")
	if address(first) != address(second) || second.GetValueIndex(0) != 1 {
		t.Error("a dictionary that did not grow was copied")
	}
	third := values("c")
	if got := textsOf(third.Dictionary()); !slices.Equal(got, []string{"b", "a", "c"}) || first.Dictionary().Len() != 2 {
		t.Errorf("the dictionary has grown to %q", got)
	}
	if got := values(); got.Len() != 0 {
		t.Errorf("an empty column has %d values", got.Len())
	}
	many := make([]string, 1<<16)
	for i := range many {
		many[i] = fmt.Sprintf("value %d", i)
	}
	before := c.HeldBytes()
	if got := values(many...).Dictionary().Len(); got != 3+len(many) {
		t.Errorf("%d values, want %d", got, 3+len(many))
	}
	if got := textsOf(values("a").Dictionary()); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the dictionary has not begun anew: %d values", len(got))
	}
	if c.HeldBytes() > before+1<<20 {
		t.Errorf("%d bytes are held, %d before", c.HeldBytes(), before)
	}
}

// Texts of every length, near the start of data and not, get one code each.
func TestDictionaryAgainstMap(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, 20000)
	for i := range texts {
		b := make([]byte, rng.IntN(40))
		for j := range b {
			b[j] = "\x00a0b"[rng.IntN(4)]
		}
		if texts[i] = string(b); i%3 == 0 {
			texts[i] = strings.Repeat("0", rng.IntN(20)) // leading characters that a mask makes
		}
		if texts[i] == "" {
			texts[i] = "'"
		}
	}
	arr, bad := column(t, dictionaryType, textcol.Options{}, 1000, texts...)
	d := arr.(*array.Dictionary)
	codes := map[string]int{}
	for i, s := range texts {
		s = strings.TrimPrefix(s, "'")
		code, ok := codes[s]
		if !ok {
			code = len(codes)
			codes[s] = code
		}
		if d.GetValueIndex(i) != code || d.Dictionary().ValueStr(code) != s {
			t.Fatalf("seed %d: %q has code %d, which is %q, want %d", seed, s, d.GetValueIndex(i), d.Dictionary().ValueStr(d.GetValueIndex(i)), code)
		}
	}
	if len(bad) > 0 || d.Dictionary().Len() != len(codes) {
		t.Errorf("seed %d: %d values, want %d (bad %v)", seed, d.Dictionary().Len(), len(codes), bad)
	}
}

// A column that is closed with values in it, or never used, leaves nothing.
func TestCloseWithValues(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	data, fields := gather([]string{"", "1"})
	for _, of := range allTypes {
		for n := range 3 {
			c, err := textcol.New(of, textcol.Options{}, alloc)
			if err != nil {
				t.Fatal(err)
			}
			c.Append(data, fields[:n], nil)
			c.Close()
			c.Close()
		}
		empty, err := textcol.New(of, textcol.Options{}, alloc)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			arr := empty.Array()
			if arr.Len() != 0 || !arrow.TypeEqual(arr.DataType(), of) {
				t.Errorf("%v: an empty column is %v", of, arr)
			}
			arr.Release()
		}
		empty.Close()
	}
}
