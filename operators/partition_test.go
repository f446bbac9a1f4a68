package operators_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/operators"
)

func TestHashBy(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	for _, typ := range []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.BinaryTypes.LargeBinary,
		&arrow.FixedSizeBinaryType{ByteWidth: 5}, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Timestamp_us, &arrow.Decimal128Type{Precision: 20},
	} {
		in := dataflowtest.Random(seed, 30,
			arrow.Field{Name: "a", Type: typ, Nullable: true},
			arrow.Field{Name: "b", Type: arrow.PrimitiveTypes.Int16, Nullable: true})
		dataflowtest.CheckPartitioner(t, operators.HashBy("a"), in)
		dataflowtest.CheckPartitioner(t, operators.HashBy("b", "a"), in)
	}
	if t.Failed() {
		t.Log("seed ", seed)
	}
}

// TestHashByKeysMeet: rows go together if and, with partitions enough, only if
// their keys are equal.
func TestHashByKeysMeet(t *testing.T) {
	nan, zero := math.NaN(), math.Copysign(0, -1)
	in := dataflowtest.Batch(
		dataflowtest.Col("f", []any{nan, math.Float64frombits(math.Float64bits(nan) ^ 1<<63), 0.0, zero, nil, nil, 1.0}),
		dataflowtest.Col("s", []string{"x", "x", "y", "y", "z", "z", "x"}))
	for _, op := range []dataflow.Partitioner{operators.HashBy("f"), operators.HashBy("s", "f")} {
		got := route(t, op, dataflow.Chunk{Rec: in}, math.MaxInt32, 0)
		if got[0] != got[1] || got[2] != got[3] || got[4] != got[5] {
			t.Errorf("%v: equal keys are in partitions %v", op, got)
		}
		if all := slices.Compact(slices.Sorted(slices.Values(got))); len(all) != 4 {
			t.Errorf("%v: four keys are in partitions %v", op, all)
		}
		if deeper := route(t, op, dataflow.Chunk{Rec: in}, math.MaxInt32, 1); deeper[0] == got[0] {
			t.Errorf("%v: level 1 has the partitions of level 0", op)
		}
	}
}

func route(t testing.TB, p dataflow.Partitioner, in dataflow.Chunk, partitions, level int) []int32 {
	t.Helper()
	env := dataflow.Env{Alloc: memory.DefaultAllocator, Partitions: partitions, Level: level}
	router, err := p.NewRouter(in.Rec.Schema(), env)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int32, in.Rows())
	if err := router(in, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHashByFails(t *testing.T) {
	in := dataflowtest.Batch(dataflowtest.Col("n", []int64{1}), dataflowtest.ColOf("l", arrow.ListOf(arrow.PrimitiveTypes.Int64), []any{1}))
	dataflowtest.Fails(t, operators.HashBy(), in, "no column to hash")
	dataflowtest.Fails(t, operators.HashBy("m"), in, `no column "m": there are n, l`)
	dataflowtest.Fails(t, operators.HashBy("n", "n"), in, `column "n" is named twice`)
	dataflowtest.Fails(t, operators.HashBy("n", "l"), in, `column "l" of type list<item: int64, nullable> cannot be hashed`)
}

func TestRoundRobin(t *testing.T) {
	dataflowtest.CheckPartitioner(t, operators.RoundRobin(), dataflowtest.Random(3, 50, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64}))
	rec := numbers(make([]int64, 10)...)
	whole := route(t, operators.RoundRobin(), dataflow.Chunk{Rec: rec, At: dataflow.Place{Split: 5}}, 7, 0)
	for i, p := range whole {
		if want := (whole[0] + int32(i)) % 7; p != want {
			t.Errorf("row %d is in partition %d, want %d", i, p, want)
		}
	}
	later := route(t, operators.RoundRobin(), dataflow.Chunk{Rec: rec, Sel: []int32{1, 2, 9}, At: dataflow.Place{Split: 5, Row: 4}}, 7, 0)
	if !slices.Equal(later, whole[4:7]) {
		t.Errorf("rows 4 to 6 in partitions %v, want %v", later, whole[4:7])
	}
	counts := make([]int, 4)
	for split := range int64(4000) {
		counts[route(t, operators.RoundRobin(), dataflow.Chunk{Rec: numbers(1), At: dataflow.Place{Split: split}}, 4, 0)[0]]++
	}
	if slices.Min(counts) < 900 {
		t.Errorf("the first rows of 4000 splits spread as %v over 4 partitions", counts)
	}
}

func TestPartitionersDescribeThemselves(t *testing.T) {
	for want, p := range map[string]dataflow.Partitioner{"hash of region, shop": operators.HashBy("region", "shop"), "round robin": operators.RoundRobin()} {
		if got := fmt.Sprint(p); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
	if got := operators.HashBy("a", "b").(dataflow.ColumnUser).InColumns([]string{"c"}); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("HashBy reads %v", got)
	}
	if got := operators.RoundRobin().(dataflow.ColumnUser).InColumns([]string{"c"}); len(got) != 0 {
		t.Errorf("RoundRobin reads %v", got)
	}
}
