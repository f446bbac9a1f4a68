package hashtab

import (
	"errors"
	"fmt"
	"math"
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

// oracle is a Go map of the keys, as text, that a table met.
type oracle struct {
	table *Table
	at    map[string]int32
}

// find looks up all rows of rec in the table and in the map. Where memory is refused
// it goes on from the row where the table stopped.
func (o *oracle) find(t *testing.T, rec arrow.Record) {
	t.Helper()
	n := int(rec.NumRows())
	group := make([]int32, n)
	for done, refused := 0, 0; done < n; {
		d, err := o.table.Find(rec.Columns(), done, n, group[done:])
		if done += d; err != nil {
			if refused++; !errors.Is(err, dataflow.ErrBudget) || refused > 100 {
				t.Fatal(err)
			}
		}
	}
	for i, g := range group {
		key := rowText(rec, i)
		if known, ok := o.at[key]; !ok {
			o.at[key] = g
		} else if known != g {
			t.Fatalf("row %d, %s: group %d, before %d", i, key, g, known)
		}
	}
}

// check compares the keys and hashes of all groups.
func (o *oracle) check(t *testing.T) {
	t.Helper()
	keys := keysOf(t, o.table)
	if len(keys) != len(o.at) {
		t.Fatalf("%d groups, want %d", len(keys), len(o.at))
	}
	for g, key := range keys {
		if want, ok := o.at[key]; !ok || int(want) != g {
			t.Fatalf("group %d is %s, which is group %d (%v)", g, key, want, ok)
		}
	}
	n := len(keys)
	some := make([]int32, n)
	for i := range some {
		some[i] = int32((i*7 + 3) % n)
	}
	if n%7 != 0 {
		cols, err := o.table.Keys(some)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range some {
			text := ""
			for _, col := range cols {
				text += col.ValueStr(i) + "|"
			}
			if text != keys[g] {
				t.Fatalf("group %d in another order is %s, want %s", g, text, keys[g])
			}
		}
		for _, col := range cols {
			col.Release()
		}
	}
	from := n / 3
	cols, err := o.table.KeysBetween(from, n)
	if err != nil {
		t.Fatal(err)
	}
	hashes := make([]uint64, n-from)
	if err := o.table.RowHashes(cols, 0, n-from, hashes); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(hashes, o.table.Hashes()[from:]) {
		t.Fatal("the hashes of the keys are not those of the groups")
	}
	for _, col := range cols {
		col.Release()
	}
}

// stretching are batches whose values outgrow their codes again and again: upwards,
// downwards, to both sides, to the ends of their type; with nulls from the start,
// later, or never.
func stretching(types []arrow.DataType, how string, nulls int) (out []arrow.Record) {
	for step := range 64 {
		var cols []dataflowtest.Column
		for c, typ := range types {
			values := make([]any, 37)
			for i := range values {
				v := int64(1)<<min(step, 62) - int64(i%5) + int64(c)
				switch how {
				case "down":
					v = -v
				case "both":
					if step%2 == 1 {
						v = -v
					}
				case "slowly":
					v = int64(step*(1-step%2*2)) + int64(i%3)
				case "in turn":
					if step%len(types) != c {
						v = int64(i % 3)
					}
				}
				if step == 63 {
					v = []int64{math.MinInt64, math.MaxInt64, 0}[i%3]
				}
				width := max(widthOf(typ), 1)
				switch typ.ID() {
				case arrow.STRING:
					values[i] = fmt.Sprint(v)
				case arrow.BOOL:
					values[i] = v%2 == 0
				case arrow.FLOAT64:
					values[i] = float64(v) / 3
				case arrow.UINT8, arrow.UINT64:
					values[i] = uint64(v) << (64 - width) >> (64 - width)
				default:
					values[i] = v << (64 - width) >> (64 - width)
				}
				if nulls > 0 && step >= nulls && i%7 == 0 {
					values[i] = nil
				}
			}
			cols = append(cols, dataflowtest.ColOf(fmt.Sprint("k", c), typ, values...))
		}
		out = append(out, dataflowtest.Batch(cols...))
	}
	return out
}

// Layouts that are outgrown at each step, with and without a direct index.
func TestLayoutsGrow(t *testing.T) {
	i64, i8, u64, str := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint64, arrow.BinaryTypes.String
	for name, types := range map[string][]arrow.DataType{
		"one": {i64}, "unsigned": {u64}, "float": {arrow.PrimitiveTypes.Float64}, "narrow": {i8, arrow.PrimitiveTypes.Uint8, arrow.FixedWidthTypes.Boolean},
		"two": {i64, u64}, "six": {str, i8, i64, str, u64, arrow.FixedWidthTypes.Date32}, "nine": {i64, u64, i64, u64, i64, u64, i64, u64, i64},
	} {
		for _, how := range []string{"up", "down", "both", "slowly", "in turn"} {
			for _, nulls := range []int{0, 1, 40} {
				t.Run(fmt.Sprintf("%s, %s, nulls from %d", name, how, nulls), func(t *testing.T) {
					recs := stretching(types, how, nulls)
					for _, hashed := range []bool{false, true} {
						table, _ := newTable(t, 1<<40, types...)
						table.packed.hashed = hashed
						o := &oracle{table, map[string]int32{}}
						for i, rec := range recs {
							o.find(t, rec)
							if i%32 == 7 {
								o.check(t)
							}
						}
						o.check(t)
						for i := len(recs) - 1; i >= 0; i -= 9 {
							o.find(t, recs[i])
						}
						n := table.Len() / 2
						table.Truncate(n)
						for key, g := range o.at {
							if int(g) >= n {
								delete(o.at, key)
							}
						}
						o.check(t)
						o.find(t, recs[10])
						o.check(t)
						table.Reset()
						o.at = map[string]int32{}
						o.find(t, recs[20])
						o.check(t)
						if (table.packed.direct != nil) && hashed {
							t.Error("an index where there was to be none")
						}
					}
				})
			}
		}
	}
}

// A table goes from a direct index over slots to a direct index, and from one word to
// several, as its keys become more and wider.
func TestTheIndexChanges(t *testing.T) {
	var seen []string
	table, _ := newTable(t, 1<<40, arrow.PrimitiveTypes.Int64)
	o := &oracle{table, map[string]int32{}}
	look := func(values ...any) {
		t.Helper()
		o.find(t, dataflowtest.Batch(dataflowtest.ColOf("k", arrow.PrimitiveTypes.Int64, values...)))
		o.check(t)
		now := fmt.Sprintf("slots, %d", table.packed.width)
		if table.packed.direct != nil {
			now = "direct"
		}
		seen = append(seen, now)
	}
	look(int64(1), int64(100))
	look(int64(1), int64(100_000)) // too wide for two
	many := make([]any, 50_000)
	for i := range many {
		many[i] = int64(2 * i)
	}
	look(many...)
	look(int64(1) << 40)
	look(int64(math.MinInt64), int64(math.MaxInt64))
	look(nil, int64(0))
	if want := []string{"direct", "slots, 1", "direct", "slots, 1", "slots, 1", "slots, 2"}; !slices.Equal(seen, want) {
		t.Errorf("the index was %q, want %q", seen, want)
	}
}

// Memory is refused at each place where it is asked for, once.
func TestEachReservationIsRefused(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	layouts := map[string][]arrow.DataType{
		"int": {arrow.PrimitiveTypes.Int64}, "string": {arrow.BinaryTypes.String}, "dictionary": {dict},
		"several": {arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, dict, arrow.PrimitiveTypes.Uint64, &arrow.Decimal128Type{Precision: 30}},
	}
	step := 1
	if testing.Short() {
		step = 3
	}
	for name, types := range layouts {
		t.Run(name, func(t *testing.T) {
			var fields []arrow.Field
			for i, typ := range types {
				fields = append(fields, arrow.Field{Name: fmt.Sprint("k", i), Type: typ, Nullable: true})
			}
			var recs []arrow.Record
			for i := range 4 {
				recs = append(recs, dataflowtest.Random(uint64(i), 300, fields...), wideRange(fields, 300<<i))
			}
			for refuse, calls := 0, 1; refuse < calls; refuse += step {
				calls = 0
				held := int64(0)
				table, err := New(types, allocator, func(n int64) error {
					if n > 0 {
						if calls++; calls-1 == refuse {
							return dataflow.ErrBudget
						}
					}
					held += n
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				o := &oracle{table, map[string]int32{}}
				for _, rec := range recs {
					o.find(t, rec)
				}
				o.check(t)
				if held != table.HeldBytes() {
					t.Errorf("call %d refused: %d bytes held, %d said", refuse, held, table.HeldBytes())
				}
				if table.Close(); held != 0 {
					t.Errorf("call %d refused: %d bytes held after Close", refuse, held)
				}
				calls++ // what comes after Close is none
			}
		})
	}
}

// Dictionaries that come in turn, more of them than are remembered; as long as their
// batch; with values that are null or equal.
func TestDictionariesChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64} {
		for _, dicts := range []int{1, 3, 9} {
			for _, length := range []int{1, 20, 3000} {
				for _, several := range []bool{false, true} {
					dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: typ}
					var values []arrow.Array
					for range dicts {
						v := make([]any, length)
						for i := range v {
							if n := rng.Int64N(int64(length)); n%11 > 0 && typ == arrow.PrimitiveTypes.Int64 {
								v[i] = n
							} else if n%11 > 0 {
								v[i] = fmt.Sprintf("%0*d", n%30, n)
							}
						}
						values = append(values, dataflowtest.Batch(dataflowtest.ColOf("v", typ, v...)).Column(0))
					}
					types := []arrow.DataType{dict}
					if several {
						types = append(types, arrow.PrimitiveTypes.Int8)
					}
					table, _ := newTable(t, 1<<40, types...)
					o := &oracle{table, map[string]int32{}}
					for turn := range 14 {
						codes, small := make([]any, 2500), make([]any, 2500)
						for i := range codes {
							if rng.IntN(9) > 0 {
								codes[i] = int32(rng.IntN(length))
							}
							small[i] = int8(i % 3)
						}
						code := dataflowtest.Batch(dataflowtest.ColOf("c", arrow.PrimitiveTypes.Int32, codes...)).Column(0)
						cols := []arrow.Array{array.NewDictionaryArray(dict, code, values[turn%dicts])}
						schema := []arrow.Field{{Name: "k", Type: dict, Nullable: true}}
						if several {
							cols = append(cols, dataflowtest.Batch(dataflowtest.ColOf("s", arrow.PrimitiveTypes.Int8, small...)).Column(0))
							schema = append(schema, arrow.Field{Name: "s", Type: arrow.PrimitiveTypes.Int8})
						}
						o.find(t, array.NewRecord(arrow.NewSchema(schema, nil), cols, 2500).NewSlice(3, 2400))
						if turn == 9 {
							table.Reset()
							o.at = map[string]int32{}
						}
					}
					o.check(t)
				}
			}
		}
	}
}

