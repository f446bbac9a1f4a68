package parse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
	"github.com/arrowmill/arrowmill/operators/parse"
)

// TestGroupBy groups random rows by the text and by hand.
func TestGroupBy(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	type group struct{ n, sum, most, least int64 }
	groups := map[string]*group{}
	var recs []arrow.Record
	for range 40 {
		n := 1 + rng.IntN(50)
		keys, a, b := make([]string, n), make([]int64, n), make([]int64, n)
		for i := range keys {
			keys[i], a[i], b[i] = fmt.Sprint("k", rng.IntN(12)), rng.Int64N(100), rng.Int64N(100)
			g := groups[keys[i]]
			if g == nil {
				g = &group{most: a[i], least: b[i]}
				groups[keys[i]] = g
			}
			g.n++
			g.sum += a[i] * (1 - b[i])
			g.most, g.least = max(g.most, a[i]), min(g.least, b[i])
		}
		recs = append(recs, dataflowtest.Batch(dataflowtest.Col("sum(a)", keys), dataflowtest.Col("a", a), dataflowtest.Col("b b", b)))
	}
	for _, tt := range []struct {
		text, explain string
		names         []string
		row           func(key string, g *group) []any
	}{
		{"count() as n, sum(a * (1 - \"b b\"))", "tree-reduce \"by\": group by sum(a): count() as n, sum(a * (1 - \"b b\"))",
			[]string{"sum(a)", "n", `sum(a * (1 - "b b"))`},
			func(key string, g *group) []any { return []any{key, g.n, g.sum} }},
		{"max(a) - min(\"b b\") as range, count(), max(a)", "map \"by\": columns",
			[]string{"sum(a)", "range", "count()", "max(a)"},
			func(key string, g *group) []any { return []any{key, g.most - g.least, g.n, g.most} }},
		{"count(), count() as n", "map \"by\": columns", []string{"sum(a)", "count()", "n"},
			func(key string, g *group) []any { return []any{key, g.n, g.n} }},
		{"sum(a) * 0 + count() as n", "map \"by\": columns", []string{"sum(a)", "n"}, // a key is named as the aggregate would be
			func(key string, g *group) []any { return []any{key, g.n} }},
	} {
		a, err := parse.Aggregates(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		byKey, err := a.GroupBy("sum(a)")
		if err != nil {
			t.Fatal(err)
		}
		var want [][]any
		for key, g := range groups {
			want = append(want, tt.row(key, g))
		}
		slices.SortFunc(want, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
		for _, workers := range []int{1, 3} {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			s := dataflow.New().Source("in", memio.Batches(recs...)).Apply("by", byKey).TreeReduce("sort", operators.Sort(operators.Asc("sum(a)")))
			whole := dataflow.New()
			whole.Source("in", memio.Batches(recs...)).Apply("by", byKey).Sink("out", memio.NewSink())
			explained, err := executor.Explain(t.Context(), whole)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(explained, tt.explain) {
				t.Errorf("%s: the plan is\n%s", tt.text, explained)
			}
			job, err := executor.Start(t.Context(), s, executor.Options{Workers: workers, Alloc: alloc, SplitBytes: 1000})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]any
			for rec, err := range job.Batches() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, dataflowtest.Rows(rec)...)
				for i, name := range tt.names {
					if rec.ColumnName(i) != name || int(rec.NumCols()) != len(tt.names) {
						t.Errorf("%s: the columns are %v", tt.text, rec.Schema())
					}
				}
			}
			if d := dataflowtest.Diff(want, got); d != "" {
				t.Errorf("%s, seed %#x: %s", tt.text, seed, d)
			}
			alloc.AssertSize(t, 0)
		}
	}
}

// TestGroupByNothing aggregates all rows to one.
func TestGroupByNothing(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("a", []any{int64(1), nil, int64(4)}))
	a, err := parse.Aggregates("count(), count(a), sum(a) / count(a) as m, largest(a, 2) as l")
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.GroupBy()
	if err != nil {
		t.Fatal(err)
	}
	sink := memio.NewSink()
	s := dataflow.New().Source("in", memio.Batches(in)).Apply("all", all)
	s.Sink("out", sink)
	if _, err := executor.Run(t.Context(), s.Graph(), executor.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(dataflowtest.Rows(sink.Records()...)); got != "[[3 2 2.5 [4 1]]]" {
		t.Errorf("got %s", got)
	}
	sink.Release()
}

// TestMeaning computes what the texts with words of their own mean.
func TestMeaning(t *testing.T) {
	in := dataflowtest.Batch(
		dataflowtest.Col("n", []any{int64(1), int64(2), int64(3), nil}),
		dataflowtest.Col("s", []any{"abc", "xab", "", nil}))
	for text, want := range map[string]string{
		"n between 2 and 3":     "[[false] [true] [true] [<nil>]]",
		"n not between 2 and 2": "[[true] [false] [true] [<nil>]]",
		"n in (1, 3)":           "[[true] [false] [true] [<nil>]]",
		"n not in (1, 3)":       "[[false] [true] [false] [<nil>]]",
		"s like 'ab%'":          "[[true] [false] [false] [<nil>]]",
		"s like '%ab'":          "[[false] [true] [false] [<nil>]]",
		"s like '%b%'":          "[[true] [true] [false] [<nil>]]",
		"s not like '%'":        "[[false] [false] [false] [<nil>]]",
		"s like ''":             "[[false] [false] [true] [<nil>]]",
		"case when n > 2 then 'c' when n > 1 then 'b' end":                        "[[<nil>] [b] [c] [<nil>]]",
		"case when n > 2 then 'c' else s end":                                     "[[abc] [xab] [c] [<nil>]]",
		"n * 2 + 1 > 3 and not n = 3":                                             "[[false] [true] [false] [<nil>]]",
		"date '2020-03-01' - date '2020-02-01'":                                   "[[29] [29] [29] [29]]",
		"year(timestamp '2020-03-01 10:00:00')":                                   "[[2020] [2020] [2020] [2020]]",
		"-n - -1":                                                                 "[[0] [-1] [-2] [<nil>]]",
		"2 - 1 - 1 = 0 and 8 / 2 / 2 = 2":                                         "[[true] [true] [true] [true]]",
		"timestamp '2020-03-01T00:00:00+02:00' < timestamp '2020-03-01 00:00:00'": "[[true] [true] [true] [true]]",
	} {
		e, err := parse.Expr(text)
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := values(e, in)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v, want %s", text, got, err, want)
		}
	}
}
