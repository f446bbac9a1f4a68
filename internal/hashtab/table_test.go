package hashtab

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
	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// budget refuses what passes its limit.
type budget struct{ held, limit int64 }

func (b *budget) reserve(bytes int64) error {
	if b.held+bytes > b.limit && bytes > 0 {
		return fmt.Errorf("%d bytes: %w", bytes, dataflow.ErrBudget)
	}
	b.held += bytes
	return nil
}

var allocator = memory.NewGoAllocator()

func newTable(t *testing.T, limit int64, types ...arrow.DataType) (*Table, *budget) {
	t.Helper()
	alloc, b := memory.NewCheckedAllocator(memory.NewGoAllocator()), &budget{limit: limit}
	table, err := New(types, alloc, b.reserve)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		table.Close()
		if b.held != 0 {
			t.Errorf("%d bytes are not given back", b.held)
		}
		alloc.AssertSize(t, 0)
	})
	return table, b
}

func columns(rec arrow.Record) (types []arrow.DataType) {
	for _, f := range rec.Schema().Fields() {
		types = append(types, f.Type)
	}
	return types
}

// keysOf is the key columns of all groups as text, group by group.
func keysOf(t *testing.T, table *Table) []string {
	t.Helper()
	all := make([]int32, table.Len())
	for i := range all {
		all[i] = int32(i)
	}
	cols, err := table.Keys(all)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(all))
	for _, col := range cols {
		for i := range out {
			out[i] += col.ValueStr(i) + "|"
		}
		col.Release()
	}
	return out
}

func rowText(rec arrow.Record, row int) string {
	var b strings.Builder
	for _, col := range rec.Columns() {
		b.WriteString(col.ValueStr(row) + "|")
	}
	return b.String()
}

// layouts is a set of key columns for every way of holding keys.
func layouts() map[string][]arrow.Field {
	str, i64, i32 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32
	dict := func(t arrow.DataType) arrow.DataType {
		return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: t}
	}
	out := map[string][]arrow.DataType{
		"one word": {i64}, "narrow": {arrow.PrimitiveTypes.Int8}, "bool": {arrow.FixedWidthTypes.Boolean}, "string": {str}, "dictionary": {dict(str)},
		"dictionary of ints": {dict(i32)}, "two words": {i64, i32}, "three words": {i64, i64}, "decimals": {&arrow.Decimal256Type{Precision: 40}},
		"strings": {str, arrow.BinaryTypes.LargeBinary}, "dictionaries": {dict(str), dict(i64), str}, "fixed size": {&arrow.FixedSizeBinaryType{ByteWidth: 20}},
		"seven words": {i64, i64, i64, i64, i64, i64, str}, "as bytes": {i64, i64, i64, i64, i64, i64, i64, i64, str, dict(str), dict(i64)},
	}
	fields := map[string][]arrow.Field{}
	for name, types := range out {
		for i, t := range types {
			fields[name] = append(fields[name], arrow.Field{Name: fmt.Sprint("k", i), Type: t, Nullable: true})
		}
	}
	return fields
}

