package rowhash_test

import (
	"fmt"
	"hash/maphash"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/rowhash"
)

func BenchmarkHash(b *testing.B) {
	const rows = 8192
	ints, short, long := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	nullable := array.NewInt64Builder(memory.DefaultAllocator)
	coded := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	for i := range rows {
		ints.Append(int64(i))
		short.Append(fmt.Sprintf("id%03d", i%100))
		long.Append(fmt.Sprintf("https://example.org/shop/%08d/index.html", i))
		if i%20 == 0 {
			nullable.AppendNull()
		} else {
			nullable.Append(int64(i))
		}
		if err := coded.AppendString(fmt.Sprintf("id%03d", i%100)); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		arr  arrow.Array
	}{{"int64", ints.NewArray()}, {"int64 nulls", nullable.NewArray()}, {"string 5", short.NewArray()}, {"string 44", long.NewArray()}, {"dictionary", coded.NewArray()}} {
		b.Run(c.name, func(b *testing.B) {
			var h rowhash.Hasher
			out, cols := make([]uint64, rows), []arrow.Array{c.arr}
			b.ReportAllocs()
			for b.Loop() {
				h.Hash(cols, nil, out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
		b.Run(c.name+"/naive", func(b *testing.B) {
			out, seed := make([]uint64, rows), maphash.MakeSeed()
			for b.Loop() {
				naiveHash(seed, c.arr, out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

// naiveHash hashes each value by the standard library.
func naiveHash(seed maphash.Seed, arr arrow.Array, out []uint64) {
	for i := range out {
		if arr.IsNull(i) {
			out[i] = 0
			continue
		}
		switch arr := arr.(type) {
		case *array.Int64:
			out[i] = maphash.Comparable(seed, arr.Value(i))
		case *array.String:
			out[i] = maphash.String(seed, arr.Value(i))
		case *array.Dictionary:
			out[i] = maphash.String(seed, arr.Dictionary().(*array.String).Value(arr.GetValueIndex(i)))
		}
	}
}
