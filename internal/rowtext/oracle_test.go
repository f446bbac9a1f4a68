package rowtext

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// TestFloatsReadBack compares with encoding/json, which has the same rule, and
// with what strconv reads.
func TestFloatsReadBack(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		f := math.Float64frombits(rng.Uint64())
		if rng.IntN(2) == 0 { // around the change of form
			f = (rng.Float64() + 0.1) * math.Pow(10, float64(rng.IntN(34)-10))
		}
		for _, bits := range []int{32, 64} {
			v := f
			if bits == 32 {
				v = float64(float32(f))
			}
			got := string(appendFloat(nil, v, bits, ""))
			back, err := strconv.ParseFloat(got, bits)
			if err != nil || math.Float64bits(back) != math.Float64bits(v) && v == v {
				t.Fatalf("seed %d: %v in %d bits is %s, which reads as %v (%v)", seed, v, bits, got, back, err)
			}
			var want []byte
			if bits == 32 {
				want, err = json.Marshal(float32(v))
			} else {
				want, err = json.Marshal(v)
			}
			if err == nil && string(want) != got {
				t.Fatalf("seed %d: %v in %d bits is %s, want %s", seed, v, bits, got, want)
			}
		}
	}
}

func TestDatesAndTimesAgainstPackageTime(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	for range 50_000 {
		at := time.Unix(rng.Int64N(253402300800+62135596800)-62135596800, rng.Int64N(1e9)) // years 1 to 9999
		got := string(appendInstant(nil, at.Unix(), int64(at.Nanosecond()), 1e9))
		if want := at.UTC().Format("2006-01-02T15:04:05.999999999"); got != want {
			t.Fatalf("seed %d: %s, want %s", seed, got, want)
		}
		_, want := at.In(madrid).Zone()
		if want%60 != 0 {
			want = 0
		}
		if got := offsetAt(madrid, at.Unix()); got != want {
			t.Fatalf("seed %d: offset at %v is %d, want %d", seed, at, got, want)
		}
	}
}

func TestDecimalsAgainstBig(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		var limbs [4]uint64
		for i := range rng.IntN(5) {
			limbs[i] = rng.Uint64() >> rng.IntN(64)
		}
		v := new(big.Int)
		for i := 3; i >= 0; i-- {
			v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(limbs[i]))
		}
		if int64(limbs[3]) < 0 {
			v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 256))
		}
		scale := rng.IntN(90)
		want := new(big.Rat).SetFrac(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
		if got := string(appendDecimal(nil, limbs, int32(scale))); got != want {
			t.Fatalf("seed %d: %v with scale %d is %s, want %s", seed, v, scale, got, want)
		}
	}
}

func FuzzCSVField(f *testing.F) {
	for _, s := range []string{"", "a", ",", `"`, `""`, "\r\n", "\n", "ñ", " a ", `a"b"c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(AppendCSV(nil, []byte(s)))
		plain := s != "" && !strings.ContainsAny(s, ",\"\r\n")
		if plain != (got == s) {
			t.Fatalf("%q is written %s", s, got)
		}
		if !plain {
			if want := `"` + strings.ReplaceAll(s, `"`, `""`) + `"`; got != want {
				t.Fatalf("%q is written %s, want %s", s, got, want)
			}
		}
		if strings.Contains(s, "\r") { // encoding/csv reads CR LF in a field as LF
			return
		}
		back, err := csv.NewReader(strings.NewReader(got + ",x\n")).Read()
		if err != nil || len(back) != 2 || back[0] != s {
			t.Fatalf("%q is written %s, which reads as %q (%v)", s, got, back, err)
		}
	})
}

func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "a", `"\`, "\x00\x1f\x7f", "\u0085\u2028\u2029", "\xff\xc3", "ñ🙂", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := AppendJSON(nil, []byte(s))
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q is written %s: %v", s, got, err)
		}
		if want := string([]rune(s)); back != want { // each byte that is not UTF-8 is U+FFFD
			t.Fatalf("%q is written %s, which reads as %q", s, got, back)
		}
		if !utf8.Valid(got) || strings.ContainsFunc(string(got), func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 }) {
			t.Fatalf("%q is written %q, which may break a line", s, got)
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, s := range []string{"", "a\tb", "\x1b[2J", "\u202e", "\xff", "ñ🙂"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(AppendPlain(nil, []byte(s)))
		steers := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
		if !utf8.ValidString(got) || strings.ContainsFunc(got, steers) {
			t.Fatalf("%q is written %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, steers) && !strings.ContainsAny(s, "\u2028\u2029") && got != s {
			t.Fatalf("%q is written %q", s, got)
		}
	})
}
