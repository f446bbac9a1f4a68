package parquetio

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	v18 "github.com/apache/arrow-go/v18/arrow"
	v18array "github.com/apache/arrow-go/v18/arrow/array"
	v18ipc "github.com/apache/arrow-go/v18/arrow/ipc"
	v18memory "github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

// writer writes one file by the library's writer.
type writer struct {
	env      dataflow.Env
	settings settings
	to       *sticky
	memory   *counted
	theirs   *v18.Schema // as it is stored
	files    *pqarrow.FileWriter
	rows     int64 // of the row group
	floor    int64 // what the library held when the row group began
	reserved int64
}

var _ filesink.Writer = (*writer)(nil)

// writerBytes is about what a column takes from the beginning: a page, levels,
// tables of the dictionary.
const writerBytes = 64 << 10

func newWriter(in *arrow.Schema, to io.Writer, env dataflow.Env, s settings) (*writer, error) {
	if in.NumFields() == 0 {
		return nil, errors.New("a Parquet file has at least one column, and there is none")
	}
	w := &writer{env: env, settings: s, to: &sticky{w: to}, memory: &counted{}}
	noted := make([]v18.Field, in.NumFields())
	stored := make([]v18.Field, in.NumFields())
	for i, f := range in.Fields() {
		var err error
		if noted[i], err = fieldTo(f); err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		// A column without nulls in the schema may be promised wrongly; a level a
		// row costs next to nothing.
		noted[i].Nullable = true
		stored[i] = noted[i]
		stored[i].Type = storedType(noted[i].Type)
	}
	note, err := noteOf(v18.NewSchema(noted, nil))
	if err != nil {
		return nil, err
	}
	w.theirs = v18.NewSchema(stored, note)
	if err := w.grow(int64(in.NumFields()) * writerBytes); err != nil {
		return nil, err
	}
	props := parquet.NewWriterProperties(
		parquet.WithAllocator(w.memory),
		parquet.WithCompression(codecNumbers[s.codec]),
		parquet.WithDictionaryDefault(s.dictionary),
		parquet.WithMaxRowGroupLength(s.rows),
		parquet.WithStoreDecimalAsInteger(true),
		parquet.WithCreatedBy("arrowmill"),
	)
	err = guard("the schema", func() (err error) {
		w.files, err = pqarrow.NewFileWriter(w.theirs, w.to, props, pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(w.memory)))
		return err
	})
	if err != nil {
		w.Close()
		return nil, w.failed(err)
	}
	return w, nil
}

// storedType is what a type that the format has nothing for is stored as: durations
// as integers, dictionaries as their values.
func storedType(t v18.DataType) v18.DataType {
	switch t := t.(type) {
	case *v18.DurationType:
		return v18.PrimitiveTypes.Int64
	case *v18.DictionaryType:
		return storedType(t.ValueType)
	case *v18.StructType:
		fields := make([]v18.Field, t.NumFields())
		for i, f := range t.Fields() {
			f.Type = storedType(f.Type)
			fields[i] = f
		}
		return v18.StructOf(fields...)
	case *v18.MapType:
		m := v18.MapOf(storedType(t.KeyType()), storedType(t.ItemType()))
		m.SetItemNullable(t.ItemField().Nullable)
		m.KeysSorted = t.KeysSorted
		return m
	case *v18.ListType:
		return v18.ListOfField(storedElement(t.ElemField()))
	case *v18.LargeListType:
		return v18.LargeListOfField(storedElement(t.ElemField()))
	case *v18.FixedSizeListType:
		return v18.FixedSizeListOfField(t.Len(), storedElement(t.ElemField()))
	}
	return t
}

func storedElement(f v18.Field) v18.Field {
	f.Type = storedType(f.Type)
	return f
}

// noteOf is the schema as it is noted beside the file's own: an IPC stream without
// batches, in base64, under the key that all of Arrow's libraries use.
func noteOf(schema *v18.Schema) (*v18.Metadata, error) {
	var b bytes.Buffer
	if err := v18ipc.NewWriter(&b, v18ipc.WithSchema(schema)).Close(); err != nil {
		return nil, fmt.Errorf("the schema: %w", err)
	}
	m := v18.NewMetadata([]string{noteKey}, []string{base64.StdEncoding.EncodeToString(b.Bytes())})
	return &m, nil
}

// Write encodes rec. A row group that is full is ended before the next row.
func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	rows := rec.NumRows()
	for from := int64(0); from < rows; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if w.rows >= w.settings.rows || w.rows > 0 && w.memory.live.Load()-w.floor >= w.settings.bytes {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
		to := min(rows, from+w.settings.rows-w.rows)
		part := rec.NewSlice(from, to)
		err := w.encode(part)
		part.Release()
		if err != nil {
			return err
		}
		w.rows += to - from
		from = to
	}
	return nil
}

func (w *writer) encode(rec arrow.Record) error {
	// The library copies what it keeps: what comes of a batch is asked for before.
	ahead := batch.Bytes(rec)
	if err := w.env.Reserve(ahead); err != nil {
		return err
	}
	err := w.give(rec)
	_ = w.env.Reserve(-ahead) // giving back cannot fail
	if err != nil {
		return w.failed(err)
	}
	return w.grow(w.memory.live.Load() - w.floor)
}

func (w *writer) give(rec arrow.Record) error {
	cols := make([]v18.Array, rec.NumCols())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, col := range rec.Columns() {
		plain, err := storable(col.Data(), w.env.Alloc)
		if err != nil {
			return fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
		}
		defer plain.Release()
		data := lend(w.theirs.Field(i).Type, plain)
		cols[i] = v18array.MakeFromData(data)
		data.Release()
	}
	out := v18array.NewRecordBatch(w.theirs, cols, rec.NumRows())
	defer out.Release()
	return guard("the batch", func() error { return w.files.WriteBuffered(out) })
}

// endGroup writes the row group.
func (w *writer) endGroup() error {
	if err := guard("the row group", w.files.NewBufferedRowGroupChecked); err != nil {
		return w.failed(err)
	}
	w.rows, w.floor = 0, w.memory.live.Load()
	return nil
}

// Finish writes the last row group and the footer.
func (w *writer) Finish(context.Context) error {
	return w.failed(guard("the file", w.files.Close))
}

// Close lets go of all memory: it is Go's, and collected.
func (w *writer) Close() {
	if w.reserved > 0 {
		_ = w.env.Reserve(-w.reserved) // giving back cannot fail
		w.reserved = 0
	}
}

// grow has bytes reserved at least.
func (w *writer) grow(bytes int64) error {
	if bytes <= w.reserved {
		return nil
	}
	if err := w.env.Reserve(bytes - w.reserved); err != nil {
		return fmt.Errorf("a row group being written: %w", err)
	}
	w.reserved = bytes
	return nil
}

// failed prefers the error of what is written to, which the library may have lost.
func (w *writer) failed(err error) error {
	if w.to.err != nil {
		return w.to.err
	}
	return err
}

// sticky is a writer that keeps its first error, and that the library cannot close.
type sticky struct {
	w   io.Writer
	err error
}

// Write writes p, unless a write has failed.
func (s *sticky) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	s.err = err
	return n, err
}

var _ v18memory.Allocator = (*counted)(nil)
