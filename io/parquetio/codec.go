package parquetio

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// expansion is how many bytes a byte of a codec can become at most, 0 where there
// is no bound. Snappy: 64 from a copy of 3 bytes. LZ4: 255 from a byte of a
// length. Deflate: 258 from two bits.
var expansion = map[compress.Compression]int64{
	compress.Codecs.Uncompressed: 1,
	compress.Codecs.Snappy:       22,
	compress.Codecs.Lz4Raw:       255,
	compress.Codecs.Gzip:         1032,
}

// believableBytes is what a page may claim to unpack to without proof, where its
// codec knows no bound, unless it is 100 times as big as it is stored.
const believableBytes = 1 << 20

// checkExpansion finds a page that cannot unpack to raw bytes before memory is
// taken for them.
func checkExpansion(codec compress.Compression, raw int, packed []byte) error {
	claim := int64(raw)
	if most, ok := expansion[codec]; ok {
		if claim > most*int64(len(packed))+64 {
			return fmt.Errorf("a page of %d bytes cannot unpack to %d with %s", len(packed), claim, codec)
		}
		return nil
	}
	if claim <= believableBytes || claim <= 100*int64(len(packed)) {
		return nil
	}
	r, err := stream(codec, packed)
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.CopyBuffer(io.Discard, io.LimitReader(r, claim+1), make([]byte, 64<<10))
	if err == nil && n != claim {
		err = fmt.Errorf("a page says that it unpacks to %d bytes, but it does to %d or more", claim, n)
	}
	return err
}

// stream decompresses in a bounded amount of memory.
func stream(codec compress.Compression, packed []byte) (io.ReadCloser, error) {
	if codec == compress.Codecs.Zstd {
		d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(64<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	c, err := compress.GetCodec(codec)
	if err != nil {
		return nil, err
	}
	s, ok := c.(compress.StreamingCodec)
	if !ok {
		return nil, fmt.Errorf("compression %s is not supported", codec)
	}
	return s.NewReader(bytes.NewReader(packed)), nil
}

// decoderSlack is room behind a page that lets zstd's decoder write its fast way.
const decoderSlack = 64

var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true))
})

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unpack decompresses packed to dst, which it fills.
func unpack(codec compress.Compression, dst, packed []byte) error {
	n, err := 0, error(nil)
	switch codec {
	case compress.Codecs.Zstd:
		n, err = unpackZstd(dst, packed)
	case compress.Codecs.Snappy:
		if n, err = snappy.DecodedLen(packed); err == nil && n == len(dst) {
			_, err = snappy.Decode(dst, packed)
		}
	case compress.Codecs.Gzip:
		n, err = unpackGzip(dst, packed)
	default:
		var c compress.Codec
		if c, err = compress.GetCodec(codec); err != nil {
			return fmt.Errorf("compression %s is not supported", codec)
		}
		var out []byte
		out, err = compress.Decode(c, dst, packed)
		n = len(out)
	}
	if err != nil {
		return fmt.Errorf("decompressing %s: %w", codec, err)
	}
	if n != len(dst) {
		return fmt.Errorf("a page says that it unpacks to %d bytes, but it does to %d", len(dst), n)
	}
	return nil
}

func unpackZstd(dst, packed []byte) (int, error) {
	d, err := zstdDecoder()
	if err != nil {
		return 0, err
	}
	out, err := d.DecodeAll(packed, dst[:0])
	return len(out), err
}

func unpackGzip(dst, packed []byte) (int, error) {
	z := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(z)
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(z, dst)
	if err != nil {
		return n, err
	}
	var more [1]byte
	switch k, err := z.Read(more[:]); {
	case k > 0:
		return n + k, nil
	case err != nil && err != io.EOF:
		return n, err
	}
	return n, nil
}

// capped is a codec of the library that takes no more memory than a page says that
// it needs. The library's own zstd and snappy decoders take what the compressed
// bytes say, up to 64 and 4 GiB.
type capped struct {
	compress.Codec
	compress.StreamingCodec
	compression compress.Compression
}

// Decode is DecodeWithError without a way to say what is wrong.
func (c capped) Decode(dst, src []byte) []byte {
	out, err := c.DecodeWithError(dst, src)
	if err != nil {
		panic(err)
	}
	return out
}

// DecodeWithError fills dst.
func (c capped) DecodeWithError(dst, src []byte) ([]byte, error) {
	return dst, unpack(c.compression, dst, src)
}

var (
	_ compress.ErrorCodec     = capped{}
	_ compress.StreamingCodec = capped{}
)

// brotli is the library's codec, which takes a page of no bytes for an error.
type brotli struct {
	compress.Codec
	compress.StreamingCodec
}

// Decode is DecodeWithError without a way to say what is wrong.
func (b brotli) Decode(dst, src []byte) []byte {
	out, err := b.DecodeWithError(dst, src)
	if err != nil {
		panic(err)
	}
	return out
}

// DecodeWithError fills dst.
func (b brotli) DecodeWithError(dst, src []byte) ([]byte, error) {
	if len(dst) == 0 {
		return dst, nil
	}
	return compress.Decode(b.Codec, dst, src)
}

var _ compress.ErrorCodec = brotli{}

func init() {
	codec, err := compress.GetCodec(compress.Codecs.Brotli)
	if s, ok := codec.(compress.StreamingCodec); ok && err == nil {
		compress.RegisterCodec(compress.Codecs.Brotli, brotli{codec, s})
	}
	for _, c := range []compress.Compression{compress.Codecs.Zstd, compress.Codecs.Snappy} {
		codec, err := compress.GetCodec(c)
		if s, ok := codec.(compress.StreamingCodec); ok && err == nil {
			compress.RegisterCodec(c, capped{codec, s, c})
		}
	}
}
