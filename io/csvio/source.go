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
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/io/file"
)

// Source is CSV files as rows. It is made by [Scan], immutable, and may be shared
// and run several times: paths are resolved anew for each run, but a stream
// (standard input, a pipe) can be read by one run only.
type Source struct {
	settings
	columns []string // those that are wanted; nil: all
	known   *known
}

// settings are what a user said.
type settings struct {
	paths        file.Paths
	delimiter    byte // 0: by the file's name
	quote        byte
	comment      byte
	header       *bool // nil: there is one unless names are given
	names        []string
	nulls        []string
	types        map[string]arrow.DataType
	policy       BadRows
	compression  file.Compression
	splitBytes   int64 // 0: what the run asks for
	dictionaries bool
	bufferBytes  int // of text that is read at once, unless a record is longer
	sampleBytes  int // of each place that types are inferred from
	recordMax    int // bytes of a record
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

func newSource(s settings) *Source { return &Source{settings: s, known: &known{streams: &streams{}}} }

// with is s with other settings. What was learnt of the files by the old ones does
// not hold for it, but for streams that were opened.
func (s *Source) with(change func(*settings)) *Source {
	out := *s
	change(&out.settings)
	out.known = &known{streams: s.known.streams}
	return &out
}

// Delimiter is s with fields that stand between characters c, in files of any
// name.
func (s *Source) Delimiter(c byte) *Source { return s.with(func(o *settings) { o.delimiter = c }) }

// Quote is s with fields in characters c; 0: quotes mean nothing.
func (s *Source) Quote(c byte) *Source { return s.with(func(o *settings) { o.quote = c }) }

// Comment is s with lines left out that begin with c; 0: there are none. Inside of
// quotes no line begins.
func (s *Source) Comment(c byte) *Source { return s.with(func(o *settings) { o.comment = c }) }

// Header is s with files that have a header, or have none. Without it, files have
// one unless [Source.Names] are given. Columns without any name are column1,
// column2, ….
func (s *Source) Header(yes bool) *Source { return s.with(func(o *settings) { o.header = &yes }) }

// Names is s with columns of those names, in the order of the file, instead of a
// header; beside Header(true), instead of what the header says.
func (s *Source) Names(names ...string) *Source {
	return s.with(func(o *settings) { o.names = slices.Clone(names) })
}

// Null is s with texts that are null, beside the empty field. In a column of text
// a field in quotes is never null.
func (s *Source) Null(texts ...string) *Source {
	return s.with(func(o *settings) { o.nulls = slices.Clone(texts) })
}

// Type is s with the named column of type t, which is not inferred then. A name
// that no column has is an error.
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

// BadRows is s with p done about rows that are none: Fail, Skip or Reject(path).
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

// Dictionaries is s with text columns that seem to have few different values as
// dictionary<int32, utf8>, which is cheaper to group by and takes less memory.
// Whether they have is told by the sample that types are inferred from, and is a
// guess about the rest: a column of many values is only slower. A column whose
// type was told is of that type.
func (s *Source) Dictionaries() *Source {
	return s.with(func(o *settings) { o.dictionaries = true })
}

// dialect is how the file at path is laid out.
func (s *settings) dialect(path string) dialect {
	d := dialect{s.delimiter, s.quote, s.comment}
	if d.delimiter == 0 {
		d.delimiter = delimiterOf(path)
	}
	return d
}

// hasHeader reports whether files have a header.
func (s *settings) hasHeader() bool {
	if s.header != nil {
		return *s.header
	}
	return len(s.names) == 0
}

// check finds mistakes in the settings that need no file to be seen.
func (s *settings) check() error {
	if err := s.dialect("").check(); err != nil {
		return err
	}
	seen := make(map[string]bool, len(s.names))
	for _, n := range s.names {
		if seen[n] {
			return fmt.Errorf("two columns are to be named %q", n)
		}
		seen[n] = true
	}
	return nil
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
		b.WriteString(", " + override(name, s.types[name]))
	}
	if s.policy.act != fail {
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
	return b.String()
}

// override is what says column=type on a command line.
func override(column string, t arrow.DataType) string {
	if strings.ContainsAny(column, "=,\" \t\n") || column == "" {
		column = `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
	}
	return column + "=" + typetext.Format(t)
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
	schema, _ := p.pruned(s.columns)
	return schema, nil
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
	_ dataflow.Sharer       = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)
