package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"github.com/arrowmill/arrowmill/bench/data"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// dataOptions are the flags of the command data.
type dataOptions struct {
	rows    count
	out     string
	seed    uint64
	formats []string
	workers int
}

func (o *dataOptions) define() *pflag.FlagSet {
	flags := pflag.NewFlagSet("data", pflag.ContinueOnError)
	flags.Var(&o.rows, "rows", "rows of each table, as in 1e6")
	flags.StringVar(&o.out, "out", "", "`DIR` to make them in; what is there already stays")
	flags.Uint64Var(&o.seed, "seed", 1, "another seed makes another table of the same kind")
	flags.StringSliceVar(&o.formats, "format", nil, "formats, with commas between them (default: plain text)")
	flags.IntVar(&o.workers, "workers", 0, "make so many parts at once (default: one for each CPU)")
	return flags
}

// dataCommand makes the files that are not there yet.
func dataCommand(ctx context.Context, args []string, out io.Writer) error {
	var o dataOptions
	flags := o.define()
	if ok, err := parse(flags, args, out); !ok {
		return err
	}
	files, err := o.files(flags.Args())
	if err != nil {
		return misuse{err}
	}
	for _, f := range files {
		if !f.Table.Made() {
			if err := gather(ctx, o.out, true, out); err != nil {
				return err
			}
			continue
		}
		if err := makeFile(ctx, f, o.out, executor.Options{Workers: o.workers}, true, out); err != nil {
			return err
		}
	}
	return nil
}

// files are those that are asked for.
func (o *dataOptions) files(names []string) ([]data.File, error) {
	switch {
	case o.rows == 0 && !slices.Equal(names, []string{data.GoSource}):
		return nil, errors.New("--rows is not given: say how large the tables are, as in --rows 1e6")
	case o.out == "":
		return nil, errors.New("--out is not given: name a folder for the tables")
	case len(names) == 0:
		return nil, errors.New("no TABLE: name tables, or all")
	case o.workers < 0:
		return nil, fmt.Errorf("--workers %d: give a number from 1, or leave it out", o.workers)
	}
	tables := data.Tables()
	if !slices.Contains(names, "all") {
		tables = nil
		for _, name := range names {
			t, err := data.Find(name)
			if err != nil {
				return nil, err
			}
			tables = append(tables, t)
		}
	}
	var files []data.File
	for _, t := range tables {
		formats := o.formats
		if formats == nil {
			formats = []string{t.TextFormat()}
		}
		for _, format := range t.Formats() {
			if slices.Contains(formats, format) {
				files = append(files, data.File{Table: t, Rows: int64(o.rows), Seed: o.seed, Format: format})
			}
		}
	}
	for _, format := range o.formats {
		if !slices.ContainsFunc(files, func(f data.File) bool { return f.Format == format }) {
			return nil, fmt.Errorf("--format %s: no table that is asked for can be made so: %s can be %s",
				format, tables[0].Name, strings.Join(tables[0].Formats(), ", "))
		}
	}
	return files, nil
}

// makeFile makes a file that is not there yet, and says so. old: it says too that one is
// there.
func makeFile(ctx context.Context, f data.File, dir string, o executor.Options, old bool, out io.Writer) error {
	from := time.Now()
	path, bytes, made, err := f.Make(ctx, dir, o)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	tell(f, bytes, made, old, time.Since(from), out)
	return nil
}

// gather is makeFile for the Go source tree, which is found.
func gather(ctx context.Context, dir string, old bool, out io.Writer) error {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("where the Go source tree is: %w", err)
	}
	from := time.Now()
	f, bytes, made, err := data.Gather(ctx, strings.TrimSpace(string(root)), dir)
	if err != nil {
		return err
	}
	tell(f, bytes, made, old, time.Since(from), out)
	return nil
}

// tell says that a file was made, or that it was there.
func tell(f data.File, bytes int64, made, old bool, took time.Duration, out io.Writer) {
	switch {
	case made:
		fmt.Fprintf(out, "%-40s %9s  made in %.1f s, %.0f MB/s\n", f.Name(), humanize.Bytes(uint64(bytes)), took.Seconds(), float64(bytes)/1e6/took.Seconds())
	case old:
		fmt.Fprintf(out, "%-40s %9s  is there already\n", f.Name(), humanize.Bytes(uint64(bytes)))
	}
}
