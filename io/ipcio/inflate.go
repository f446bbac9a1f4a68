package ipcio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const (
	prefixBytes = 8        // the decompressed length, before a compressed buffer
	trustBytes  = 16 << 20 // of a claimed length that are allocated at once
	trustRatio  = 64       // or this many times what is compressed
	zstdWindow  = 128 << 20
)

// mostBytes is how long n compressed bytes can become at most: a byte of LZ4
// adds up to 255 of a match; three of zstd are a block of up to 128 KiB.
func mostBytes(n int64, codec int8) int64 {
	if codec == codecLZ4 {
		return 255*n + 64
	}
	return (n/3 + 1) << 17
}

// inflate decompresses a buffer; nil where nothing is in it. raw is borrowed.
func inflate(raw *memory.Buffer, codec int8, mem *claims) (*memory.Buffer, error) {
	b := raw.Bytes()
	if len(b) < prefixBytes {
		return nil, fmt.Errorf("damaged: a compressed buffer of %d bytes", len(b))
	}
	n := int64(binary.LittleEndian.Uint64(b))
	b = b[prefixBytes:]
	switch {
	case n == -1: // not smaller when compressed, and so it is not
		return memory.SliceBuffer(raw, prefixBytes, len(b)), nil
	case n < 0 || n > mostBytes(int64(len(b)), codec):
		return nil, fmt.Errorf("damaged: %d compressed bytes cannot become %d", len(b), n)
	case n == 0:
		return nil, nil
	}
	var out *memory.Buffer
	var err error
	if codec == codecLZ4 {
		out, err = inflateLZ4(b, n, mem)
	} else {
		out, err = inflateZstd(b, n, mem)
	}
	if err != nil {
		return nil, fmt.Errorf("decompressing a buffer: %w", err)
	}
	return out, nil
}

var lz4Readers = sync.Pool{New: func() any { return lz4.NewReader(nil) }}

func inflateLZ4(b []byte, n int64, mem *claims) (*memory.Buffer, error) {
	r := lz4Readers.Get().(*lz4.Reader)
	defer lz4Readers.Put(r)
	defer r.Reset(nil)
	r.Reset(bytes.NewReader(b))
	return inflateStream(r, n, mem)
}

// inflateStream reads n bytes of r, and its end.
func inflateStream(r io.Reader, n int64, mem *claims) (*memory.Buffer, error) {
	out, err := readGrowing(r, n, mem)
	if err != nil {
		return nil, err
	}
	var more [1]byte
	got, err := io.ReadFull(r, more[:])
	if got == 0 && err == io.EOF {
		return out, nil
	}
	out.Release()
	if err == nil {
		err = fmt.Errorf("damaged: there is more than the %d bytes that it should become", n)
	}
	return nil, err
}

// zstdWhole decompresses whole buffers, for any number of goroutines.
var zstdWhole = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
})

func inflateZstd(b []byte, n int64, mem *claims) (*memory.Buffer, error) {
	if n > max(trustBytes, trustRatio*int64(len(b))) {
		r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return inflateStream(r, n, mem)
	}
	d, err := zstdWhole()
	if err != nil {
		return nil, err
	}
	out, err := mem.allocate(int(n))
	if err != nil {
		return nil, err
	}
	to := out.Bytes()
	got, err := d.DecodeAll(b, to[:0:n])
	if err == nil && int64(len(got)) != n {
		err = fmt.Errorf("damaged: %d bytes where there should be %d", len(got), n)
	}
	if err != nil {
		out.Release()
		return nil, err
	}
	if &got[0] != &to[0] { // decoded elsewhere
		copy(to, got)
	}
	return out, nil
}
