//go:build !unix

package file

import (
	"errors"
	"io/fs"
	"os"
)

// syncFolder: a folder cannot be synced here.
func syncFolder(*os.File) error { return nil }

// renameFolder renames a folder to what is not there or is an empty folder,
// which is removed first.
func renameFolder(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}
