package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	temporaryMark    = ".arrowmill-"
	temporaryEnd     = ".tmp"
	temporaryNameMax = 200 // of the final name's bytes; file systems allow 255 in all
)

// temporaryName is the i-th name for what will become the file or folder called
// name: .name.arrowmill-0.tmp. Several are needed only where several write the
// same one at once.
func temporaryName(name string, i int) string {
	return "." + name[:min(len(name), temporaryNameMax)] + temporaryMark + strconv.Itoa(i) + temporaryEnd
}

// isTemporary reports whether name is one that temporaryName makes.
func isTemporary(name string) bool {
	rest, ok := strings.CutSuffix(name, temporaryEnd)
	if !ok || name[0] != '.' {
		return false
	}
	at := strings.LastIndex(rest, temporaryMark)
	if at < 1 {
		return false
	}
	_, err := strconv.ParseUint(rest[at+len(temporaryMark):], 10, 31)
	return err == nil
}

// createTemporary creates and locks the temporary file, or with make
// makeFolder the folder, of what will be called name in folder, and removes
// those that a process which was killed left there. The lock is what tells one
// being written from one left behind.
func createTemporary(folder, name string, make func(path string) (*os.File, error)) (*os.File, error) {
	for i := 0; ; {
		path := filepath.Join(folder, temporaryName(name, i))
		f, err := make(path)
		switch {
		case errors.Is(err, fs.ErrExist):
			if !sweep(path) {
				i++
			}
			continue
		case err == errSwept:
			continue
		case err != nil:
			return nil, err
		}
		if state := lock(f); state != lockedByOther && isNamed(f) {
			for i++; sweep(filepath.Join(folder, temporaryName(name, i))); i++ {
			}
			return f, nil
		}
		f.Close() // another has swept it between its creation and its locking
	}
}

// errSwept: another has swept it before it was locked.
var errSwept = errors.New("swept")

func makeFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

func makeFolder(path string) (*os.File, error) {
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errSwept
	case err != nil:
		return nil, errors.Join(err, os.Remove(path))
	}
	return f, nil
}

// sweep removes the temporary file or folder at path if nobody writes it. It
// reports whether it did, or found it gone after all.
func sweep(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return false
	}
	mode, remove := os.O_WRONLY, os.Remove
	if info.IsDir() {
		mode, remove = os.O_RDONLY, os.RemoveAll
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return lock(f) == locked && isNamed(f) && remove(path) == nil
}

// isNamed reports whether f still is the file that its name leads to.
func isNamed(f *os.File) bool {
	opened, err1 := f.Stat()
	named, err2 := os.Lstat(f.Name())
	return err1 == nil && err2 == nil && os.SameFile(opened, named)
}

// lockState is what came of asking for a file's lock.
type lockState uint8

const (
	locked        lockState = iota // held until the last descriptor is closed
	lockedByOther                  // being written
	lockUnknown                    // the file system or the platform has no locks: nothing is swept
)
