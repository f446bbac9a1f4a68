package csvio

import (
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/io/file"
)

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
