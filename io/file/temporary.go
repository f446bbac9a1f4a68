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

// temporaryName is the i-th name for what will become the file called name:
// .name.arrowmill-0.tmp. Several are needed only where several write the same
// file at once.
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

// createTemporary creates and locks the temporary file of the file called name
// in folder, and removes those that a process which was killed left there. The
// lock is what tells one being written from one left behind.
func createTemporary(folder, name string) (*os.File, error) {
	for i := 0; ; {
		path := filepath.Join(folder, temporaryName(name, i))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		switch {
		case errors.Is(err, fs.ErrExist):
			if !sweep(path) {
				i++
			}
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

// sweep removes the temporary file at path if nobody writes it. It reports
// whether it did, or found it gone after all.
func sweep(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return lock(f) == locked && isNamed(f) && os.Remove(path) == nil
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
