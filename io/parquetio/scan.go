package parquetio

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/io/file"
)

// Source is the rows of Parquet files. It is made by [Scan], immutable, and may be
// shared and run several times: paths are resolved anew for each run.
type Source struct {
	paths        file.Paths
	dictionaries bool
	coded        []string // columns that are dictionaries where they can be
	columns      []string // in no order; nil: all
	bounds       []dataflow.Bound
	stats        *counters
	known        *known
}

// Scan is the files that paths name: files, folders, patterns with ** (see package
// file); not standard input, since a file is read from its end.
//
// The columns of all files must agree in name and type, in any order; those of the
// first file are the source's. A column is nullable where it may have nulls in the
// file, and always where there are several files. What the format has no type for
// comes back as the type that its writer noted beside the schema (time zones,
// durations, 64-bit offsets), else:
//
//	INT96                      timestamp[ns], without a zone
//	JSON, ENUM                 utf8
//	BSON, bytes                binary
//	UUID, INTERVAL             fixed_size_binary
//	timestamps in UTC          timestamp[unit, UTC]
//	a variant                  struct<metadata, value>
//
// Dictionary-coded columns are decoded, unless [Source.Dictionaries] says otherwise.
// Text is not looked at: it is UTF-8 if who wrote it kept to the format.
//
// Shape: → Batch<the columns>, Env.BatchRows rows each, fewer where strings are
// long. A split is a row group, or a part of one.
func Scan(paths ...string) *Source {
	return &Source{paths: slices.Clone(file.Paths(paths)), stats: new(counters), known: new(known)}
}

// Dictionaries is s with those string and binary columns as dictionary<int32, …> of
// which the footers say that every page of every file is dictionary-coded: the
// codes of the file become those of the array. Each row group has a dictionary of
// its own, which its batches share, and which may have values that no row has. The
// footers of all files are read to know the schema.
func (s *Source) Dictionaries() *Source {
	out := *s
	out.dictionaries = true
	return &out
}

// Coded is s with those of the named columns as dictionaries that Dictionaries makes
// so: other columns, and names that are none of a column, change nothing.
func (s *Source) Coded(columns []string) dataflow.Source {
	out := *s
	out.coded = slices.Concat(s.coded, columns)
	return &out
}

// reads reports whether the column is one of the source's.
func (s *Source) reads(column string) bool {
	return s.columns == nil || slices.Contains(s.columns, column)
}

// codes reports whether the column is wanted as a dictionary.
func (s *Source) codes(column string) bool {
	return s.dictionaries || slices.Contains(s.coded, column)
}

// String is the source as plans print it.
func (s *Source) String() string {
	var b strings.Builder
	b.WriteString("parquet of " + s.paths.String())
	if s.dictionaries {
		b.WriteString(", dictionaries")
	} else if len(s.coded) > 0 {
		b.WriteString(", codes of (" + strings.Join(s.coded, ", ") + ")")
	}
	if s.columns != nil {
		b.WriteString(", columns (" + strings.Join(s.columns, ", ") + ")")
	}
	for i, bound := range s.bounds {
		b.WriteString([]string{", where ", " and "}[min(i, 1)] + boundString(bound))
	}
	return b.String()
}

// PruneColumns leaves out columns that are not named: their bytes are not read.
func (s *Source) PruneColumns(columns []string) dataflow.Source {
	out := *s
	out.columns = []string{}
	for _, c := range columns {
		if s.reads(c) {
			out.columns = append(out.columns, c)
		}
	}
	return &out
}

// TakeBounds leaves out row groups whose statistics or bloom filters show that none of
// their rows meets all bounds, and rows of pages of which the page index does. Of a bound on a column that is not there, and of one whose
// value cannot be compared with the column's statistics, nothing follows.
func (s *Source) TakeBounds(bounds []dataflow.Bound) dataflow.Source {
	out := *s
	out.bounds = slices.Concat(s.bounds, bounds)
	return &out
}

// Schema reads the footer of the first file; with Dictionaries, and Coded, those of
// all.
func (s *Source) Schema(ctx context.Context) (*arrow.Schema, error) {
	feet := newFooters(s)
	plan, err := feet.plan(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("parquetio: %w", err)
	}
	return plan.schema, nil
}

// Share is the footers, read once a run.
func (s *Source) Share(_ context.Context, env dataflow.Env) (io.Closer, error) {
	feet := newFooters(s)
	feet.env = &env
	return feet, nil
}

// Splits reads the footers of all files and compares their schemas. A split is a row
// group, From and To are its rows in its file; where there are fewer than 8, those
// of more than bytes bytes are parted, but for those with nested columns. Row groups
// without rows, and those that bounds leave out, are none.
func (s *Source) Splits(ctx context.Context, bytes int64, env dataflow.Env) ([]dataflow.Split, error) {
	splits, err := s.footers(env).splits(ctx, bytes, &env)
	if err != nil {
		return nil, fmt.Errorf("parquetio: %w", err)
	}
	return splits, nil
}

// footers is what the run shares, or, for a source that is driven by hand, one's own.
func (s *Source) footers(env dataflow.Env) *footers {
	if f, ok := env.Shared.(*footers); ok {
		return f
	}
	return newFooters(s)
}

// Read yields the rows of one split. It has one file open, until it ends.
func (s *Source) Read(ctx context.Context, split dataflow.Split, env dataflow.Env) iter.Seq2[dataflow.Chunk, error] {
	return func(yield func(dataflow.Chunk, error) bool) {
		r := &reader{source: s, feet: s.footers(env), env: &env}
		if err := r.read(ctx, split, yield); err != nil {
			yield(dataflow.Chunk{}, fmt.Errorf("parquetio: %s: %w", split.Path, err))
		}
	}
}

var (
	_ dataflow.Source       = (*Source)(nil)
	_ dataflow.Sharer       = (*Source)(nil)
	_ dataflow.ColumnPruner = (*Source)(nil)
	_ dataflow.BoundTaker   = (*Source)(nil)
	_ fmt.Stringer          = (*Source)(nil)
)
