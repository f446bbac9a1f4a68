package hashtab

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// numberOf is form.place by hand: the number at the end of text, +1, if it is like the first
// one but for that; at most 8 digits of it.
func numberOf(like, text string) uint64 {
	digits := 0
	for digits < min(8, len(like)) && strings.ContainsRune("0123456789", rune(like[len(like)-1-digits])) {
		digits++
	}
	head := len(like) - digits
	if len(text) != len(like) || text[:head] != like[:head] {
		return 0
	}
	n, err := strconv.ParseUint(text[head:], 10, 64)
	if err != nil {
		return 0
	}
	return n + 1
}

func viewOf(text string) view {
	v, _ := viewAt([]byte(text), 0, len(text))
	return v
}

// Places of all lengths, and of texts that differ from the form in one byte, are those by hand;
// also where a text is read from among others.
func TestForm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := range inlineBytes + 2 {
		for digits := range n + 1 {
			like := strings.Repeat("x/:\x00\xff", 4)[:n-digits] + strings.Repeat("0", digits)
			f, ok := formOf(viewOf(like))
			if want := n >= formLeast && n <= inlineBytes && digits > 0; ok != want {
				t.Fatalf("%q: numbered %v, want %v", like, ok, want)
			}
			if !ok {
				continue
			}
			texts := []string{"", "0", like + "0", like[1:], strings.Repeat("9", n), strings.Repeat("0", 40), strings.Repeat("\xff", n)}
			for range 200 {
				b := []byte(like)
				for i := n - digits; i < n; i++ {
					b[i] = '0' + byte(rng.IntN(10))
				}
				texts = append(texts, string(b))
				b[rng.IntN(n)] = byte(rng.IntN(256))
				texts = append(texts, string(b))
			}
			for c := range 256 {
				for i := range n {
					texts = append(texts, like[:i]+string([]byte{byte(c)})+like[i+1:])
				}
			}
			offsets, data := []int64{0}, []byte(nil)
			for _, text := range texts {
				data = append(data, text...)
				offsets = append(offsets, int64(len(data)))
			}
			form, digits := f.inText(), make([]uint64, len(texts))
			digitsOf(&form, offsets, data, digits)
			for i, text := range texts {
				want := numberOf(like, text)
				if v := viewOf(text); f.place(v[0], v[1]) != want {
					t.Fatalf("like %q: %q is at %d, want %d", like, text, f.place(v[0], v[1]), want)
				}
				if offsets[i+1] < 16 || want == 0 {
					want = decimal(noDigits) + 1
				}
				if got := decimal(digits[i]) + 1; got != want {
					t.Fatalf("like %q: %q among texts is at %d, want %d", like, text, got, want)
				}
			}
			if f.place(nullView[0], nullView[1]) != 0 {
				t.Fatalf("like %q: null has a number", like)
			}
		}
	}
}

