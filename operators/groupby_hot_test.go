package operators

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// hotTally is what is to be known of a group.
type hotTally struct {
	n, sum int64
	values []int64
}

// hotRows are rows of words of some kind, frequent ones for the most part and others that
// are seen once, with a value that may be null. What they come to is added to want. coded
// makes the words a dictionary.
func hotRows(rng *rand.Rand, rows int, kind string, coded bool, want map[string]*hotTally) arrow.Record {
	s, v := make([]any, rows), make([]any, rows)
	for i := range rows {
		word := fmt.Sprint(kind, rng.IntN(40))
		switch rng.IntN(8) {
		case 0:
			word = fmt.Sprint(kind, rng.Uint64()>>rng.IntN(64))
		case 1:
			word = fmt.Sprint("a frequent one that is long, of ", kind, rng.IntN(9))
		}
		s[i], v[i] = word, rng.Int64N(100)-50
		if rng.IntN(30) == 0 {
			s[i], word = nil, "null"
		}
		t := want[word]
		if t == nil {
			t = &hotTally{}
			want[word] = t
		}
		t.n++
		if rng.IntN(10) == 0 {
			v[i] = nil
		} else {
			t.sum += v[i].(int64)
			t.values = append(t.values, v[i].(int64))
		}
	}
	rec := dataflowtest.Batch(dataflowtest.ColOf("s", arrow.BinaryTypes.String, s...), dataflowtest.ColOf("v", arrow.PrimitiveTypes.Int64, v...))
	if !coded {
		return rec
	}
	codes := make([]any, rows)
	for i := range codes {
		codes[i] = int32(rows - 1 - i)
		s[rows-1-i] = rec.Column(0).(*array.String).Value(i)
		if rec.Column(0).IsNull(i) {
			s[rows-1-i] = nil
		}
	}
	values := dataflowtest.Batch(dataflowtest.ColOf("s", arrow.BinaryTypes.String, s...)).Column(0)
	index := dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Int32, codes...)).Column(0)
	t := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: t, Nullable: true}, rec.Schema().Field(1)}, nil)
	return array.NewRecord(schema, []arrow.Array{array.NewDictionaryArray(t, index, values), rec.Column(1)}, int64(rows))
}

// TestFrequentGroups has an accumulator find the frequent groups, lose them when the data
// change, and find the new ones, and holds what owners make of all that it sends against a
// map.
func TestFrequentGroups(t *testing.T) {
	t.Parallel()
	v := Col("v")
	for name, aggs := range map[string][]Agg{
		"count": {Count()},
		"more":  {Count(), Sum(v), Max(v)},
	} {
		for _, coded := range []bool{false, true} {
			if testing.Short() && coded == (name == "count") {
				continue
			}
			t.Run(fmt.Sprint(name, ", coded ", coded), func(t *testing.T) { checkFrequent(t, aggs, coded) })
		}
	}
}

