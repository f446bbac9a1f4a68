package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// folderEntries is how many entries of a folder are read at once.
const folderEntries = 4096

// walk is one search through folders. A folder is read and closed before those
// in it are entered: one is open at a time.
type walk struct {
	take     func(Input) bool
	pattern  string   // relative to the first folder; empty: every regular file
	elements []string // of pattern
	deep     int      // first element from which every folder is entered
	found    bool
}

// folder searches dir, which is rel (empty, or ending in a slash) below the
// first folder, at the given depth. An empty dir is the working directory.
func (w *walk) folder(ctx context.Context, dir, rel string, depth int) error {
	name, prefix := dir, dir
	switch {
	case dir == "":
		name = "."
	case !strings.HasSuffix(dir, "/"):
		prefix += "/"
	}
	f, err := os.Open(name)
	if err != nil {
		if depth > 0 && errors.Is(err, fs.ErrNotExist) {
			return nil // removed since its folder was read
		}
		return withPath(name, err)
	}
	below, err := w.entries(ctx, f, prefix, rel, depth)
	f.Close()
	if err != nil {
		return err
	}
	for _, b := range below {
		if err := w.folder(ctx, prefix+b, rel+b+"/", depth+1); err != nil {
			return err
		}
	}
	return nil
}

// entries takes the files of f and returns the names of the folders to enter.
func (w *walk) entries(ctx context.Context, f *os.File, prefix, rel string, depth int) (below []string, err error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		list, err := f.ReadDir(folderEntries)
		for _, e := range list {
			if e.IsDir() {
				if w.enters(e.Name(), depth) {
					below = append(below, e.Name())
				}
			} else if err := w.file(e, prefix, rel); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			return below, nil
		}
		if err != nil {
			return nil, withPath(f.Name(), err)
		}
	}
}

// file takes the file e if it is asked for.
func (w *walk) file(e fs.DirEntry, prefix, rel string) error {
	link := e.Type()&fs.ModeSymlink != 0 && w.pattern != ""
	if !e.Type().IsRegular() && !link || isTemporary(e.Name()) {
		return nil
	}
	if w.pattern != "" && !doublestar.MatchUnvalidated(w.pattern, rel+e.Name()) {
		return nil
	}
	path := prefix + e.Name()
	info, err := e.Info()
	if link {
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist): // removed since, or a link to nothing
		return nil
	case err != nil:
		return withPath(path, err)
	case !info.Mode().IsRegular():
		return nil
	}
	w.found = true
	if !w.take(Input{Path: path, Bytes: info.Size()}) {
		return errEnough
	}
	return nil
}

// enters reports whether the folder called name, at the given depth, may hold a
// file that is asked for. What is half-written is no input.
func (w *walk) enters(name string, depth int) bool {
	if isTemporary(name) {
		return false
	}
	if w.pattern == "" || depth >= w.deep && w.deep < len(w.elements) {
		return true
	}
	return depth < len(w.elements)-1 && doublestar.MatchUnvalidated(w.elements[depth], name)
}
