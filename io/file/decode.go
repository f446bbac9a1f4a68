package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	readBytes        = 128 << 10 // of compressed data at once
	gzipDecoderBytes = readBytes + 64<<10
	zstdSmallWindow  = 8 << 20   // of decoders that are kept for the next file
	zstdMaxWindow    = 128 << 20 // what the zstd program admits without being asked
)

// decoder decompresses one file after another. It has no goroutines.
type decoder struct {
	in     *bufio.Reader
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
	window int64
}

var gzipDecoders, zstdDecoders sync.Pool

// decoderBytes is about how much memory decompressing takes; head is the start
// of the file.
func decoderBytes(c Compression, head []byte) (bytes, window int64) {
	if c == Gzip {
		return gzipDecoderBytes, 0
	}
	window = zstdSmallWindow
	var h zstd.Header
	if h.Decode(head) == nil && !h.Skippable {
		need := h.WindowSize
		if h.SingleSegment {
			need = h.FrameContentSize
		}
		window = int64(min(need, zstdMaxWindow))
	}
	return readBytes + window + 1<<20, window
}

// newDecoder starts decompressing r.
func newDecoder(c Compression, r io.Reader, window int64) (*decoder, error) {
	pool := &gzipDecoders
	if c == Zstd {
		pool = &zstdDecoders
	}
	d, _ := pool.Get().(*decoder)
	if d == nil {
		d = &decoder{in: bufio.NewReaderSize(nil, readBytes)}
	}
	d.in.Reset(r)
	d.window = window
	var err error
	switch {
	case c == Gzip && d.gzip == nil:
		d.gzip = new(gzip.Reader)
		err = d.gzip.Reset(d.in)
	case c == Gzip:
		err = d.gzip.Reset(d.in)
	case d.zstd == nil:
		d.zstd, err = zstd.NewReader(d.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdMaxWindow), zstd.WithDecoderMaxMemory(zstdMaxWindow))
	default:
		err = d.zstd.Reset(d.in)
	}
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return d, nil
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.gzip != nil {
		return d.gzip.Read(p)
	}
	return d.zstd.Read(p)
}

// close keeps the decoder for another file, or lets it go where it has grown.
func (d *decoder) close() {
	d.in.Reset(nil)
	switch {
	case d.gzip != nil:
		gzipDecoders.Put(d)
	case d.window > zstdSmallWindow || d.zstd.Reset(nil) != nil:
		d.zstd.Close()
	default:
		zstdDecoders.Put(d)
	}
}

// decodeError says what to do about a decoder's error.
func decodeError(c Compression, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s data ends too early; the file is cut off: fetch or make it again: %w", c, err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("decompressing needs a window of more than %d MiB: compress it again with a smaller one (zstd --long=27): %w", zstdMaxWindow>>20, err)
	}
	return fmt.Errorf("damaged %s data: %w", c, err)
}
