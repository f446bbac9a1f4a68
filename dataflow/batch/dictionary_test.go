package batch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// coded is a batch of one dictionary column d: rows of values, at random, with
// nulls among them.
func coded(rng *rand.Rand, alloc memory.Allocator, index arrow.DataType, values arrow.Array, rows int) arrow.Record {
	t := &arrow.DictionaryType{IndexType: index, ValueType: values.DataType()}
	b := array.NewBuilder(alloc, index)
	defer b.Release()
	for range rows {
		if values.Len() == 0 || rng.IntN(4) == 0 {
			b.AppendNull()
		} else if err := b.AppendValueFromString(fmt.Sprint(rng.IntN(values.Len()))); err != nil {
			panic(err)
		}
	}
	codes := b.NewArray()
	defer codes.Release()
	d := array.NewDictionaryArray(t, codes, values)
	defer d.Release()
	return array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "d", Type: t, Nullable: true}}, nil), []arrow.Array{d}, int64(rows))
}

// TestConcatDictionaries has a dictionary a batch, with values of their own and
// shared ones, repeated and null ones, and nulls among the rows.
func TestConcatDictionaries(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, index := range []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint64} {
		for _, typ := range []arrow.DataType{
			arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean,
			arrow.BinaryTypes.String, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 3}, &arrow.Decimal128Type{Precision: 20},
			arrow.ListOf(arrow.PrimitiveTypes.Int64),
		} {
			for range 20 {
				alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
				var recs []arrow.Record
				for range 2 + rng.IntN(4) {
					values := dataflowtest.Random(rng.Uint64(), rng.IntN(5), arrow.Field{Name: "v", Type: typ, Nullable: rng.IntN(2) == 0})
					whole := coded(rng, alloc, index, values.Column(0), 1+rng.IntN(6))
					recs = append(recs, whole.NewSlice(1, whole.NumRows()))
					whole.Release()
				}
				got, err := batch.Concat(recs, alloc)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if d := dataflowtest.Diff(dataflowtest.Rows(recs...), dataflowtest.Rows(got)); d != "" {
					t.Fatalf("%s by %s, seed %d: %s", typ, index, seed, d)
				}
				got.Release()
				for _, r := range recs {
					r.Release()
				}
				alloc.AssertSize(t, 0)
			}
		}
	}
}

func TestConcatDictionariesKeepsZeros(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Float64}
	a := dataflowtest.Batch(dataflowtest.ColOf("d", typ, 0.0))
	b := dataflowtest.Batch(dataflowtest.ColOf("d", typ, math.Copysign(0, -1), 0.0))
	got, err := batch.Concat([]arrow.Record{a, b}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	for i, negative := range []bool{false, true, false} {
		if v := dataflowtest.Rows(got)[i][0].(float64); math.Signbit(v) != negative {
			t.Errorf("row %d is %v", i, v)
		}
	}
	if n := got.Column(0).(*array.Dictionary).Dictionary().Len(); n != 2 {
		t.Errorf("the dictionary has %d values, want 2", n)
	}
}

func TestConcatDictionariesOverflow(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64}
	part := func(from, n int) arrow.Record {
		values := make([]any, n)
		for i := range values {
			values[i] = from + i
		}
		return dataflowtest.Batch(dataflowtest.ColOf("d", typ, values...))
	}
	if _, err := batch.Concat([]arrow.Record{part(0, 100), part(100, 28)}, memory.DefaultAllocator); err != nil {
		t.Errorf("128 values: %v", err)
	}
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	_, err := batch.Concat([]arrow.Record{part(0, 100), part(100, 29)}, alloc)
	if err == nil || !strings.Contains(err.Error(), "129 values does not fit codes of type int8") {
		t.Errorf("129 values: %v", err)
	}
}
