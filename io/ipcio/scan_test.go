package ipcio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

func plainSchema() *arrow.Schema {
	return arrow.NewSchema(fieldsOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean, arrow.ListOf(arrow.PrimitiveTypes.Int32),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}), nil)
}

func records(seed uint64, schema *arrow.Schema, rows ...int) []arrow.Record {
	g := generator{rng: rand.New(rand.NewPCG(seed, 9)), nulls: true, plain: true}
	recs := make([]arrow.Record, len(rows))
	for i, n := range rows {
		recs[i] = generatorRecord(g, schema, n)
	}
	return recs
}

// buffersOf are all buffers of an array.
func buffersOf(d arrow.ArrayData) (out [][]byte) {
	for _, b := range d.Buffers() {
		if b != nil && b.Len() > 0 {
			out = append(out, b.Bytes())
		}
	}
	for _, k := range d.Children() {
		out = append(out, buffersOf(k)...)
	}
	if dict, _ := d.Dictionary().(*array.Data); dict != nil {
		out = append(out, buffersOf(dict)...)
	}
	return out
}

// Every buffer of a mapped file that is not compressed is a part of the mapping,
// and all batches have one dictionary.
func TestMappedBuffersAreNotCopied(t *testing.T) {
	recs := records(1, plainSchema(), 100, 50)
	for _, layout := range []Option{AsFile(), AsStream()} {
		// One dictionary, so that the stream does not replace it.
		cols := append([]arrow.Array{}, recs[1].Columns()...)
		cols[4] = array.NewSlice(recs[0].Column(4), 0, 50)
		recs[1] = array.NewRecord(recs[1].Schema(), cols, 50)
		path := save(t, "a", encoded(t, recs[0].Schema(), recs, layout, BatchRows(100)))
		var dicts []arrow.ArrayData
		n := 0
		s := Scan(path)
		files, err := s.Share(t.Context(), (&result{}).env(gomem))
		if err != nil {
			t.Fatal(err)
		}
		e := (&result{}).env(memory.NewCheckedAllocator(gomem))
		e.Shared = files
		for c, err := range s.Read(t.Context(), dataflow.Split{Path: path, To: -1}, e) {
			if err != nil {
				t.Fatal(err)
			}
			m := files.(interface{ mapping(string) []byte }).mapping(path)
			from, to := uintptr(unsafe.Pointer(&m[0])), uintptr(unsafe.Pointer(&m[0]))+uintptr(len(m))
			for _, col := range c.Rec.Columns() {
				for _, b := range buffersOf(col.Data()) {
					if at := uintptr(unsafe.Pointer(&b[0])); at < from || at+uintptr(len(b)) > to {
						t.Errorf("%s: a buffer of %d bytes is not in the mapping", col.DataType(), len(b))
					} else if (at-from)%64 != 0 {
						t.Errorf("%s: a buffer is not aligned to 64 bytes in the file", col.DataType())
					}
					n++
				}
			}
			dicts = append(dicts, c.Rec.Column(4).Data().Dictionary())
			c.Rec.Release()
		}
		if n < 16 || len(dicts) != 2 || dicts[0] != dicts[1] {
			t.Errorf("%d buffers, %d batches of one dictionary", n, len(dicts))
		}
		files.Close()
	}
}

// mapping is the mapping of an open file.
func (f *files) mapping(path string) []byte { return f.open[path].archive.mapped.data }

