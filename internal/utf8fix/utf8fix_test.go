package utf8fix

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/arrowmill/arrowmill/internal/utf8fix/oracle"
)

// fixed is s with what is not UTF-8 replaced, by the code under test.
func fixed(t testing.TB, s string) (string, int) {
	count, first, size := Invalid([]byte(s))
	if (count == 0) != utf8.ValidString(s) || (count == 0) != Valid([]byte(s)) || (count == 0) != (first < 0) || first > 0 && !utf8.ValidString(s[:first]) {
		t.Errorf("%q: %d invalid, the first at %d", s, count, first)
	}
	out, appended := Append([]byte("before"), []byte(s))
	if int(appended) != count || len(out) != len("before")+size || string(out[:6]) != "before" {
		t.Errorf("%q: %d replaced in %d bytes, want %d in %d", s, appended, len(out)-6, count, size)
	}
	return string(out[6:]), count
}

// The first six are examples of the Unicode Standard, tables 3-8 to 3-11.
func TestReplacingMaximalSubparts(t *testing.T) {
	for _, tc := range []struct {
		in, want string
	}{
		{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"},
		{"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"},
		{"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\ufffd\ufffd\ufffd\ufffdA"},
		{"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64", "a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd"},
		{"\xf0\x80\x80\x41", "\ufffd\ufffd\ufffdA"},
		{"", ""}, {"abc", "abc"}, {"\u00e9\u20ac\U0001f600", "\u00e9\u20ac\U0001f600"}, {"\ufffd", "\ufffd"},
		{"\xe2\x82", "\ufffd"}, {"\xf0\x9f\x98", "\ufffd"}, {"\xc3", "\ufffd"}, {"\xc1\xbf", "\ufffd\ufffd"}, {"\xf5\x80", "\ufffd\ufffd"},
		{"12345678\xff12345678\xe9", "12345678\ufffd12345678\ufffd"},
		{"\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "\U0010ffff\ufffd\ufffd\ufffd\ufffd"},
	} {
		got, count := fixed(t, tc.in)
		if got != tc.want || count != strings.Count(tc.want, "\ufffd")-strings.Count(tc.in, "\ufffd") {
			t.Errorf("%x: got %q (%d replaced), want %q", tc.in, got, count, tc.want)
		}
		if text, bad := oracle.Fix(tc.in); text != tc.want || int(bad) != count {
			t.Errorf("%x: the oracle gives %q (%d replaced), want %q", tc.in, text, bad, tc.want)
		}
	}
}

func TestReplacingAsPythonDoes(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH: the vectors of TestReplacingMaximalSubparts stand alone")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	starts := []byte("a\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff")
	var in []string
	for _, a := range starts { // every start of up to four bytes
		for _, b := range starts {
			for _, c := range starts {
				in = append(in, string([]byte{a, b, c}), string([]byte{a, b, c, 0x80}))
			}
		}
	}
	for range 5000 {
		b := make([]byte, rng.IntN(40))
		for i := range b {
			if b[i] = starts[rng.IntN(len(starts))]; rng.IntN(2) == 0 {
				b[i] = byte(rng.Uint32())
			}
		}
		in = append(in, string(b))
	}
	var hexed bytes.Buffer
	for _, s := range in {
		hexed.WriteString(hex.EncodeToString([]byte(s)) + "\n")
	}
	cmd := exec.Command(python, "-c", `
import sys
for l in sys.stdin:
    print(bytes.fromhex(l.strip()).decode("utf-8", "replace").encode("utf-8").hex())`)
	cmd.Stdin = &hexed
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(in) {
		t.Fatalf("%d answers to %d questions", len(lines), len(in))
	}
	for i, l := range lines {
		want, err := hex.DecodeString(l)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := fixed(t, in[i]); got != string(want) {
			t.Errorf("%x: got %x, Python gives %x", in[i], got, want)
		}
	}
}

func TestValidAgreesWithTheStandardLibrary(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	parts := []string{"a", "0123456789", strings.Repeat("ascii ", 20), "é", "ñ", "日", "\u0800", "\ud7ff", "\ue000", "𝄞", "\U0010ffff"}
	bad := []string{"\x80", "\xc1\x80", "\xe0\x9f\x80", "\xed\xa0\x80", "\xf0\x8f\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xc3", "\xff"}
	for range 20000 {
		var b strings.Builder
		for range rng.IntN(20) {
			if b.WriteString(parts[rng.IntN(len(parts))]); rng.IntN(40) == 0 {
				b.WriteString(bad[rng.IntN(len(bad))])
			}
		}
		if s := b.String(); Valid([]byte(s)) != utf8.ValidString(s) {
			t.Fatalf("%q: Valid is %v", s, Valid([]byte(s)))
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("a\xe2\x82b\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, count := fixed(t, string(data))
		want, bad := oracle.Fix(string(data))
		if got != want || count != int(bad) {
			t.Errorf("%x: got %x (%d), want %x (%d)", data, got, count, want, bad)
		}
	})
}