// Texts with numbers, others, long ones and nulls in turn, in columns of all kinds, plain and
// coded, with memory refused now and then, are found as in a map; so they are after the last
// ones were forgotten and in a table that was emptied.
func TestNumbered(t *testing.T) {
	i32 := arrow.PrimitiveTypes.Int32
	for name, mix := range map[string]struct {
		format        string
		spread, other int // numbers are below spread, one in other is no number; 0: none
		nulls, sorted bool
	}{
		"dense": {"id%010d", 3000, 0, false, false}, "sorted": {"order-%06d", 1, 0, false, true}, "some other": {"k%07d", 5000, 9, false, false},
		"nulls": {"abc%03d", 900, 20, true, false}, "sparse": {"id%010d", 1 << 30, 0, false, false}, "of several lengths": {"id%d", 9000, 0, false, false},
		"eight": {"%08d", 4000, 0, true, false}, "many other": {"id%010d", 3000, 2, true, true},
	} {
		for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeBinary, &arrow.DictionaryType{IndexType: i32, ValueType: arrow.BinaryTypes.String}} {
			for _, types := range [][]arrow.DataType{{typ}, {typ, i32}} {
				t.Run(fmt.Sprint(name, types), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(7, 8))
					table, b := newTable(t, 1<<40, types...)
					o := &oracle{table, map[string]int32{}}
					next := 0
					batch := func(rows int) arrow.Record {
						values, numbers := make([]any, rows), make([]any, rows)
						for i := range values {
							g := rng.IntN(mix.spread)
							if mix.sorted {
								g = next / 2
								next++
							}
							text := fmt.Sprintf(mix.format, g)
							if mix.other > 0 && rng.IntN(mix.other) == 0 {
								text = []string{"", "x", text + "a", text[1:], "0" + text, "longer before " + text, text + " that is longer than others", strings.ToUpper(text)}[rng.IntN(8)]
							}
							values[i], numbers[i] = any(text), int32(rng.IntN(2))
							if typ == arrow.BinaryTypes.LargeBinary {
								values[i] = []byte(text)
							}
							if mix.nulls && rng.IntN(11) == 0 {
								values[i] = nil
							}
						}
						cols := []dataflowtest.Column{dataflowtest.ColOf("k", typ, values...), dataflowtest.ColOf("i", i32, numbers...)}
						return dataflowtest.Batch(cols[:len(types)]...)
					}
					used := false
					for step := range 24 {
						if step%5 == 3 {
							b.limit = b.held + 5000 // refused, until the next step
						}
						rec := batch(700)
						group := make([]int32, 700)
						if _, err := table.Find(rec.Columns(), 0, 700, group); err != nil && b.limit == 1<<40 {
							t.Fatal(err)
						}
						b.limit = 1 << 40
						for i, key := range keysOf(t, table) { // what was added before memory ended
							if want, ok := o.at[key]; ok && int(want) != i {
								t.Fatalf("%s is group %d and %d", key, want, i)
							}
							o.at[key] = int32(i)
						}
						o.find(t, rec)
						used = used || table.texts[0].numbered.ids != nil
						if step == 15 {
							n := table.Len() * 2 / 3
							table.Truncate(n)
							for key, g := range o.at {
								if int(g) >= n {
									delete(o.at, key)
								}
							}
							o.find(t, rec)
						}
						if step == 19 {
							table.Keep(1 << (10 + 20*rng.IntN(2)))
							table.Reset()
							clear(o.at)
						}
					}
					o.check(t)
					if want := name != "sparse" && name != "many other"; used != want && len(types) == 1 {
						t.Errorf("an index by number: %v, want %v", used, want)
					}
					if table.CanPart() {
						partLike(t, table, batch(700), o)
					}
				})
			}
		}
	}
}

// partLike parts rows, of which a table has some, and holds that against the map.
func partLike(t *testing.T, table *Table, rec arrow.Record, o *oracle) {
	t.Helper()
	n := int(rec.NumRows())
	for _, fix := range []bool{false, true} {
		if fix {
			table.Fix()
		}
		group, strange, hash := make([]int32, n), make([]int32, n), make([]uint64, n)
		known, err := table.Part(rec.Columns(), 0, n, group, strange, hash)
		if err != nil {
			t.Fatal(err)
		}
		k, u := 0, 0
		for i := range n {
			if want, ok := o.at[rowText(rec, i)]; ok {
				if k >= known || group[k] != want {
					t.Fatalf("row %d is not group %d", i, want)
				}
				k++
			} else {
				if strange[u] != int32(i) {
					t.Fatalf("row %d is no stranger", i)
				}
				u++
			}
		}
		if k != known {
			t.Fatalf("%d rows are known, want %d", known, k)
		}
	}
}

// BenchmarkNumbersInTexts is what it takes to read numbers from texts, beside strconv.
func BenchmarkNumbersInTexts(b *testing.B) {
	const rows = 1 << 10
	rng := rand.New(rand.NewPCG(1, 2))
	offsets, data := []int32{0}, []byte(nil)
	for range rows {
		data = fmt.Appendf(data, "id%010d", rng.IntN(1e5))
		offsets = append(offsets, int32(len(data)))
	}
	digits, numbers := make([]uint64, rows), make([]uint64, rows)
	perRow := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	b.Run("words", func(b *testing.B) {
		f, _ := formOf(view{12 | uint64(binary.LittleEndian.Uint32(data))<<32, binary.LittleEndian.Uint64(data[4:])})
		form := f.inText()
		for b.Loop() {
			digitsOf(&form, offsets, data, digits)
			for i, x := range digits {
				numbers[i] = decimal(x)
			}
		}
		perRow(b)
	})
	b.Run("naive", func(b *testing.B) {
		for b.Loop() {
			for i := range numbers {
				n, err := strconv.Atoi(string(data[offsets[i]+2 : offsets[i+1]]))
				if err != nil {
					b.Fatal(err)
				}
				numbers[i] = uint64(n)
			}
		}
		perRow(b)
	})
}
