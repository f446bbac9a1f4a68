package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/examples/internal/cli"
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/io/csvio"
	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/ipcio"
	"github.com/arrowmill/arrowmill/io/jsonlio"
	"github.com/arrowmill/arrowmill/io/parquetio"
	"github.com/arrowmill/arrowmill/operators/parse"
)

// input is the files and how they are to be read, as the flags say it.
type input struct {
	paths     []string
	from      cli.Choice
	types     columnTypes
	nulls     []string
	delimiter delimiter
	header    cli.Choice
	names     string
	badRows   string
}

func (in *input) define(flags *pflag.FlagSet) {
	in.from, in.header = cli.OneOf("", formats...), cli.OneOf("", "yes", "no")
	flags.Var(&in.from, "from", "`F` is the format of the input: csv, tsv, parquet,\narrow or jsonl (default: by the ending of PATH; csv\nfor standard input)")
	flags.Var(&in.types, "type", "read a column of CSV or JSON lines as a type, as in\nzip=text or 'Flight Date=date': bool, int64, float64,\ndecimal(12,2), text, date, timestamp, timestamp[ms, UTC]\nand more. May be given again")
	flags.StringArrayVar(&in.nulls, "null", nil, "CSV: unquoted fields that are `TEXT` are null, besides\nempty ones. May be given again")
	flags.Var(&in.delimiter, "delimiter", "CSV: fields are separated by `C`, one character or \\t\n(default: a comma; a tab in .tsv)")
	flags.Var(&in.header, "header", "CSV: the first line has the names of columns, yes or\nno (default: yes, unless there are --names)")
	flags.StringVar(&in.names, "names", "", "CSV: the names of the columns, a `LIST`, instead of\nthose in the header")
	flags.StringVar(&in.badRows, "bad-rows", "fail", "CSV and JSON lines: `WHAT` to do with rows that cannot\nbe read: fail (default), skip, or the name of a file\nthat they are written to")
}

// formats are those of input, as --from says them and as files end.
var formats = []string{"csv", "tsv", "parquet", "arrow", "jsonl"}

// endings are other endings of files, by format.
var endings = map[string]string{"ipc": "arrow", "feather": "arrow", "arrows": "arrow", "ndjson": "jsonl", "pq": "parquet", "tab": "tsv"}

// onlyFor are the flags that only some formats have a use for.
var onlyFor = []struct {
	flag    string
	formats []string
}{
	{"type", []string{"csv", "tsv", "jsonl"}},
	{"bad-rows", []string{"csv", "tsv", "jsonl"}},
	{"null", []string{"csv", "tsv"}},
	{"delimiter", []string{"csv", "tsv"}},
	{"header", []string{"csv", "tsv"}},
	{"names", []string{"csv", "tsv"}},
}

