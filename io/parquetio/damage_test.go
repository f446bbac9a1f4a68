package parquetio

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
)

// damagedFiles are small files of all kinds.
func damagedFiles(t testing.TB) (files [][]byte, recs []arrow.Record) {
	types := []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean,
		&arrow.FixedSizeBinaryType{ByteWidth: 3}, &arrow.Decimal128Type{Precision: 20, Scale: 2}, arrow.ListOf(arrow.BinaryTypes.String)}
	for i, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Gzip, compress.Codecs.Lz4Raw, compress.Codecs.Brotli} {
		rec := table(uint64(i), 60, true, types...)
		props := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithDictionaryDefault(i%2 == 0), parquet.WithDataPageSize(200),
			parquet.WithDataPageVersion([]parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}[i/2%2])}
		if i%2 == 1 {
			props = append(props,
				parquet.WithEncodingFor("c0", []parquet.Encoding{parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.ByteStreamSplit}[i/2%2]),
				parquet.WithEncodingFor("c1", []parquet.Encoding{parquet.Encodings.DeltaByteArray, parquet.Encodings.DeltaLengthByteArray}[i/2%2]),
				parquet.WithEncodingFor("c3", parquet.Encodings.ByteStreamSplit))
		}
		files = append(files, theirs(t, []arrow.Record{rec}, 25, props, pqarrow.WithStoreSchema()))
		recs = append(recs, rec)
	}
	return files, recs
}

// mutant is data with some bytes flipped, or cut off, or doubled.
func mutant(rng *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	at := func() int {
		if rng.IntN(2) == 0 && len(out) > 1000 { // in the footer half the time
			return len(out) - 1 - rng.IntN(1000)
		}
		return rng.IntN(len(out))
	}
	switch rng.IntN(10) {
	case 0:
		return out[:rng.IntN(len(out))]
	case 1:
		n := rng.IntN(len(out))
		return append(out[:n:n], out[n-rng.IntN(min(n, 20)+1):]...)
	case 2:
		copy(out[at():], out[at():][:1])
		fallthrough
	default:
		for range 1 + rng.IntN(3) {
			switch i := at(); rng.IntN(3) {
			case 0:
				out[i] ^= 1 << rng.IntN(8)
			case 1:
				out[i] = byte(rng.IntN(256))
			default:
				out[i] = []byte{0, 0x7f, 0x80, 0xff}[rng.IntN(4)]
			}
		}
	}
	return out
}

// peak is an allocator and account that knows how much was out at once. The account
// has 256 MiB.
type peak struct {
	memory.Allocator
	now, most int64
}

func (p *peak) add(n int64) error {
	if n > 0 && p.now+n > 256<<20 {
		return dataflow.ErrBudget
	}
	p.count(n)
	return nil
}

func (p *peak) count(n int64) {
	p.now += n
	p.most = max(p.most, p.now)
}

// Allocate counts.
func (p *peak) Allocate(n int) []byte {
	p.count(int64(n))
	return p.Allocator.Allocate(n)
}

// Reallocate counts.
func (p *peak) Reallocate(n int, b []byte) []byte {
	p.count(int64(n - len(b)))
	return p.Allocator.Reallocate(n, b)
}

// Free counts.
func (p *peak) Free(b []byte) {
	p.count(-int64(len(b)))
	p.Allocator.Free(b)
}

// readDamaged reads the file at path to its end or its first error.
func readDamaged(t testing.TB, path string, columns []string) (n int64, err error) {
	t.Helper()
	p := &peak{Allocator: memory.NewGoAllocator()}
	checked := memory.NewCheckedAllocator(p)
	defer checked.AssertSize(t, 0)
	env := dataflow.Env{Alloc: checked, Reserve: p.add, Advance: func(int64) {}, Warn: func(dataflow.Warning) {}, BatchRows: 16}
	defer func() {
		t.Helper()
		if v := recover(); v != nil {
			t.Fatalf("panic: %v\n%s", v, debug.Stack())
		}
		if p.now != 0 || p.most > 512<<20 {
			t.Fatalf("%d bytes were held, %d at most", p.now, p.most)
		}
	}()
	var s dataflow.Source = Scan(path)
	if columns != nil {
		s = s.(*Source).PruneColumns(columns)
	}
	s = s.(*Source).TakeBounds([]dataflow.Bound{{Column: "c9", Op: dataflow.IsNull}, {Column: "c0", Op: dataflow.NotEqual, Value: int64(123456789)}})
	splits, err := s.Splits(t.Context(), 0, env)
	if err != nil {
		return 0, err
	}
	for _, split := range splits {
		for c, err := range s.Read(t.Context(), split, env) {
			if err != nil {
				return n, err
			}
			n += c.Rec.NumRows()
			df.Rows(c.Rec) // every value
			c.Rec.Release()
			if n > 100_000 { // more rows than the file can be blamed for: they cost nothing
				return n, nil
			}
		}
	}
	return n, nil
}