func TestFind(t *testing.T) {
	for _, constant := range []bool{false, true} {
		for name, fields := range layouts() {
			t.Run(fmt.Sprint(name, ", constant hash ", constant), func(t *testing.T) {
				if constant {
					defer ConstantHash()()
				}
				seed := rand.Uint64()
				rng := rand.New(rand.NewPCG(seed, 0))
				table, _ := newTable(t, 1<<40, columns(dataflowtest.Random(0, 0, fields...))...)
				at := map[string]int32{}
				var want []string
				for range 4 {
					rec := dataflowtest.Random(rng.Uint64N(3), 1+rng.IntN(2500), fields...)
					from := rng.IntN(int(rec.NumRows()))
					rec = rec.NewSlice(int64(from), rec.NumRows()) // offset
					skip := rng.IntN(int(rec.NumRows()))
					n := int(rec.NumRows()) - skip
					group := make([]int32, n)
					done, err := table.Find(rec.Columns(), skip, skip+n, group)
					if err != nil || done != n {
						t.Fatalf("seed %#x: %d of %d rows: %v", seed, done, n, err)
					}
					// Groups of one vector may be numbered null last: only that they
					// are numbered alike matters.
					for i, g := range group {
						key := rowText(rec, skip+i)
						if known, ok := at[key]; !ok {
							at[key] = g
							want = append(want, key)
						} else if known != g {
							t.Fatalf("seed %#x: row %d, %s: group %d, before %d", seed, i, key, g, known)
						}
					}
				}
				got := keysOf(t, table)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("seed %#x: keys %q, want %q", seed, got, want)
				}
				few := int32(min(table.Len(), 150))
				for a := range few {
					for b := range few {
						if c := table.Compare(a, b); (c == 0) != (a == b) || c != -table.Compare(b, a) {
							t.Fatalf("seed %#x: Compare(%d, %d) = %d", seed, a, b, c)
						}
					}
				}
			})
		}
	}
}

// The hash of a key is that of its values: not of dictionaries, batches, or order.
func TestHashesDependOnValuesAlone(t *testing.T) {
	for name, fields := range layouts() {
		t.Run(name, func(t *testing.T) {
			rec := dataflowtest.Random(5, 300, fields...)
			var before map[string]uint64
			for _, order := range [][2]int{{0, 300}, {100, 300}, {250, 300}} {
				table, _ := newTable(t, 1<<40, columns(rec)...)
				for _, r := range [][2]int{order, {0, order[0]}} {
					if _, err := table.Find(rec.Columns(), r[0], r[1], make([]int32, r[1]-r[0])); err != nil {
						t.Fatal(err)
					}
				}
				// What comes out goes into another table and hashes alike.
				all := make([]int32, table.Len())
				for i := range all {
					all[i] = int32(i)
				}
				keys, err := table.Keys(all)
				if err != nil {
					t.Fatal(err)
				}
				second, _ := newTable(t, 1<<40, columns(rec)...)
				if _, err := second.Find(keys, 0, len(all), all); err != nil {
					t.Fatal(err)
				}
				hashes := map[string]uint64{}
				for i, k := range keysOf(t, table) {
					hashes[k] = table.Hashes()[i]
					if h := second.Hashes()[all[i]]; h != hashes[k] {
						t.Fatalf("key %s hashes to %x and, as it came out, to %x", k, hashes[k], h)
					}
				}
				for _, col := range keys {
					col.Release()
				}
				if before == nil {
					before = hashes
				}
				for k, h := range hashes {
					if before[k] != h {
						t.Fatalf("key %s hashes to %x, before to %x", k, h, before[k])
					}
				}
			}
		})
	}
}

// Where memory is refused, what was done is said and right, and the table goes on
// once there is more.
func TestFindWithinABudget(t *testing.T) {
	for name, fields := range layouts() {
		t.Run(name, func(t *testing.T) {
			rec := wideRange(fields, 6000)
			table, b := newTable(t, 0, columns(rec)...)
			group := make([]int32, rec.NumRows())
			done, refused := 0, 0
			for done < len(group) {
				n, err := table.Find(rec.Columns(), done, len(group), group[done:])
				done += n
				if err == nil {
					break
				}
				if !errors.Is(err, dataflow.ErrBudget) {
					t.Fatal(err)
				}
				refused++
				b.limit += 3000
			}
			if refused == 0 || done != len(group) {
				t.Fatalf("%d rows done, refused %d times", done, refused)
			}
			keys := keysOf(t, table)
			for i, g := range group {
				if want := rowText(rec, i); keys[g] != want {
					t.Fatalf("row %d: group %d, which is %s, want %s", i, g, keys[g], want)
				}
			}
			if b.held != table.HeldBytes() {
				t.Errorf("held %d, says %d", b.held, table.HeldBytes())
			}
			table.Reset()
			if table.Len() != 0 {
				t.Errorf("%d groups after Reset", table.Len())
			}
		})
	}
}

