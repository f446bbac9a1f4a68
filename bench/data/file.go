package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/executor"
)

// File is a table of so many rows in a format. Its name says all of it, so that a
// file that is there need not be made again:
//
//	g1-1000000-seed1.csv.gz
type File struct {
	Table  Table
	Rows   int64
	Seed   uint64
	Format string // one of the table's
}

// Name is the file's name in its folder.
func (f File) Name() string {
	return fmt.Sprintf("%s-%d-seed%d.%s", f.Table.Name, f.Rows, f.Seed, f.Format)
}

// As is the same table in another format.
func (f File) As(format string) File {
	f.Format = format
	return f
}

// Text reports whether the format is text, as it is or packed.
func (f File) Text() bool { return strings.HasPrefix(f.Format, f.Table.TextFormat()) }

// Packed reports whether the format is text that is compressed.
func (f File) Packed() bool { return f.Text() && f.Format != f.Table.TextFormat() }

var namePattern = regexp.MustCompile(`^(.+)-([0-9]+)-seed([0-9]+)\.([a-z.]+)$`)

// Parse is the file of a name, and false for a name that is none.
func Parse(name string) (File, bool) {
	parts := namePattern.FindStringSubmatch(name)
	if parts == nil {
		return File{}, false
	}
	t, err := Find(parts[1])
	rows, err2 := strconv.ParseInt(parts[2], 10, 64)
	seed, err3 := strconv.ParseUint(parts[3], 10, 64)
	f := File{Table: t, Rows: rows, Seed: seed, Format: parts[4]}
	if errors.Join(err, err2, err3) != nil || !slices.Contains(t.Formats(), f.Format) || f.Name() != name {
		return File{}, false
	}
	return f, true
}

// List finds the files of a folder that are tables, in the order of tables, rows,
// seeds and formats. A folder that is not there has none.
func List(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var files []File
	for _, e := range entries {
		if f, ok := Parse(e.Name()); ok && e.Type().IsRegular() {
			files = append(files, f)
		}
	}
	tables := Tables()
	place := func(f File) int {
		return slices.IndexFunc(tables, func(t Table) bool { return t.Name == f.Table.Name })
	}
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Rows, b.Rows), cmp.Compare(a.Seed, b.Seed),
			cmp.Compare(slices.Index(a.Table.Formats(), a.Format), slices.Index(b.Table.Formats(), b.Format)))
	})
	return files, nil
}

// Make makes the file in a folder, which is made too, and returns its size. Where
// it stands already nothing is done. It appears whole or not at all. The bytes of
// a text are the same for one Rows and Seed wherever they are made.
func (f File) Make(ctx context.Context, dir string, o executor.Options) (path string, bytes int64, made bool, err error) {
	path = filepath.Join(dir, f.Name())
	if info, err := os.Stat(path); err == nil {
		return path, info.Size(), false, nil
	}
	if !f.Table.Made() {
		return path, 0, false, fmt.Errorf("data: the table %s is found, not made", f.Table.Name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return path, 0, false, err
	}
	sink, err := f.sink(path)
	if err != nil {
		return path, 0, false, err
	}
	g := dataflow.New()
	g.Source(f.Table.Name, f.Table.Source(f.Rows, f.Seed)).Sink("write", sink)
	if _, err := executor.Run(ctx, g, o); err != nil {
		return path, 0, false, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return path, 0, false, err
	}
	return path, info.Size(), true, nil
}

// sink is where the table is written.
func (f File) sink(path string) (dataflow.Sink, error) {
	if f.Text() {
		return f.Table.Text.format().File(path), nil
	}
	return columnarSink(f.Format, path)
}
