package parquetio

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"

	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// footer is what stands at a file's end. It is immutable.
//
//	PAR1 │ column chunks │ [indexes] │ metadata │ its length, 4 bytes │ PAR1
type footer struct {
	path  string
	size  int64 // of the file
	data  int64 // where the metadata begins: chunks lie before
	bytes int64 // of the metadata
	meta  *metadata.FileMetaData
	cols  []fileColumn
	byKey map[string]int
	start []int64 // the first row of each row group, in the file; behind the last, all rows
}

const (
	magic      = "PAR1"
	magicLocks = "PARE" // of an encrypted file
	tailBytes  = 32 << 10
	footerMost = 256 << 20
	// footerSpread is about how many bytes a byte of metadata takes when parsed.
	footerSpread = 12
)

// opened is an open file and what reads of it are counted in.
type opened struct {
	*file.File
	stats *counters
}

// ReadAt counts.
func (o *opened) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.File.ReadAt(p, off)
	o.stats.bytes.Add(int64(n))
	return n, err
}

func open(ctx context.Context, path string, stats *counters) (*opened, error) {
	f, err := file.Open(ctx, path, file.Options{Compression: file.None})
	if err != nil {
		return nil, err
	}
	if f.Size() < 0 {
		f.Close()
		return nil, fmt.Errorf("%s: Parquet is read from its end, which a stream has not: save it to a file first", path)
	}
	return &opened{f, stats}, nil
}

// readFooter opens the file at path and reads its footer. Where the bytes are those
// of one that is known, it is that one.
func readFooter(ctx context.Context, path string, env *dataflow.Env, stats *counters, known *known) (*footer, error) {
	f, err := open(ctx, path, stats)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := readMetadata(f, f.Size(), env)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if foot := known.find(path, f.Size(), raw); foot != nil {
		return foot, nil
	}
	foot, err := newFooter(path, f.Size(), raw, env)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	stats.footers.Add(1)
	known.keep(foot, raw)
	return foot, nil
}

// parseFooter reads the metadata of a file of size bytes. env, if any, is asked
// for the memory that it takes meanwhile.
func parseFooter(in io.ReaderAt, path string, size int64, env *dataflow.Env) (*footer, error) {
	raw, err := readMetadata(in, size, env)
	if err != nil {
		return nil, err
	}
	return newFooter(path, size, raw, env)
}

// readMetadata is the bytes of the metadata of a file of size bytes.
func readMetadata(in io.ReaderAt, size int64, env *dataflow.Env) ([]byte, error) {
	if size < 12 {
		return nil, fmt.Errorf("a file of %d bytes is no Parquet file", size)
	}
	tail := make([]byte, min(size, tailBytes))
	if err := readFull(in, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	end := len(tail) - 8
	switch string(tail[end+4:]) {
	case magic:
	case magicLocks:
		return nil, errors.New("the file is encrypted, which is not supported")
	default:
		return nil, errors.New("this is no Parquet file, or it was not written to its end: it does not end in " + magic)
	}
	n := int64(binary.LittleEndian.Uint32(tail[end:]))
	if n > size-12 || n > footerMost {
		return nil, fmt.Errorf("the footer is said to have %d bytes, in a file of %d: the file is damaged", n, size)
	}
	if n <= int64(end) {
		return tail[int64(end)-n : end], nil
	}
	done, err := reserveFooter(n, env)
	if err != nil {
		return nil, err
	}
	defer done()
	raw := make([]byte, n)
	return raw, readFull(in, raw, size-8-n)
}

// reserveFooter asks env, if any, for what a footer of n bytes takes. done gives it
// back.
func reserveFooter(n int64, env *dataflow.Env) (done func(), err error) {
	if env == nil {
		return func() {}, nil
	}
	bytes := n * footerSpread
	if err := env.Reserve(bytes); err != nil {
		return nil, fmt.Errorf("a footer of %s: %w", dataflow.FormatBytes(n), err)
	}
	return func() { _ = env.Reserve(-bytes) }, nil // giving back cannot fail
}

// newFooter parses the metadata raw of a file of size bytes.
func newFooter(path string, size int64, raw []byte, env *dataflow.Env) (*footer, error) {
	n := int64(len(raw))
	done, err := reserveFooter(n, env)
	if err != nil {
		return nil, err
	}
	defer done()
	foot := &footer{path: path, size: size, data: size - 8 - n, bytes: n}
	err = guard("the footer", func() (err error) {
		if foot.meta, err = metadata.NewFileMetaData(raw, nil); err != nil {
			return err
		}
		foot.meta.SetSourceFileSize(size)
		if err := foot.check(); err != nil {
			return err
		}
		return foot.columns()
	})
	if err != nil {
		return nil, err
	}
	return foot, nil
}

func readFull(in io.ReaderAt, b []byte, at int64) error {
	n, err := in.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = fmt.Errorf("the file ends at byte %d: do not change it while it is read", at+int64(n))
	}
	return err
}

