package operators_test

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/internal/hashtab"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// benchTable is the table of the groupby task of db-benchmark (h2o.ai, DuckDB Labs),
// K = 100, as Go slices. The values of rows whose bit in null is set are null, and
// so are their keys.
type benchTable struct {
	id   [6][]int32  // id1 … id6
	text [6][]string // of the numbers that an id takes
	v    [3][]float64
	null [9][]bool
}

const benchK = 100

func newBenchTable(seed uint64, rows int, nulls float64) *benchTable {
	rng := rand.New(rand.NewPCG(seed, 9))
	most := [6]int{benchK, benchK, rows / benchK, benchK, benchK, rows / benchK}
	t := &benchTable{}
	for i := range t.id {
		format := [6]string{"id%03d", "id%03d", "id%010d", "%d", "%d", "%d"}[i]
		for n := range most[i] + 1 {
			t.text[i] = append(t.text[i], fmt.Sprintf(format, n))
		}
		t.id[i] = make([]int32, rows)
		for r := range rows {
			t.id[i][r] = int32(1 + rng.IntN(most[i]))
		}
	}
	for i := range t.v {
		t.v[i] = make([]float64, rows)
	}
	for r := range rows {
		t.v[0][r], t.v[1][r] = float64(1+rng.IntN(5)), float64(1+rng.IntN(15))
		t.v[2][r] = math.Round(rng.Float64()*1e8) / 1e6
	}
	for i := range t.null {
		t.null[i] = make([]bool, rows)
		for r := range rows {
			t.null[i][r] = rng.Float64() < nulls
		}
	}
	return t
}

// batches is the table in batches: strings, int64 and, for v3, float64. Of the
// strings id1 is a dictionary where coded is set.
func (t *benchTable) batches(coded bool) []arrow.Record {
	alloc := memory.NewGoAllocator()
	types := []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.String, arrow.BinaryTypes.String,
		arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64}
	if coded {
		types[0] = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: types[0]}
	}
	fields := make([]arrow.Field, len(types))
	for i, name := range []string{"id1", "id2", "id3", "id4", "id5", "id6", "v1", "v2", "v3"} {
		fields[i] = field(name, types[i])
	}
	const batchRows = 20_000
	var out []arrow.Record
	for from := 0; from < len(t.v[0]); from += batchRows {
		b := array.NewRecordBuilder(alloc, arrow.NewSchema(fields, nil))
		for r := from; r < min(from+batchRows, len(t.v[0])); r++ {
			for c := range fields {
				if t.null[c][r] {
					b.Field(c).AppendNull()
					continue
				}
				switch col := b.Field(c).(type) {
				case *array.StringBuilder:
					col.Append(t.text[c][t.id[c][r]])
				case *array.BinaryDictionaryBuilder:
					if err := col.AppendString(t.text[c][t.id[c][r]]); err != nil {
						panic(err)
					}
				case *array.Float64Builder:
					col.Append(t.v[c-6][r])
				case *array.Int64Builder:
					col.Append(t.number(c, r))
				case *array.Int32Builder:
					col.Append(int32(t.number(c, r)))
				}
			}
		}
		out = append(out, b.NewRecord())
		b.Release()
	}
	return out
}

func (t *benchTable) number(c, r int) int64 {
	if c >= 6 {
		return int64(t.v[c-6][r])
	}
	return int64(t.id[c][r])
}

// benchKey is the key of a group: the numbers of its ids in the order of the question,
// -1 for null.
type benchKey [6]int32

// groups numbers the distinct keys, and lists the rows of each.
func (t *benchTable) groups(keys []int) (numbers map[benchKey]int, rows [][]int32) {
	numbers = map[benchKey]int{}
	group, sizes := make([]int, len(t.v[0])), []int{}
	for r := range group {
		var key benchKey
		for i, k := range keys {
			if key[i] = t.id[k][r]; t.null[k][r] {
				key[i] = -1
			}
		}
		g, ok := numbers[key]
		if !ok {
			g = len(sizes)
			numbers[key], sizes = g, append(sizes, 0)
		}
		group[r] = g
		sizes[g]++
	}
	all := make([]int32, len(group))
	for _, n := range sizes {
		rows, all = append(rows, all[:0:n]), all[n:]
	}
	for r, g := range group {
		rows[g] = append(rows[g], int32(r))
	}
	return numbers, rows
}

