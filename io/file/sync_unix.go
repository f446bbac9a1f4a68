//go:build unix

package file

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncFolder makes a rename in the folder last. File systems that cannot sync a
// folder say so; there is nothing to be done then.
func syncFolder(folder *os.File) error {
	err := folder.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

// renameFolder renames a folder to what is not there or is an empty folder, in
// one step. (os.Rename replaces no folder.)
func renameFolder(from, to string) error { return unix.Rename(from, to) }