// TestDamaged: whatever happens to a file, it is an error or all of its rows, and no
// more memory than they are worth.
func TestDamaged(t *testing.T) {
	debugPanics = false
	defer func() { debugPanics = true }()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	files, recs := damagedFiles(t)
	mutants := 1500
	if testing.Short() {
		mutants = 300
	}
	failed, whole := 0, 0
	path := filepath.Join(t.TempDir(), "m.parquet")
	allocated := func() uint64 { // unlike ReadMemStats it stops nobody, which takes long on a busy machine
		sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	for i := range mutants {
		k := i % len(files)
		data := mutant(rng, files[k])
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var columns []string
		if rng.IntN(2) == 0 {
			columns = []string{"c0", "c1", "c2", "c3", "c4"} // ours alone
		}
		before := allocated()
		n, err := readDamaged(t, path, columns)
		if used := allocated() - before; used > 512<<20 {
			t.Fatalf("seed %d, mutant %d: %d bytes were allocated for %d rows, of %v: %v", seed, i, used, n, columns, err)
		}
		if err != nil {
			failed++
			if !strings.HasPrefix(err.Error(), "parquetio: ") || !strings.Contains(err.Error(), path) {
				t.Errorf("seed %d, mutant %d: %v names no file", seed, i, err)
			}
			continue
		}
		if n != recs[k].NumRows() {
			// The statistics may have been damaged so that a bound leaves a row group
			// out, or a row count everywhere at once.
			if n%25 != 0 && n != 10 && n != 35 {
				t.Errorf("seed %d, mutant %d: %d rows of %d, without an error", seed, i, n, recs[k].NumRows())
			}
			continue
		}
		whole++
	}
	t.Logf("of %d mutants, %d were errors, %d gave as many rows as before", mutants, failed, whole)
	if failed == 0 || whole == 0 {
		t.Error("the mutants test nothing")
	}
}

// thrift writes the compact protocol, for headers of pages made here.
type thrift struct{ b []byte }

func (w *thrift) varint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		w.b = append(w.b, byte(v)|0x80)
	}
	w.b = append(w.b, byte(v))
}

func (w *thrift) int(delta byte, v int32) {
	w.b = append(w.b, delta<<4|thriftI32)
	w.varint(uint64(uint32(v<<1) ^ uint32(v>>31)))
}

// dataPageOf is a PLAIN data page v1 of n values, with its checksum.
func dataPageOf(n int, data []byte, crc uint32) []byte {
	return dataPageIn(encodingPlain, n, data, crc)
}

// dataPageIn is dataPageOf in another encoding.
func dataPageIn(encoding int32, n int, data []byte, crc uint32) []byte {
	var w thrift
	w.int(1, dataPage)
	w.int(1, int32(len(data)))
	w.int(1, int32(len(data)))
	w.int(1, int32(crc))
	w.b = append(w.b, 1<<4|thriftStruct)
	w.int(1, int32(n))
	w.int(1, encoding)
	w.int(1, encodingRLE)
	w.int(1, encodingRLE)
	w.b = append(w.b, 0, 0)
	return append(w.b, data...)
}

// chunkOf is a flat column of the rows rows that the bytes are said to hold.
func chunkOf(data []byte, rows int64, codec compress.Compression, c *fileColumn, env *dataflow.Env) *flat {
	f := &flat{
		pages:  pages{window: window{in: bytes.NewReader(data), step: 64, end: int64(len(data))}, codec: codec, optional: c.optional},
		values: newValues(c, c.t, env), env: env, optional: c.optional, rows: rows,
	}
	f.pages.window.space.env, f.pages.raw.env = env, env
	return f
}

