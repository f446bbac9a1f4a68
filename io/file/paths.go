package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Paths are paths of files and folders, and patterns. They are resolved anew by
// each call, so that a source that is run again sees the files of that time.
// Paths are immutable and may be shared.
type Paths []string

// Input is one file that was found.
type Input struct {
	Path   string
	Bytes  int64 // its size; 0 for a stream
	Stream bool  // standard input, a pipe or a device: read once, from front to end
}

// String is the paths as plans print them, the first three by name.
func (p Paths) String() string {
	if len(p) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(p[:3], ", "), len(p)-3)
	}
	return strings.Join(p, ", ")
}

// List finds the files. It reads folders and sizes and opens no file.
func (p Paths) List(ctx context.Context) ([]Input, error) {
	if err := p.mistake(); err != nil {
		return nil, err
	}
	var all []Input
	for _, path := range p {
		from := len(all)
		err := find(ctx, path, func(in Input) bool {
			all = append(all, in)
			return true
		})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(all[from:], func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	}
	return slices.Clip(all), nil
}

// Check finds out whether each path names a file, without listing them all.
func (p Paths) Check(ctx context.Context) error {
	if err := p.mistake(); err != nil {
		return err
	}
	for _, path := range p {
		if err := find(ctx, path, func(Input) bool { return false }); err != nil {
			return err
		}
	}
	return nil
}

func (p Paths) mistake() error {
	if len(p) == 0 {
		return errors.New("no path is given: name a file, a folder or a pattern, or - for standard input")
	}
	stdin := false
	for _, path := range p {
		if path == Stdin && stdin {
			return errors.New("standard input (-) is named twice, but it can be read only once")
		}
		stdin = stdin || path == Stdin
	}
	return nil
}

// errEnough ends a search whose consumer wants no more.
var errEnough = errors.New("enough")

// find hands the files that path names to take, in no order, until take returns
// false. That there are none is an error.
func find(ctx context.Context, path string, take func(Input) bool) error {
	switch path {
	case "":
		return errors.New("a path is empty: name a file, a folder or a pattern, or - for standard input")
	case Stdin:
		take(Input{Path: Stdin, Stream: true})
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return search(ctx, &walk{take: take}, path, fmt.Sprintf("%s: there are no files in this folder or below it", path))
	case err == nil:
		take(Input{Path: path, Bytes: sizeOf(info), Stream: !info.Mode().IsRegular()})
		return nil
	case strings.ContainsAny(path, `*?[{\`):
		w, base, err := compile(path)
		if err != nil {
			return err
		}
		w.take = take
		return search(ctx, w, base, fmt.Sprintf("%s: no file matches this pattern: check the folder, quote the pattern so that the shell leaves it alone, and write ** to look in folders below", path))
	case errors.Is(err, fs.ErrNotExist):
		if to, linkErr := os.Readlink(path); linkErr == nil {
			return missing(fmt.Sprintf("%s: this symbolic link leads to %s, which does not exist", path, to))
		}
		return missing(path + ": there is no such file or folder: check the name and the folder it is looked for in")
	}
	return withPath(path, err)
}

// search runs w from base. none is the error's text where it finds nothing.
func search(ctx context.Context, w *walk, base, none string) error {
	err := w.folder(ctx, base, "", 0)
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err == nil && !w.found, w.pattern != "" && !w.found && errors.Is(err, fs.ErrNotExist):
		return missing(none)
	}
	return err
}

// compile makes the search of a pattern and the folder that it starts in.
func compile(path string) (*walk, string, error) {
	if !doublestar.ValidatePattern(path) {
		return nil, "", fmt.Errorf("%s: this pattern is malformed: a bracket or brace is not closed, or a \\ stands at the end; write \\ before a character that is meant as itself", path)
	}
	base, pattern := doublestar.SplitPattern(path)
	for strings.Contains(pattern, "//") {
		pattern = strings.ReplaceAll(pattern, "//", "/")
	}
	pattern = strings.ReplaceAll(strings.TrimPrefix(pattern, "/"), "/./", "/")
	elements := strings.Split(pattern, "/")
	if slices.Contains(elements, "..") {
		return nil, "", fmt.Errorf("%s: in a pattern, .. may stand only before the first wildcard", path)
	}
	if base == "." && !strings.HasPrefix(path, "./") {
		base = ""
	}
	w := &walk{pattern: pattern, elements: elements, deep: len(elements)}
	for i, e := range elements {
		if !doublestar.ValidatePattern(e) { // a slash inside of braces: look everywhere
			w.deep = 0
		} else if strings.Contains(e, "**") {
			w.deep = min(w.deep, i)
		}
	}
	return w, base, nil
}

func sizeOf(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return 0
}

// missing is fs.ErrNotExist in other words.
type missing string

func (m missing) Error() string        { return string(m) }
func (m missing) Is(target error) bool { return target == fs.ErrNotExist }

// withPath is err, a system's error, as path: cause.
func withPath(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
