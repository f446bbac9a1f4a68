package textcol_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

var losing = regexp.MustCompile(`(?s)^[ \t]*-?(\+.|0[0-9])`)

// Of an exact column, a number that would lose a zero or a plus sign is bad. Texts of
// up to eight characters and longer ones are in different columns, since a column
// learns which it has; both with enough of them to do so.
func TestExact(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, most := range []int{8, 20} {
		var texts []string
		for range 3000 {
			s := randomDigits(rng, 1+rng.IntN(most))
			if rng.IntN(3) == 0 {
				s = "00"[:1+rng.IntN(2)] + s
			}
			if rng.IntN(2) == 0 {
				at := rng.IntN(len(s) + 1)
				s = s[:at] + "." + s[at:]
			}
			if rng.IntN(8) == 0 {
				b := []byte(s)
				b[rng.IntN(len(s))] = wrongBytes[rng.IntN(len(wrongBytes))]
				s = string(b)
			}
			s = []string{"", "", "-", "+", " ", " -"}[rng.IntN(6)] + s
			texts = append(texts, s[:min(len(s), most)])
			if got, want := textcol.LosesZeros([]byte(s)), losing.MatchString(s); got != want {
				t.Fatalf("LosesZeros(%q) is %v, want %v", s, got, want)
			}
		}
		for _, of := range append([]arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Float32}, intTypes...) {
			oracle, value := intOracle(of), valueText
			if arrow.IsFloating(of.ID()) {
				oracle, value = floatOracle(8*of.(arrow.FixedWidthDataType).Bytes()), floatValue
			}
			for _, exact := range []bool{false, true} {
				arr, bad := column(t, of, textcol.Options{Exact: exact}, 1000, texts...)
				isBad := map[int]bool{}
				for _, i := range bad {
					isBad[i] = true
				}
				for i, s := range texts {
					want := oracle(s)
					if exact && losing.MatchString(s) {
						want = nil
					}
					switch {
					case s == "" || want == nil:
						if !arr.IsNull(i) || isBad[i] != (s != "") {
							t.Fatalf("seed %d, %v, exact %v: %q is %v, bad: %v", seed, of, exact, s, arr.ValueStr(i), isBad[i])
						}
					case arr.IsNull(i) || value(arr, i) != want:
						t.Fatalf("seed %d, %v, exact %v: %q is %v, want %v", seed, of, exact, s, fmt.Sprint(arr.ValueStr(i)), want)
					}
				}
			}
		}
	}
}