func TestChecksums(t *testing.T) {
	data := []byte{1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
	good := crc32.ChecksumIEEE(data)
	env := df.NewEnv(t, newLedger(t))
	column := &fileColumn{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32}
	for _, c := range []struct {
		crc  uint32
		want string
	}{{good, ""}, {good ^ 1, "the page at byte 21: its checksum is not that of its bytes"}} {
		f := chunkOf(dataPageOf(3, data, c.crc), 3, compress.Codecs.Uncompressed, column, &env)
		arr, err := f.read(3)
		f.close()
		if c.want == "" {
			if err != nil || fmt.Sprint(arr) != "[1 2 -1]" {
				t.Errorf("%v, %v", arr, err)
			}
			arr.Release()
		} else if err == nil || !strings.Contains(err.Error(), "its checksum is not that of its bytes") {
			t.Errorf("error %v", err)
		}
	}
}

// TestBombs: what a page claims to unpack to is not believed.
func TestBombs(t *testing.T) {
	env := df.NewEnv(t, newLedger(t))
	column := &fileColumn{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32}
	for _, codec := range []compress.Compression{compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Gzip, compress.Codecs.Lz4Raw, compress.Codecs.Brotli} {
		c, err := compress.GetCodec(codec)
		if err != nil {
			t.Fatal(err)
		}
		packed := bytes.Clone(c.Encode(nil, make([]byte, 4096)))
		page := dataPageOf(50<<20, packed, crc32.ChecksumIEEE(packed))
		var w thrift // the same header, with a claim
		w.int(1, dataPage)
		w.int(1, 200<<20)
		at := bytes.Index(page, packed)
		var old thrift
		old.int(1, dataPage)
		old.int(1, int32(len(packed)))
		page = append(w.b, page[len(old.b):at]...)
		page = append(page, packed...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f := chunkOf(page, 50<<20, codec, column, &env)
		_, err = f.read(10)
		f.close()
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "unpack") {
			t.Errorf("%s: %v", codec, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%s: %d bytes were allocated", codec, used)
		}
	}
}

// fuzzColumns are what the fuzzer decodes bytes as.
var fuzzColumns = []fileColumn{
	{physical: physicalInt32, t: arrow.PrimitiveTypes.Int32}, {physical: physicalInt32, t: arrow.PrimitiveTypes.Uint8, optional: true},
	{physical: physicalInt64, t: arrow.PrimitiveTypes.Int64, optional: true}, {physical: physicalInt96, t: arrow.FixedWidthTypes.Timestamp_ns, optional: true},
	{physical: physicalBool, t: arrow.FixedWidthTypes.Boolean, optional: true}, {physical: physicalBytes, t: arrow.BinaryTypes.String, optional: true},
	{physical: physicalBytes, t: arrow.BinaryTypes.LargeBinary}, {physical: physicalBytes, t: &arrow.Decimal128Type{Precision: 38}, optional: true},
	{physical: physicalFixed, length: 3, t: &arrow.FixedSizeBinaryType{ByteWidth: 3}, optional: true},
	{physical: physicalFixed, length: 4, t: &arrow.FixedSizeBinaryType{ByteWidth: 4}}, {physical: physicalBytes, t: &arrow.Decimal128Type{Precision: 38}},
	{physical: physicalFixed, length: 20, t: &arrow.Decimal256Type{Precision: 40}, optional: true},
	{physical: physicalDouble, t: arrow.PrimitiveTypes.Float64, optional: true}, {physical: physicalFloat, t: arrow.PrimitiveTypes.Float32},
	{physical: physicalInt64, t: &arrow.Decimal128Type{Precision: 18}},
	{physical: physicalBytes, t: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, optional: true},
}

// FuzzDecode: pages of any bytes are decoded to arrays whose values can be read, or
// are an error.
func FuzzDecode(f *testing.F) {
	files, _ := damagedFiles(f)
	for _, data := range files {
		foot, err := parseFooter(bytes.NewReader(data), "f", int64(len(data)), nil)
		if err != nil {
			f.Fatal(err)
		}
		for leaf := range foot.meta.RowGroups[0].Columns {
			from, end := foot.span(0, leaf)
			for kind := range fuzzColumns {
				if fuzzColumns[kind].physical == int(foot.meta.RowGroups[0].Columns[leaf].MetaData.Type) {
					codec := uint8(foot.meta.RowGroups[0].Columns[leaf].MetaData.Codec)
					f.Add(data[from:end], uint8(kind), codec, uint16(25))
					f.Add(data[from:end], uint8(kind+8*len(fuzzColumns)), codec, uint16(25))
				}
			}
		}
	}
	for kind, c := range fuzzColumns {
		for _, e := range []int32{encodingDeltaInts, encodingDeltaLengths, encodingDeltaBytes, encodingSplit} {
			if !c.optional && recodes(e, c.physical) {
				f.Add(samplePage(e, &c), uint8(kind), uint8(0), uint16(200))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, kind, codec uint8, rows uint16) {
		p := &peak{Allocator: memory.NewGoAllocator()}
		checked := memory.NewCheckedAllocator(p)
		env := dataflow.Env{Alloc: checked, Reserve: p.add}
		c := &fuzzColumns[int(kind)%len(fuzzColumns)]
		col := chunkOf(data, int64(rows), compress.Compression(codec%8), c, &env)
		for left := int(rows); left > 0; {
			if k := 1 + left/3; kind >= 128 && left%2 == 1 { // some rows are not wanted
				if col.skip(int64(k)) != nil {
					break
				}
				left -= k
				continue
			}
			arr, err := col.read(min(left, 100))
			if err != nil {
				break
			}
			left -= arr.Len()
			if arr.Len() == 0 || arr.NullN() > arr.Len() {
				t.Fatalf("%d rows, %d nulls", arr.Len(), arr.NullN())
			}
			for i := range arr.Len() {
				_ = arr.ValueStr(i)
			}
			arr.Release()
			if left == 0 {
				_ = col.finish()
			}
		}
		col.close()
		checked.AssertSize(t, 0)
		if p.now != 0 || p.most > 512<<20 {
			t.Fatalf("%d bytes were held, %d at most", p.now, p.most)
		}
	})
}

// FuzzFile: the same of whole files, with the library's part.
func FuzzFile(f *testing.F) {
	files, _ := damagedFiles(f)
	for _, data := range files {
		f.Add(data)
	}
	path := filepath.Join(f.TempDir(), "f.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _ = readDamaged(t, path, nil)
	})
}