// wideRange is rows of mostly different keys.
func wideRange(fields []arrow.Field, rows int) arrow.Record {
	var cols []dataflowtest.Column
	for i, f := range fields {
		values := make([]any, rows)
		typ := f.Type
		if d, ok := typ.(*arrow.DictionaryType); ok {
			typ = d.ValueType
		}
		for r := range values {
			n := r % (rows/2 + i)
			switch t := typ.(type) {
			case *arrow.BooleanType:
				values[r] = n%2 == 0
			case *arrow.Int8Type:
				values[r] = int64(n % 100)
			case *arrow.FixedSizeBinaryType:
				values[r] = fmt.Sprintf("%0*d", t.ByteWidth, n)
			case *arrow.StringType, *arrow.LargeBinaryType:
				values[r] = strings.Repeat("x", n%40) + fmt.Sprint(n)
			case *arrow.Decimal256Type:
				values[r] = nil
				if n > 0 {
					values[r] = decimalOf(n)
				}
			default:
				values[r] = int64(n)
			}
			if r%97 == 0 {
				values[r] = nil
			}
		}
		cols = append(cols, dataflowtest.ColOf(f.Name, f.Type, values...))
	}
	return dataflowtest.Batch(cols...)
}

func TestTruncate(t *testing.T) {
	for name, fields := range layouts() {
		t.Run(name, func(t *testing.T) {
			rec := wideRange(fields, 3000)
			table, _ := newTable(t, 1<<40, columns(rec)...)
			group := make([]int32, 3000)
			if _, err := table.Find(rec.Columns(), 0, 1000, group); err != nil {
				t.Fatal(err)
			}
			n, first := table.Len(), keysOf(t, table)
			if _, err := table.Find(rec.Columns(), 1000, 3000, group); err != nil {
				t.Fatal(err)
			}
			table.Truncate(n)
			if got := keysOf(t, table); !slices.Equal(got, first) {
				t.Fatalf("%d groups after Truncate(%d)", len(got), n)
			}
			if _, err := table.Find(rec.Columns(), 0, 3000, group); err != nil {
				t.Fatal(err)
			}
			keys := keysOf(t, table)
			for i, g := range group {
				if want := rowText(rec, i); keys[g] != want {
					t.Fatalf("row %d: group %d, which is %s, want %s", i, g, keys[g], want)
				}
			}
		})
	}
}

func TestTooManyGroups(t *testing.T) {
	table, _ := newTable(t, 1<<40, arrow.PrimitiveTypes.Int64)
	table.packed.most = 1000
	rec := wideRange([]arrow.Field{{Name: "k", Type: arrow.PrimitiveTypes.Int64}}, 5000)
	done, err := table.Find(rec.Columns(), 0, 5000, make([]int32, 5000))
	if err == nil || !strings.Contains(err.Error(), "more than 1000 groups") || done > 1024 {
		t.Errorf("%d rows done, %v", done, err)
	}
}

func TestKeyType(t *testing.T) {
	for _, typ := range []arrow.DataType{arrow.ListOf(arrow.PrimitiveTypes.Int8), arrow.StructOf(), arrow.FixedWidthTypes.MonthDayNanoInterval,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.ListOf(arrow.PrimitiveTypes.Int8)}} {
		if out, err := KeyType(typ); err == nil {
			t.Errorf("%s is a key, of type %s", typ, out)
		}
		if _, err := New([]arrow.DataType{typ}, memory.DefaultAllocator, nil); err == nil {
			t.Errorf("there is a table of %s", typ)
		}
	}
	if out, err := KeyType(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}); err != nil || out.ID() != arrow.STRING {
		t.Errorf("a dictionary of strings comes out as %v, %v", out, err)
	}
}

