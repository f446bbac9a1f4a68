package csvio

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// typedColumn makes values and their text.
type typedColumn struct {
	name, typ string
	value     func(rng *rand.Rand) (any, string)
}

var typedColumns = []typedColumn{
	{"i", "int64", func(rng *rand.Rand) (any, string) {
		v := rng.Int64() >> rng.IntN(64) * int64(1-2*rng.IntN(2))
		return v, strconv.FormatInt(v, 10)
	}},
	{"f", "float64", func(rng *rand.Rand) (any, string) {
		v := rng.NormFloat64() * float64(rng.IntN(1000))
		return v, strconv.FormatFloat(v, "fg"[rng.IntN(2)], -1, 64)
	}},
	{"b", "bool", func(rng *rand.Rand) (any, string) {
		v := rng.IntN(2) == 0
		return v, strconv.FormatBool(v)
	}},
	{"zip", "utf8", func(rng *rand.Rand) (any, string) {
		v := fmt.Sprintf("%05d", rng.IntN(100000))
		return v, v
	}},
	{"few", "dictionary<values=utf8, indices=int32, ordered=false>", func(rng *rand.Rand) (any, string) {
		v := []string{"red", "a \"blue\" one", "x,\ny", "日本"}[rng.IntN(4)]
		return v, v
	}},
	{"many", "utf8", func(rng *rand.Rand) (any, string) {
		v := strings.Repeat("\n\"", rng.IntN(3)) + strconv.Itoa(rng.Int()) + ","
		return v, v
	}},
}

// TestTypedRuns has random tables with inferred types, in every way to run them.
func TestTypedRuns(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range 20 {
		end := []string{"\n", "\r\n"}[rng.IntN(2)]
		var text strings.Builder
		var columns []string
		for c, col := range typedColumns {
			if c > 0 {
				text.WriteByte(',')
			}
			text.WriteString(col.name)
			columns = append(columns, col.name+" "+col.typ)
		}
		text.WriteString(end)
		want := make([][]any, 300+rng.IntN(3000))
		for r := range want {
			want[r] = make([]any, len(typedColumns))
			for c, col := range typedColumns {
				if c > 0 {
					text.WriteByte(',')
				}
				if rng.IntN(10) == 0 {
					continue
				}
				v, field := col.value(rng)
				want[r][c] = v
				if strings.ContainsAny(field, ",\"\r\n") || rng.IntN(10) == 0 {
					field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
				}
				text.WriteString(field)
			}
			text.WriteString(end)
		}
		data := []byte(text.String())
		for _, path := range []string{write(t, "f.csv", data), write(t, "f.csv.gz", gzipped(t, data))} {
			s := Scan(path).Dictionaries().buffers(1 + rng.IntN(10000))
			schema, err := s.Schema(t.Context())
			if got := dataflow.FormatSchema(schema); err != nil || got != strings.Join(columns, ", ") {
				t.Fatalf("seed %d, table %d: got %s (%v), want %s", seed, i, got, err, strings.Join(columns, ", "))
			}
			opts := executor.Options{Workers: 1 + rng.IntN(4), SplitBytes: 100 + rng.Int64N(20000), BatchRows: 1 + rng.IntN(1000)}
			got, _, err := run(t, s, opts)
			if err != nil {
				t.Fatalf("seed %d, table %d: %v", seed, i, err)
			}
			same(t, fmt.Sprintf("seed %d, table %d, %+v", seed, i, opts), got, want)
			c := rng.IntN(len(typedColumns))
			one := make([][]any, len(want))
			for r := range want {
				one[r] = want[r][c : c+1]
			}
			if got, _, err = run(t, s.PruneColumns([]string{typedColumns[c].name}), opts); err != nil {
				t.Fatalf("seed %d, table %d: %v", seed, i, err)
			}
			same(t, fmt.Sprintf("seed %d, table %d, column %d", seed, i, c), got, one)
		}
	}
}