// Groups are the same, and room for them is there, where they were expected.
func TestExpect(t *testing.T) {
	for _, typ := range []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String} {
		rec := wideRange([]arrow.Field{{Name: "k", Type: typ}}, 9000)
		table, b := newTable(t, 1<<40, typ)
		o := &oracle{table, map[string]int32{}}
		o.find(t, rec.NewSlice(0, 10))
		table.Expect(5000)
		held := b.held
		o.find(t, rec.NewSlice(0, 3000))
		if grown := b.held - held; grown > 200_000 {
			t.Errorf("%s: %d bytes more than those expected", typ, grown)
		}
		o.find(t, rec)
		o.check(t)
	}
	table, _ := newTable(t, 10, arrow.PrimitiveTypes.Int64)
	table.Expect(1000)
	if table.HeldBytes() != 0 {
		t.Error("memory was taken that was refused")
	}
}

// A table that is emptied keeps as much as it is told.
func TestKeep(t *testing.T) {
	rec := wideRange([]arrow.Field{{Name: "k", Type: arrow.PrimitiveTypes.Int64}}, 40_000)
	table, b := newTable(t, 1<<40, arrow.PrimitiveTypes.Int64)
	for _, keep := range []int{keepBytes, 1 << 20, 1000} {
		table.Keep(keep)
		o := &oracle{table, map[string]int32{}}
		o.find(t, rec)
		o.check(t)
		full := b.held
		table.Reset()
		if kept := b.held > full/2; kept != (keep == 1<<20) {
			t.Errorf("%d of %d bytes are kept where %d may be", b.held, full, keep)
		}
	}
}

// Keys of one hash that differ in few characters, wherever those are, are groups of
// their own: also where what differs in one half of a key is what the other adds.
func TestLikeKeysOfOneHash(t *testing.T) {
	defer ConstantHash()()
	for _, n := range []int{1, 4, 5, 11, 12, 13, 20} {
		zeros := strings.Repeat("0", n)
		all := []string{zeros}
		for i := range n {
			for j := i; j < n; j++ {
				text := []byte(zeros)
				text[i], text[j] = '1', '1'
				all = append(all, string(text))
			}
		}
		for _, first := range all {
			table, err := New([]arrow.DataType{arrow.BinaryTypes.String}, memory.DefaultAllocator, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range append([]string{first}, all...) {
				b := array.NewStringBuilder(memory.DefaultAllocator)
				b.Append(text)
				key, group := b.NewArray(), []int32{-1}
				if _, err := table.Find([]arrow.Array{key}, 0, 1, group); err != nil {
					t.Fatal(err)
				}
				if (group[0] == 0) != (text == first) {
					t.Fatalf("%s is group %d where %s is 0", text, group[0], first)
				}
				key.Release()
				b.Release()
				table.Truncate(1)
			}
			table.Close()
		}
	}
}
