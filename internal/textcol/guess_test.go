package textcol_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/typetext"
)

func TestGuess(t *testing.T) {
	for _, c := range []struct{ texts, want string }{ // separated by |
		{"", "text"}, {"||", "text"}, {"NA|", "text"},
		{"true|FALSE|", "bool"}, {"true|1", "text"}, {"t", "text"}, {"true|x", "text"},
		{"1|-2||0|NA", "int64"}, {"'1|'|2", "int64"}, {" 1|2 ", "int64"}, {"1|2.5", "float64"}, {"1|2.5|x", "text"},
		{"9223372036854775807", "int64"}, {"-9223372036854775808", "int64"}, {"9223372036854775808", "uint64"}, {"9223372036854775808|5", "uint64"},
		{"9223372036854775808|-5", "text"}, {"18446744073709551616", "text"}, {"12345678901234567890123", "text"}, {"100000000000000000000|0.5", "float64"},
		{"9007199254740993|0.5", "text"}, {"9007199254740992|0.5", "float64"}, {"-9007199254740993|0.5", "text"}, {strings.Repeat("9", 400), "text"},
		{"00501", "text"}, {"1|00501", "text"}, {"-007", "text"}, {"0|0.5|-0.5", "float64"}, {"00.5", "text"}, {"0", "int64"}, {"-0|1", "float64"}, {"0e5", "float64"},
		{"+5", "text"}, {"0x1F", "text"}, {"1,000", "text"}, {"1_000", "text"}, {"inf|1.5|-Inf|INFINITY", "float64"}, {"nan", "float64"}, {"info", "text"}, {"-nan", "text"}, {"1e400", "text"}, {"1.", "float64"}, {".5", "float64"}, {".", "text"}, {"-", "text"},
		{"NaN|1|Infinity|-Infinity", "float64"}, {"1e-7|1e+21", "float64"}, {"NaNs", "text"}, {"1 2", "text"}, {" ", "text"},
		{"2021-01-02", "date"}, {"2021-01-02|2021-02-29", "text"}, {"2021-01-02|2021-01-02T03:04", "timestamp"}, {"2021-01-02|5", "text"}, {"12021-01-02", "text"},
		{"2021-01-02T03:04:05.123456", "timestamp"}, {"2021-01-02T03:04:05.1234567", "timestamp[ns]"}, {"2021-01-02T03:04:05.1234567|1500-01-01", "text"}, {"1500-01-01|1500-01-01T00:00", "timestamp"},
		{"2021-01-02T03:04:05.1234567891", "text"}, {"2021-01-02 03:04:05Z|2021-01-02 03:04:05+02:00", "timestamp[us, UTC]"}, {"2021-01-02T03:04:05.1234567Z", "timestamp[ns, UTC]"},
		{"2021-01-02 03:04:05Z|2021-01-02 03:04:05", "text"}, {"2021-01-02 03:04:05Z|2021-01-02", "text"},
		{"03:04|23:59:59.5", "time"}, {"03:04:05.123456789", "time[ns]"}, {"24:00", "text"}, {"03:04|5", "text"}, {"03:04|2021-01-02", "text"},
		{"PT5S", "text"}, {"AP8=", "text"}, {"(null)", "text"}, {"2021", "int64"}, {"20210102", "int64"}, {"1.2.3", "text"}, {"192.168.0.1", "text"}, {"-1-2", "text"},
	} {
		for _, step := range []int{1, 100} {
			g := textcol.NewGuess(textcol.Options{Nulls: []string{"NA"}})
			texts := strings.Split(c.texts, "|")
			data, fields := gather(texts)
			for from := 0; from < len(fields); from += step {
				g.Add(data, fields[from:min(from+step, len(fields))])
			}
			if got := typetext.Format(g.Type()); got != c.want {
				t.Errorf("%q is %s, want %s", c.texts, got, c.want)
			}
			if g.Empty() != (strings.Trim(strings.ReplaceAll(c.texts, "NA|", ""), "|'") == "") {
				t.Errorf("%q is empty: %v", c.texts, g.Empty())
			}
		}
	}
}

// TestGuessHolds checks that what is guessed for any values can be read as that,
// and that what rowtext writes is guessed as its type or a narrower one.
func TestGuessHolds(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, of := range allTypes {
		rec := df.Random(rng.Uint64(), 200, arrow.Field{Name: "a", Type: of, Nullable: true})
		data, fields := csvFields(t, rec.Column(0))
		g := textcol.NewGuess(textcol.Options{})
		g.Add(data, fields)
		holds(t, fmt.Sprintf("seed %d: %v", seed, of), g.Type(), data, fields)
		switch of.ID() {
		case arrow.FLOAT64, arrow.INT64, arrow.UINT64, arrow.BOOL, arrow.DATE32:
			if got := g.Type(); !arrow.TypeEqual(got, of) {
				t.Errorf("seed %d: %v is guessed to be %v", seed, of, got)
			}
		}
	}
	pieces := []string{"0", "1", "12", "-", ".", "e", "5", "2021-01-02", "T", " ", "03:04", ":05", "Z", "+02:00", "true", "9223372036854775807", "NaN"}
	for range 5000 {
		texts := make([]string, 1+rng.IntN(2))
		for i := range texts {
			for range 1 + rng.IntN(4) {
				texts[i] += pieces[rng.IntN(len(pieces))]
			}
		}
		data, fields := gather(texts)
		g := textcol.NewGuess(textcol.Options{})
		g.Add(data, fields)
		holds(t, fmt.Sprintf("seed %d: %q", seed, texts), g.Type(), data, fields)
	}
}

func holds(t *testing.T, what string, of arrow.DataType, data []byte, fields []textcol.Field) {
	t.Helper()
	c, err := textcol.New(of, textcol.Options{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if bad := c.Append(data, fields, nil); len(bad) > 0 {
		f := fields[bad[0]]
		t.Fatalf("%s: guessed %v, but %q is none", what, of, data[f.From&textcol.Mask:f.To])
	}
}
