package hashtab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Dictionaries of a batch's own values, in order or nearly so, give the groups and
// hashes that the plain values give: with nulls among the codes, whose codes may be
// any, and among the values, from any row on, sliced or not.
func TestDictionariesOfOwnValues(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	types := map[string]*arrow.DictionaryType{
		"int32":  {IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		"uint32": {IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String},
		"int16":  {IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String},
		"words":  {IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.PrimitiveTypes.Int64},
	}
	for name, typ := range types {
		for _, how := range []string{"in order", "swapped", "null codes", "null codes beyond", "null values", "both nulls"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				for range 20 {
					n, first := 1+rng.IntN(3000), rng.IntN(3)
					plain, coded := ownValues(t, rng, typ, how, n, first)
					from := rng.IntN(n)
					compareTables(t, plain, coded, from, seed)
					a, b := array.NewSlice(plain, int64(from), int64(n)), array.NewSlice(coded, int64(from), int64(n))
					compareTables(t, a, b, 0, seed)
				}
			})
		}
	}
}

// ownValues is a column of n values and the same as a dictionary, the codes of which
// begin at first.
func ownValues(t *testing.T, rng *rand.Rand, typ *arrow.DictionaryType, how string, n, first int) (plain, coded arrow.Array) {
	t.Helper()
	alloc := memory.NewGoAllocator()
	values, rows := array.NewBuilder(alloc, typ.ValueType), array.NewBuilder(alloc, typ.ValueType)
	put := func(b array.Builder, v int) {
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(fmt.Sprintf("%0*d", 1+v%20, v))
		case *array.Int64Builder:
			b.Append(int64(v))
		}
	}
	codes := make([]int32, n)
	valid, inner := make([]bool, n), make([]bool, first+n)
	all := make([]int, first+n)
	for i := range all {
		all[i], inner[i] = rng.IntN(50), (how != "null values" && how != "both nulls") || rng.IntN(9) > 0
		if inner[i] {
			put(values, all[i])
		} else {
			values.AppendNull()
		}
	}
	for i := range codes {
		codes[i], valid[i] = int32(first+i), true
		if i > 0 && how == "swapped" && i == n/2 {
			codes[i], codes[i-1] = codes[i-1], codes[i]
		}
		if how[:4] == "null" && how != "null values" || how == "both nulls" {
			valid[i] = rng.IntN(9) > 0
		}
	}
	indices := array.NewBuilder(alloc, typ.IndexType)
	for i, k := range codes {
		if valid[i] && inner[k] {
			put(rows, all[k])
		} else {
			rows.AppendNull()
		}
		if !valid[i] && how == "null codes beyond" {
			k += int32(first + n)
		}
		switch b := indices.(type) {
		case *array.Int32Builder:
			b.Append(k)
		case *array.Uint32Builder:
			b.Append(uint32(k))
		case *array.Int16Builder:
			b.Append(int16(k))
		}
	}
	bits := memory.NewResizableBuffer(alloc)
	bits.Resize((n + 7) / 8)
	nulls := 0
	for i, ok := range valid {
		if ok {
			bits.Bytes()[i>>3] |= 1 << (i & 7)
		} else {
			nulls++
		}
	}
	data := array.NewDataWithDictionary(typ, n, []*memory.Buffer{bits, indices.NewArray().Data().Buffers()[1]}, nulls, 0, values.NewArray().Data().(*array.Data))
	return rows.NewArray(), array.MakeFromData(data)
}

// compareTables finds the rows of both columns, from one on, in a table each, and
// compares groups and hashes.
func compareTables(t *testing.T, plain, coded arrow.Array, from int, seed uint64) {
	t.Helper()
	n := plain.Len() - from
	var groups [2][]int32
	var hashes [2][]uint64
	for i, arr := range []arrow.Array{plain, coded} {
		table, err := New([]arrow.DataType{arr.DataType()}, memory.NewGoAllocator(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		groups[i], hashes[i] = make([]int32, 2*n), make([]uint64, n)
		// The first time a dictionary is as long as its rows, the second it is not.
		for _, part := range [][]int32{groups[i][:n], groups[i][n:]} {
			if _, err := table.Find([]arrow.Array{arr}, from, plain.Len(), part); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.RowHashes([]arrow.Array{arr}, from, plain.Len(), hashes[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(groups[0], groups[1]) || !slices.Equal(hashes[0], hashes[1]) {
		t.Fatalf("seed %d: groups or hashes of %d rows from %d on differ", seed, n, from)
	}
}