// source is the input's rows.
func (in *input) source(ctx context.Context, flags *pflag.FlagSet, packed file.Compression) (dataflow.Source, error) {
	format, err := in.format(ctx)
	if err == nil {
		err = in.checkRejects(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, o := range onlyFor {
		if flags.Changed(o.flag) && !slices.Contains(o.formats, format) {
			return nil, wrongf("--%s is for %s, but the input is %s", o.flag, strings.Join(o.formats, ", "), format)
		}
	}
	switch format {
	case "parquet":
		return parquetio.Scan(in.paths...).Dictionaries(), nil
	case "arrow":
		return ipcio.Scan(in.paths...).Compression(packed), nil
	case "jsonl":
		return jsonlio.Scan(in.paths...).Types(in.types.of).BadRows(badRows(in.badRows, jsonlio.Fail, jsonlio.Skip, jsonlio.Reject)).Compression(packed), nil
	}
	return in.csv(format, packed)
}

func (in *input) csv(format string, packed file.Compression) (dataflow.Source, error) {
	s := csvio.Scan(in.paths...).Types(in.types.of).Null(in.nulls...).
		BadRows(badRows(in.badRows, csvio.Fail, csvio.Skip, csvio.Reject)).Compression(packed).Dictionaries()
	switch {
	case in.delimiter != 0:
		s = s.Delimiter(byte(in.delimiter))
	case format == "tsv":
		s = s.Delimiter('\t')
	default:
		s = s.Delimiter(',')
	}
	if in.header.Value != "" {
		s = s.Header(in.header.Value == "yes")
	}
	if in.names != "" {
		names, err := parse.Columns(in.names)
		if err != nil {
			return nil, wrongf("--names: %w", err)
		}
		s = s.Names(names...)
	}
	return s, nil
}

// checkRejects finds out whether the file for bad rows is one of the input, which
// it would replace.
func (in *input) checkRejects(ctx context.Context) error {
	switch in.badRows {
	case "":
		return wrongf("--bad-rows: it must be fail, skip or the name of a file")
	case "fail", "skip":
		return nil
	}
	rejects, err := os.Stat(in.badRows)
	if err != nil || !rejects.Mode().IsRegular() {
		return nil
	}
	files, err := file.Paths(in.paths).List(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if is, err := os.Stat(f.Path); err == nil && os.SameFile(is, rejects) {
			return wrongf("--bad-rows %s: the file is read too, and bad rows would replace it: name another, outside of the input", in.badRows)
		}
	}
	return nil
}

// unknownTypes is err, what is wrong with source's columns, said as a misuse where
// it comes from a --type of a column that there is not.
func (in *input) unknownTypes(ctx context.Context, flags *pflag.FlagSet, packed file.Compression, err error) error {
	if len(in.types.of) == 0 || slices.Contains(in.paths, file.Stdin) {
		return err // a stream cannot be looked at twice
	}
	untyped := *in
	untyped.types = columnTypes{}
	source, otherwise := untyped.source(ctx, flags, packed)
	if otherwise != nil {
		return err
	}
	schema, otherwise := source.Schema(ctx)
	if otherwise != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(in.types.of)) {
		if _, missing := dataflow.Column(schema, name); missing != nil {
			return wrongf("--type: %w", missing)
		}
	}
	return err
}

// badRows is what --bad-rows asks for, as a format says it.
func badRows[B any](what string, fail, skip B, reject func(path string) B) B {
	switch what {
	case "fail":
		return fail
	case "skip":
		return skip
	}
	return reject(what)
}

// format is the one format of all files.
func (in *input) format(ctx context.Context) (string, error) {
	if in.from.Value != "" {
		return in.from.Value, nil
	}
	files, err := file.Paths(in.paths).List(ctx)
	if err != nil {
		return "", err
	}
	format, first := "", ""
	for _, f := range files {
		is := formatOf(f.Path)
		switch {
		case is == "":
			return "", wrongf("%s: the ending says no format: it must be one of .%s (and .gz or .zst behind that), or say the format with --from", f.Path, strings.Join(formats, ", ."))
		case format == "":
			format, first = is, f.Path
		case is != format:
			return "", wrongf("%s is %s, but %s is %s: group files of one format at a time, or say which it is with --from", f.Path, is, first, format)
		}
	}
	return format, nil
}

// formatOf is the format of a file by its name; empty where that says none.
func formatOf(path string) string {
	if path == file.Stdin {
		return "csv"
	}
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	ending := strings.TrimPrefix(filepath.Ext(name), ".")
	if slices.Contains(formats, ending) {
		return ending
	}
	return endings[ending]
}

// columnTypes is a flag's value: column=type, given any number of times.
type columnTypes struct {
	of map[string]arrow.DataType
}

var _ pflag.Value = (*columnTypes)(nil)

// Set takes one column=type. The name may have = in it, types have none; it may
// stand in quotes, as in the lists of other flags and in what errors say to paste.
func (c *columnTypes) Set(s string) error {
	i := strings.LastIndexByte(s, '=')
	if i < 0 {
		return fmt.Errorf("%q is not column=type", s)
	}
	name := s[:i]
	if len(name) > 1 && strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`) {
		name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	t, err := typetext.Parse(s[i+1:])
	if err != nil {
		return err
	}
	if c.of == nil {
		c.of = map[string]arrow.DataType{}
	}
	if _, twice := c.of[name]; twice {
		return fmt.Errorf("column %q has two types", name)
	}
	c.of[name] = t
	return nil
}

// String is empty: there are no types at first.
func (c *columnTypes) String() string { return "" }

// Type is how a usage text names the value.
func (c *columnTypes) Type() string { return "COL=TYPE" }

// delimiter is a flag's value that is one byte; 0: not set.
type delimiter byte

var _ pflag.Value = (*delimiter)(nil)

// Set takes one ASCII character, or \t.
func (d *delimiter) Set(s string) error {
	switch {
	case s == `\t`:
		*d = '\t'
	case len(s) != 1 || s[0] >= 0x80:
		return errors.New(`it must be one ASCII character, or \t`)
	case strings.ContainsAny(s, "\"\r\n\x00"):
		return fmt.Errorf("%q cannot separate fields", s)
	default:
		*d = delimiter(s[0])
	}
	return nil
}

// String is the character.
func (d *delimiter) String() string {
	if *d == 0 {
		return ""
	}
	return string(rune(*d))
}

// Type is how a usage text names the value.
func (d *delimiter) Type() string { return "C" }