// values is v1, v2 or v3 of rows, those that are not null.
func (t *benchTable) values(v int, rows []int32) []float64 {
	var out []float64
	for _, r := range rows {
		if !t.null[6+v][r] {
			out = append(out, t.v[v][r])
		}
	}
	return out
}

// The naive aggregates: exact where the real ones are.

// exactSum adds multiples of 2^-73 below 2^26, which all values here are, as integers
// of 128 bits.
func exactSum(values []float64) *big.Float {
	var high, low uint64
	for _, v := range values {
		b := math.Float64bits(v)
		if v < 0 || v >= 1<<26 || v != 0 && v < 0x1p-20 {
			panic(fmt.Sprintf("%v does not fit the oracle", v))
		}
		if v == 0 {
			continue
		}
		mantissa, shift := b&(1<<52-1)|1<<52, b>>52-1023-52+73
		var carry uint64
		low, carry = bits.Add64(low, mantissa<<shift, 0)
		high += mantissa>>(64-shift) + carry
	}
	sum := new(big.Int).Lsh(new(big.Int).SetUint64(high), 64)
	sum.Add(sum, new(big.Int).SetUint64(low))
	return new(big.Float).SetMantExp(new(big.Float).SetInt(sum), -73)
}

func naiveSum(values []float64) any {
	if len(values) == 0 {
		return nil
	}
	if len(values) <= 2 { // one addition is rounded once
		return values[0] + values[len(values)-1]*float64(len(values)-1)
	}
	f, _ := exactSum(values).Float64()
	return f
}

func naiveIntSum(values []float64) any {
	if s := naiveSum(values); s != nil {
		return int64(s.(float64))
	}
	return nil
}

func naiveMean(values []float64) any {
	if len(values) == 0 {
		return nil
	}
	f, _ := new(big.Float).SetPrec(53).Quo(exactSum(values), big.NewFloat(float64(len(values)))).Float64()
	return f
}

func naiveMedian(values []float64) any {
	n := len(values)
	if n == 0 {
		return nil
	}
	slices.Sort(values)
	a, b := values[(n-1)/2], values[n/2]
	return a + (b-a)*0.5
}

func naiveStd(values []float64) any {
	n := float64(len(values))
	if n < 2 {
		return nil
	}
	mean, squares := naiveMean(values).(float64), 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / (n - 1))
}

func naiveLargest(values []float64, k int) any {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	slices.Reverse(values)
	var out []any
	for _, v := range values[:min(k, len(values))] {
		out = append(out, v)
	}
	return out
}

func (t *benchTable) naiveCorr(rows []int32) any {
	both := slices.DeleteFunc(slices.Clone(rows), func(r int32) bool { return t.null[6][r] || t.null[7][r] })
	if len(both) < 2 {
		return nil
	}
	x, y := t.values(0, both), t.values(1, both)
	mx, my := naiveMean(x).(float64), naiveMean(y).(float64)
	var xx, yy, xy float64
	for i := range x {
		xx, yy, xy = xx+(x[i]-mx)*(x[i]-mx), yy+(y[i]-my)*(y[i]-my), xy+(x[i]-mx)*(y[i]-my)
	}
	return xy / math.Sqrt(xx*yy)
}

// benchQuestion is a question of db-benchmark and its answer for the rows of one
// group.
type benchQuestion struct {
	name   string
	keys   []int
	aggs   []operators.Agg
	answer func(t *benchTable, rows []int32) []any
}