// guard makes a panic of the library an error.
func guard(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if e, ok := v.(error); ok && debugPanics {
				err = fmt.Errorf("%s: %w\n%s", what, e, debug.Stack())
				return
			}
			err = fmt.Errorf("%s is damaged, or of a kind that cannot be read: %v", what, v)
		}
	}()
	return f()
}

// debugPanics adds the stack to errors that were panics. Tests set it.
var debugPanics = false

// check compares what the footer says with the file and with itself.
func (f *footer) check() error {
	if f.meta.IsSetEncryptionAlgorithm() {
		return errors.New("the file is encrypted, which is not supported")
	}
	leaves := f.meta.Schema.NumColumns()
	var rows int64
	for i, g := range f.meta.RowGroups {
		if g.NumRows < 0 || g.NumRows > math.MaxInt64-rows {
			return fmt.Errorf("row group %d has %d rows", i, g.NumRows)
		}
		f.start = append(f.start, rows)
		rows += g.NumRows
		if len(g.Columns) != leaves {
			return fmt.Errorf("row group %d has %d columns, the schema has %d", i, len(g.Columns), leaves)
		}
		for j, c := range g.Columns {
			if err := f.checkChunk(i, j); err != nil {
				return fmt.Errorf("row group %d, column %q: %w", i, f.meta.Schema.Column(j).Path(), err)
			}
			if c.FilePath != nil && *c.FilePath != "" {
				return fmt.Errorf("row group %d lies in the other file %q, which is not supported", i, *c.FilePath)
			}
		}
	}
	if rows != f.meta.NumRows {
		return fmt.Errorf("the row groups have %d rows together, the file says %d: it is damaged", rows, f.meta.NumRows)
	}
	f.start = append(f.start, rows)
	return nil
}

func (f *footer) checkChunk(group, leaf int) error {
	m := f.meta.RowGroups[group].Columns[leaf].MetaData
	descr := f.meta.Schema.Column(leaf)
	if m == nil {
		return errors.New("its metadata is missing or encrypted")
	}
	if int(m.Type) != int(descr.PhysicalType()) {
		return fmt.Errorf("it has the type %s, the schema says %s", m.Type, descr.PhysicalType())
	}
	if rows := f.meta.RowGroups[group].NumRows; descr.MaxRepetitionLevel() == 0 && m.NumValues != rows {
		return fmt.Errorf("it has %d values, the row group has %d rows", m.NumValues, rows)
	}
	if f.meta.RowGroups[group].NumRows == 0 {
		return nil // nothing of it is read, and pyarrow does not say where it lies
	}
	from, end := f.span(group, leaf)
	if from < 4 || end < from || end > f.data {
		return fmt.Errorf("its pages are said to lie in bytes %d to %d of a file whose data end at %d", from, end, f.data)
	}
	return nil
}

// span is where the pages of a column chunk lie.
func (f *footer) span(group, leaf int) (from, end int64) {
	m := f.meta.RowGroups[group].Columns[leaf].MetaData
	from = m.DataPageOffset
	if d := m.DictionaryPageOffset; d != nil && *d > 0 && *d < from {
		from = *d
	}
	if m.TotalCompressedSize < 0 || from < 0 || m.TotalCompressedSize > math.MaxInt64-from {
		return from, -1
	}
	return from, from + m.TotalCompressedSize
}

// padded is span, with what old writers left out: the dictionary page's header
// (PARQUET-816).
func (f *footer) padded(group, leaf int) (from, end int64) {
	from, end = f.span(group, leaf)
	if f.meta.WriterVersion().LessThan(metadata.Parquet816FixedVersion) {
		end = min(end+100, f.data)
	}
	return from, end
}
