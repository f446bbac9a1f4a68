package lower

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// vectors are testdata/python.txt: what Python does.
type vectors struct {
	version                           string
	assigned, space, ignorable, cased map[rune]bool
	lower                             map[rune]string
	texts                             []answer
	bytes                             []struct{ Hex, Lower string }
}

type answer struct {
	Text, Lower string
	Words       []string
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	f, err := os.Open("testdata/python.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := vectors{assigned: map[rune]bool{}, space: map[rune]bool{}, ignorable: map[rune]bool{}, cased: map[rune]bool{}, lower: map[rune]string{}}
	sets := map[string]map[rune]bool{"assigned": v.assigned, "space": v.space, "ignorable": v.ignorable, "cased": v.cased}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "unicode":
			v.version = rest
		case "lower":
			for item := range strings.FieldsSeq(rest) {
				from, to, _ := strings.Cut(item, ":")
				var b []byte
				for c := range strings.SplitSeq(to, ",") {
					b = utf8.AppendRune(b, parseRune(t, c))
				}
				v.lower[parseRune(t, from)] = string(b)
			}
		case "text":
			var a answer
			if err := json.Unmarshal([]byte(rest), &a); err != nil {
				t.Fatal(err)
			}
			v.texts = append(v.texts, a)
		case "bytes":
			var b struct{ Hex, Lower string }
			if err := json.Unmarshal([]byte(rest), &b); err != nil {
				t.Fatal(err)
			}
			v.bytes = append(v.bytes, b)
		default:
			set := sets[what]
			if set == nil {
				t.Fatalf("line %q", lines.Text())
			}
			for item := range strings.FieldsSeq(rest) {
				from, to, _ := strings.Cut(item, "-")
				for r := parseRune(t, from); r <= parseRune(t, to); r++ {
					set[r] = true
				}
			}
		}
	}
	if len(v.assigned) < 280_000 || len(v.lower) < 1400 || len(v.texts) < 400 || len(v.bytes) < 20 {
		t.Fatalf("vectors are not whole: %d assigned, %d mapped, %d texts, %d bytes", len(v.assigned), len(v.lower), len(v.texts), len(v.bytes))
	}
	return v
}

func parseRune(t *testing.T, s string) rune {
	t.Helper()
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return rune(n)
}

func TestEveryCodePointAgainstPython(t *testing.T) {
	v := readVectors(t)
	wrong := 0
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !v.assigned[r] || !utf8.ValidRune(r) {
			continue // unassigned in Python's Unicode, or half a surrogate pair
		}
		want, ok := v.lower[r]
		if !ok {
			want = string(r)
		}
		got := string(Append(nil, []byte(string(r))))
		bad := got != want || Space(r) != v.space[r] || CaseIgnorable(r) != v.ignorable[r] || !v.ignorable[r] && Cased(r) != v.cased[r]
		if bad {
			t.Errorf("%U: lower %q, want %q; space %v, case-ignorable %v, cased %v; want %v, %v, %v", r, got, want,
				Space(r), CaseIgnorable(r), Cased(r), v.space[r], v.ignorable[r], v.cased[r])
			if wrong++; wrong == 20 {
				t.FailNow()
			}
		}
	}
}

// White space bounds every context that final sigma looks at, so that the lower
// case of a text is that of its words, each by itself.
func TestWhiteSpaceHasNoPartInCase(t *testing.T) {
	spaces := 0
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !Space(r) {
			continue
		}
		spaces++
		if Cased(r) || CaseIgnorable(r) || Rune(r) != r {
			t.Errorf("%U is white space and has a part in case", r)
		}
	}
	if spaces != 29 {
		t.Errorf("%d code points of white space, want 29", spaces)
	}
}

func TestTextsAgainstPython(t *testing.T) {
	v := readVectors(t)
	for _, c := range v.texts {
		if got := string(Append(nil, []byte(c.Text))); got != c.Lower {
			t.Errorf("%+q: %+q, want %+q", c.Text, got, c.Lower)
		}
		words := splitLower(c.Text)
		if strings.Join(words, "\n") != strings.Join(c.Words, "\n") || len(words) != len(c.Words) {
			t.Errorf("%+q: words %+q, want %+q", c.Text, words, c.Words)
		}
	}
	for _, c := range v.bytes {
		raw, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(Append(nil, raw)); got != c.Lower {
			t.Errorf("bytes %s: %+q, want %+q", c.Hex, got, c.Lower)
		}
	}
}

// splitLower cuts first and takes the lower case of each word.
func splitLower(text string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(text, Space) {
		words = append(words, string(Append(nil, []byte(w))))
	}
	return words
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	if got := string(Append([]byte("Α"), []byte("Σ ΑΣ"))); got != "Ασ ας" {
		t.Errorf("%q", got)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("ΑΣ' \xe2\x82İ"))
	f.Add([]byte("\xf0\x9f\x98\xed\xa0\x80"))
	f.Fuzz(func(t *testing.T, text []byte) {
		once := Append(nil, text)
		if !utf8.Valid(once) || len(once) > 3*len(text) {
			t.Fatalf("%q: %q", text, once)
		}
		if twice := Append(nil, once); string(twice) != string(once) {
			t.Fatalf("%q: %+q, and again %+q", text, once, twice)
		}
		n := 0
		for rest := text; len(rest) > 0; n++ {
			r, size := Decode(rest)
			if size < 1 || size > len(rest) || r == utf8.RuneError && size > 3 {
				t.Fatalf("%q: %U of %d bytes", rest, r, size)
			}
			rest = rest[size:]
		}
		if plain := []rune(string(once)); len(plain) < n {
			t.Fatalf("%q: %d code points, then %d", text, n, len(plain))
		}
	})
}
