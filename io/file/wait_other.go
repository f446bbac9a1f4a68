//go:build !unix

package file

import (
	"context"
	"os"
)

func openRead(path string) (*os.File, error) { return os.Open(path) }

// waitsEnd: waitReadable does not wait, and a read of a pipe cannot be called off.
const waitsEnd = false

// waitReadable does not wait here: a read of a pipe ends when its writer does.
func waitReadable(context.Context, *os.File) error { return nil }
