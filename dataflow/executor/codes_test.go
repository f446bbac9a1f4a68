package executor_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/dataflow/executor"
	"github.com/arrowmill/arrowmill/io/memio"
	"github.com/arrowmill/arrowmill/operators"
)

// codable is a source that gives columns of text as codes: each chunk has a
// dictionary of its own, with a value that no row has.
type codable struct {
	*memio.Source
	can   []string // columns for which it can
	coded []string
}

func (c codable) String() string { return "shops" }

func (c codable) PruneColumns(columns []string) dataflow.Source {
	c.Source = c.Source.PruneColumns(columns).(*memio.Source)
	return c
}

func (c codable) Coded(columns []string) dataflow.Source {
	c.coded = slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return !slices.Contains(c.can, name) })
	return c
}

func (c codable) Schema(ctx context.Context) (*arrow.Schema, error) {
	schema, err := c.Source.Schema(ctx)
	if err != nil {
		return nil, err
	}
	fields := schema.Fields()
	for i, f := range fields {
		if slices.Contains(c.coded, f.Name) {
			fields[i].Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: f.Type}
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

func (c codable) Read(ctx context.Context, s dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		schema, _ := c.Schema(ctx)
		for chunk, err := range c.Source.Read(ctx, s, env) {
			if err == nil {
				plain := chunk.Rec
				chunk.Rec = code(plain, schema)
				plain.Release()
			}
			if !yield(chunk, err) {
				return
			}
		}
	}
}

// code is rec with the dictionaries that schema asks for.
func code(rec arrow.Record, schema *arrow.Schema) arrow.Record {
	cols := slices.Clone(rec.Columns())
	for i, f := range schema.Fields() {
		t, ok := f.Type.(*arrow.DictionaryType)
		if !ok {
			cols[i].Retain()
			continue
		}
		b := array.NewDictionaryBuilder(memory.DefaultAllocator, t).(*array.BinaryDictionaryBuilder)
		b.AppendString("in no row")
		col := cols[i].(*array.String)
		for row := range col.Len() {
			if col.IsNull(row) {
				b.AppendNull()
			} else {
				b.AppendString(col.Value(row))
			}
		}
		whole := b.NewArray()
		b.Release()
		cols[i] = array.NewSlice(whole, 1, int64(whole.Len()))
		whole.Release()
		cols[i].NullN()
	}
	defer func() {
		for _, col := range cols {
			col.Release()
		}
	}()
	return array.NewRecord(schema, cols, rec.NumRows())
}

// shops are 300 sales, of 7 shops in 3 towns, and with no shop.
func shops(can ...string) codable {
	var recs []arrow.Record
	for from := 0; from < 300; from += 50 {
		var shop, town []any
		var sold []int64
		for i := from; i < from+50; i++ {
			shop, town, sold = append(shop, fmt.Sprint("shop ", i%7)), append(town, fmt.Sprint("town ", i%3)), append(sold, int64(i))
			if i%11 == 0 {
				shop[i-from] = nil
			}
		}
		recs = append(recs, dataflowtest.Batch(dataflowtest.Col("shop", shop), dataflowtest.Col("town", town), dataflowtest.Col("sold", sold)))
	}
	return codable{Source: memio.Batches(recs...), can: can}
}

func TestCodesAreAskedForWhereAllTakeThem(t *testing.T) {
	sum := operators.Sum(operators.Col("sold")).As("sold")
	byShop := operators.GroupBy("shop").Agg(sum)
	for _, test := range []struct {
		name  string
		build func(g *dataflow.Graph) *dataflow.Stream
		coded []string // lines of the plan
	}{
		{"keys", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).TreeReduce("r", operators.GroupBy("shop", "town", "sold").Agg())
		}, []string{"shop, town"}},
		{"not what the source cannot code", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("town")).TreeReduce("r", operators.GroupBy("shop", "town").Agg(sum))
		}, []string{"town"}},
		{"not what an aggregate reads", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).TreeReduce("r", operators.GroupBy("shop", "town").Agg(operators.Max(operators.Col("shop")).As("m")))
		}, []string{"town"}},
		{"through operators that pass columns on", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).
				Map("filter", operators.Filter(operators.Col("town").Ne("town 1").And(operators.Col("sold").Gt(20)))).
				Map("rename", operators.Rename("shop", "where")).
				Map("with", operators.With("twice", operators.Col("sold").Mul(2))).
				Map("project", operators.Project("twice", "town", "where")).
				Map("select", operators.Select(operators.Col("where").As("shop"), operators.Col("twice").As("sold"))).
				TreeReduce("r", byShop)
		}, []string{"shop, town"}},
		{"not through what computes with it", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).
				Map("with", operators.With("both", operators.Col("shop").Upper())).
				TreeReduce("r", operators.GroupBy("shop", "both", "town").Agg(sum))
		}, []string{"town"}},
		{"not through a function of the user's", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).Map("f", each{f: pass}).TreeReduce("r", byShop)
		}, nil},
		{"not through a shuffle", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("s", shops("shop", "town")).Shuffle("f", operators.HashBy("town")).TreeReduce("r", byShop)
		}, nil},
		{"not where another reader wants it plain", func(g *dataflow.Graph) *dataflow.Stream {
			s := g.Source("s", shops("shop", "town"))
			s.Map("p", operators.Project("shop")).Sink("out", discard{})
			return s.TreeReduce("r", operators.GroupBy("shop", "town").Agg(sum))
		}, []string{"town"}},
		{"where another reader does not read it", func(g *dataflow.Graph) *dataflow.Stream {
			s := g.Source("s", shops("shop", "town"))
			s.Map("p", operators.Project("town")).Sink("out", discard{})
			return s.TreeReduce("r", operators.GroupBy("shop").Agg(sum))
		}, []string{"shop"}},
		{"through a union", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("a", shops("shop", "town")).Union("u", g.Source("b", shops("shop", "town"))).TreeReduce("r", byShop)
		}, []string{"shop", "shop"}},
		{"not through a union whose other input has no codes for it", func(g *dataflow.Graph) *dataflow.Stream {
			return g.Source("a", shops("shop", "town")).Union("u", g.Source("b", shops("town"))).TreeReduce("r", operators.GroupBy("shop", "town").Agg(sum))
		}, []string{"town", "town"}},
		{"one side of unions of unions", func(g *dataflow.Graph) *dataflow.Stream {
			a := g.Source("a", shops("shop", "town"))
			b := g.Source("b", shops("shop", "town")).Union("u", g.Source("c", shops("shop", "town").Source))
			a.TreeReduce("alone", operators.GroupBy("town").Agg(sum)).Sink("out", discard{})
			return a.Union("v", b).TreeReduce("r", byShop)
		}, []string{"town"}},
		{"not what is yielded", func(g *dataflow.Graph) *dataflow.Stream { return g.Source("s", shops("shop", "town")) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := executor.ExplainStream(t.Context(), test.build(dataflow.New()))
			if err != nil {
				t.Fatal(err)
			}
			var coded []string
			for line := range strings.Lines(text) {
				if list, ok := strings.CutPrefix(strings.TrimSpace(line), "coded: "); ok {
					coded = append(coded, list)
				}
			}
			if !slices.Equal(coded, test.coded) {
				t.Errorf("coded: %q, want %q, in\n%s", coded, test.coded, text)
			}
			if strings.Contains(text, "dictionary<") {
				t.Errorf("the plan shows codes where their reader sees none:\n%s", text)
			}
			uncoded := dataflow.New()
			want, got := batchesOf(t, plainly(test.build(uncoded))), batchesOf(t, test.build(dataflow.New()))
			if d := dataflowtest.Diff(want, got, dataflowtest.Unordered()); d != "" {
				t.Errorf("with codes: %s", d)
			}
		})
	}
}

