//go:build unix

package ipcio

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps the first n bytes of f, nil where that cannot be.
func mapFile(f *os.File, n int64) (*mapping, error) {
	if n <= 0 || n > math.MaxInt {
		return nil, nil
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(n), unix.PROT_READ, unix.MAP_SHARED)
	switch {
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOMEM):
		return nil, nil // a file system without mappings, or too many of them: read it
	case err != nil:
		return nil, fmt.Errorf("mapping the file: %w", err)
	}
	m := &mapping{data: b}
	m.refs.Store(1)
	return m, nil
}

func unmap(b []byte) { _ = unix.Munmap(b) }
