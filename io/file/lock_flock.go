//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package file

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// removeClosed: a file that is open can be removed, and is, while it is locked.
const removeClosed = false

// lock takes the lock of f, without waiting.
func lock(f *os.File) lockState {
	var held error
	if err := control(f, func(fd int) { held = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) }); err != nil {
		return lockUnknown
	}
	switch {
	case held == nil:
		return locked
	case errors.Is(held, unix.EWOULDBLOCK):
		return lockedByOther
	}
	return lockUnknown
}

// keepLock returns a second descriptor of f, which holds its lock when f is
// closed.
func keepLock(f *os.File) (*os.File, error) {
	var fd int
	var dupErr error
	err := control(f, func(old int) { fd, dupErr = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, dupErr); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

func control(f *os.File, do func(fd int)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(func(fd uintptr) { do(int(fd)) })
}
