package parquetio

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file/filesink"
)

// Write is a sink that writes the file at path or, where path ends in a slash, the
// folder: a file for each partition of a shuffled stream (part-00007.parquet), else
// one. It appears whole when the run has succeeded, or not at all.
//
// Every Arrow type can be written that Parquet has something for; another is an
// error when the run begins. Some come back as another when they are read:
//
//	timestamp[s], time32[s]    in milliseconds
//	date64                     as date32; a value with a time of day is an error
//	dictionary                 as its values
//	fixed_size_list            as list
//
// Time zones, durations and 64-bit offsets are noted beside the schema, as other
// programs that know Arrow do, and come back.
func Write(path string, opts ...Option) dataflow.Sink { return format(opts).File(path) }

// WriteTo is a sink that writes a file to w, which is not closed. A row group is
// written when it is full, and the footer at the end.
func WriteTo(w io.Writer, opts ...Option) dataflow.Sink { return format(opts).To(w) }

// Option is a setting of [Write] and [WriteTo].
type Option func(*settings)

type settings struct {
	codec      Codec
	rows       int64
	bytes      int64
	dictionary bool
}

// Codec is how pages are compressed.
type Codec uint8

// The codecs. Of 1e6 rows of the groupby benchmark's table, one core: see
// BenchmarkWrite.
const (
	Zstd Codec = iota // the default: the smallest files, read nearly as fast
	Snappy
	LZ4  // LZ4_RAW, which readers from before 2021 do not know
	Gzip // for readers that know nothing newer
	None
)

// String is the codec's name.
func (c Codec) String() string {
	if int(c) < len(codecNames) {
		return codecNames[c]
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

var codecNames = [...]string{Zstd: "zstd", Snappy: "snappy", LZ4: "lz4", Gzip: "gzip", None: "none"}

var codecNumbers = [...]compress.Compression{
	Zstd: compress.Codecs.Zstd, Snappy: compress.Codecs.Snappy, LZ4: compress.Codecs.Lz4Raw, Gzip: compress.Codecs.Gzip, None: compress.Codecs.Uncompressed,
}

// Compression compresses pages with c; without it, with Zstd.
func Compression(c Codec) Option { return func(s *settings) { s.codec = c } }

// RowGroupRows ends a row group behind n rows; without it, or for n < 1, behind
// 262,144. A row group is what readers read at once and in parallel.
func RowGroupRows(n int64) Option { return func(s *settings) { s.rows = n } }

// RowGroupBytes ends a row group behind the batch with which it has about n bytes,
// compressed, which are held in memory until then; without it, or for n < 1, 128
// MiB.
func RowGroupBytes(n int64) Option { return func(s *settings) { s.bytes = n } }

// Dictionary codes columns with few values by a dictionary a row group, if on, which
// is the default. A column that has too many is stored plainly from there on.
func Dictionary(on bool) Option { return func(s *settings) { s.dictionary = on } }

const (
	defaultGroupRows  = 256 << 10
	defaultGroupBytes = 128 << 20
)

func format(opts []Option) filesink.Format {
	s := settings{dictionary: true}
	for _, o := range opts {
		o(&s)
	}
	if s.rows < 1 {
		s.rows = defaultGroupRows
	}
	if s.bytes < 1 {
		s.bytes = defaultGroupBytes
	}
	return filesink.Format{
		Package: "parquetio", Name: "parquet", Ending: ".parquet",
		New: func(_ context.Context, in *arrow.Schema, to io.Writer, env dataflow.Env) (filesink.Writer, error) {
			if int(s.codec) >= len(codecNumbers) {
				return nil, fmt.Errorf("there is no %s", s.codec)
			}
			w, err := newWriter(in, to, env, s)
			if err != nil {
				return nil, err
			}
			return w, nil
		},
	}
}
