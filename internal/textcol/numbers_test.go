package textcol_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// check reads texts as a column and compares with want, the oracle, which says
// what one text is; nil: no value.
func check(t *testing.T, what string, of arrow.DataType, texts []string, want func(string) any, value func(arr arrow.Array, i int) any) {
	t.Helper()
	wants := make([]any, len(texts))
	for i, s := range texts {
		wants[i] = want(s)
	}
	for _, step := range []int{1, 3, len(texts)} {
		arr, bad := column(t, of, textcol.Options{}, max(step, 1), texts...)
		nulls := 0
		for i, s := range texts {
			wanted := wants[i]
			isBad := s != "" && wanted == nil
			if arr.IsNull(i) != (wanted == nil) || slices.Contains(bad, i) != isBad {
				t.Fatalf("%s: %v: %q is null: %v, bad: %v, want %v", what, of, s, arr.IsNull(i), slices.Contains(bad, i), wanted)
			}
			if wanted == nil {
				nulls++
			} else if got := value(arr, i); got != wanted {
				t.Fatalf("%s: %v: %q is %v, want %v", what, of, s, got, wanted)
			}
		}
		if arr.NullN() != nulls {
			t.Errorf("%s: %v: %d nulls, want %d", what, of, arr.NullN(), nulls)
		}
	}
}

var intTypes = []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64}

// intOracle is an integer of type of, by package strconv.
func intOracle(of arrow.DataType) func(string) any {
	bits := of.(arrow.FixedWidthDataType).BitWidth()
	return func(s string) any {
		s = strings.Trim(s, " \t")
		if arrow.IsSignedInteger(of.ID()) {
			if v, err := strconv.ParseInt(s, 10, bits); err == nil {
				return fmt.Sprint(v)
			}
			return nil
		}
		if v, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, bits); err == nil && !strings.HasPrefix(s, "++") {
			return fmt.Sprint(v)
		}
		return nil
	}
}

func valueText(arr arrow.Array, i int) any { return arr.ValueStr(i) }

func randomDigits(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(rng.IntN(10))
	}
	return string(b)
}

// wrongBytes stand beside digits and points, in ASCII or with a bit changed.
const wrongBytes = "/:;,.-+ eEx\x00\x10\x20\xb0\xb9\xba\xae\xff\n"

func TestInts(t *testing.T) {
	texts := []string{"", "0", "-0", "+0", "-", "+", "--1", "+-1", "- 1", " 1", "1 ", "\t-12\t", " ", "1x", "x1", "1.0", "1e3", "0x10", "1_000", "1,000", "٣",
		"00000000000000000000000000000000000000012", "-00000000000000000000000000000000000000012", "/", ":", "1/", ":1", "\xb1", "1\xb1", "12345678\xb0", "1234567\x00"}
	for _, bits := range []uint{7, 8, 15, 16, 31, 32, 63, 64} {
		edge := new(big.Int).Lsh(big.NewInt(1), bits)
		for d := int64(-2); d <= 2; d++ {
			v := new(big.Int).Add(edge, big.NewInt(d))
			texts = append(texts, v.String(), "-"+v.String(), "+"+v.String(), "000"+v.String(), v.String()+"0")
		}
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for n := 1; n <= 22; n++ {
		for range 20 {
			s := randomDigits(rng, n)
			texts = append(texts, s, "-"+s)
			if rng.IntN(2) == 0 { // one wrong character
				b := []byte(s)
				b[rng.IntN(n)] = wrongBytes[rng.IntN(len(wrongBytes))]
				texts = append(texts, string(b))
			}
		}
	}
	for _, of := range intTypes {
		for range 2 {
			rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
			check(t, fmt.Sprint("seed ", seed), of, texts, intOracle(of), valueText)
		}
	}
}

var decimalText = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// floatOracle is the bits of a float, by package strconv.
func floatOracle(bits int) func(string) any {
	return func(s string) any {
		s = strings.Trim(s, " \t")
		switch strings.ToLower(s) {
		case "nan", "+nan", "-nan":
			return "NaN"
		case "inf", "+inf", "infinity", "+infinity":
			return "+Inf"
		case "-inf", "-infinity":
			return "-Inf"
		}
		if !decimalText.MatchString(s) {
			return nil
		}
		v, err := strconv.ParseFloat(s, bits)
		if err != nil {
			return nil
		}
		return floatText(v)
	}
}

func floatText(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%x", v)
}

func floatValue(arr arrow.Array, i int) any {
	if f, ok := arr.(*array.Float32); ok {
		return floatText(float64(f.Value(i)))
	}
	return floatText(arr.(*array.Float64).Value(i))
}

func TestFloats(t *testing.T) {
	texts := []string{"", "0", "-0", "+0", "0.0", "-0.0", ".", "-", "-.", "+.", "5.", ".5", "-.5", "-5.", "..5", "1.2.3", "1..2", "1234567.", ".1234567", "12345678.", ".12345678",
		"e5", "1e", "1e+", "1e5", "1E-5", "1e+05", "-1.5e10", ".e1", "1e400", "-1e400", "1e-400", "4.9e-324", "2.4e-324", "2.5e-324", "1.7976931348623157e308", "1.7976931348623159e308",
		"2.2250738585072011e-308", "2.2250738585072014e-308", "NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "+Inf", "infin", "0x1p3", "1_0", "1,5", "1 2", " 1.5 ", "\t2", " ",
		"9007199254740992", "9007199254740993", "9007199254740994", "90071992547409.93", "0.3333333333333333", "0.1", "0.2", "0.30000000000000004", "179769313486231570000000000000000000000",
		"1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501", // about half-way between two float32
		"1.000000178813934", "16777217", "16777219", "33554433.0", "3.4028235e38", "3.4028236e38", "340282346638528", "1.1754944e-38", "0.000000000000001", "123456789.12345678", "1.0000000596046448", "1\xae5"}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for n := 1; n <= 24; n++ {
		for range 40 {
			s := randomDigits(rng, n)
			at := rng.IntN(n + 1)
			s = s[:at] + "." + s[at:]
			texts = append(texts, s, "-"+s)
			if rng.IntN(4) == 0 {
				texts = append(texts, s+"e"+strconv.Itoa(rng.IntN(700)-350))
			}
			if rng.IntN(4) == 0 { // one wrong character
				b := []byte(s)
				b[rng.IntN(n)] = wrongBytes[rng.IntN(len(wrongBytes))]
				texts = append(texts, string(b))
			}
		}
	}
	for range 1000 {
		v := math.Float64frombits(rng.Uint64())
		f := float64(math.Float32frombits(rng.Uint32()))
		texts = append(texts, strconv.FormatFloat(v, 'g', -1, 64), strconv.FormatFloat(f, 'g', -1, 32), strconv.FormatFloat(float64(int64(v))/1e6, 'f', 6, 64),
			strconv.FormatFloat(rng.Float64()*100, 'f', rng.IntN(18), 64))
		// Close to the middle between two float32.
		near := float32(rng.Float64() * 4)
		middle := (float64(near) + float64(math.Nextafter32(near, 9))) / 2
		texts = append(texts, strconv.FormatFloat(middle, 'f', 6+rng.IntN(20), 64))
	}
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	check(t, fmt.Sprint("seed ", seed), arrow.PrimitiveTypes.Float64, texts, floatOracle(64), floatValue)
	check(t, fmt.Sprint("seed ", seed), arrow.PrimitiveTypes.Float32, texts, floatOracle(32), floatValue)
}

// decimalOracle is the integer of a decimal, by package big.
func decimalOracle(of *arrow.Decimal128Type) func(string) any {
	plain := regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	return func(s string) any {
		s = strings.Trim(s, " \t")
		if !plain.MatchString(s) {
			return nil
		}
		v, _ := new(big.Rat).SetString(strings.TrimPrefix(s, "+"))
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(of.Scale, -of.Scale))), nil))
		if of.Scale < 0 {
			power.Inv(power)
		}
		if v.Mul(v, power); !v.IsInt() || len(new(big.Int).Abs(v.Num()).String()) > int(of.Precision) {
			return nil
		}
		return v.Num().String()
	}
}

