package parquetio

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	v18 "github.com/apache/arrow-go/v18/arrow"
	v18array "github.com/apache/arrow-go/v18/arrow/array"
	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	df "github.com/arrowmill/arrowmill/dataflow/dataflowtest"
	"github.com/arrowmill/arrowmill/io/file/textsink/sinktest"
)

func init() { debugPanics = true }

// result is all that a source gave.
type result struct {
	schema   *arrow.Schema
	rows     [][]any
	batches  int
	splits   []dataflow.Split
	advanced int64
	reserved int64 // at the end
	most     int64
	err      error
}

// read reads all splits of s, one after another, with a checked allocator, as a run
// does.
func read(t testing.TB, s dataflow.Source, batchRows int) (res result) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	env := dataflow.Env{
		Alloc: alloc,
		Reserve: func(n int64) error {
			res.reserved += n
			res.most = max(res.most, res.reserved)
			return nil
		},
		Advance:   func(n int64) { res.advanced += n },
		Warn:      func(dataflow.Warning) {},
		BatchRows: batchRows,
	}
	defer func() {
		t.Helper()
		alloc.AssertSize(t, 0)
		if res.reserved != 0 {
			t.Errorf("%d bytes are still reserved", res.reserved)
		}
	}()
	if res.schema, res.err = s.Schema(t.Context()); res.err != nil {
		return res
	}
	shared, err := s.(dataflow.Sharer).Share(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	env.Shared = shared
	defer func() {
		if err := shared.Close(); err != nil {
			t.Error(err)
		}
	}()
	if res.splits, res.err = s.Splits(t.Context(), 0, env); res.err != nil {
		return res
	}
	var recs []arrow.Record
	defer func() {
		for _, r := range recs {
			r.Release()
		}
	}()
	for _, split := range res.splits {
		before := res.advanced
		for c, err := range s.Read(t.Context(), split, env) {
			if err != nil {
				res.err = err
				return res
			}
			res.batches++
			if n := c.Rec.NumRows(); n == 0 || batchRows > 0 && n > int64(batchRows) {
				t.Errorf("a batch of %d rows, where %d are asked for", n, batchRows)
			}
			if !c.Rec.Schema().Equal(res.schema) {
				t.Errorf("a batch of %s, the schema is %s", c.Rec.Schema(), res.schema)
			}
			for i, col := range c.Rec.Columns() {
				if !arrow.TypeEqual(col.DataType(), res.schema.Field(i).Type) {
					t.Errorf("column %d is %s, not %s", i, col.DataType(), res.schema.Field(i).Type)
				}
			}
			recs = append(recs, c.Rec)
		}
		if got := res.advanced - before; got != split.Bytes {
			t.Errorf("%v advanced by %d of %d bytes", split, got, split.Bytes)
		}
	}
	res.rows = df.Rows(recs...)
	return res
}

// rows is read without an error.
func rows(t testing.TB, s dataflow.Source, batchRows int) [][]any {
	t.Helper()
	res := read(t, s, batchRows)
	if res.err != nil {
		t.Fatalf("%+v", res.err)
	}
	return res.rows
}

// written is a file of recs, by our writer.
func written(t testing.TB, recs []arrow.Record, opts ...Option) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.parquet")
	if err := sinktest.Write(t, Write(path, opts...), recs...); err != nil {
		t.Fatal(err)
	}
	return path
}

// theirs is a file of recs, by the library's writer with its own properties.
func theirs(t testing.TB, recs []arrow.Record, groupRows int64, props []parquet.WriterProperty, arrowProps ...pqarrow.WriterOption) []byte {
	t.Helper()
	data, err := tryTheirs(t, recs, groupRows, props, arrowProps...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tryTheirs is theirs, whose writer panics, or makes an error of it, where a page of
// differences has nulls alone and is not the first.
func tryTheirs(t testing.TB, recs []arrow.Record, groupRows int64, props []parquet.WriterProperty, arrowProps ...pqarrow.WriterOption) (data []byte, err error) {
	t.Helper()
	fields := make([]v18.Field, recs[0].Schema().NumFields())
	for i, f := range recs[0].Schema().Fields() {
		var err error
		if fields[i], err = fieldTo(f); err != nil {
			t.Fatal(err)
		}
	}
	schema := v18.NewSchema(fields, nil)
	var b bytes.Buffer
	props = append(props, parquet.WithMaxRowGroupLength(groupRows))
	err = guard("the file", func() error {
		w, err := pqarrow.NewFileWriter(schema, &b, parquet.NewWriterProperties(props...), pqarrow.NewArrowWriterProperties(arrowProps...))
		if err != nil {
			return err
		}
		for _, r := range recs {
			cols := make([]v18.Array, r.NumCols())
			for i, c := range r.Columns() {
				cols[i] = v18array.MakeFromData(lend(schema.Field(i).Type, c.Data()))
			}
			if err := w.WriteBuffered(v18array.NewRecordBatch(schema, cols, r.NumRows())); err != nil {
				return err
			}
		}
		return w.Close()
	})
	return b.Bytes(), err
}

func save(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// oracle reads a file by the library alone.
func oracle(t testing.TB, data []byte) ([][]any, error) {
	t.Helper()
	r, err := pqfile.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, v18memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	table, err := fr.ReadTable(t.Context())
	if err != nil {
		return nil, err
	}
	tr := v18array.NewTableReader(table, 1000)
	var recs []arrow.Record
	for tr.Next() {
		in := tr.RecordBatch()
		fields := make([]arrow.Field, in.NumCols())
		cols := make([]arrow.Array, in.NumCols())
		for i := range fields {
			if fields[i], err = fieldFrom(in.Schema().Field(i)); err != nil {
				t.Fatal(err)
			}
			d, err := wrap(fields[i].Type, in.Column(i).Data())
			if err != nil {
				t.Fatal(err)
			}
			cols[i] = array.MakeFromData(d)
		}
		recs = append(recs, array.NewRecord(arrow.NewSchema(fields, nil), cols, in.NumRows()))
	}
	return df.Rows(recs...), nil
}

// slices cuts rec at some rows, so that arrays have offsets.
func slices3(rec arrow.Record) []arrow.Record {
	n := rec.NumRows()
	return []arrow.Record{rec.NewSlice(0, n/3), rec.NewSlice(n/3, n/3), rec.NewSlice(n/3, n/2), rec.NewSlice(n/2, n)}
}

// newLedger is an allocator of which all must be given back when the test ends.
func newLedger(t testing.TB) memory.Allocator {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}
