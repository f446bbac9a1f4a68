package parquetio

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

const benchRows = 1_000_000

// groupbyTable is rows of the groupby benchmark's table, in batches: id1, id3 and v1,
// v3.
var groupbyTable = sync.OnceValue(func() []arrow.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id1", Type: arrow.BinaryTypes.String}, {Name: "id3", Type: arrow.BinaryTypes.String},
		{Name: "v1", Type: arrow.PrimitiveTypes.Int64}, {Name: "v3", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	var recs []arrow.Record
	for range benchRows / 50_000 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range 50_000 {
			b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("id%03d", 1+rng.IntN(100)))
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("id%010d", 1+rng.IntN(benchRows/100)))
			b.Field(2).(*array.Int64Builder).Append(1 + rng.Int64N(5))
			b.Field(3).(*array.Float64Builder).Append(float64(rng.IntN(100_000_000)) / 1e6)
		}
		recs = append(recs, b.NewRecord())
	}
	return recs
})

// BenchmarkRead: a value is a row of a column.
func BenchmarkRead(b *testing.B) {
	for _, codec := range []Codec{Zstd, Snappy, None} {
		path := written(b, groupbyTable(), Compression(codec))
		for _, c := range []struct {
			name    string
			source  *Source
			columns []string
		}{
			{"v1", Scan(path), []string{"v1"}},
			{"id1,v1", Scan(path), []string{"id1", "v1"}},
			{"id1,v1/dictionary", Scan(path).Dictionaries(), []string{"id1", "v1"}},
			{"id3", Scan(path), []string{"id3"}},
			{"v3", Scan(path), []string{"v3"}},
		} {
			b.Run(codec.String()+"/"+c.name, func(b *testing.B) {
				s := c.source.PruneColumns(c.columns)
				benchmarkSource(b, s, len(c.columns))
			})
		}
	}
}

func benchmarkSource(b *testing.B, s dataflow.Source, columns int) {
	pool := batch.NewPool(memory.DefaultAllocator, 8<<20)
	env := dataflow.Env{Alloc: pool, Reserve: func(int64) error { return nil }, Advance: func(int64) {}, BatchRows: 4096}
	b.ReportAllocs()
	for b.Loop() {
		splits, err := s.Splits(b.Context(), 0, env)
		if err != nil {
			b.Fatal(err)
		}
		for _, split := range splits {
			for chunk, err := range s.Read(b.Context(), split, env) {
				if err != nil {
					b.Fatal(err)
				}
				chunk.Rec.Release()
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows/float64(columns), "ns/value")
}

// BenchmarkRecode: pages in each encoding, as the library writes them, uncompressed. A
// value is a row.
func BenchmarkRecode(b *testing.B) {
	recs := groupbyTable()
	for _, c := range []struct {
		column   int
		encoding parquet.Encoding
	}{
		{2, parquet.Encodings.Plain}, {2, parquet.Encodings.DeltaBinaryPacked}, {2, parquet.Encodings.ByteStreamSplit},
		{3, parquet.Encodings.Plain}, {3, parquet.Encodings.ByteStreamSplit},
		{1, parquet.Encodings.Plain}, {1, parquet.Encodings.DeltaLengthByteArray}, {1, parquet.Encodings.DeltaByteArray},
	} {
		var cols []arrow.Record
		field := recs[0].Schema().Field(c.column)
		for _, r := range recs {
			cols = append(cols, array.NewRecord(arrow.NewSchema([]arrow.Field{field}, nil), []arrow.Array{r.Column(c.column)}, r.NumRows()))
		}
		s := Scan(save(b, theirs(b, cols, 1<<20, []parquet.WriterProperty{parquet.WithDictionaryDefault(false), parquet.WithEncoding(c.encoding)})))
		b.Run(field.Name+"/"+c.encoding.String(), func(b *testing.B) { benchmarkSource(b, s, 1) })
	}
}

// BenchmarkWrite: a value is a row of a column.
func BenchmarkWrite(b *testing.B) {
	recs := groupbyTable()
	for codec := Zstd; codec <= None; codec++ {
		b.Run(codec.String(), func(b *testing.B) {
			var n counter
			for b.Loop() {
				n = 0
				if err := sinktest.Write(b, WriteTo(&n, Compression(codec)), recs...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows/4, "ns/value")
			b.ReportMetric(float64(n)/1e6, "MB")
		})
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)
