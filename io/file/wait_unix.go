//go:build unix

package file

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// waitStep is how long a wait takes to see that its context has ended. A pipe
// that came from outside of the process may be in blocking mode, where a read
// could not be called off.
const waitStep = 25 * time.Millisecond

// waitsEnd: waitReadable ends with its context.
const waitsEnd = true

// openRead opens a file to read. It does not wait for a pipe's writer:
// waitReadable does.
func openRead(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
}

// waitReadable waits until f, a pipe or a device, has bytes or has ended.
func waitReadable(ctx context.Context, f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil // closed: reading says so
	}
	for {
		ready := true
		err := conn.Control(func(fd uintptr) {
			set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			n, err := unix.Poll(set, int(waitStep/time.Millisecond))
			ready = n > 0 || err != nil && err != unix.EINTR
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ready || err != nil {
			return nil // what is wrong, if anything, the read will say
		}
	}
}
