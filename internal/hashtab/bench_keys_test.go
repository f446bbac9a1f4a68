package hashtab_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/hashtab"
)

const benchBatch = 1 << 14

// keyKind makes key columns of rows whose group is that given, and looks a batch of
// them up in a Go map.
type keyKind struct {
	name   string
	groups []int
	make   func(groups []int) []arrow.Array
}

func ints(value func(g int) int64, groups []int) arrow.Array {
	b := array.NewInt64Builder(memory.NewGoAllocator())
	for _, g := range groups {
		b.Append(value(g))
	}
	return b.NewArray()
}

func texts(format string, groups []int) arrow.Array {
	b := array.NewStringBuilder(memory.NewGoAllocator())
	for _, g := range groups {
		b.Append(fmt.Sprintf(format, g))
	}
	return b.NewArray()
}

func codedTexts(format string, values int, groups []int) arrow.Array {
	b := array.NewInt32Builder(memory.NewGoAllocator())
	all := make([]int, values)
	for i := range all {
		all[i] = i
	}
	for _, g := range groups {
		b.Append(int32(g))
	}
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, b.NewArray(), sharedTexts(format, all))
}

// ownTexts is a dictionary of a batch's own texts, in order.
func ownTexts(format string, groups []int) arrow.Array {
	b := array.NewInt32Builder(memory.NewGoAllocator())
	for i := range groups {
		b.Append(int32(i))
	}
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, b.NewArray(), texts(format, groups))
}

var shared = map[string]arrow.Array{}

func sharedTexts(format string, all []int) arrow.Array {
	name := fmt.Sprint(format, len(all))
	if shared[name] == nil {
		shared[name] = texts(format, all)
	}
	return shared[name]
}

func each(groups []int, f func(g int) int) []int {
	out := make([]int, len(groups))
	for i, g := range groups {
		out[i] = f(g)
	}
	return out
}

var keyKinds = []keyKind{
	{"int dense", []int{100, 1e4, 1e5, 1e6, 1e7}, func(g []int) []arrow.Array {
		return []arrow.Array{ints(func(g int) int64 { return int64(g) + 1 }, g)}
	}},
	{"int sparse", []int{100, 1e4, 1e5, 1e6, 1e7}, func(g []int) []arrow.Array {
		return []arrow.Array{ints(func(g int) int64 { return int64(uint64(g) * 0x9e3779b97f4a7c15) }, g)}
	}},
	{"string 5", []int{100, 1000}, func(g []int) []arrow.Array { return []arrow.Array{texts("id%03d", g)} }},
	{"string 12", []int{100, 1e4, 1e5, 1e6}, func(g []int) []arrow.Array { return []arrow.Array{texts("id%010d", g)} }},
	{"string 44", []int{100, 1e4, 1e5}, func(g []int) []arrow.Array {
		return []arrow.Array{texts("https://example.org/shop/%08d/index.html", g)}
	}},
	{"dictionary", []int{100, 1e4}, func(g []int) []arrow.Array { return []arrow.Array{codedTexts("id%03d", 1e4, g)} }},
	{"dictionary of own values", []int{100, 1e5}, func(g []int) []arrow.Array { return []arrow.Array{ownTexts("id%010d", g)} }},
	{"two strings", []int{100, 1e4}, func(g []int) []arrow.Array {
		return []arrow.Array{texts("id%03d", each(g, func(g int) int { return g % 100 })), texts("id%03d", each(g, func(g int) int { return g / 100 }))}
	}},
	{"two dictionaries", []int{1e4}, func(g []int) []arrow.Array {
		return []arrow.Array{codedTexts("id%03d", 100, each(g, func(g int) int { return g % 100 })), codedTexts("id%03d", 100, each(g, func(g int) int { return g / 100 }))}
	}},
	{"string and int", []int{1e4}, func(g []int) []arrow.Array {
		return []arrow.Array{texts("id%03d", each(g, func(g int) int { return g % 100 })), ints(func(g int) int64 { return int64(g) / 100 }, g)}
	}},
	{"six columns", []int{1e5, 1e6}, func(g []int) []arrow.Array {
		var cols []arrow.Array
		for c, n := range []int{100, 100, 1e5} {
			at := each(g, func(g int) int { return int(uint64(g+1)*(0x9e3779b97f4a7c15+uint64(c)*0x632be59bd9b4e019)>>33) % n })
			cols = append(cols, texts([]string{"id%03d", "id%03d", "id%010d"}[c], at))
			cols = append(cols, ints(func(g int) int64 {
				return int64(uint64(g+1)*(0xbf58476d1ce4e5b9+uint64(c)*0x632be59bd9b4e019)>>33)%int64(n) + 1
			}, g))
		}
		return cols
	}},
}

// batches are rows of groups in random order or, where distinct, each group once.
func (k keyKind) batches(groups, rows int, distinct bool) (out [][]arrow.Array) {
	rng := rand.New(rand.NewPCG(1, 2))
	at := make([]int, 0, benchBatch)
	for row := range rows {
		g := row
		if !distinct {
			g = rng.IntN(groups)
		}
		if at = append(at, g); len(at) == benchBatch || row == rows-1 {
			out = append(out, k.make(at))
			at = at[:0]
		}
	}
	return out
}

