//go:build darwin || linux

package file

import (
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

const canLimitFiles = true

// limitFiles makes writing beyond the first n bytes of a file an error.
func limitFiles(t testing.TB, n uint64) {
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}