// plainly makes the sources of s's graph give no codes.
func plainly(s *dataflow.Stream) *dataflow.Stream {
	for _, stage := range s.Graph().Stages() {
		if c, ok := stage.Source.(codable); ok {
			c.can = nil
			stage.Source = c
		}
	}
	return s
}

// batchesOf are the rows of s, whose columns are none of them codes.
func batchesOf(t *testing.T, s *dataflow.Stream) [][]any {
	t.Helper()
	job, err := executor.Start(t.Context(), s, executor.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]any
	for rec, err := range job.Batches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rec.Schema().Fields() {
			if f.Type.ID() == arrow.DICTIONARY {
				t.Errorf("column %s comes as %s", f.Name, f.Type)
			}
		}
		rows = append(rows, dataflowtest.Rows(rec)...)
	}
	return rows
}

// discard is a sink that wants no column as codes.
type discard struct{}

func (discard) Open(_ context.Context, in *arrow.Schema, _ dataflow.Env) (dataflow.Output, error) {
	for _, f := range in.Fields() {
		if f.Type.ID() == arrow.DICTIONARY {
			return nil, fmt.Errorf("column %s comes as %s", f.Name, f.Type)
		}
	}
	return discard{}, nil
}
func (discard) Write(context.Context, dataflow.Chunk) error { return nil }
func (discard) Commit(context.Context) error                { return nil }
func (discard) Abort() error                                { return nil }