func newBenchTable(b *testing.B, cols []arrow.Array) *hashtab.Table {
	var types []arrow.DataType
	for _, col := range cols {
		types = append(types, col.DataType())
	}
	t, err := hashtab.New(types, memory.NewGoAllocator(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func findAll(b *testing.B, t *hashtab.Table, batches [][]arrow.Array, group []int32) (rows int) {
	for _, cols := range batches {
		n, err := t.Find(cols, 0, cols[0].Len(), group)
		if err != nil {
			b.Fatal(err)
		}
		rows += n
	}
	return rows
}

var (
	started = time.Now()
	clock   = func() time.Duration { return time.Since(started) }
)

// fastest reports the time a row of the fastest round: of a machine that does other
// things too, the others tell more than of what is measured.
func fastest(b *testing.B, rows int, round func()) {
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		from := clock()
		round()
		best = min(best, clock()-from)
	}
	b.ReportMetric(float64(best)/float64(rows), "ns/row")
}

// BenchmarkFind finds keys that are there (hit), and adds keys to an empty table
// (miss), beside a Go map.
func BenchmarkFind(b *testing.B) {
	group := make([]int32, benchBatch)
	for _, k := range keyKinds {
		for _, groups := range k.groups {
			name := fmt.Sprintf("%s/%d/", strings.ReplaceAll(k.name, " ", "_"), groups)
			b.Run(name+"hit", func(b *testing.B) {
				t := newBenchTable(b, k.batches(groups, 1, true)[0])
				findAll(b, t, k.batches(groups, groups, true), group)
				hits := k.batches(groups, 1<<17, false)
				rows := findAll(b, t, hits, group)
				fastest(b, rows, func() { findAll(b, t, hits, group) })
				t.Close()
			})
			b.Run(name+"miss", func(b *testing.B) {
				if groups > 1e6 {
					b.Skip("takes long")
				}
				all := k.batches(groups, groups, true)
				fastest(b, groups, func() {
					t := newBenchTable(b, all[0])
					findAll(b, t, all, group)
					t.Close()
				})
			})
			b.Run(name+"keys", func(b *testing.B) {
				all := k.batches(groups, groups, true)
				t := newBenchTable(b, all[0])
				findAll(b, t, all, group)
				for i := range group {
					group[i] = int32(i * 7919 % groups)
				}
				fastest(b, len(group), func() {
					cols, err := t.Keys(group)
					if err != nil {
						b.Fatal(err)
					}
					for _, col := range cols {
						col.Release()
					}
				})
				t.Close()
			})
			if groups > 1e6 {
				continue // takes long
			}
			b.Run(name+"hit/naive", func(b *testing.B) {
				hits := k.batches(groups, 1<<17, false)
				find := mapOf(hits[0], k.batches(groups, groups, true))
				fastest(b, 1<<17, func() {
					for _, cols := range hits {
						find(cols, group)
					}
				})
			})
			b.Run(name+"miss/naive", func(b *testing.B) {
				all := k.batches(groups, groups, true)
				fastest(b, groups, func() { mapOf(all[0], all) })
			})
		}
	}
}

// mapOf is a Go map of keys, as one would write it for their types.
func mapOf(like []arrow.Array, all [][]arrow.Array) func(cols []arrow.Array, group []int32) {
	if len(like) == 1 && like[0].DataType().ID() == arrow.INT64 {
		return filled(all, func(cols []arrow.Array) func(i int) int64 {
			v := cols[0].(*array.Int64).Int64Values()
			return func(i int) int64 { return v[i] }
		})
	}
	text := func(col arrow.Array) func(i int) string {
		switch col := col.(type) {
		case *array.String:
			return col.Value
		case *array.Dictionary:
			values := col.Dictionary().(*array.String)
			return func(i int) string { return values.Value(col.GetValueIndex(i)) }
		}
		return nil
	}
	number := func(col arrow.Array) []int64 {
		if col, ok := col.(*array.Int64); ok {
			return col.Int64Values()
		}
		return nil
	}
	switch {
	case len(like) == 1:
		return filled(all, func(cols []arrow.Array) func(i int) string { return text(cols[0]) })
	case len(like) == 2 && number(like[1]) == nil:
		return filled(all, func(cols []arrow.Array) func(i int) [2]string {
			x, y := text(cols[0]), text(cols[1])
			return func(i int) [2]string { return [2]string{x(i), y(i)} }
		})
	case len(like) == 2:
		type key struct {
			x string
			y int64
		}
		return filled(all, func(cols []arrow.Array) func(i int) key {
			x, y := text(cols[0]), number(cols[1])
			return func(i int) key { return key{x(i), y[i]} }
		})
	}
	type key struct {
		a, c, e string
		b, d, f int64
	}
	return filled(all, func(cols []arrow.Array) func(i int) key {
		a, c, e := text(cols[0]), text(cols[2]), text(cols[4])
		b, d, f := number(cols[1]), number(cols[3]), number(cols[5])
		return func(i int) key { return key{a(i), c(i), e(i), b[i], d[i], f[i]} }
	})
}

func filled[K comparable](all [][]arrow.Array, keys func(cols []arrow.Array) func(i int) K) func(cols []arrow.Array, group []int32) {
	m := map[K]int32{}
	find := func(cols []arrow.Array, group []int32) {
		key := keys(cols)
		for i := range cols[0].Len() {
			k := key(i)
			g, ok := m[k]
			if !ok {
				g = int32(len(m))
				m[k] = g
			}
			group[i] = g
		}
	}
	group := make([]int32, benchBatch)
	for _, cols := range all {
		find(cols, group)
	}
	return find
}
