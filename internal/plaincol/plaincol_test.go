package plaincol_test

import (
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/plaincol"
)

func TestHalfFloat(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0x0000: 0, 0x0001: 0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x8001: -0x1p-24, 0x0400: 0x1p-14, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504,
	} {
		if got := plaincol.HalfFloat(float16.FromBits(bits)); got != want {
			t.Errorf("%#x is %v, want %v", bits, got, want)
		}
	}
}

// TestWords reads slices from a row on, and by rows, of every type that has words.
func TestWords(t *testing.T) {
	for typ, want := range map[arrow.DataType]plaincol.Kind{
		arrow.FixedWidthTypes.Boolean: plaincol.Unsigned, arrow.PrimitiveTypes.Uint8: plaincol.Unsigned, arrow.PrimitiveTypes.Uint16: plaincol.Unsigned,
		arrow.PrimitiveTypes.Uint32: plaincol.Unsigned, arrow.PrimitiveTypes.Uint64: plaincol.Unsigned,
		arrow.PrimitiveTypes.Int8: plaincol.Signed, arrow.PrimitiveTypes.Int16: plaincol.Signed, arrow.PrimitiveTypes.Int32: plaincol.Signed, arrow.PrimitiveTypes.Int64: plaincol.Signed,
		arrow.FixedWidthTypes.Date32: plaincol.Signed, arrow.FixedWidthTypes.Time64ns: plaincol.Signed, arrow.FixedWidthTypes.Duration_s: plaincol.Signed,
		arrow.FixedWidthTypes.Float16: plaincol.Float, arrow.PrimitiveTypes.Float32: plaincol.Float, arrow.PrimitiveTypes.Float64: plaincol.Float,
		arrow.BinaryTypes.String: plaincol.Other, arrow.Null: plaincol.Other,
	} {
		rec := dataflowtest.Random(7, 50, arrow.Field{Name: "v", Type: typ, Nullable: true}).NewSlice(3, 50)
		col, whole := rec.Column(0), make([]uint64, 47)
		if got := plaincol.Words(whole, col, 0, nil); got != want || plaincol.KindOf(typ) != want {
			t.Errorf("%s is of kind %d, want %d", typ, got, want)
		}
		part, picked := make([]uint64, 11), make([]uint64, 3)
		plaincol.Words(part, col, 30, nil)
		plaincol.Words(picked, col, 0, []int32{45, 2, 45})
		if !slices.Equal(part, whole[30:41]) || !slices.Equal(picked, []uint64{whole[45], whole[2], whole[45]}) {
			t.Errorf("%s: rows from 30 on are %x, rows 45, 2, 45 are %x, of %x", typ, part, picked, whole)
		}
		for i, row := range dataflowtest.Rows(rec) {
			var word uint64
			switch v := row[0].(type) {
			case int8:
				word = uint64(v)
			case uint16:
				word = uint64(v)
			case int64:
				word = uint64(v)
			case float64:
				word = math.Float64bits(v)
			default:
				continue
			}
			if whole[i] != word {
				t.Errorf("%s: %v is read as %#x", typ, row[0], whole[i])
			}
		}
	}
}

func TestCodes(t *testing.T) {
	for _, index := range []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Uint16,
		arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint64} {
		typ := &arrow.DictionaryType{IndexType: index, ValueType: arrow.BinaryTypes.String}
		rec := dataflowtest.Batch(dataflowtest.ColOf("d", typ, "x", "a", nil, "b", "a")).NewSlice(1, 5)
		col := rec.Column(0).(*array.Dictionary)
		got := make([]int32, 4)
		plaincol.Codes(got, col, 0, nil)
		plaincol.MarkNulls(got, -1, col, 0, nil)
		if got[0] != got[3] || got[0] == got[2] || got[1] != -1 || slices.Min(got) < -1 {
			t.Errorf("%s: codes of a, null, b, a are %v", index, got)
		}
		some := make([]int32, 2)
		plaincol.Codes(some, col, 0, []int32{2, 1})
		plaincol.MarkNulls(some, -1, col, 0, []int32{2, 1})
		if some[0] != got[2] || some[1] != -1 {
			t.Errorf("%s: codes of rows 2, 1 are %v, of %v", index, some, got)
		}
	}
}

func TestWriting(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	check := func(arr arrow.Array, want string) {
		t.Helper()
		defer arr.Release()
		if got := arr.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	c := plaincol.New[int32](alloc, 10)
	for i := range c.Values {
		c.Values[i] = int32(i)
	}
	c.Null(0)
	c.Null(9)
	check(c.Array(arrow.PrimitiveTypes.Int32), "[(null) 1 2 3 4 5 6 7 8 (null)]")
	check(plaincol.Of(alloc, arrow.PrimitiveTypes.Int64, []int64{4, 5}, []bool{true, false}), "[4 (null)]")
	check(plaincol.Of(alloc, arrow.PrimitiveTypes.Float64, []float64{}, nil), "[]")
	offsets, valid := plaincol.New[int32](alloc, 4), plaincol.NewValidity(alloc, 3)
	copy(offsets.Values, []int32{0, 2, 2, 3})
	valid.Null(1)
	values := plaincol.Of(alloc, arrow.PrimitiveTypes.Int8, []int8{1, 2, 3}, nil)
	check(plaincol.List(arrow.ListOf(arrow.PrimitiveTypes.Int8), &valid, offsets, values), "[[1 2] (null) [3]]")
	unused := plaincol.New[int64](alloc, 3)
	unused.Null(1)
	unused.Release()
}
