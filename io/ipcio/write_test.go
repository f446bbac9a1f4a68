package ipcio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
)

// sink writes batches with a checked allocator, and commits.
func sink(t testing.TB, s dataflow.Sink, schema *arrow.Schema, recs ...arrow.Record) error {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var res result
	out, err := s.Open(t.Context(), schema, res.env(alloc))
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if err := out.Write(t.Context(), dataflow.Chunk{Rec: rec}); err != nil {
			return errors.Join(err, out.Abort())
		}
	}
	if err := out.Commit(t.Context()); err != nil {
		return errors.Join(err, out.Abort())
	}
	if res.reserved != 0 {
		t.Errorf("%d bytes are still reserved", res.reserved)
	}
	return nil
}

// encoded is what a sink writes.
func encoded(t testing.TB, schema *arrow.Schema, recs []arrow.Record, opts ...Option) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sink(t, WriteTo(&b, opts...), schema, recs...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// arrowReads is what Arrow's own reader makes of data.
func arrowReads(data []byte, stream bool) (rows []string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if stream {
		r, err := ipc.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		for r.Next() {
			rows = append(rows, texts(r.Record())...)
		}
		return rows, r.Err()
	}
	r, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for i := range r.NumRecords() {
		rec, err := r.RecordAt(i)
		if err != nil {
			return nil, err
		}
		rows = append(rows, texts(rec)...)
	}
	return rows, nil
}

// Every type comes back as it was written: several batches, sliced, of different
// dictionaries, in both formats, by ourselves and by Arrow's reader.
func TestRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	for i, typ := range everyType() {
		g := generator{rng: rand.New(rand.NewPCG(seed, uint64(i))), nulls: i%5 > 0}
		schema := arrow.NewSchema(fieldsOf(typ, arrow.PrimitiveTypes.Int32), nil)
		recs := []arrow.Record{g.record(schema, 23), g.record(schema, 0), g.record(schema, 1), g.record(schema, 40), g.record(schema, 17)}
		for _, stream := range []bool{false, true} {
			for _, c := range []Compression{None, LZ4, Zstd} {
				for _, rows := range []int{10, 30} {
					what := fmt.Sprintf("seed %d, %s, stream %t, %s, %d rows", seed, typ, stream, c, rows)
					layout := AsFile()
					if stream {
						layout = AsStream()
					}
					data := encoded(t, schema, recs, layout, Compress(c), BatchRows(rows))
					path := save(t, "a", data)
					for _, mapped := range []bool{true, false} {
						res := scan(t, Scan(path).Mapped(mapped), 100, 16)
						if res.err != nil {
							t.Fatalf("%s: %v", what, res.err)
						}
						if !res.schema.Equal(schema) {
							t.Fatalf("%s: schema %v", what, res.schema)
						}
						sameRows(t, what, res.rows, texts(recs...))
					}
					if c != None || arrowCannot(typ) {
						continue
					}
					rows, err := arrowReads(data, stream)
					if err != nil {
						t.Errorf("%s: Arrow's reader: %v", what, err)
						continue
					}
					sameRows(t, what+", Arrow's reader", rows, texts(recs...))
				}
			}
		}
	}
}

// arrowCannot are the types that Arrow v17's reader does not read where a
// dictionary grows: it panics.
func arrowCannot(t arrow.DataType) bool {
	d, ok := t.(*arrow.DictionaryType)
	return ok && d.ValueType.ID() == arrow.STRUCT
}

func TestWriteOfNothing(t *testing.T) {
	schema := arrow.NewSchema(fieldsOf(everyType()...), nil)
	for _, s := range []*arrow.Schema{schema, arrow.NewSchema(nil, nil)} {
		for _, layout := range []Option{AsFile(), AsStream()} {
			res := scan(t, Scan(save(t, "a", encoded(t, s, nil, layout))), 0, 0)
			if res.err != nil || len(res.rows) != 0 || !res.schema.Equal(s) {
				t.Errorf("%v, %d rows, schema %v", res.err, len(res.rows), res.schema)
			}
		}
	}
}

func TestRowsWithoutColumns(t *testing.T) {
	schema := arrow.NewSchema(nil, nil)
	rec := array.NewRecord(schema, nil, 25)
	for _, layout := range []Option{AsFile(), AsStream()} {
		res := scan(t, Scan(save(t, "a", encoded(t, schema, []arrow.Record{rec}, layout, BatchRows(7)))), 0, 3)
		if res.err != nil || len(res.rows) != 25 {
			t.Errorf("%v, %d rows", res.err, len(res.rows))
		}
	}
}

func TestMetadataIsKept(t *testing.T) {
	meta := arrow.NewMetadata([]string{"k", "k2"}, []string{"v", ""})
	f := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Metadata: meta}
	schema := arrow.NewSchema([]arrow.Field{f}, &meta)
	res := scan(t, Scan(save(t, "a", encoded(t, schema, nil, AsFile()))), 0, 0)
	if res.err != nil || !res.schema.Equal(schema) || !res.schema.Metadata().Equal(meta) || !res.schema.Field(0).Metadata.Equal(meta) {
		t.Errorf("%v, %v", res.err, res.schema)
	}
}

func TestWriteNamesTheFormat(t *testing.T) {
	rec := generator{rng: rand.New(rand.NewPCG(1, 1))}.record(arrow.NewSchema(fieldsOf(arrow.PrimitiveTypes.Int32), nil), 5)
	dir := t.TempDir()
	for name, isFile := range map[string]bool{"a.arrow": true, "a.feather": true, "a.ipc": true, "a.arrows": false} {
		path := filepath.Join(dir, name)
		if err := sink(t, Write(path), rec.Schema(), rec); err != nil {
			t.Fatal(err)
		}
		a, err := openArchive(t.Context(), path, true, freeClaims())
		if err != nil {
			t.Fatal(err)
		}
		head, _ := a.src.bytes(0, 6)
		if got := string(head) == magic; got != isFile {
			t.Errorf("%s is a file: %t", name, got)
		}
		a.close()
	}
}

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func TestWriteErrorsAreWrapped(t *testing.T) {
	rec := generator{rng: rand.New(rand.NewPCG(1, 1)), nulls: true}.record(arrow.NewSchema(fieldsOf(everyType()...), nil), 50)
	whole := len(encoded(t, rec.Schema(), []arrow.Record{rec}, AsFile()))
	for left := 0; left < whole; left += whole/50 + 1 {
		if err := sink(t, WriteTo(&failing{left}, AsFile()), rec.Schema(), rec); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}
