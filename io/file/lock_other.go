//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import "os"

// removeClosed: it may be that a file has to be closed to be removed (Windows).
const removeClosed = true

// lock cannot tell here whether a file is being written.
func lock(*os.File) lockState { return lockUnknown }

// keepLock has nothing to keep.
func keepLock(*os.File) (*os.File, error) { return nil, nil }
