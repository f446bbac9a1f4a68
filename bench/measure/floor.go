package measure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/arrowmill/arrowmill/io/file"
)

// floorBytes is what the floors read at once.
const floorBytes = 1 << 20

// Read reads a file once into buffers that are used again, in as many goroutines
// as threads, and returns its size: no program that reads the file is faster.
// touch: each byte is looked at too, for line ends, which are counted.
func Read(path string, threads int, touch bool) (size, lines int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var next, read, ends atomic.Int64
	errs := make([]error, threads)
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			buf := make([]byte, floorBytes)
			for {
				n, err := f.ReadAt(buf, (next.Add(1)-1)*floorBytes)
				read.Add(int64(n))
				if touch {
					ends.Add(int64(bytes.Count(buf[:n], []byte{'\n'})))
				}
				if err != nil {
					if !errors.Is(err, io.EOF) {
						errs[i] = err
					}
					return
				}
			}
		})
	}
	wg.Wait()
	return read.Load(), ends.Load(), errors.Join(errs...)
}

// Unpack reads a compressed file to its end, as the formats do, and returns how
// large it is unpacked.
func Unpack(ctx context.Context, path string) (int64, error) {
	f, err := file.Open(ctx, path, file.Options{})
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.CopyBuffer(io.Discard, struct{ io.Reader }{f}, make([]byte, floorBytes))
}