func benchQuestions() []benchQuestion {
	v1, v2, v3 := operators.Col("v1"), operators.Col("v2"), operators.Col("v3")
	sum := func(v int) func(t *benchTable, rows []int32) []any {
		return func(t *benchTable, rows []int32) []any { return []any{naiveIntSum(t.values(v, rows))} }
	}
	return []benchQuestion{
		{"q1", []int{0}, []operators.Agg{operators.Sum(v1)}, sum(0)},
		{"q2", []int{0, 1}, []operators.Agg{operators.Sum(v1)}, sum(0)},
		{"q3", []int{2}, []operators.Agg{operators.Sum(v1), operators.Mean(v3)}, func(t *benchTable, rows []int32) []any {
			return []any{naiveIntSum(t.values(0, rows)), naiveMean(t.values(2, rows))}
		}},
		{"q4", []int{3}, []operators.Agg{operators.Mean(v1), operators.Mean(v2), operators.Mean(v3)}, func(t *benchTable, rows []int32) []any {
			return []any{naiveMean(t.values(0, rows)), naiveMean(t.values(1, rows)), naiveMean(t.values(2, rows))}
		}},
		{"q5", []int{5}, []operators.Agg{operators.Sum(v1), operators.Sum(v2), operators.Sum(v3)}, func(t *benchTable, rows []int32) []any {
			return []any{naiveIntSum(t.values(0, rows)), naiveIntSum(t.values(1, rows)), naiveSum(t.values(2, rows))}
		}},
		{"q6", []int{3, 4}, []operators.Agg{operators.Median(v3), operators.Std(v3)}, func(t *benchTable, rows []int32) []any {
			return []any{naiveMedian(t.values(2, rows)), naiveStd(t.values(2, rows))}
		}},
		{"q7", []int{2}, []operators.Agg{operators.Max(v1), operators.Min(v2)}, func(t *benchTable, rows []int32) []any {
			out := []any{nil, nil}
			if v := t.values(0, rows); len(v) > 0 {
				out[0] = int64(slices.Max(v))
			}
			if v := t.values(1, rows); len(v) > 0 {
				out[1] = int32(slices.Min(v))
			}
			return out
		}},
		{"q8", []int{5}, []operators.Agg{operators.Largest(v3, 2)}, func(t *benchTable, rows []int32) []any {
			return []any{naiveLargest(t.values(2, rows), 2)}
		}},
		{"q9", []int{1, 3}, []operators.Agg{operators.Corr(v1, v2)}, func(t *benchTable, rows []int32) []any {
			return []any{t.naiveCorr(rows)}
		}},
		{"q10", []int{0, 1, 2, 3, 4, 5}, []operators.Agg{operators.Sum(v3), operators.Count()}, func(t *benchTable, rows []int32) []any {
			return []any{naiveSum(t.values(2, rows)), int64(len(rows))}
		}},
	}
}

// answers runs a question and hands over each batch of its answer.
func answers(t *testing.T, q benchQuestion, recs []arrow.Record, workers int, take func(rec arrow.Record)) {
	t.Helper()
	var keys []string
	for _, k := range q.keys {
		keys = append(keys, "id"+strconv.Itoa(k+1))
	}
	g := dataflow.New()
	s := g.Source("table", memio.Batches(recs...)).TreeReduce(q.name, operators.GroupBy(keys...).Agg(q.aggs...))
	job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, SplitBytes: 1 << 20, MemoryBytes: 2 << 30})
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		take(rec)
	}
	if _, err := job.Wait(); err != nil {
		t.Fatal(err)
	}
}

// benchNumber is the number of the id in row i of a key column; its text must be that of
// the number.
func benchNumber(text []string, col arrow.Array, i int) (int32, error) {
	if col.IsNull(i) {
		return -1, nil
	}
	switch col := col.(type) {
	case *array.String:
		n, err := strconv.Atoi(strings.TrimPrefix(col.Value(i), "id"))
		if err != nil || n < 0 || n >= len(text) || text[n] != col.Value(i) {
			return 0, fmt.Errorf("a key %q that is not in the table", col.Value(i))
		}
		return int32(n), nil
	case *array.Int32:
		return col.Value(i), nil
	case *array.Int64:
		return int32(col.Value(i)), nil
	}
	return 0, fmt.Errorf("a key of type %s", col.DataType())
}

