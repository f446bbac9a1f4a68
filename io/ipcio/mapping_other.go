//go:build !unix

package ipcio

import "os"

// mapFile maps nothing: the file is read.
func mapFile(*os.File, int64) (*mapping, error) { return nil, nil }

func unmap([]byte) {}
