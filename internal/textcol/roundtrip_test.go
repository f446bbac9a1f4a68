package textcol_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow/batch"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

// csvFields writes arr as CSV and finds the fields again, with a naive reader of
// quotes.
func csvFields(t testing.TB, arr arrow.Array) (data []byte, fields []textcol.Field) {
	t.Helper()
	w, err := rowtext.NewColumn(arr.DataType(), rowtext.CSV, "")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var cells rowtext.Cells
	w.Append(&cells, arr, 0, arr.Len())
	for i := range arr.Len() {
		cell := cells.Cell(i)
		f := textcol.Field{From: uint32(len(data)), To: uint32(len(data) + len(cell))}
		if len(cell) > 0 && cell[0] == '"' {
			f.From, f.To = (f.From+1)|textcol.Quoted|textcol.Escaped, f.To-1
		}
		fields = append(fields, f)
		data = append(append(data, cell...), '\n')
	}
	return data, fields
}

var allTypes = append([]arrow.DataType{
	arrow.Null, arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	&arrow.Decimal128Type{Precision: 38, Scale: 2}, &arrow.Decimal128Type{Precision: 10}, &arrow.Decimal128Type{Precision: 10, Scale: -3}, &arrow.Decimal128Type{Precision: 38, Scale: 38},
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
	arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
	arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_ms, arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.Duration_ns,
	&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond},
	&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Madrid"}, &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "-03:30"},
	&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Asia/Kolkata"},
}, intTypes...)

// TestRoundTrip reads back what rowtext writes, of every type.
func TestRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, of := range allTypes {
		for _, rows := range []int{0, 1, 7, 300} {
			rec := df.Random(rng.Uint64(), rows, arrow.Field{Name: "a", Type: of, Nullable: true})
			sliced := rec.NewSlice(int64(rows/3), int64(rows))
			roundTrip(t, fmt.Sprint("seed ", seed), sliced.Column(0), 1+rng.IntN(rows+1))
		}
	}
}

// TestRoundTripExtremes does so for values that are hard to write and to read.
func TestRoundTripExtremes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, of := range allTypes {
		var values []any
		for range 500 {
			bits := rng.Uint64() >> rng.IntN(64)
			switch of := of.(type) {
			case *arrow.Float64Type:
				values = append(values, math.Float64frombits(rng.Uint64()))
			case *arrow.Float32Type:
				values = append(values, math.Float32frombits(rng.Uint32()))
			case *arrow.Date32Type:
				values = append(values, int32(bits), int64(math.MinInt32), int64(math.MaxInt32))
			case *arrow.Date64Type:
				const day = 86400000
				values = append(values, int64(bits)/day*day, int64(math.MinInt64)/day*day, int64(math.MaxInt64)/day*day)
			case *arrow.TimestampType, *arrow.DurationType, *arrow.Int64Type:
				values = append(values, int64(bits), -int64(bits), int64(math.MinInt64), int64(math.MaxInt64))
			case *arrow.Uint64Type:
				values = append(values, bits, uint64(math.MaxUint64))
			case *arrow.Time32Type, *arrow.Time64Type:
				per := of.(arrow.TemporalWithUnit).TimeUnit().Multiplier()
				values = append(values, rng.Int64N(int64(24*time.Hour/per)), int64(24*time.Hour/per)-1, int64(0))
			}
		}
		if values != nil {
			roundTrip(t, fmt.Sprint("seed ", seed), df.Batch(df.ColOf("a", of, values...)).Column(0), 100)
		}
	}
}

func roundTrip(t *testing.T, what string, arr arrow.Array, step int) {
	t.Helper()
	checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer checked.AssertSize(t, 0)
	alloc := batch.NewPool(checked, 1<<20) // whose buffers have more room than they say
	defer alloc.End()
	data, fields := csvFields(t, arr)
	c, err := textcol.New(arr.DataType(), textcol.Options{}, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for from := 0; from < len(fields); from += step {
		to := min(from+step, len(fields))
		if bad := c.Append(data, fields[from:to], nil); len(bad) > 0 {
			i := from + int(bad[0])
			t.Fatalf("%s: %v: row %d, %q, is bad", what, arr.DataType(), i, data[fields[i].From&textcol.Mask:fields[i].To])
		}
	}
	got := c.Array()
	defer got.Release()
	if got.NullN() != arr.NullN() && arr.DataType().ID() != arrow.NULL {
		t.Errorf("%s: %v: %d nulls, want %d", what, arr.DataType(), got.NullN(), arr.NullN())
	}
	if !same(got, arr) {
		for i := range arr.Len() {
			if got.ValueStr(i) != arr.ValueStr(i) {
				t.Fatalf("%s: %v: row %d, %q, is %s, want %s", what, arr.DataType(), i, data[fields[i].From&textcol.Mask:fields[i].To], got.ValueStr(i), arr.ValueStr(i))
			}
		}
		t.Fatalf("%s: %v: got %v, want %v", what, arr.DataType(), got, arr)
	}
}

// same compares arrays; floats by their bits, but for NaN.
func same(a, b arrow.Array) bool {
	switch a := a.(type) {
	case *array.Float64:
		return sameFloats(a, a.Float64Values(), b.(*array.Float64).Float64Values(), b)
	case *array.Float32:
		return sameFloats(a, a.Float32Values(), b.(*array.Float32).Float32Values(), b)
	case *array.Dictionary:
		d := b.(*array.Dictionary)
		for i := range a.Len() {
			if a.IsNull(i) != d.IsNull(i) || !a.IsNull(i) && a.Dictionary().ValueStr(a.GetValueIndex(i)) != d.Dictionary().ValueStr(d.GetValueIndex(i)) {
				return false
			}
		}
		return a.Len() == d.Len()
	}
	return array.Equal(a, b)
}

func sameFloats[T float32 | float64](a arrow.Array, x, y []T, b arrow.Array) bool {
	for i := range x {
		if a.IsNull(i) != b.IsNull(i) {
			return false
		}
		if !a.IsNull(i) && (x[i] != y[i] || math.Signbit(float64(x[i])) != math.Signbit(float64(y[i]))) && (x[i] == x[i] || y[i] == y[i]) {
			return false
		}
	}
	return len(x) == len(y)
}
