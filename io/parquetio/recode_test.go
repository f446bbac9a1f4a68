package parquetio

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// TestEncodings: every type in every encoding that the library writes it in, decoded
// by this package alone.
func TestEncodings(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	done, failed := 0, 0
	for _, typ := range slices.Concat(flatTypes, decimalTypes) {
		if typ.ID() == arrow.DURATION || typ.ID() == arrow.BOOL {
			continue
		}
		for _, encoding := range encodingsOf(typ, true) {
			t.Run(fmt.Sprint(typ, " ", encoding), func(t *testing.T) {
				for _, n := range []int{0, 1, 2, 129, 3000} {
					rec := table(rng.Uint64(), n, n%2 == 0, typ)
					recs := slices3(rec)
					if n > 2 && rec.Schema().Field(0).Nullable { // pages of nulls
						recs = slices.Insert(recs, 0, df.Batch(df.ColOf("c0", typ, make([]any, 500)...)))
					}
					version := []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}[rng.IntN(2)]
					data, err := tryTheirs(t, recs, int64(1+rng.IntN(4000)), []parquet.WriterProperty{
						parquet.WithDictionaryDefault(false), parquet.WithEncoding(encoding), parquet.WithDataPageVersion(version),
						parquet.WithDataPageSize(int64(1) << (4 + rng.IntN(14))), parquet.WithBatchSize(int64(1 + rng.IntN(300))), parquet.WithStoreDecimalAsInteger(true)})
					if err != nil {
						failed++
						continue
					}
					s := Scan(save(t, data))
					res := read(t, s, 1+rng.IntN(2000))
					if res.err != nil {
						t.Fatalf("seed %d: %v", seed, res.err)
					}
					if d := df.Diff(df.Rows(recs...), res.rows); d != "" {
						t.Fatalf("seed %d: %s", seed, d)
					}
					done++
					if st := s.Stats(); st.LibraryValues != 0 || st.Values != int64(len(res.rows)) {
						t.Errorf("decoded: %s", st)
					}
				}
			})
		}
	}
	if failed > done/10 {
		t.Errorf("%d files could not be written, %d could", failed, done)
	}
}

// TestEncodingsAtTheEdge: the least and the greatest integers, beside each other.
func TestEncodingsAtTheEdge(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	i32, u32, i64, u64 := make([]int32, 1000), make([]uint32, 1000), make([]int64, 1000), make([]uint64, 1000)
	for i := range i32 {
		i32[i] = []int32{math.MinInt32, math.MaxInt32, 0, -1}[rng.IntN(4)]
		i64[i] = []int64{math.MinInt64, math.MaxInt64, 0, -1}[rng.IntN(4)]
		u32[i], u64[i] = uint32(i32[i]), uint64(i64[i])
	}
	rec := df.Batch(df.Col("i32", i32), df.Col("u32", u32), df.Col("i64", i64), df.Col("u64", u64))
	for _, e := range encodingsOf(arrow.PrimitiveTypes.Int32, true) {
		s := Scan(save(t, theirs(t, []arrow.Record{rec}, 600, []parquet.WriterProperty{parquet.WithDictionaryDefault(false), parquet.WithEncoding(e)})))
		if d := df.Diff(df.Rows(rec), rows(t, s, 100)); d != "" || s.Stats().LibraryValues != 0 {
			t.Errorf("%s: %s; %s", e, d, s.Stats())
		}
	}
}

// TestWideValues: a length that the schema merely claims costs no memory, and a batch
// of long values has fewer rows.
func TestWideValues(t *testing.T) {
	p := &peak{Allocator: newLedger(t)}
	env := df.NewEnv(t, p)
	const size = 40 << 20
	c := &fileColumn{physical: physicalFixed, length: size, t: &arrow.FixedSizeBinaryType{ByteWidth: size}}
	f := chunkOf(dataPageOf(4096, []byte("short"), crc32.ChecksumIEEE([]byte("short"))), 4096, compress.Codecs.Uncompressed, c, &env)
	if _, err := f.read(4096); err != errPlainEnds {
		t.Errorf("error %v", err)
	}
	f.close()
	if p.most > size+1<<20 {
		t.Errorf("%d bytes were held", p.most)
	}
	b := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 1 << 20})
	for i := range 100 {
		b.Append(bytes.Repeat([]byte{byte(i)}, 1<<20))
	}
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: b.Type()}}, nil), []arrow.Array{b.NewArray()}, 100)
	for _, e := range []parquet.Encoding{parquet.Encodings.Plain, parquet.Encodings.ByteStreamSplit} {
		res := read(t, Scan(save(t, theirs(t, []arrow.Record{rec}, 100, []parquet.WriterProperty{parquet.WithDictionaryDefault(false), parquet.WithEncoding(e)}))), 100)
		if res.err != nil || res.batches != 2 {
			t.Errorf("%s: %d batches, %v", e, res.batches, res.err)
		}
		if d := df.Diff(df.Rows(rec), res.rows); d != "" {
			t.Errorf("%s: the values differ", e)
		}
	}
}
