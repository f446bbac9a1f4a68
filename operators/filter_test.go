package operators_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

// remainder keeps the rows whose column i leaves want divided by n. i is the
// first column of what it is handed.
func remainder(n, want int64, columns ...string) operators.Predicate {
	return operators.Where(func(in arrow.Record, keep []bool) error {
		i := in.Column(0).(*array.Int64)
		for r := range keep {
			if keep[r] {
				return errors.New("keep is set")
			}
			keep[r] = i.Value(r)%n == want
		}
		return nil
	}, columns...)
}

func TestFilter(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	ids := make([]int64, 100)
	for i := range ids {
		ids[i] = int64(i)
	}
	random := dataflowtest.Random(seed, len(ids), arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	id := dataflowtest.Batch(dataflowtest.Col("i", ids))
	fields := append(id.Schema().Fields(), random.Schema().Fields()...)
	in := array.NewRecord(arrow.NewSchema(fields, nil), append(slices.Clone(id.Columns()), random.Columns()...), int64(len(ids)))
	for _, tt := range []struct{ n, want int64 }{{1, 0}, {2, 1}, {10, 3}, {50, 49}, {100, 7}, {2, 5}} {
		var rows []int32
		for i := range int64(len(ids)) {
			if i%tt.n == tt.want {
				rows = append(rows, int32(i))
			}
		}
		want, err := batch.Take(in, rows, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		dataflowtest.CheckOperator(t, operators.Filter(remainder(tt.n, tt.want)), in, want, dataflowtest.PlainOnly())
		dataflowtest.CheckOperator(t, operators.Filter(remainder(tt.n, tt.want, "i")), in, want, dataflowtest.PlainOnly())
	}
	if t.Failed() {
		t.Log("seed ", seed)
	}
}

// TestFilterNeverShowsDroppedRows: a function sees the selected rows only.
func TestFilterNeverShowsDroppedRows(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("i", []int64{0, 1, 2, 3, 4, 5}), dataflowtest.Col("j", []int64{6, 7, 8, 9, 10, 11}))
	for _, columns := range [][]string{nil, {"i"}, {"j", "i"}} {
		op := operators.Filter(operators.Where(func(in arrow.Record, keep []bool) error {
			if columns != nil && int(in.NumCols()) != len(columns) {
				return fmt.Errorf("%d columns", in.NumCols())
			}
			i := in.Column(len(columns) / 2).(*array.Int64)
			if got := i.Int64Values(); !slices.Equal(got, []int64{1, 2, 4}) || len(keep) != 3 {
				return fmt.Errorf("rows %v are shown, with %d to keep", got, len(keep))
			}
			keep[0], keep[2] = true, true
			return nil
		}, columns...))
		out, sel := processOne(t, op, in, []int32{1, 2, 4})
		if out == nil || !slices.Equal(sel, []int32{1, 4}) {
			t.Errorf("selection %v, want [1 4]", sel)
		}
		out.Release()
	}
}

// bounded is a predicate that tells its bounds.
type bounded struct{ operators.Predicate }

func (bounded) Bounds(*arrow.Schema) []dataflow.Bound {
	return []dataflow.Bound{{Column: "i", Op: dataflow.Greater, Value: int64(3)}}
}

func TestFilterPowers(t *testing.T) {
	op := operators.Filter(bounded{remainder(2, 0, "i")})
	if got := op.(dataflow.Bounder).Bounds(nil); len(got) != 1 || got[0].Column != "i" {
		t.Errorf("Bounds() = %v", got)
	}
	if got, want := op.(dataflow.ColumnUser).InColumns([]string{"s", "i"}), []string{"s", "i"}; !slices.Equal(got, want) {
		t.Errorf("InColumns = %v, want %v", got, want)
	}
	if got, want := op.(dataflow.ColumnUser).InColumns([]string{"s"}), []string{"s", "i"}; !slices.Equal(got, want) {
		t.Errorf("InColumns = %v, want %v", got, want)
	}
	all := operators.Filter(remainder(2, 0))
	if _, ok := all.(dataflow.ColumnUser); ok {
		t.Error("a filter that may read all columns says which it reads")
	}
	for want, op := range map[string]dataflow.Operator{
		"keep rows where function(i)":           op,
		"keep rows where function(all columns)": all,
		"keep rows where function(i, s)":        operators.Filter(remainder(1, 0, "i", "s")),
	} {
		if got := fmt.Sprint(op); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

func TestFilterFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("i", []int64{1}))
	dataflowtest.Fails(t, operators.Filter(nil), in, "no predicate")
	dataflowtest.Fails(t, operators.Filter(operators.Where(nil)), in, "the function is nil")
	dataflowtest.Fails(t, operators.Filter(remainder(2, 1, "j")), in, `no column "j": there are i`)
	broken := func(arrow.Record, []bool) error { return errors.New("no luck") }
	dataflowtest.Fails(t, operators.Filter(operators.Where(broken)), in, "no luck")
	dataflowtest.Fails(t, operators.Filter(operators.Where(broken, "i")), in, "no luck")
}

// BenchmarkFilter is a filter whose rows leave as a selection and, as the naive way, row by
// row to a builder.
func BenchmarkFilter(b *testing.B) {
	const rows = 8192
	n := make([]int64, rows)
	for i := range n {
		n[i] = rand.Int64N(100)
	}
	in := dataflowtest.Batch(dataflowtest.Col("n", n))
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	for _, c := range []struct {
		name string
		p    operators.Predicate
	}{
		{"of a function", operators.Where(func(in arrow.Record, keep []bool) error {
			for i, n := range in.Column(0).(*array.Int64).Int64Values() {
				keep[i] = n < 50
			}
			return nil
		}, "n")},
		{"of an expression", operators.Col("n").Lt(50)},
	} {
		b.Run(c.name, func(b *testing.B) {
			env := dataflow.Env{Alloc: batch.NewPool(memory.NewGoAllocator(), 1<<20), Reserve: func(int64) error { return nil }}
			task, err := operators.Filter(c.p).NewTask(in.Schema(), env)
			if err != nil {
				b.Fatal(err)
			}
			defer task.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := task.Process(b.Context(), dataflow.Chunk{Rec: in}, func(c dataflow.Chunk) error { c.Rec.Release(); return nil }); err != nil {
					b.Fatal(err)
				}
			}
			perRow(b)
		})
	}
	b.Run("naive", func(b *testing.B) {
		to := array.NewRecordBuilder(memory.NewGoAllocator(), in.Schema())
		defer to.Release()
		for b.Loop() {
			n := in.Column(0).(*array.Int64)
			for i := range n.Len() {
				if n.Value(i) < 50 {
					to.Field(0).(*array.Int64Builder).Append(n.Value(i))
				}
			}
			to.NewRecord().Release()
		}
		perRow(b)
	})
}
