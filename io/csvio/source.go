package csvio

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/badrows"
	"github.com/arrowmill/arrowmill/io/file/once"
)

// Source is CSV files as rows. It is made by [Scan], immutable, and may be shared
// and run several times: paths are resolved anew for each run, but a stream
// (standard input, a pipe) can be read by one run only.
type Source struct {
	settings
	columns []string // those that are wanted; nil: all
	coded   []string // those that are wanted as codes, where they are text
	known   *known
}

const (
	defaultBufferBytes = 256 << 10 // stays in the cache until its columns are made
	defaultSampleBytes = 128 << 10
)

// Scan is the rows of the CSV files that paths name: files, folders, patterns with
// ** and - for standard input, plain or compressed, as told in package file.
//
// What a file may look like, and what becomes of what is wrong, is told in the
// package's documentation. Unless told: fields stand between commas (tabs in files
// named .tsv or .tab), in quotes (") where they need it; the first record is a
// header; types are inferred; a bad row ends the run.
//
// Shape: → Batch<columns>, all nullable, of Env.BatchRows rows each.
func Scan(paths ...string) *Source {
	return newSource(settings{paths: slices.Clone(file.Paths(paths)), quote: '"', bufferBytes: defaultBufferBytes, sampleBytes: defaultSampleBytes, recordMax: recordMax})
}

func newSource(s settings) *Source {
	return &Source{settings: s, known: &known{streams: &once.Streams{}}}
}

// String is the source as plans print it: csv of trips/*.csv.
func (s *Source) String() string {
	var b strings.Builder
	b.WriteString("csv of " + s.paths.String())
	if s.delimiter != 0 {
		b.WriteString(", delimiter " + strconv.QuoteRune(rune(s.delimiter)))
	}
	switch s.quote {
	case '"':
	case 0:
		b.WriteString(", no quotes")
	default:
		b.WriteString(", quote " + strconv.QuoteRune(rune(s.quote)))
	}
	if s.comment != 0 {
		b.WriteString(", comment " + strconv.QuoteRune(rune(s.comment)))
	}
	if s.header != nil {
		b.WriteString(map[bool]string{true: ", header", false: ", no header"}[*s.header])
	}
	if len(s.names) > 0 {
		b.WriteString(", names " + strings.Join(s.names, ", "))
	}
	if len(s.nulls) > 0 {
		b.WriteString(", null " + strings.Join(s.nulls, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(s.types)) {
		b.WriteString(", " + badrows.Override(name, s.types[name]))
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
	if s.dictionaries {
		b.WriteString(", dictionaries")
	}
	switch {
	case s.columns == nil:
	case len(s.columns) == 0:
		b.WriteString(", no columns")
	default:
		b.WriteString(", columns " + strings.Join(s.columns, ", "))
	}
	if len(s.coded) > 0 {
		b.WriteString(", codes of " + strings.Join(s.coded, ", "))
	}
	return b.String()
}

// Schema is the columns, whose types are inferred where they were not told: it
// reads the head of the first file, and the head, middle and tail of it and of the
// last one where they are plain. Of a stream it reads the head, which is kept for
// Read.
func (s *Source) Schema(ctx context.Context) (*arrow.Schema, error) {
	p, err := s.known.plan(ctx, &s.settings)
	if err != nil {
		return nil, fmt.Errorf("csvio: %w", err)
	}
	schema, _ := p.pruned(s.columns, s.coded)
	return schema, nil
}

// Coded gives the named columns of type utf8 as dictionary<int32, utf8>. They are
// coded while they are parsed, which is cheaper than to copy them. A dictionary
// stays the same array over chunks and splits for as long as nothing new is met;
// where values hardly repeat, each chunk has its own texts as dictionary.
func (s *Source) Coded(columns []string) dataflow.Source {
	out := *s
	out.coded = append(slices.Clone(s.coded), columns...)
	return &out
}

// PruneColumns leaves the values of other columns unread, and, where bad rows end
// the run, unchecked: a value that is not of its column's type is found in
// the columns that are read. Where bad rows are skipped or rejected, what rows
// there are does not depend on what is read of them: all columns are checked.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	out := *s
	if s.columns == nil {
		out.columns = append([]string{}, columns...)
	} else {
		out.columns = slices.DeleteFunc(slices.Clone(s.columns), func(c string) bool { return !slices.Contains(columns, c) })
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
		return nil, fmt.Errorf("csvio: %w", err)
	}
	if shared, ok := env.Shared.(*shared); ok {
		shared.expect(splits)
	}
	return splits, nil
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.BlockSource  = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
	_ dataflow.Coder        = (*Source)(nil)
	_ dataflow.Sharer       = (*Source)(nil)
	_ dataflow.TypeTeller   = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)
