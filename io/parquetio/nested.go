package parquetio

import (
	"context"
	"errors"
	"fmt"
	"io"

	v18 "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	pqfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// libraryBuffer is what the library reads at once of a column chunk.
const libraryBuffer = 64 << 10

// library reads the columns of a row group that this package does not decode.
type library struct {
	files *pqarrow.FileReader
	foot  *footer
	group int
}

func newLibrary(in io.ReaderAt, foot *footer, group int) (*library, error) {
	props := parquet.NewReaderProperties(libraryMemory)
	props.BufferedStreamEnabled = true
	props.BufferSize = libraryBuffer
	props.MaxCompressedPageSize = storedPageMost
	props.MaxUncompressedPageSize = rawPageMost
	l := &library{foot: foot, group: group}
	err := guard("the file", func() error {
		r, err := pqfile.NewParquetReader(io.NewSectionReader(in, 0, foot.size), pqfile.WithReadProps(props), pqfile.WithMetadata(foot.meta))
		if err != nil {
			return err
		}
		if l.files, err = pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, libraryMemory); err != nil {
			return err
		}
		for i := range l.files.Manifest.Fields {
			asStored(&l.files.Manifest.Fields[i])
		}
		return nil
	})
	return l, err
}

// asStored has the library read what is noted as a duration or a dictionary as
// what it is stored as, which is all that it can.
func asStored(f *pqarrow.SchemaField) {
	f.Field.Type = storedType(f.Field.Type)
	for i := range f.Children {
		asStored(&f.Children[i])
	}
}

// nested is a column that the library reads.
type nested struct {
	t      arrow.DataType
	reader *pqarrow.ColumnReader
	rest   []arrow.Array // read and not handed out
}

var _ column = (*nested)(nil)

// column is the reader of column c. ctx is kept by it.
func (l *library) column(ctx context.Context, c *fileColumn) (*nested, error) {
	leaves := make(map[int]bool, len(c.leaves))
	for _, i := range c.leaves {
		leaves[i] = true
	}
	n := &nested{t: c.t}
	err := guard("the column", func() (err error) {
		n.reader, err = l.files.GetFieldReader(ctx, c.index, leaves, []int{l.group})
		return err
	})
	if err == nil && n.reader == nil {
		err = errors.New("the library has no reader for it")
	}
	return n, err
}

// read returns up to n rows.
func (n *nested) read(rows int) (arrow.Array, error) {
	for len(n.rest) == 0 {
		err := guard("the column", func() error {
			chunks, err := n.reader.NextBatch(int64(rows))
			if err != nil {
				return err
			}
			defer chunks.Release()
			if chunks.Len() == 0 {
				return errors.New("it ends before its row group")
			}
			if chunks.Len() > rows {
				return fmt.Errorf("%d rows were asked for, the library gave %d", rows, chunks.Len())
			}
			return n.take(chunks.Chunks())
		})
		if err != nil {
			return nil, err
		}
	}
	out := n.rest[0]
	n.rest = n.rest[1:]
	return out, nil
}

func (n *nested) take(chunks []v18.Array) error {
	for _, c := range chunks {
		if c.Len() == 0 {
			continue
		}
		if err := checkArray(c.Data()); err != nil {
			return err
		}
		d, err := wrap(n.t, c.Data())
		if err != nil {
			return err
		}
		arr := array.MakeFromData(d)
		d.Release()
		n.rest = append(n.rest, arr)
	}
	return nil
}

// skip reads n rows and lets them go.
func (n *nested) skip(rows int64) error {
	for rows > 0 {
		arr, err := n.read(int(min(rows, skipRows)))
		if err != nil {
			return err
		}
		rows -= int64(arr.Len())
		arr.Release()
	}
	return nil
}

// finish finds rows that the row group does not have.
func (n *nested) finish() error {
	if len(n.rest) > 0 {
		return errors.New("it has more rows than its row group")
	}
	return guard("the column", func() error {
		chunks, err := n.reader.NextBatch(1)
		if err != nil {
			return nil // nothing is there
		}
		defer chunks.Release()
		if chunks.Len() > 0 {
			return errors.New("it has more rows than its row group")
		}
		return nil
	})
}

func (n *nested) close() {
	for _, a := range n.rest {
		a.Release()
	}
	n.rest = nil
	if n.reader != nil {
		_ = guard("the column", func() error { n.reader.Release(); return nil })
	}
}

// checkArray looks whether the parts of an array of the library fit each other.
func checkArray(d v18.ArrayData) error {
	bufs := d.Buffers()
	rows, end := d.Len(), d.Offset()+d.Len()
	if len(bufs) > 0 && bufs[0] != nil && bufs[0].Len() < (end+7)/8 {
		return errParts
	}
	switch t := d.DataType().(type) {
	case *v18.StructType:
		for _, c := range d.Children() {
			if c.Len() < end {
				return errParts
			}
		}
	case *v18.FixedSizeListType:
		if d.Children()[0].Len() < end*int(t.Len()) {
			return errParts
		}
	case *v18.ListType, *v18.MapType:
		if !ascend(v18.Int32Traits.CastFromBytes(bufs[1].Bytes()), d.Offset(), rows, d.Children()[0].Len()) {
			return errParts
		}
	case *v18.LargeListType:
		if !ascend(v18.Int64Traits.CastFromBytes(bufs[1].Bytes()), d.Offset(), rows, d.Children()[0].Len()) {
			return errParts
		}
	case *v18.StringType, *v18.BinaryType:
		if !ascend(v18.Int32Traits.CastFromBytes(bufs[1].Bytes()), d.Offset(), rows, lengthOf(bufs[2])) {
			return errParts
		}
	case *v18.LargeStringType, *v18.LargeBinaryType:
		if !ascend(v18.Int64Traits.CastFromBytes(bufs[1].Bytes()), d.Offset(), rows, lengthOf(bufs[2])) {
			return errParts
		}
	case *v18.DictionaryType: // its codes were compared with its dictionary when it was made
	case v18.FixedWidthDataType:
		if len(bufs) > 1 && (end*t.BitWidth()+7)/8 > lengthOf(bufs[1]) {
			return errParts
		}
	}
	for _, c := range d.Children() {
		if err := checkArray(c); err != nil {
			return err
		}
	}
	return nil
}

var errParts = errors.New("its lists and their elements do not fit each other")

func lengthOf(b interface{ Len() int }) int {
	if b == nil {
		return 0
	}
	return b.Len()
}

// ascend reports whether the offsets of rows rows ascend and end in a child of
// length elements.
func ascend[O int32 | int64](offsets []O, from, rows, length int) bool {
	if rows == 0 {
		return true
	}
	if len(offsets) < from+rows+1 || offsets[from] < 0 || int64(offsets[from+rows]) > int64(length) {
		return false
	}
	for i := from; i < from+rows; i++ {
		if offsets[i] > offsets[i+1] {
			return false
		}
	}
	return true
}
