package operators_test

import (
	"fmt"
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

// buffers are the addresses of the value buffers of a column: for a dictionary
// column those of its dictionary.
func buffers(col arrow.Array) map[*byte]bool {
	data := col.Data()
	if data.DataType().ID() == arrow.DICTIONARY {
		data = data.Dictionary()
	}
	at := map[*byte]bool{}
	for _, b := range data.Buffers()[1:] {
		if b != nil && b.Len() > 0 {
			at[&b.Bytes()[0]] = true
		}
	}
	return at
}

// What moves columns about copies none of their values: the buffers that come
// out of a whole graph are those that went in.
func TestNothingIsCopied(t *testing.T) {
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	var codes []any
	for i := range 3000 {
		codes = append(codes, fmt.Sprint("value ", i%17))
	}
	ints, words := make([]int64, 3000), make([]string, 3000)
	for i := range ints {
		ints[i], words[i] = int64(i), fmt.Sprint("word ", i)
	}
	in := dataflowtest.Batch(
		dataflowtest.Col("n", ints), dataflowtest.Col("s", words), dataflowtest.ColOf("d", dictionary, codes...))
	defer in.Release()

	all := func(s *dataflow.Stream) *dataflow.Stream { return s }
	for _, test := range []struct {
		name  string
		build func(s *dataflow.Stream) *dataflow.Stream
		names map[string]string // column out: column in
		rows  int64
	}{
		{"source", all, map[string]string{"n": "n", "s": "s", "d": "d"}, 3000},
		{"project", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("m", operators.Project("s", "n")) },
			map[string]string{"s": "s", "n": "n"}, 3000},
		{"drop", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("m", operators.Drop("d")) },
			map[string]string{"s": "s", "n": "n"}, 3000},
		{"rename", func(s *dataflow.Stream) *dataflow.Stream { return s.Map("m", operators.Rename("n", "number")) },
			map[string]string{"number": "n", "s": "s", "d": "d"}, 3000},
		{"limit", func(s *dataflow.Stream) *dataflow.Stream { return s.TreeReduce("r", operators.Limit(1234)) },
			map[string]string{"n": "n", "s": "s", "d": "d"}, 1234},
		{"union", func(s *dataflow.Stream) *dataflow.Stream {
			return s.Union("u", s.Map("m", operators.Project("n", "s", "d")))
		},
			map[string]string{"n": "n", "s": "s", "d": "d"}, 6000},
		{"pieces of a batch", func(s *dataflow.Stream) *dataflow.Stream {
			return s.Map("m", operators.Project("n", "s", "d"), dataflow.BatchRows(10))
		}, map[string]string{"n": "n", "s": "s", "d": "d"}, 3000},
		{"a run of rows through a filter", func(s *dataflow.Stream) *dataflow.Stream {
			return s.Map("m", operators.Filter(operators.Where(func(in arrow.Record, keep []bool) error {
				for i, n := range in.Column(0).(*array.Int64).Int64Values() {
					keep[i] = n >= 100 && n < 200
				}
				return nil
			}, "n")))
		}, map[string]string{"n": "n", "s": "s", "d": "d"}, 100},
		{"a dictionary through a shuffle", func(s *dataflow.Stream) *dataflow.Stream {
			return s.Shuffle("sh", operators.HashBy("n"), dataflow.Partitions(7))
		}, map[string]string{"d": "d"}, 3000},
		{"a shuffle to one partition", func(s *dataflow.Stream) *dataflow.Stream {
			return s.Shuffle("sh", operators.HashBy("n"), dataflow.Partitions(1))
		}, map[string]string{"n": "n", "s": "s", "d": "d"}, 3000},
	} {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d workers", test.name, workers), func(t *testing.T) {
				alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
				defer alloc.AssertSize(t, 0)
				job, err := executor.Start(t.Context(), test.build(dataflow.New().Source("in", memio.Batches(in))), executor.Options{Workers: workers, Alloc: alloc})
				if err != nil {
					t.Fatal(err)
				}
				var rows int64
				for rec, err := range job.Batches() {
					if err != nil {
						t.Fatal(err)
					}
					rows += rec.NumRows()
					for out, from := range test.names {
						given := buffers(in.Column(in.Schema().FieldIndices(from)[0]))
						for at := range buffers(rec.Column(rec.Schema().FieldIndices(out)[0])) {
							if !given[at] {
								t.Fatalf("column %q was copied", out)
							}
						}
					}
				}
				if rows != test.rows {
					t.Errorf("%d rows, want %d", rows, test.rows)
				}
			})
		}
	}
}
