//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

import "os"

// lock cannot tell here whether a file is being written.
func lock(*os.File) lockState { return lockUnknown }

// keepLock has nothing to keep.
func keepLock(*os.File) (*os.File, error) { return nil, nil }