// sameAnswer compares two values: std and corr to 1e-9, all else exactly.
func sameAnswer(name string, want, got any) bool {
	w, wok := want.(float64)
	g, gok := got.(float64)
	switch {
	case (!wok || !gok) && reflect.TypeOf(want) == reflect.TypeOf(got) && reflect.ValueOf(want).Comparable():
		return want == got
	case !wok || !gok:
		return fmt.Sprint(want) == fmt.Sprint(got) && fmt.Sprintf("%T", want) == fmt.Sprintf("%T", got)
	case math.IsNaN(w) || math.IsNaN(g):
		return math.IsNaN(w) && math.IsNaN(g)
	case name == "q6" || name == "q9":
		return math.Abs(w-g) <= 1e-9*max(1, math.Abs(w))
	}
	return w == g
}

func checkBenchQuestions(t *testing.T, seed uint64, rows int, nulls float64, coded bool, names ...string) {
	table := newBenchTable(seed, rows, nulls)
	recs := table.batches(coded)
	for _, q := range benchQuestions() {
		if len(names) > 0 && !slices.Contains(names, q.name) {
			continue
		}
		t.Run(q.name, func(t *testing.T) {
			numbers, rows := table.groups(q.keys)
			want := make([][]any, len(rows))
			for g := range want {
				want[g] = q.answer(table, rows[g])
			}
			for _, n := range []int{1, 2, 7} {
				checkBenchQuestion(t, q, table, recs, n, numbers, want)
			}
		})
		if t.Failed() {
			t.Logf("seed %#x", seed)
		}
	}
}

func checkBenchQuestion(t *testing.T, q benchQuestion, table *benchTable, recs []arrow.Record, workers int, numbers map[benchKey]int, want [][]any) {
	got, wrong := make([]bool, len(want)), 0
	fail := func(format string, args ...any) {
		if wrong++; wrong <= 5 {
			t.Errorf("%d workers: %s", workers, fmt.Sprintf(format, args...))
		}
	}
	answers(t, q, recs, workers, func(rec arrow.Record) {
		var values []int
		for i := range q.aggs {
			values = append(values, len(q.keys)+i)
		}
		fields := rec.Schema().Fields()[len(q.keys):]
		columns := batch.Columns(rec, arrow.NewSchema(fields, nil), values)
		defer columns.Release()
		for i, row := range dataflowtest.Rows(columns) {
			var key benchKey
			for j, k := range q.keys {
				var err error
				if key[j], err = benchNumber(table.text[k], rec.Column(j), i); err != nil {
					t.Fatal(err)
				}
			}
			switch g, ok := numbers[key]; {
			case !ok:
				fail("group %v is none", key)
			case got[g]:
				fail("group %v comes twice", key)
			default:
				got[g] = true
				if !slices.EqualFunc(want[g], row, func(a, b any) bool { return sameAnswer(q.name, a, b) }) {
					fail("group %v: %v, want %v", key, row, want[g])
				}
			}
		}
	})
	for key, g := range numbers {
		if !got[g] {
			fail("group %v is not there", key)
		}
	}
}

// The ten questions of db-benchmark's groupby task, from memory. Where all hashes are
// one, finding a key takes a look at half of the keys there are: the questions with at
// most 101 groups are asked of 400,000 rows then too, those of a hundredth of the rows in
// groups of 50,000, those of up to 10,000 groups of 15,000, and q10, where about every
// row is a group, of 8,000.
func TestGroupByBenchmarkQuestions(t *testing.T) {
	share := 1
	if testing.Short() {
		share = 50
	}
	seed := rand.Uint64()
	t.Run("constant hash", func(t *testing.T) {
		defer hashtab.ConstantHash()()
		checkBenchQuestions(t, seed, 400_000/share, 0.05, true, "q1", "q4")
		checkBenchQuestions(t, seed, 50_000/share, 0.05, true, "q3", "q5", "q7", "q8")
		checkBenchQuestions(t, seed, 15_000/share, 0.05, true, "q2", "q6", "q9")
		checkBenchQuestions(t, seed, 8_000/share, 0.05, true, "q10")
	})
	t.Parallel()
	t.Run("plain", func(t *testing.T) { checkBenchQuestions(t, seed, 400_000/share, 0, false) })
	t.Run("nulls and a dictionary", func(t *testing.T) { checkBenchQuestions(t, seed, 100_000/share, 0.05, true) })
}