// Codes that are the numbers of their groups are taken as they are: only those of a dictionary
// whose values were all met in its order, and where no row is null.
func TestCodesAreNumbers(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	coded := func(words, codes []any) arrow.Array {
		for i, k := range codes {
			if k != nil {
				codes[i] = int32(k.(int))
			}
		}
		w := dataflowtest.Batch(dataflowtest.Col("w", words)).Column(0)
		return array.NewDictionaryArray(dict, dataflowtest.Batch(dataflowtest.Col("c", codes)).Column(0), w)
	}
	abc, again := []any{"a", "b", "c"}, []any{"a", "b", "a"}
	table, _ := newTable(t, 1<<40, dict)
	for i, c := range []struct {
		words, codes []any
		want         []int32
		same         int // codes, once the dictionary is mapped
	}{
		{abc, []any{0, 1, 0, 1, 0}, []int32{0, 1, 0, 1, 0}, 2},
		{abc, []any{0, 2, 1, 1, 2, 0}, []int32{0, 2, 1, 1, 2, 0}, 3},
		{abc, []any{0, 2, 1, nil, 2}, []int32{0, 2, 1, 3, 2}, 3},
		{[]any{"c", "b", "a"}, []any{0, 1, 2, 2, 1}, []int32{2, 1, 0, 0, 1}, 1},
		{again, []any{2, 1, 0, 0, 2}, []int32{0, 1, 0, 0, 0}, 2},
		{[]any{"a", "b", nil}, []any{0, 1, 2, 2, 1}, []int32{0, 1, 3, 3, 1}, 2},
		{[]any{"a", "b", "c", nil}, []any{3, 1, 2, 0, 1}, []int32{3, 1, 2, 0, 1}, 4},
	} {
		arr, group := coded(c.words, c.codes), make([]int32, len(c.want))
		for from := range 3 { // mapped at first, then as it was found; from any row on
			n := len(group) - from
			if got, err := table.Find([]arrow.Array{arr}, from, len(group), group[:n]); err != nil || got != n || !slices.Equal(group[:n], c.want[from:]) {
				t.Errorf("case %d from row %d: groups %v of %d rows, %v, want %v", i, from, group[:n], got, err, c.want[from:])
			}
		}
		if m := &table.single.codes.recent[table.single.codes.last]; m.ids == nil || m.same != c.same {
			t.Errorf("case %d: %d codes are numbers, want %d (mapped: %t)", i, m.same, c.same, m.ids != nil)
		}
	}
	table.Truncate(2)
	if arr, group := coded(abc, []any{2, 1, 2, 0}), make([]int32, 4); true {
		if _, err := table.Find([]arrow.Array{arr}, 0, 4, group); err != nil || !slices.Equal(group, []int32{2, 1, 2, 0}) || table.Len() != 3 {
			t.Errorf("after Truncate: groups %v of %d, %v", group, table.Len(), err)
		}
	}
}

// A dictionary is mapped once, and values that no row has are no groups.
func TestDictionaryIsMappedOnce(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	words := dataflowtest.Batch(dataflowtest.Col("w", []any{"spare", "a", "a", nil, "b"})).Column(0)
	codes := dataflowtest.Batch(dataflowtest.Col("c", []any{int32(1), int32(2), int32(3), nil, int32(4), int32(1)})).Column(0)
	rec := array.NewDictionaryArray(dict, codes, words)
	table, _ := newTable(t, 1<<40, dict)
	group := make([]int32, 6)
	for range 3 {
		if _, err := table.Find([]arrow.Array{rec}, 0, 6, group); err != nil {
			t.Fatal(err)
		}
	}
	if a, null, b := group[0], group[2], group[4]; group[1] != a || group[3] != null || group[5] != a || a == null || b == a || b == null || table.Len() != 3 {
		t.Errorf("groups %v of %d", group, table.Len())
	}
	held := func() bool {
		for _, m := range table.single.codes.recent {
			if m.dict == words.Data() && m.ids != nil {
				return true
			}
		}
		return false
	}
	if !held() {
		t.Error("the dictionary is not held")
	}
	table.Reset()
	if held() {
		t.Error("the dictionary is held after Reset")
	}
}
