package operators_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// exploded is what comes of rec by its column of lists, made row by row.
func exploded(rec arrow.Record, column int) arrow.Record {
	var columns []dataflowtest.Column
	rows := dataflowtest.Rows(rec)
	for c, f := range rec.Schema().Fields() {
		values := []any{}
		for _, row := range rows {
			list, _ := row[column].([]any)
			for _, item := range list {
				if c != column {
					item = row[c]
				}
				values = append(values, item)
			}
		}
		if c == column {
			f.Type = f.Type.(arrow.ListLikeType).Elem()
		}
		columns = append(columns, dataflowtest.ColOf(f.Name, f.Type, values...))
	}
	return dataflowtest.Batch(columns...)
}

func TestExplode(t *testing.T) {
	t.Parallel()
	in := dataflowtest.Batch(
		dataflowtest.Col("id", []int64{1, 2, 3, 4, 5}),
		dataflowtest.ColOf("tags", arrow.ListOf(arrow.BinaryTypes.String), []any{"a", "b"}, nil, []any{}, []any{nil, "c", "c"}, []any{""}),
		dataflowtest.Col("s", []any{"x", "y", nil, "z", nil}))
	want := dataflowtest.Batch(
		dataflowtest.Col("id", []int64{1, 1, 4, 4, 4, 5}),
		dataflowtest.Col("tags", []any{"a", "b", nil, "c", "c", ""}),
		dataflowtest.Col("s", []any{"x", "x", "z", "z", "z", nil}))
	dataflowtest.CheckOperator(t, operators.Explode("tags"), in, want, dataflowtest.DictionaryToo("s", "id"))
}

// TestExplodeTypes explodes random lists, of every kind and of many types.
func TestExplodeTypes(t *testing.T) {
	t.Parallel()
	for _, elem := range []arrow.DataType{
		arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean,
		&arrow.Decimal128Type{Precision: 20, Scale: 2}, arrow.FixedWidthTypes.Timestamp_us,
		arrow.ListOf(arrow.PrimitiveTypes.Int16),
		arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float64, Nullable: true}),
	} {
		for _, typ := range []arrow.DataType{arrow.ListOf(elem), arrow.LargeListOf(elem), arrow.FixedSizeListOf(3, elem), arrow.FixedSizeListOf(1, elem)} {
			t.Run(typ.String(), func(t *testing.T) {
				seed := rand.Uint64()
				in := dataflowtest.Random(seed, 25,
					arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true},
					arrow.Field{Name: "l", Type: typ, Nullable: true},
					arrow.Field{Name: "b", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
				dataflowtest.CheckOperator(t, operators.Explode("l"), in, exploded(in, 1), dataflowtest.Seed(seed))
			})
		}
	}
}