// Batches outlive the run, the file and its name.
func TestBatchesOutliveTheRun(t *testing.T) {
	recs := records(2, plainSchema(), 1000)
	path := save(t, "a", encoded(t, recs[0].Schema(), recs, AsFile(), BatchRows(250)))
	for _, mapped := range []bool{true, false} {
		var kept []arrow.Record
		res := scan(t, Scan(path).Mapped(mapped), 0, 0, func(r arrow.Record) {
			if mapped {
				r.Retain()
				kept = append(kept, r)
			}
		})
		if res.err != nil {
			t.Fatal(res.err)
		}
		if !mapped {
			continue
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		sameRows(t, "kept", texts(kept...), texts(recs...))
		m := kept[0].Column(0).Data().Buffers()[1]
		if m == nil {
			t.Fatal("no buffer")
		}
		for _, r := range kept {
			r.Release()
		}
		path = save(t, "a", encoded(t, recs[0].Schema(), recs, AsFile()))
	}
}

func TestSplitsAreRangesOfRows(t *testing.T) {
	seed := rand.Uint64()
	for _, rows := range [][]int{{5000}, {10, 20, 3000, 1, 0, 70, 70, 2000}, {0, 0}, {300, 300, 300}} {
		recs := records(seed, plainSchema(), rows...)
		for _, layout := range [][]ipc.Option{nil, {ipc.WithLZ4()}} {
			// Arrow's writer makes a batch of each; one dictionary serves all.
			for i := range recs[1:] {
				cols := append([]arrow.Array{}, recs[i+1].Columns()...)
				cols[4] = array.MakeArrayOfNull(gomem, cols[4].DataType(), cols[4].Len())
				recs[i+1] = array.NewRecord(recs[i+1].Schema(), cols, recs[i+1].NumRows())
			}
			want := texts(recs...)
			path := save(t, "a", arrowFile(t, true, recs, layout...))
			for _, bytes := range []int64{1, 100, 3000, 20000, 1 << 30} {
				for _, mapped := range []bool{true, false} {
					what := fmt.Sprintf("seed %d, %v rows, splits of %d bytes, mapped %t", seed, rows, bytes, mapped)
					res := scan(t, Scan(path).Mapped(mapped), bytes, 999)
					if res.err != nil {
						t.Errorf("%s: %v", what, res.err)
						continue
					}
					sameRows(t, what, res.rows, want)
					if bytes == 3000 && mapped && layout == nil && rows[0] == 5000 && res.splits < 10 {
						t.Errorf("%s: one batch gave %d splits", what, res.splits)
					}
				}
			}
		}
	}
}

// A stream may replace a dictionary, or add to it; such a file is one split.
func TestStreamsWithGrowingDictionaries(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema(fieldsOf(typ, arrow.PrimitiveTypes.Int32), nil)
	g := generator{rng: rand.New(rand.NewPCG(3, 3)), nulls: true, plain: true}
	recs := []arrow.Record{g.record(schema, 20), g.record(schema, 20), g.record(schema, 20)}
	replaced := encoded(t, schema, recs, BatchRows(20))
	path := save(t, "a.arrows", replaced)
	res := scan(t, Scan(path), 100, 0)
	sameRows(t, "replaced", res.rows, texts(recs...))
	if res.err != nil || res.splits != 1 || res.chunks != 3 {
		t.Errorf("%v, %d splits, %d chunks", res.err, res.splits, res.chunks)
	}
	// What the file format's writer makes has deltas, and is a stream within.
	file := encoded(t, schema, recs, AsFile(), BatchRows(20))
	for name, data := range map[string][]byte{"file": file, "file.gz": gzipped(t, file), "file.zst": zstded(t, file), "stream.gz": gzipped(t, replaced)} {
		res := scan(t, Scan(save(t, name, data)), 0, 0)
		sameRows(t, name, res.rows, texts(recs...))
		if res.err != nil || res.chunks != 3 {
			t.Errorf("%s: %v, %d chunks", name, res.err, res.chunks)
		}
	}
}

func gzipped(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

func zstded(t testing.TB, data []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

// counting is an allocator that counts what was asked of it.
type counting struct {
	memory.Allocator
	bytes int
}

func (c *counting) Allocate(n int) []byte { c.bytes += n; return c.Allocator.Allocate(n) }

// Columns that are left out are not read, and not decompressed.
func TestPrunedColumnsAreNotRead(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "small", Type: arrow.PrimitiveTypes.Int8, Nullable: true},
		{Name: "great", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	recs := records(4, schema, 10000)
	for _, c := range []Compression{None, LZ4, Zstd} {
		for _, packed := range []bool{false, true} {
			data := encoded(t, schema, recs, AsFile(), Compress(c))
			if packed {
				data = gzipped(t, data)
			}
			path := save(t, "a", data)
			for _, columns := range [][]string{{"small"}, {"text", "small"}, {}, {"great"}} {
				s := Scan(path).Mapped(false).PruneColumns(columns)
				res := scan(t, s, 0, 0)
				var keep []int
				for i, f := range schema.Fields() {
					if strings.Contains(fmt.Sprint(columns), f.Name) {
						keep = append(keep, i)
					}
				}
				want := batch.Columns(recs[0], res.schema, keep)
				if res.err != nil {
					t.Fatal(res.err)
				}
				sameRows(t, fmt.Sprintf("%s %v", c, columns), res.rows, texts(want))
				if len(columns) != 1 || columns[0] != "small" {
					continue
				}
				count := &counting{Allocator: gomem}
				e := (&result{}).env(count)
				for c, err := range s.Read(t.Context(), dataflow.Split{Path: path, To: -1}, e) {
					if err != nil {
						t.Fatal(err)
					}
					c.Rec.Release()
				}
				if count.bytes > 40000 { // the column, its nulls, both once more compressed; great alone is 80000
					t.Errorf("%s: %d bytes were read for a column of 10000", c, count.bytes)
				}
			}
		}
	}
}

func TestFilesMustHaveTheSameColumns(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, fields ...arrow.Field) string {
		rec := records(5, arrow.NewSchema(fields, nil), 4)[0]
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, encoded(t, rec.Schema(), []arrow.Record{rec}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true}
	b := arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}
	long := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	first := put("1", a, b)
	if res := scan(t, Scan(first, put("2", b, a)), 0, 0); res.err != nil || len(res.rows) != 8 {
		t.Errorf("%v, %d rows", res.err, len(res.rows))
	}
	for name, fields := range map[string][]arrow.Field{"fewer": {a}, "type": {long, b}, "name": {a, {Name: "c", Type: b.Type}}, "more": {a, b, {Name: "c", Type: b.Type}}} {
		path := put(name, fields...)
		if res := scan(t, Scan(first, path), 0, 0); res.err == nil || !strings.Contains(res.err.Error(), path+": ") {
			t.Errorf("%s: %v", name, res.err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	rec := records(6, plainSchema(), 30)[0]
	file := encoded(t, rec.Schema(), []arrow.Record{rec}, AsFile())
	stream := encoded(t, rec.Schema(), []arrow.Record{rec})
	for want, data := range map[string][]byte{
		"not Arrow IPC":              []byte("a,b\n1,2\n3,4\n5,6\n"),
		"not Arrow IPC: the file ha": nil,
		"without its end":            file[:len(file)-20],
		"ends too early":             stream[:len(stream)-30],
		"holds one stream":           append(append([]byte{}, stream...), stream...),
	} {
		path := save(t, "a", data)
		res := scan(t, Scan(path), 0, 0)
		if res.err == nil || !strings.Contains(res.err.Error(), want) || !strings.HasPrefix(res.err.Error(), "ipcio: "+path) {
			t.Errorf("%q: %v", want, res.err)
		}
	}
	// A stream may end without its mark, but not within a message.
	if res := scan(t, Scan(save(t, "a", stream[:len(stream)-8])), 0, 0); res.err != nil || len(res.rows) != 30 {
		t.Errorf("%v, %d rows", res.err, len(res.rows))
	}
	// Unless compressed, where the reader is another.
	if res := scan(t, Scan(save(t, "a", gzipped(t, append(append([]byte{}, stream...), stream...)))), 0, 0); res.err == nil {
		t.Error("two streams in one file were taken")
	}
}

// A dictionary of a file is one, without deltas, and one that has grown too long
// for its codes is an error that says what to do.
func TestDictionariesOfFilesAreUnified(t *testing.T) {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema(fieldsOf(typ, arrow.ListOf(typ)), nil)
	coded := func(from, n int) arrow.Record {
		words, codes := array.NewStringBuilder(gomem), array.NewInt8Builder(gomem)
		for i := range n {
			words.Append(fmt.Sprintf("word %d", from+i))
			codes.Append(int8(n - 1 - i))
		}
		d := array.NewDictionaryArray(typ, codes.NewArray(), words.NewArray())
		offsets := make([]int32, n+1)
		for i := range offsets {
			offsets[i] = int32(i)
		}
		list := array.NewData(schema.Field(1).Type, n, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))}, []arrow.ArrayData{d.Data()}, 0, 0)
		return array.NewRecord(schema, []arrow.Array{d, array.MakeFromData(list)}, int64(n))
	}
	recs := []arrow.Record{coded(0, 50), coded(30, 50), coded(0, 50), coded(60, 60)}
	data := encoded(t, schema, recs, AsFile(), BatchRows(50))
	res := scan(t, Scan(save(t, "a", data)), 0, 0, func(r arrow.Record) {
		if n := r.Column(0).(*array.Dictionary).Dictionary().Len(); n != 120 {
			t.Errorf("a dictionary of %d values", n)
		}
	})
	if res.err != nil {
		t.Fatal(res.err)
	}
	sameRows(t, "unified", res.rows, texts(recs...))
	a, err := openArchive(t.Context(), save(t, "a", data), true, freeClaims())
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	for id, pieces := range a.pieces {
		if len(pieces) != 1 {
			t.Errorf("dictionary %d has %d parts", id, len(pieces))
		}
	}
	err = sink(t, WriteTo(&bytes.Buffer{}, AsFile(), BatchRows(50)), schema, append(recs, coded(200, 50))...)
	if err == nil || !strings.Contains(err.Error(), "more than 128 values") || !strings.Contains(err.Error(), "write a stream") {
		t.Errorf("got %v", err)
	}
	if err := sink(t, WriteTo(&bytes.Buffer{}, BatchRows(50)), schema, append(recs, coded(200, 50))...); err != nil {
		t.Error(err)
	}
}