func TestDecimals(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	texts := []string{"", "0", "-0", "0.0", "-", ".", "-.", "+.5", ".5", "5.", "1e2", "NaN", "1.5.", " 1.5", "1.50000000000000000000000000000000000000000000000000",
		strings.Repeat("9", 38), "-" + strings.Repeat("9", 38), "1" + strings.Repeat("0", 38), strings.Repeat("9", 39), "340282366920938463463374607431768211456", "400000000000000000000000000000000000000",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616", strings.Repeat("0", 60) + "12", "0." + strings.Repeat("0", 60) + "1"}
	for n := 1; n <= 40; n++ {
		for range 15 {
			s := randomDigits(rng, n)
			at := rng.IntN(n + 1)
			texts = append(texts, s, "-"+s, s[:at]+"."+s[at:], "-"+s[:at]+"."+s[at:], s[:at]+strings.Repeat("0", rng.IntN(5)), s[:at]+".00")
		}
	}
	for _, of := range []*arrow.Decimal128Type{{Precision: 1}, {Precision: 9, Scale: 2}, {Precision: 15, Scale: 2}, {Precision: 18, Scale: 18}, {Precision: 19, Scale: 1}, {Precision: 20, Scale: 6},
		{Precision: 38}, {Precision: 38, Scale: 10}, {Precision: 38, Scale: 38}, {Precision: 5, Scale: -3}} {
		check(t, fmt.Sprint("seed ", seed), of, texts, decimalOracle(of), func(arr arrow.Array, i int) any {
			return arr.(*array.Decimal128).Value(i).BigInt().String()
		})
	}
}

func TestBools(t *testing.T) {
	texts := []string{"true", "FALSE", "True", "fAlse", "", " true ", "t", "yes", "1", "0", "truee", "fals", "TRUE", "\x54rue", "tru\xc5", "true", "false"}
	check(t, "bools", arrow.FixedWidthTypes.Boolean, texts, func(s string) any {
		switch strings.ToLower(strings.Trim(s, " ")) {
		case "true":
			return "true"
		case "false":
			return "false"
		}
		return nil
	}, valueText)
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"12", "-9223372036854775808", "1.5e3", "0.1", "123456789.123456", "NaN", " 7"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, before uint8) {
		if s == "" || s[0] == '\'' || s[0] == '"' {
			return
		}
		texts := []string{strings.Repeat("x", int(before%20)), s, "1"}
		for i, of := range append([]arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Float32}, intTypes...) {
			want := intOracle(of)
			value := valueText
			if i < 2 {
				want, value = floatOracle(64>>i), floatValue
			}
			check(t, "fuzz", of, texts, want, value)
		}
		for _, of := range []*arrow.Decimal128Type{{Precision: 10, Scale: 2}, {Precision: 38, Scale: 20}} {
			check(t, "fuzz", of, texts, decimalOracle(of), func(arr arrow.Array, i int) any {
				return arr.(*array.Decimal128).Value(i).BigInt().String()
			})
		}
	})
}
