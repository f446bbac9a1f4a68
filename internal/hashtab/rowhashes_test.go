package hashtab

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// keyTypes are all types that a key can have.
var keyTypes = []arrow.DataType{
	arrow.Null, arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns,
	arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Duration_ms,
	&arrow.Decimal128Type{Precision: 30}, &arrow.Decimal256Type{Precision: 60},
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
	&arrow.FixedSizeBinaryType{ByteWidth: 5}, &arrow.FixedSizeBinaryType{ByteWidth: 20},
}

// coded is a column as a dictionary of its values: short, or, where it is not, as
// long as the column.
func coded(t *testing.T, col arrow.Array, short bool, rng *rand.Rand) arrow.Array {
	t.Helper()
	rows := make([]any, col.Len())
	at := map[string]int32{}
	for i := range rows {
		rows[i] = int32(i)
		if short {
			text := col.ValueStr(i)
			if _, ok := at[text]; !ok {
				at[text] = int32(i)
			}
			rows[i] = at[text]
		}
		if col.IsNull(i) && rng.IntN(2) == 0 {
			rows[i] = nil // null by its code, others by their value
		}
	}
	values := col
	if short { // the same values at other places
		order := []int32{}
		place := map[int32]int32{}
		for _, r := range rows {
			if r, ok := r.(int32); ok {
				if _, ok := place[r]; !ok {
					place[r] = int32(len(order))
					order = append(order, r)
				}
			}
		}
		for i, r := range rows {
			if r != nil {
				rows[i] = place[r.(int32)]
			}
		}
		values = take(t, col, order)
	}
	codes := dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Int32, rows...)).Column(0)
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: col.DataType()}, codes, values)
}

// take is rows of a column, one by one.
func take(t *testing.T, col arrow.Array, rows []int32) arrow.Array {
	t.Helper()
	parts := []arrow.Array{array.NewSlice(col, 0, 0)}
	for _, r := range rows {
		parts = append(parts, array.NewSlice(col, int64(r), int64(r)+1))
	}
	out, err := array.Concatenate(parts, allocator)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A row's hash is that of its group, for every type, plain or coded, sliced or whole,
// in a table that has its key and in one that has not.
func TestRowHashes(t *testing.T) {
	check := func(t *testing.T, cols []arrow.Array) {
		t.Helper()
		var types []arrow.DataType
		for _, col := range cols {
			types = append(types, col.DataType())
		}
		n := cols[0].Len()
		table, b := newTable(t, 1<<40, types...)
		other, _ := newTable(t, 1<<40, types...)
		group, hashes := make([]int32, n), make([]uint64, n)
		if _, err := table.Find(cols, 0, n, group); err != nil {
			t.Fatal(err)
		}
		for _, tab := range []*Table{table, other} {
			clear(hashes)
			if err := tab.RowHashes(cols, 0, 5, hashes); err != nil {
				t.Fatal(err)
			}
			if err := tab.RowHashes(cols, 5, n, hashes[5:]); err != nil {
				t.Fatal(err)
			}
			for i, g := range group {
				if want := table.Hashes()[g]; hashes[i] != want {
					t.Fatalf("row %d, %s: %#x, its group %#x", i, cols[0].ValueStr(i), hashes[i], want)
				}
			}
		}
		if other.Len() != 0 || b.held != table.HeldBytes() {
			t.Errorf("%d groups of hashes alone; %d bytes held, %d said", other.Len(), b.held, table.HeldBytes())
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range keyTypes {
		field := arrow.Field{Name: "k", Type: typ, Nullable: true}
		rec := dataflowtest.Random(3, 1500, field).NewSlice(7, 1500)
		second := dataflowtest.Random(4, 1500, arrow.Field{Name: "l", Type: arrow.BinaryTypes.String, Nullable: true}).NewSlice(7, 1500).Column(0)
		col := rec.Column(0)
		variants := map[string]arrow.Array{"plain": col}
		if typ.ID() != arrow.NULL {
			variants["short dictionary"], variants["long dictionary"] = coded(t, col, true, rng), coded(t, col, false, rng)
		}
		for name, v := range variants {
			t.Run(fmt.Sprint(typ, ", ", name), func(t *testing.T) {
				check(t, []arrow.Array{v})
				check(t, []arrow.Array{v, second})
				check(t, []arrow.Array{second, v})
				hashes := make([][]uint64, 2)
				for i, c := range []arrow.Array{col, v} {
					table, _ := newTable(t, 1<<40, typ)
					hashes[i] = make([]uint64, c.Len())
					if err := table.RowHashes([]arrow.Array{c}, 0, c.Len(), hashes[i]); err != nil {
						t.Fatal(err)
					}
				}
				for i := range hashes[0] {
					if hashes[0][i] != hashes[1][i] {
						t.Fatalf("row %d, %s: %#x, plain %#x", i, v.ValueStr(i), hashes[1][i], hashes[0][i])
					}
				}
			})
		}
	}
}

// Rows of a dictionary without values are null, and so are rows without columns alike.
func TestRowHashesOfNothing(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	empty := array.MakeArrayOfNull(allocator, typ, 3)
	if n := empty.(*array.Dictionary).Dictionary().Len(); n > 0 {
		none := array.NewSlice(empty.(*array.Dictionary).Dictionary(), 0, 0)
		empty = array.NewDictionaryArray(typ, empty.(*array.Dictionary).Indices(), none)
	}
	table, _ := newTable(t, 1<<40, typ)
	group, hashes := make([]int32, 3), make([]uint64, 3)
	if err := table.RowHashes([]arrow.Array{empty}, 0, 3, hashes); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Find([]arrow.Array{empty}, 0, 3, group); err != nil || table.Len() != 1 || table.Hashes()[0] != hashes[2] {
		t.Errorf("%d groups, hashes %x, rows' %x, %v", table.Len(), table.Hashes(), hashes, err)
	}
	none, _ := newTable(t, 1<<40)
	if err := none.RowHashes(nil, 0, 3, hashes); err != nil {
		t.Fatal(err)
	}
	if _, err := none.Find(nil, 0, 3, group); err != nil || none.Len() != 1 || none.Hashes()[0] != hashes[2] {
		t.Errorf("no columns: %d groups, hashes %x, rows' %x, %v", none.Len(), none.Hashes(), hashes, err)
	}
}

func TestRowHashesOfOneKey(t *testing.T) {
	rec := dataflowtest.Batch(dataflowtest.Col("f", []any{math.NaN(), math.Float64frombits(0xfff8000000000001), 0.0, math.Copysign(0, -1)}))
	table, _ := newTable(t, 1<<40, arrow.PrimitiveTypes.Float64)
	var h [4]uint64
	if err := table.RowHashes(rec.Columns(), 0, 4, h[:]); err != nil || h[0] != h[1] || h[2] != h[3] || h[0] == h[2] {
		t.Errorf("NaN, NaN, 0, -0: %x, %v", h, err)
	}
}

// The validity of 64 rows at a time is that of each row.
func TestNullsOfABitmap(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	raw := make([]byte, 40)
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	for from := range 130 {
		for n := 1; from+n <= 8*len(raw); n += 1 + rng.IntN(7) {
			b := &bitmap{raw[:(from+n+7)/8], from}
			for i := 0; i < n; i += 64 {
				w := b.nulls(i, n-i)
				for j := range 64 {
					if got, want := w>>j&1 == 1, i+j < n && !b.at(i+j); got != want {
						t.Fatalf("from %d, %d rows: row %d is null: %v, want %v", from, n, i+j, got, want)
					}
				}
			}
		}
	}
}
