package textio

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Source is text files as rows of one utf8 column. It is made by [Lines] or
// [Text], immutable, and may be shared and run several times: paths are resolved
// anew for each run.
type Source struct {
	kind        kind
	paths       file.Paths
	compression file.Compression
	strict      bool
	splitBytes  int64 // 0: what the run asks for
	pruned      bool  // the rows are wanted without their column
	bufferBytes int   // read at once; a chunk's values, unless a segment is longer
	segmentMax  int   // bytes, with the delimiter
}

// kind is what a row is.
type kind uint8

const (
	lines kind = iota
	pieces
)

// defaultBufferBytes is big enough that a read and a chunk cost nothing beside
// their bytes, and small enough that these stay in the cache until they are used.
const defaultBufferBytes = 1 << 20

// Lines is the files that paths name, a row a line, in the column "line".
//
// A line ends with \n or \r\n, which are not part of it; the last one may have
// neither. An empty line is a row. A byte-order mark at a file's start is left
// out. A line is shorter than 2 GiB.
//
// What paths may be is told in package file: files, folders, patterns with **,
// and - for standard input; gzip and zstd are found by content.
//
// Bytes that are not UTF-8 become U+FFFD, one for each maximal subpart of a
// sequence, as in Python's errors="replace" and the Unicode Standard, section
// 3.9. Each chunk that had some is reported to dataflow.Env.Warn.
//
// Shape: → Batch<line utf8>, about 1 MiB or Env.BatchRows rows each.
func Lines(paths ...string) *Source { return newSource(lines, paths, lineMax) }

// Text is the files that paths name, in pieces of up to about 1 MiB, a row a
// piece, in the column "text". A file is cut behind ASCII white space (space, \t,
// \n, \v, \f, \r), so that no word is parted, and nothing is left out: the
// pieces of a file, one after another, are the file, without the byte-order mark
// at its start. A stretch without white space makes a longer piece, of at most
// 1 GiB.
//
// Paths and bytes that are not UTF-8 are as for [Lines].
//
// Shape: → Batch<text utf8>, one row each.
func Text(paths ...string) *Source { return newSource(pieces, paths, pieceMax) }

func newSource(k kind, paths []string, segmentMax int) *Source {
	return &Source{kind: k, paths: slices.Clone(file.Paths(paths)), bufferBytes: defaultBufferBytes, segmentMax: segmentMax}
}

// Compression is s with files packed as c says: file.None takes the bytes of
// every file as they are; file.Auto, the default, looks at each file's start.
func (s *Source) Compression(c file.Compression) *Source {
	out := *s
	out.compression = c
	return &out
}

// Strict is s with bytes that are not UTF-8 an error.
func (s *Source) Strict() *Source {
	out := *s
	out.strict = true
	return &out
}

// SplitBytes is s with plain files cut into splits of about n bytes, whatever
// the run asks for. n < 1 leaves it to the run.
func (s *Source) SplitBytes(n int64) *Source {
	out := *s
	out.splitBytes = max(n, 0)
	return &out
}

// String is the source as plans print it: lines of corpus/**/*.txt.
func (s *Source) String() string {
	var b strings.Builder
	b.WriteString([...]string{"lines", "text"}[s.kind] + " of " + s.paths.String())
	if s.compression != file.Auto {
		b.WriteString(", compression " + s.compression.String())
	}
	if s.strict {
		b.WriteString(", strict UTF-8")
	}
	if s.splitBytes > 0 {
		b.WriteString(", splits of " + dataflow.FormatBytes(s.splitBytes))
	}
	if s.pruned {
		b.WriteString(", no columns")
	}
	return b.String()
}

// Schema is the one column. A path that names nothing is an error; no file is
// opened.
func (s *Source) Schema(ctx context.Context) (*arrow.Schema, error) {
	if err := s.paths.Check(ctx); err != nil {
		return nil, fmt.Errorf("textio: %w", err)
	}
	return s.schema(), nil
}

func (s *Source) schema() *arrow.Schema {
	if s.pruned {
		return arrow.NewSchema(nil, nil)
	}
	return arrow.NewSchema([]arrow.Field{{Name: s.column(), Type: arrow.BinaryTypes.String}}, nil)
}

func (s *Source) column() string { return [...]string{"line", "text"}[s.kind] }

// PruneColumns leaves the column out where columns has not its name. Rows
// without their column are counted and not looked at: no warnings.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	out := *s
	out.pruned = s.pruned || !slices.Contains(columns, s.column())
	return &out
}

// Splits lists the files: byte ranges of big plain ones, the others whole.
func (s *Source) Splits(ctx context.Context, bytes int64, _ dataflow.Env) ([]dataflow.Split, error) {
	if s.splitBytes > 0 {
		bytes = s.splitBytes
	}
	splits, err := s.paths.Splits(ctx, bytes, file.Options{Compression: s.compression})
	if err != nil {
		return nil, fmt.Errorf("textio: %w", err)
	}
	return splits, nil
}

// Read yields the rows that split owns. It has one file open, until it ends.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		r, err := openSegments(ctx, s, split, env)
		if err != nil {
			yield(dataflow.Chunk{}, err)
			return
		}
		defer r.Close()
		c := &chunker{source: s, schema: s.schema(), env: env, path: split.Path}
		defer c.close()
		for {
			t, err := r.Next()
			if err != nil {
				yield(dataflow.Chunk{}, fmt.Errorf("textio: %w", err))
				return
			}
			if t.Buf == nil {
				return
			}
			more, err := c.emit(t, yield)
			if err != nil {
				yield(dataflow.Chunk{}, fmt.Errorf("textio: %w", err))
				return
			}
			if !more {
				return
			}
		}
	}
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)
