package file

import (
	"context"
	"os"

	"github.com/arrowmill/arrowmill/dataflow"
)

// IsStream reports whether path is a pipe or a device, or standard input.
func IsStream(path string) (bool, error) {
	stream, _, err := look(path)
	return stream, err
}

// look tells a stream from a file, and the size of that.
func look(path string) (stream bool, bytes int64, err error) {
	if path == Stdin {
		return true, 0, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, 0, withPath(path, err)
	}
	return !info.Mode().IsRegular(), sizeOf(info), nil
}

// InBlocks reports whether a split is worth being cut into blocks that others parse
// (see [dataflow.BlockSource]): a whole file that must be read from front to end,
// which is a stream, or compressed and of least bytes or more. A file that cannot be
// opened is not; whoever reads it says why.
func InBlocks(ctx context.Context, split dataflow.Split, least int64, o Options) bool {
	if split.To >= 0 {
		return false
	}
	stream, bytes, err := look(split.Path)
	if stream || err != nil || bytes < least {
		return stream
	}
	f, err := Open(ctx, split.Path, o)
	if err != nil {
		return false
	}
	defer f.Close()
	return !f.Plain()
}