func checkFrequent(t *testing.T, aggs []Agg, coded bool) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	rng, want := rand.New(rand.NewPCG(seed, 0)), map[string]*hotTally{}
	env := dataflowtest.NewEnv(t, alloc)
	env.Partitions = 256
	r := GroupBy("s").Agg(aggs...).(Grouping)
	r.policy = policy{firstBytes: 100 << 10, nextBytes: 50 << 10, fewRows: 2, routeRows: 1000, routeMost: 1000, markRows: 2000, watchRows: 3000, valueBytes: 1 << 40}
	schema := hotRows(rng, 1, "", coded, map[string]*hotTally{}).Schema()
	ownerEnv := dataflowtest.NewEnv(t, alloc)
	acc, err := r.NewAccumulator(schema, ownerEnv, dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	owner := acc.(*groupAccumulator)
	defer owner.Close()
	routed := int64(0)
	acc, err = r.NewAccumulator(schema, env, dataflow.Exchange{
		Partial: func(_ int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			return owner.Merge(t.Context(), c)
		},
		Rows: func(_ int, c dataflow.Chunk) error {
			defer c.Rec.Release()
			routed += c.Rec.NumRows()
			return owner.Add(t.Context(), c)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := acc.(*groupAccumulator)
	defer a.Close()
	most := 30 // rows of a batch: fewer than there are frequent groups
	feed := func(kind string, until func() bool) {
		t.Helper()
		for range 10_000 {
			if until() {
				return
			}
			rows := 1 + rng.IntN(most)
			if err := a.Add(t.Context(), dataflow.Chunk{Rec: hotRows(rng, rows, kind, coded, want)}); err != nil {
				t.Fatal(err)
			}
		}
		t.Fatalf("%s: frequent groups %v, waits for %d tables", kind, a.adapt.hot.on, a.adapt.hot.wait)
	}
	hot := &a.adapt.hot
	chosen := func() bool { return hot.on && hot.met == nil }
	feed("a", chosen)
	if a.groups > 400 || a.groups < 49 {
		t.Errorf("%d groups are frequent", a.groups)
	}
	before, groups := routed, a.groups
	most = 300
	for range 100 {
		feed("a", func() bool { return hot.rows < 100 })
		if err := a.Add(t.Context(), dataflow.Chunk{Rec: hotRows(rng, 100, "a", coded, want)}); err != nil {
			t.Fatal(err)
		}
	}
	if a.groups != groups || !hot.on || routed == before {
		t.Errorf("%d frequent groups became %d, in use: %v", groups, a.groups, hot.on)
	}
	feed("other words, with nothing in common with those before ", func() bool { return hot.wait > 0 || hot.failed > 0 })
	if hot.on {
		t.Error("groups that nothing meets are kept")
	}
	feed("b", chosen)
	if err := a.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if hot.on || a.groups > 0 {
		t.Error("groups are left after Drain")
	}
	feed("c", chosen)
	if err := a.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := 0
	err = owner.Result(t.Context(), func(c dataflow.Chunk) error {
		defer c.Rec.Release()
		s := c.Rec.Column(0).(*array.String)
		for i := range c.Rows() {
			got++
			word := s.Value(i)
			if s.IsNull(i) {
				word = "null"
			}
			w := want[word]
			if w == nil {
				t.Fatalf("%.60q is no group", word)
			}
			if n := c.Rec.Column(1).(*array.Int64).Value(i); n != w.n {
				t.Fatalf("%.60q comes %d times, want %d", word, n, w.n)
			}
			if len(aggs) == 1 {
				continue
			}
			if sum := c.Rec.Column(2).(*array.Int64); sum.IsNull(i) != (len(w.values) == 0) || sum.IsValid(i) && sum.Value(i) != w.sum {
				t.Fatalf("%.60q: sum %s, want %d", word, sum.ValueStr(i), w.sum)
			}
			if most := c.Rec.Column(3).(*array.Int64); most.IsValid(i) && most.Value(i) != slices.Max(w.values) {
				t.Fatalf("%.60q: most %d, want %d", word, most.Value(i), slices.Max(w.values))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got != len(want) {
		t.Errorf("%d groups, want %d", got, len(want))
	}
}

// An accumulator with frequent groups that is to have the whole answer after all takes back
// the rows that it has not sent.
func TestFrequentGroupsAreTakenBack(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	rng, want := rand.New(rand.NewPCG(1, 2)), map[string]*hotTally{}
	env := dataflowtest.NewEnv(t, alloc)
	env.Partitions = 256
	r := GroupBy("s").Agg(Count()).(Grouping)
	r.policy = policy{markRows: 500, watchRows: 1000, valueBytes: 1 << 40}
	none := func(int, dataflow.Chunk) error { t.Error("something was sent"); return nil }
	acc, err := r.NewAccumulator(hotRows(rng, 1, "", false, map[string]*hotTally{}).Schema(), env, dataflow.Exchange{Partial: none, Rows: none})
	if err != nil {
		t.Fatal(err)
	}
	defer acc.Close()
	a := acc.(*groupAccumulator)
	for range 20 {
		if err := a.Add(t.Context(), dataflow.Chunk{Rec: hotRows(rng, 60, strings.Repeat("x", 3), false, want)}); err != nil {
			t.Fatal(err)
		}
	}
	if !a.adapt.hot.on {
		t.Fatal("no groups are frequent")
	}
	got := int64(0)
	err = a.Result(t.Context(), func(c dataflow.Chunk) error {
		defer c.Rec.Release()
		for i := range c.Rows() {
			word := c.Rec.Column(0).(*array.String).Value(i)
			if c.Rec.Column(0).IsNull(i) {
				word = "null"
			}
			if n := c.Rec.Column(1).(*array.Int64).Value(i); n != want[word].n {
				t.Fatalf("%q comes %d times, want %d", word, n, want[word].n)
			}
			got++
		}
		return nil
	})
	if err != nil || got != int64(len(want)) {
		t.Errorf("%d groups, want %d: %v", got, len(want), err)
	}
}

// Where memory ends while rows are folded into frequent groups, or looked up, these are let
// go of, and each row is folded once into each aggregate.
func TestFrequentGroupsWithoutMemory(t *testing.T) {
	t.Parallel()
	v := Col("v")
	t.Run("more", func(t *testing.T) { checkFrequentWithoutMemory(t, Sum(v), Max(v), Count()) })
	t.Run("count", func(t *testing.T) { checkFrequentWithoutMemory(t, Count()) })
}

func checkFrequentWithoutMemory(t *testing.T, aggs ...Agg) {
	rng := rand.New(rand.NewPCG(3, 4))
	ended := 0
	for refused := range 30 {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		want, sums, counts := map[string]*hotTally{}, map[string]int64{}, map[string]int64{}
		env := dataflowtest.NewEnv(t, alloc)
		env.Partitions = 256
		asks, armed := 0, false
		env.Reserve = func(bytes int64) error {
			if armed && bytes > 0 {
				if asks++; asks == refused+1 {
					return fmt.Errorf("told to: %w", dataflow.ErrBudget)
				}
			}
			return nil
		}
		r := GroupBy("s").Agg(aggs...).(Grouping)
		r.policy = policy{firstBytes: 60 << 10, nextBytes: 60 << 10, markRows: 500, watchRows: 1000, valueBytes: 1 << 40}
		schema := hotRows(rng, 1, "", false, map[string]*hotTally{}).Schema()
		ownerEnv := dataflowtest.NewEnv(t, alloc)
		acc, err := r.NewAccumulator(schema, ownerEnv, dataflow.Exchange{})
		if err != nil {
			t.Fatal(err)
		}
		owner := acc.(*groupAccumulator)
		x := dataflow.Exchange{
			Partial: func(_ int, c dataflow.Chunk) error { defer c.Rec.Release(); return owner.Merge(t.Context(), c) },
			Rows:    func(_ int, c dataflow.Chunk) error { defer c.Rec.Release(); return owner.Add(t.Context(), c) },
		}
		acc, err = r.NewAccumulator(schema, env, x)
		if err != nil {
			t.Fatal(err)
		}
		a := acc.(*groupAccumulator)
		for range 150 {
			rows := 60 // and then more than there is scratch for
			if armed = armed || a.adapt.hot.on; armed {
				rows = 400
			}
			was := a.adapt.hot.on
			if err := a.Add(t.Context(), dataflow.Chunk{Rec: hotRows(rng, rows, "a", false, want)}); err != nil {
				t.Fatalf("ask %d: %v", refused, err)
			}
			if was && a.groups == 0 {
				ended++
			}
		}
		if err := a.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Close()
		err = owner.Result(t.Context(), func(c dataflow.Chunk) error {
			defer c.Rec.Release()
			for i := range c.Rows() {
				word := c.Rec.Column(0).(*array.String).Value(i)
				if c.Rec.Column(0).IsNull(i) {
					word = "null"
				}
				counts[word] = c.Rec.Column(len(aggs)).(*array.Int64).Value(i)
				if len(aggs) > 1 {
					sums[word] = c.Rec.Column(1).(*array.Int64).Value(i)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		owner.Close()
		for word, w := range want {
			if counts[word] != w.n || len(aggs) > 1 && len(w.values) > 0 && sums[word] != w.sum {
				t.Fatalf("ask %d: %q comes %d times and sums to %d, want %d and %d", refused, word, counts[word], sums[word], w.n, w.sum)
			}
		}
		alloc.AssertSize(t, 0)
	}
	if ended == 0 && len(aggs) > 1 { // a count alone asks for none
		t.Error("memory was always enough")
	}
}