// TestExplodeSharesDictionaries explodes lists of coded strings, with gaps between them.
func TestExplodeSharesDictionaries(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	b := array.NewListBuilder(memory.DefaultAllocator, typ)
	for _, list := range [][]string{{"x", "y"}, {"z"}, {"y", "y"}} {
		b.Append(true)
		for _, s := range list {
			if err := b.ValueBuilder().(*array.BinaryDictionaryBuilder).AppendString(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	col := b.NewListArray()
	in := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "l", Type: col.DataType(), Nullable: true}}, nil), []arrow.Array{col}, 3)
	dictionary := col.ListValues().Data().Dictionary()
	for want, sel := range map[string][]int32{"[[x] [y] [z] [y] [y]]": nil, "[[x] [y] [y] [y]]": {0, 2}} {
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		task := must(operators.Explode("l").NewTask(in.Schema(), dataflowtest.NewEnv(t, alloc)))(t)
		err := task.Process(t.Context(), dataflow.Chunk{Rec: in, Sel: sel}, func(c dataflow.Chunk) error {
			defer c.Rec.Release()
			if got := fmt.Sprint(dataflowtest.Rows(c.Rec)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if c.Rec.Column(0).Data().Dictionary() != dictionary {
				t.Error("the dictionary was copied")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		task.Close()
		alloc.AssertSize(t, 0)
	}
}

// TestExplodeInPieces explodes a list that is longer than a batch may be, behind a
// selection and without: what lies in one run is not copied.
func TestExplodeInPieces(t *testing.T) {
	long := make([]any, 1000)
	for i := range long {
		long[i] = int64(i)
	}
	in := dataflowtest.Batch(
		dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), long, long[:10], nil, long[:300]),
		dataflowtest.Col("id", []int64{1, 2, 3, 4}))
	values := in.Column(0).(*array.List).ListValues()
	for _, sel := range [][]int32{nil, {0, 3}, {1}, {2}, {}} {
		rows := sel
		if sel == nil {
			rows = []int32{0, 1, 2, 3}
		}
		want := dataflowtest.Rows(exploded(taken(t, in, rows), 0))
		alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
		env := dataflowtest.NewEnv(t, alloc)
		env.BatchRows = 64
		task := must(operators.Explode("l").NewTask(in.Schema(), env))(t)
		var got [][]any
		var sizes []int
		err := task.Process(t.Context(), dataflow.Chunk{Rec: in, Sel: sel}, func(c dataflow.Chunk) error {
			defer c.Rec.Release()
			got, sizes = append(got, dataflowtest.Rows(c.Rec)...), append(sizes, c.Rows())
			if sel == nil && c.Rec.Column(0).Data().Buffers()[1] != values.Data().Buffers()[1] {
				t.Error("elements in one run were copied")
			}
			return nil
		})
		task.Close()
		if err != nil {
			t.Fatal(err)
		}
		if d := dataflowtest.Diff(want, got); d != "" {
			t.Errorf("selection %v: %s", sel, d)
		}
		for i, n := range sizes {
			if n > 64 || n < 64 && i < len(sizes)-1 {
				t.Errorf("selection %v: pieces of %v rows", sel, sizes)
				break
			}
		}
		alloc.AssertSize(t, 0)
	}
}

// TestExplodeOfLongStrings repeats a string more often than a column of strings can
// hold.
func TestExplodeOfLongStrings(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes two gigabytes of text, and the race detector keeps an account of each byte")
	}
	const text, times = 1 << 20, 2100
	in := dataflowtest.Batch(
		dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), slices.Repeat([]any{1}, times)),
		dataflowtest.Col("s", []string{strings.Repeat("x", text)}))
	env := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	task := must(operators.Explode("l").NewTask(in.Schema(), env))(t)
	rows := 0
	err := task.Process(t.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error {
		rows += c.Rows()
		if s := c.Rec.Column(1).(*array.String); s.IsNull(c.Rows()-1) || len(s.Value(c.Rows()-1)) != text {
			t.Error("a string is cut")
		}
		c.Rec.Release()
		return nil
	})
	if err != nil || rows != times {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestExplodeEndsWithEmit(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), slices.Repeat([]any{1}, 100)))
	env := dataflowtest.NewEnv(t, memory.NewGoAllocator())
	env.BatchRows = 10
	task := must(operators.Explode("l").NewTask(in.Schema(), env))(t)
	calls := 0
	err := task.Process(t.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error {
		c.Rec.Release()
		calls++
		return dataflow.ErrStop
	})
	if !errors.Is(err, dataflow.ErrStop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestExplodeFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{1}))
	dataflowtest.Fails(t, operators.Explode("n"), in, `column "n" of type int64 holds no lists`)
	dataflowtest.Fails(t, operators.Explode("m"), in, `no column "m": there are n`)
	if got, want := fmt.Sprint(operators.Explode("tags")), "a row for each element of tags"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func taken(t *testing.T, rec arrow.Record, rows []int32) arrow.Record {
	t.Helper()
	return must(batch.Take(rec, rows, memory.DefaultAllocator))(t)
}

func ExampleExplode() {
	show(orders().
		TreeReduce("largest", operators.GroupBy("shop").Agg(operators.Largest(operators.Col("qty"), 2).As("qty"))).
		Map("rows", operators.Explode("qty")).
		TreeReduce("sorted", operators.Sort(operators.Asc("shop"), operators.Desc("qty"))))
	// Output:
	// east 7
	// north 3
	// north 0
	// south 4
	// south 1
}
