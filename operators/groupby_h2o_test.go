package operators_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
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
	id   [6][]string // id1 … id6, numbers as text
	v    [3][]float64
	null [9][]bool
}

const benchK = 100

func newBenchTable(seed uint64, rows int, nulls float64) *benchTable {
	rng := rand.New(rand.NewPCG(seed, 9))
	most := [6]int{benchK, benchK, rows / benchK, benchK, benchK, rows / benchK}
	t := &benchTable{}
	for i := range t.id {
		t.id[i] = make([]string, rows)
		format := [6]string{"id%03d", "id%03d", "id%010d", "%d", "%d", "%d"}[i]
		for r := range rows {
			t.id[i][r] = fmt.Sprintf(format, 1+rng.IntN(most[i]))
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
					col.Append(t.id[c][r])
				case *array.BinaryDictionaryBuilder:
					if err := col.AppendString(t.id[c][r]); err != nil {
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
	n, err := strconv.ParseInt(t.id[c][r], 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// groups is the rows of each distinct key.
func (t *benchTable) groups(keys []int) map[string][]int32 {
	groups := map[string][]int32{}
	var key []byte
	for r := range t.v[0] {
		key = key[:0]
		for _, k := range keys {
			if t.null[k][r] {
				key = append(key, "null"...)
			} else {
				key = append(key, t.id[k][r]...)
			}
			key = append(key, '|')
		}
		groups[string(key)] = append(groups[string(key)], int32(r))
	}
	return groups
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

func exactSum(values []float64) *big.Float {
	sum := new(big.Float).SetPrec(400)
	for _, v := range values {
		sum.Add(sum, big.NewFloat(v))
	}
	return sum
}

func naiveSum(values []float64) any {
	if len(values) == 0 {
		return nil
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

// answers runs a question and returns the aggregates of each group by its key.
func answers(t *testing.T, q benchQuestion, recs []arrow.Record, workers int) map[string][]any {
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
	out := map[string][]any{}
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range dataflowtest.Rows(rec) {
			key := ""
			for _, k := range row[:len(keys)] {
				if k == nil {
					k = "null"
				}
				key += fmt.Sprint(k) + "|"
			}
			if _, ok := out[key]; ok {
				t.Fatalf("group %s comes twice", key)
			}
			out[key] = row[len(keys):]
		}
	}
	if _, err := job.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

// sameAnswer compares two values: std and corr to 1e-9, all else exactly.
func sameAnswer(name string, want, got any) bool {
	w, wok := want.(float64)
	g, gok := got.(float64)
	switch {
	case !wok || !gok:
		return fmt.Sprint(want) == fmt.Sprint(got) && fmt.Sprintf("%T", want) == fmt.Sprintf("%T", got)
	case math.IsNaN(w) || math.IsNaN(g):
		return math.IsNaN(w) && math.IsNaN(g)
	case name == "q6" || name == "q9":
		return math.Abs(w-g) <= 1e-9*max(1, math.Abs(w))
	}
	return w == g
}

func checkBenchQuestions(t *testing.T, seed uint64, rows int, nulls float64, coded bool, workers ...int) {
	table := newBenchTable(seed, rows, nulls)
	recs := table.batches(coded)
	for _, q := range benchQuestions() {
		t.Run(q.name, func(t *testing.T) {
			groups := table.groups(q.keys)
			want := make(map[string][]any, len(groups))
			for key, rows := range groups {
				want[key] = q.answer(table, rows)
			}
			for _, n := range workers {
				got := answers(t, q, recs, n)
				if len(got) != len(want) {
					t.Errorf("%d workers, seed %#x: %d groups, want %d", n, seed, len(got), len(want))
				}
				wrong := 0
				for key, w := range want {
					if g := got[key]; !slices.EqualFunc(w, g, func(a, b any) bool { return sameAnswer(q.name, a, b) }) {
						if wrong++; wrong <= 5 {
							t.Errorf("%d workers, seed %#x, group %s: %v, want %v", n, seed, key, g, w)
						}
					}
				}
			}
		})
	}
}

// The ten questions of db-benchmark's groupby task, from memory.
func TestGroupByBenchmarkQuestions(t *testing.T) {
	rows := 1_000_000
	if testing.Short() {
		rows = 20_000
	}
	seed := rand.Uint64()
	t.Run("plain", func(t *testing.T) { checkBenchQuestions(t, seed, rows, 0, false, 1, 2, 7) })
	t.Run("nulls and a dictionary", func(t *testing.T) { checkBenchQuestions(t, seed, rows/10, 0.05, true, 1, 2, 7) })
	t.Run("constant hash", func(t *testing.T) {
		defer hashtab.ConstantHash()()
		checkBenchQuestions(t, seed, 3_000, 0.05, true, 1, 2, 7)
	})
}
