package jsonlio

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// Source is files of JSON lines as rows. It is made by [Scan], immutable, and may
// be shared and run several times: paths are resolved anew for each run, but a
// stream (standard input, a pipe) can be read by one run only.
type Source struct {
	settings
	wanted []string // columns; nil: all
	known  *known
}

// settings are what a user said.
type settings struct {
	paths       file.Paths
	types       map[string]arrow.DataType
	policy      BadRows
	compression file.Compression
	splitBytes  int64 // 0: what the run asks for
	bufferBytes int   // of text that is read at once, unless a line is longer
	sampleBytes int   // of the head of a file; a quarter of it of the middle and the tail
}

const (
	defaultBufferBytes = 256 << 10 // stays in the cache until its columns are made
	defaultSampleBytes = 256 << 10
)

// Scan is the rows of the files of JSON lines that paths name: files, folders,
// patterns with ** and - for standard input, plain or compressed, as told in
// package file.
//
// What a line may be, what becomes a column and of which type, and what becomes of
// what is wrong, is told in the package's documentation. Unless told, types are
// inferred and a bad row ends the run.
//
// Shape: → Batch<columns>, all nullable, of Env.BatchRows rows each.
func Scan(paths ...string) *Source {
	return &Source{
		settings: settings{paths: slices.Clone(file.Paths(paths)), bufferBytes: defaultBufferBytes, sampleBytes: defaultSampleBytes},
		known:    &known{streams: &once.Streams{}},
	}
}

// with is s with other settings. What was learnt of the files by the old ones does
// not hold for it, but for streams that were opened.
func (s *Source) with(change func(*settings)) *Source {
	out := *s
	change(&out.settings)
	out.known = &known{streams: s.known.streams}
	return &out
}

// Type is s with the named column of type t, which is not inferred then. A name
// that no line of the sample has is a column too.
//
// A column that was told to be text takes values of every kind: what is no string
// is its JSON text, just as it stands. A column that was told to be of any other
// type takes strings whose text is a value of that type. Lists and structs are
// told with those of their elements.
func (s *Source) Type(column string, t arrow.DataType) *Source {
	return s.Types(map[string]arrow.DataType{column: t})
}

// Types is s with columns of those types, beside those told before.
func (s *Source) Types(types map[string]arrow.DataType) *Source {
	return s.with(func(o *settings) {
		o.types = maps.Clone(o.types)
		if o.types == nil {
			o.types = make(map[string]arrow.DataType, len(types))
		}
		maps.Copy(o.types, types)
	})
}

// BadRows is s with p done about lines that are no rows: Fail, Skip or
// Reject(path).
func (s *Source) BadRows(p BadRows) *Source { return s.with(func(o *settings) { o.policy = p }) }

// Compression is s with files packed as c says: file.None takes the bytes of
// every file as they are; file.Auto, the default, looks at each file's start.
func (s *Source) Compression(c file.Compression) *Source {
	return s.with(func(o *settings) { o.compression = c })
}

// SplitBytes is s with plain files cut into splits of about n bytes, whatever
// the run asks for. n < 1 leaves it to the run.
func (s *Source) SplitBytes(n int64) *Source {
	return s.with(func(o *settings) { o.splitBytes = max(n, 0) })
}

// String is the source as plans print it: json lines of events/*.jsonl.
func (s *Source) String() string {
	var b strings.Builder
	b.WriteString("json lines of " + s.paths.String())
	for _, name := range sortedNames(s.types) {
		b.WriteString(", " + name + "=" + typetext.Format(s.types[name]))
	}
	if s.policy != Fail {
		b.WriteString(", bad rows: " + s.policy.String())
	}
	if s.compression != file.Auto {
		b.WriteString(", compression " + s.compression.String())
	}
	if s.splitBytes > 0 {
		b.WriteString(", splits of " + dataflow.FormatBytes(s.splitBytes))
	}
	switch {
	case s.wanted == nil:
	case len(s.wanted) == 0:
		b.WriteString(", no columns")
	default:
		b.WriteString(", columns " + strings.Join(s.wanted, ", "))
	}
	return b.String()
}

func sortedNames(types map[string]arrow.DataType) []string { return slices.Sorted(maps.Keys(types)) }

// Schema is the columns, in the order in which their keys first appear in the
// sample, and then those that were only told. It reads the sample.
func (s *Source) Schema(ctx context.Context) (*arrow.Schema, error) {
	p, err := s.known.plan(ctx, &s.settings)
	if err != nil {
		return nil, fmt.Errorf("jsonlio: %w", err)
	}
	return p.schema(s.wanted), nil
}

// PruneColumns leaves other columns out. Where bad rows end the run, their values
// are not checked but for being JSON. Where bad rows are left out, what rows there
// are does not depend on what is read of them: all columns are checked.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	out := *s
	if s.wanted == nil {
		out.wanted = append([]string{}, columns...)
	} else {
		out.wanted = slices.DeleteFunc(slices.Clone(s.wanted), func(c string) bool { return !slices.Contains(columns, c) })
	}
	return &out
}

// Splits lists the files: byte ranges of big plain ones, the others whole.
func (s *Source) Splits(ctx context.Context, bytes int64, env dataflow.Env) ([]dataflow.Split, error) {
	if s.splitBytes > 0 {
		bytes = s.splitBytes
	}
	splits, err := s.paths.Splits(ctx, bytes, file.Options{Compression: s.compression})
	if err != nil {
		return nil, fmt.Errorf("jsonlio: %w", err)
	}
	if sh, ok := env.Shared.(*shared); ok {
		sh.rejects.Expect(splits)
	}
	return splits, nil
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.BlockSource  = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
	_ dataflow.Sharer       = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)
