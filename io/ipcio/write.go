package ipcio

import (
	"context"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

// Compression is how the buffers of each batch are packed.
type Compression uint8

const (
	// None is not packed, so that a file can be mapped.
	None Compression = iota
	// LZ4 is fast, in LZ4 frames.
	LZ4
	// Zstd is smaller.
	Zstd
)

// String is the name of the compression: none, lz4, zstd.
func (c Compression) String() string { return [...]string{"none", "lz4", "zstd"}[c] }

// Option is a setting of [Write] and [WriteTo].
type Option func(*options)

type options struct {
	compression Compression
	batchRows   int
	stream      bool
}

const (
	defaultBatchRows  = 64 << 10
	defaultBatchBytes = 16 << 20
)

// Compress packs the buffers of each batch, those that become smaller by it.
// Readers decompress only the columns that they need. The default is None.
func Compress(c Compression) Option { return func(o *options) { o.compression = c } }

// BatchRows makes record batches of about n rows: smaller ones are gathered, up to
// 16 MiB, greater ones cut. The default is 65536. n < 1 is the default.
func BatchRows(n int) Option {
	return func(o *options) {
		if o.batchRows = n; n < 1 {
			o.batchRows = defaultBatchRows
		}
	}
}

// AsFile writes the file format, whatever the path's name.
func AsFile() Option { return func(o *options) { o.stream = false } }

// AsStream writes the stream format, whatever the path's name.
func AsStream() Option { return func(o *options) { o.stream = true } }

// Write is a sink that writes an Arrow IPC file: in the stream format where path
// ends in .arrows, otherwise (.arrow, .feather, .ipc) in the file format, whose
// batches can be read in any order. It appears whole when the run has succeeded,
// or not at all; one that was there is replaced then. A path that ends in a slash
// is a folder of such files, one a partition. Errors name the path.
//
// A file holds one dictionary a column: those of different batches are made one.
// That fails where the codes of the column's type are too few for it.
//
// Shape: Batch<any> → file. Extension types are written as their storage, with the
// metadata that names them.
func Write(path string, opts ...Option) dataflow.Sink {
	o := newOptions(strings.HasSuffix(strings.TrimRight(path, "/"), ".arrows"), opts)
	return o.format().File(path)
}

// WriteTo is a sink that writes the stream format, or with [AsFile] the file
// format, to w. Rows are gathered to batches first. What was written stays when
// a run fails; w is not closed. An error of w is wrapped, so that errors.Is finds
// syscall.EPIPE.
//
// The sink may be used by one run at a time, since w is.
func WriteTo(w io.Writer, opts ...Option) dataflow.Sink {
	return newOptions(true, opts).format().To(w)
}

func newOptions(stream bool, opts []Option) options {
	o := options{batchRows: defaultBatchRows, stream: stream}
	for _, set := range opts {
		set(&o)
	}
	return o
}

func (o options) format() filesink.Format {
	f := filesink.Format{Package: "ipcio", Name: "arrow", Ending: ".arrow"}
	if o.stream {
		f.Ending = ".arrows"
	}
	f.New = func(_ context.Context, in *arrow.Schema, to io.Writer, env dataflow.Env) (filesink.Writer, error) {
		w, err := newWriter(in, to, env, o)
		if err != nil {
			return nil, err
		}
		return w, nil
	}
	return f
}
