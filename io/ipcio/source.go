package ipcio

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Source is the tables of Arrow IPC files, from [Scan]. It is immutable and may be
// shared, but for what it has read of a pipe.
type Source struct {
	paths       file.Paths
	compression file.Compression
	unmapped    bool
	splitBytes  int64
	columns     []string // those that are read; nil: all
	pipes       *pipes
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
	_ dataflow.Sharer       = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)

// Scan is the rows of the Arrow IPC files that paths name, in the file format
// (.arrow, .feather version 2) or the stream format (.arrows), told apart by what
// is in them. What paths may be is told in package file; gzip and zstd around
// a file are found by content. All files have the columns of the first, in any
// order, with the same types.
//
// Shape: → Batch<the file's columns>, a record batch each, or slices of it of
// Env.BatchRows rows.
//
// Extension types come as what they are stored as; the fields keep the metadata
// that names them. Strings are taken as they are, also where they are not UTF-8.
//
// A plain file is mapped, and the batches' buffers are parts of the mapping,
// which stays until the last of them is released. A file that another process
// makes shorter at that time ends this one, as the system has it (SIGBUS): see
// [Source.Mapped].
func Scan(paths ...string) *Source {
	return &Source{paths: slices.Clone(file.Paths(paths)), pipes: &pipes{}}
}

// Compression is s with files packed as c says: file.None takes the bytes of
// every file as they are; file.Auto, the default, looks at each file's start. It
// is about files that are compressed as a whole; compressed buffers within a file
// are always found.
func (s *Source) Compression(c file.Compression) *Source {
	out := *s
	out.compression = c
	return &out
}

// Mapped is s with plain files mapped (the default where the system can) or read
// into memory.
func (s *Source) Mapped(yes bool) *Source {
	out := *s
	out.unmapped = !yes
	return &out
}

// SplitBytes is s with plain files cut into splits of about n bytes, whatever the
// run asks for. n < 1 leaves it to the run.
func (s *Source) SplitBytes(n int64) *Source {
	out := *s
	out.splitBytes = max(n, 0)
	return &out
}

// String is the source as plans print it: arrow sales/*.arrow.
func (s *Source) String() string {
	var b strings.Builder
	b.WriteString("arrow " + s.paths.String())
	if s.compression != file.Auto {
		b.WriteString(", compression " + s.compression.String())
	}
	if s.unmapped {
		b.WriteString(", not mapped")
	}
	if s.splitBytes > 0 {
		b.WriteString(", splits of " + dataflow.FormatBytes(s.splitBytes))
	}
	if s.columns != nil {
		b.WriteString(", columns " + strings.Join(s.columns, ", "))
		if len(s.columns) == 0 {
			b.WriteString("none")
		}
	}
	return b.String()
}

// PruneColumns leaves out the columns that columns does not name: their buffers
// are not touched in a mapping, and not read or decompressed otherwise.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	out := *s
	out.columns = []string{}
	for _, c := range columns {
		if s.columns == nil || slices.Contains(s.columns, c) {
			out.columns = append(out.columns, c)
		}
	}
	return &out
}

// Schema is that of the first file. What it reads of a pipe is kept for Read.
func (s *Source) Schema(ctx context.Context) (*arrow.Schema, error) {
	whole, err := s.wholeSchema(ctx)
	if err != nil {
		return nil, fmt.Errorf("ipcio: %w", err)
	}
	return s.prune(whole), nil
}

// prune is the schema without the columns that are left out.
func (s *Source) prune(whole *arrow.Schema) *arrow.Schema {
	if s.columns == nil {
		return whole
	}
	fields := slices.DeleteFunc(slices.Clone(whole.Fields()), func(f arrow.Field) bool { return !slices.Contains(s.columns, f.Name) })
	meta := whole.Metadata()
	return arrow.NewSchema(fields, &meta)
}

func (s *Source) wholeSchema(ctx context.Context) (*arrow.Schema, error) {
	inputs, err := s.paths.List(ctx)
	if err != nil {
		return nil, err
	}
	first := inputs[0]
	if first.Stream {
		return s.pipes.schema(ctx, first.Path, s.compression)
	}
	mem := freeClaims()
	a, err := s.openPlain(ctx, first.Path, mem)
	if err != nil {
		return nil, err
	}
	if a != nil {
		defer a.close()
		return a.schema.arrow, nil
	}
	f, err := file.Open(ctx, first.Path, file.Options{Compression: s.compression})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := newStreamReader(f, mem)
	if err != nil {
		return nil, named(first.Path, err)
	}
	return r.schema.arrow, nil
}

// named is err with the file's name, where it has none.
func named(path string, err error) error {
	if path == file.Stdin {
		path = "standard input"
	}
	if strings.HasPrefix(err.Error(), path+":") {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Share opens files once a run.
func (s *Source) Share(_ context.Context, env dataflow.Env) (io.Closer, error) {
	return newFiles(s, env), nil
}

// files are those of the run, or where there is no run ones of the caller's own.
func (s *Source) files(env dataflow.Env) (f *files, end func()) {
	if f, ok := env.Shared.(*files); ok && f != nil {
		return f, func() {}
	}
	f = newFiles(s, env)
	return f, func() { f.Close() }
}
