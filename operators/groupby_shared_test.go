package operators

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// sharedRows are rows of a text that takes so many values, a number below spread and a
// value.
func sharedRows(rng *rand.Rand, rows, texts, spread int) arrow.Record {
	s, k, v := make([]any, rows), make([]any, rows), make([]int64, rows)
	for i := range rows {
		n := rng.IntN(texts)
		s[i], k[i], v[i] = fmt.Sprintf("%0*d", n%30, n), int64(rng.IntN(spread)-spread/3), rng.Int64N(100)
		if n == 7 {
			s[i], k[i] = nil, nil
		}
	}
	return dataflowtest.Batch(dataflowtest.Col("s", s), dataflowtest.Col("k", k), dataflowtest.Col("v", v))
}

// TestPackedKeys has two accumulators send what they have to the owners of the partitions,
// with keys that outgrow their layouts, and holds the answer against a map. How keys are
// sent depends on whether their texts repeat.
func TestPackedKeys(t *testing.T) {
	t.Parallel()
	const partitions = 5
	for name, c := range map[string]struct {
		policy     policy
		texts      int
		one        bool // a single key column
		rows, part bool // packed ones are sent
	}{
		"rows":             {policy{firstBytes: 0, fewRows: 1 << 30, routeRows: 1 << 30, routeMost: 1 << 30, repeat: 2}, 40, false, true, true},
		"groups":           {policy{repeat: 2}, 40, false, false, true},
		"by turns":         {policy{fewRows: 1 << 30, routeRows: 700, routeMost: 700, repeat: 2}, 40, false, true, true},
		"texts of one row": {policy{fewRows: 1 << 30, routeRows: 700, routeMost: 700, repeat: 2}, 1 << 30, false, false, false},
		"one key":          {policy{fewRows: 1 << 30, routeRows: 700, routeMost: 700, repeat: 2}, 40, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			rng := rand.New(rand.NewPCG(1, 2))
			by := []string{"s", "k"}
			if c.one {
				by = by[1:]
			}
			r := GroupBy(by...).Agg(Count(), Sum(Col("v")), Max(Col("s"))).(Grouping)
			r.policy = c.policy
			ctx, env := t.Context(), dataflowtest.NewEnv(t, alloc)
			shared, err := r.Share(ctx, env)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := shared.Close(); err != nil {
					t.Error(err)
				}
			}()
			env.Shared = shared
			in := sharedRows(rng, 1, 1, 1).Schema()
			open := func(env dataflow.Env, x dataflow.Exchange) *groupAccumulator {
				acc, err := r.NewAccumulator(in, env, x)
				if err != nil {
					t.Fatal(err)
				}
				return acc.(*groupAccumulator)
			}
			var owners []*groupAccumulator
			for range partitions {
				owners = append(owners, open(env, dataflow.Exchange{}))
			}
			type sent struct {
				p    int
				rec  arrow.Record
				rows bool
			}
			var pages []sent
			packedRows, packedGroups, versions := false, false, map[string]bool{}
			take := func(rows bool) func(p int, c dataflow.Chunk) error {
				return func(p int, c dataflow.Chunk) error {
					pages = append(pages, sent{p, c.Rec, rows})
					if meta := c.Rec.Schema().Metadata(); meta.FindKey(packedMark) >= 0 {
						versions[meta.Values()[0]] = true
						packedRows, packedGroups = packedRows || rows, packedGroups || !rows
					}
					return nil
				}
			}
			env.Partitions = partitions
			senders := []*groupAccumulator{}
			for range 2 {
				senders = append(senders, open(env, dataflow.Exchange{Rows: take(true), Partial: take(false)}))
			}
			want := map[string][2]int64{}
			for i, spread := range []int{3, 10, 100, 1_000, 100, 1 << 40} {
				rec := sharedRows(rng, 2_000, c.texts, spread)
				if err := senders[i%2].Add(ctx, dataflow.Chunk{Rec: rec}); err != nil {
					t.Fatal(err)
				}
				for row := range int(rec.NumRows()) {
					key := ""
					for i, col := range rec.Columns()[:2] {
						if i > 0 || !c.one {
							key += col.ValueStr(row) + "|"
						}
					}
					g := want[key]
					want[key] = [2]int64{g[0] + 1, g[1] + rec.Column(2).(*array.Int64).Value(row)}
				}
			}
			for _, s := range senders {
				if err := s.Drain(ctx); err != nil {
					t.Fatal(err)
				}
				s.Close()
			}
			if packedRows != c.rows || packedGroups != c.part {
				t.Errorf("packed rows are sent: %v, packed groups: %v", packedRows, packedGroups)
			}
			if c.rows && len(versions) < 2 {
				t.Errorf("one layout was enough: %v", versions)
			}
			rng.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
			for _, page := range pages {
				fold := owners[page.p].Merge
				if page.rows {
					fold = owners[page.p].Add
				}
				if err := fold(ctx, dataflow.Chunk{Rec: page.rec}); err != nil {
					t.Fatal(err)
				}
				page.rec.Release()
			}
			for _, o := range owners {
				err := o.Result(ctx, func(out dataflow.Chunk) error {
					defer out.Rec.Release()
					n := len(by)
					for row := range int(out.Rec.NumRows()) {
						key := ""
						for _, col := range out.Rec.Columns()[:n] {
							key += col.ValueStr(row) + "|"
						}
						got := [2]int64{out.Rec.Column(n).(*array.Int64).Value(row), out.Rec.Column(n + 1).(*array.Int64).Value(row)}
						if got != want[key] {
							t.Fatalf("%s has %v, want %v", key, got, want[key])
						}
						if most := out.Rec.Column(n + 2); !c.one && !strings.HasPrefix(key, most.ValueStr(row)+"|") {
							t.Fatalf("the greatest text of %s is %s", key, most.ValueStr(row))
						}
						delete(want, key)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				o.Close()
			}
			if len(want) > 0 {
				t.Errorf("%d groups are missing", len(want))
			}
		})
	}
}

// What was packed and not sent is taken back, and what nobody shares is an error.
func TestPackedKeysTakenBack(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	r := GroupBy("s", "k").Agg(Count()).(Grouping)
	r.policy = policy{fewRows: 1 << 30, routeRows: 100, routeMost: 1 << 30, repeat: 1}
	ctx, env := t.Context(), dataflowtest.NewEnv(t, alloc)
	shared, err := r.Share(ctx, env)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	env.Shared = shared
	env.Partitions = 256
	never := func(int, dataflow.Chunk) error { return errors.New("sent") }
	rec := sharedRows(rand.New(rand.NewPCG(1, 2)), 300, 5, 10)
	acc, err := r.NewAccumulator(rec.Schema(), env, dataflow.Exchange{Rows: never, Partial: never})
	if err != nil {
		t.Fatal(err)
	}
	a := acc.(*groupAccumulator)
	n := int64(0)
	for from := int64(0); from < 300; from += 100 {
		if err := a.Add(ctx, dataflow.Chunk{Rec: rec.NewSlice(from, from+100)}); err != nil {
			t.Fatal(err)
		}
	}
	if a.table.Bound() == nil || a.adapt.rows == nil || a.adapt.groups == nil {
		t.Fatal("nothing is on its way")
	}
	groups := map[string]bool{}
	if err := a.Result(ctx, func(c dataflow.Chunk) error {
		defer c.Rec.Release()
		for i := range int(c.Rec.NumRows()) {
			n += c.Rec.Column(2).(*array.Int64).Value(i)
			groups[c.Rec.Column(0).ValueStr(i)+"|"+c.Rec.Column(1).ValueStr(i)] = true
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n != 300 || len(groups) < 10 {
		t.Errorf("%d rows of %d groups come out", n, len(groups))
	}

	page := a.packedPage(t, rec)
	defer page.Release()
	a.Close()
	env.Shared, env.Partitions = nil, 1
	alone, err := r.NewAccumulator(rec.Schema(), env, dataflow.Exchange{})
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	for _, fold := range []func(context.Context, dataflow.Chunk) error{alone.Add, alone.Merge} {
		if err := fold(ctx, dataflow.Chunk{Rec: page}); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Errorf("packed keys that nobody shares: %v", err)
		}
	}
}

// packedPage is a partial of the groups of rec, with packed keys.
func (a *groupAccumulator) packedPage(t *testing.T, rec arrow.Record) arrow.Record {
	t.Helper()
	if err := a.Add(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
		t.Fatal(err)
	}
	schema := a.env.Shared.(*groupShare).schema(a.partial, len(a.keys), a.table.Bound())
	page, err := a.packedPartialOf(schema, 0, a.groups)
	if err != nil {
		t.Fatal(err)
	}
	return page
}
