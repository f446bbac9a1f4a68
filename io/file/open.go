package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// Options say how a file is opened and cut. The zero value works.
type Options struct {
	// Compression is Auto, None, Gzip or Zstd. A file that is not packed the
	// way that is asked for is an error.
	Compression Compression

	// Reserve, if set, is asked before a decoder takes its memory, and gets it
	// back (negative) when the file is closed. See dataflow.Env.
	Reserve func(bytes int64) error
}

// File is an open file, read from front to end as it is without compression. A
// file that is [File.Plain] may be read at any byte instead. It belongs to one
// goroutine at a time.
type File struct {
	path     string
	raw      *raw
	size     int64
	kind     Compression
	head     []byte     // read to look at, not yet handed out
	lent     *headBytes // that head is part of, to be given back
	decoder  *decoder
	ahead    *ahead
	passed   int64 // bytes handed out; at least aheadFrom: ahead was started, or cannot be
	reserved int64
	options  Options
}

// takenStdin is the standard input that was read. Tests put others in its place.
var takenStdin atomic.Pointer[os.File]

// Open opens the file at path, or standard input for "-", which can be opened
// once. Reading ends with the context's cause when ctx ends, also where it waits
// for a pipe. Errors name path.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	r, info, err := openRaw(ctx, path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, raw: r, size: -1, kind: o.Compression, options: o}
	if info.Mode().IsRegular() && path != Stdin {
		f.size = info.Size()
	}
	if err := f.start(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func openRaw(ctx context.Context, path string) (*raw, fs.FileInfo, error) {
	r := &raw{ctx: ctx, path: path}
	if path == Stdin {
		in := os.Stdin
		if takenStdin.Swap(in) == in {
			return nil, nil, errors.New("standard input (-) was read before and cannot be read again: save it to a file, and read that")
		}
		r.f, r.path, r.keep = in, "standard input", true
	} else {
		var err error
		if r.f, err = openRead(path); err != nil {
			return nil, nil, withPath(path, err)
		}
	}
	info, err := r.f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("this is a folder, not a file")
	}
	if err != nil {
		r.close()
		return nil, nil, withPath(r.path, err)
	}
	if r.waits = !info.Mode().IsRegular(); !r.waits {
		r.size = info.Size()
	}
	return r, info, nil
}

// start looks at the first bytes and starts the decoder.
func (f *File) start() error {
	if f.kind == None {
		return nil
	}
	if err := f.peek(); err != nil {
		return err
	}
	found, _ := detect(f.head)
	if f.kind != Auto && f.kind != found {
		return fmt.Errorf("%s: this is not %s data", f.raw.path, f.kind)
	}
	if f.kind = found; found == None {
		return nil
	}
	bytes, window := decoderBytes(found, f.head)
	if f.options.Reserve != nil {
		if err := f.options.Reserve(bytes); err != nil {
			return fmt.Errorf("%s: decompressing %s takes %d bytes: %w", f.raw.path, found, bytes, err)
		}
		f.reserved = bytes
	}
	var err error
	f.decoder, err = newDecoder(found, &replay{f}, window)
	return f.wrap(err)
}

// headBytes is what is read to look at. Most text files are no bigger, and read
// with that.
type headBytes [16 << 10]byte

var heads = sync.Pool{New: func() any { return new(headBytes) }}

// peek reads as much as it takes to know the compression, and the header of a
// zstd frame.
func (f *File) peek() error {
	f.lent = heads.Get().(*headBytes)
	f.head = f.lent[:0]
	for {
		c, more := detect(f.head)
		if !more && (c != Zstd || len(f.head) >= zstd.HeaderMaxSize) {
			return nil
		}
		n, err := f.raw.Read(f.lent[len(f.head):])
		f.head = f.lent[:len(f.head)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// dropHead gives back the memory of the head.
func (f *File) dropHead() {
	if f.lent != nil {
		heads.Put(f.lent)
		f.head, f.lent = nil, nil
	}
}

// replay is the file's bytes as they are stored, those that were looked at first.
type replay struct{ f *File }

func (r *replay) Read(p []byte) (int, error) {
	if len(r.f.head) > 0 {
		n := copy(p, r.f.head)
		if r.f.head = r.f.head[n:]; len(r.f.head) == 0 {
			r.f.dropHead()
		}
		return n, nil
	}
	return r.f.raw.Read(p)
}

// Read reads on, decompressed.
func (f *File) Read(p []byte) (int, error) {
	if f.ahead != nil {
		return f.ahead.Read(p)
	}
	n, err := f.read(p)
	if before := f.passed; err == nil {
		if f.passed += int64(n); before < aheadFrom && f.passed >= aheadFrom {
			f.goAhead()
		}
	}
	return n, err
}

func (f *File) read(p []byte) (int, error) {
	if f.decoder == nil {
		return (&replay{f}).Read(p)
	}
	n, err := f.decoder.Read(p)
	if err != nil && err != io.EOF {
		err = f.wrap(err)
	}
	return n, err
}

// wrap names the file in an error of the decoder; raw errors name it already.
func (f *File) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case f.raw.failed != nil:
		return f.raw.failed
	}
	return fmt.Errorf("%s: before byte %d of the compressed file: %w", f.raw.path, f.raw.count.Load(), decodeError(f.kind, err))
}

// ReadAt reads bytes of a plain file at any place, as io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if !f.Plain() {
		return 0, fmt.Errorf("%s: cannot be read at any byte: it is compressed or a stream", f.raw.path)
	}
	if f.raw.ctx.Err() != nil {
		return 0, context.Cause(f.raw.ctx)
	}
	n, err := f.raw.f.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = f.raw.named(err, off+int64(n))
	}
	return n, err
}

// Plain reports whether it is a regular file that is not compressed.
func (f *File) Plain() bool { return f.size >= 0 && f.kind == None }

// Size is the size of a regular file as it is stored, -1 of a stream.
func (f *File) Size() int64 { return f.size }

// Compression is None, Gzip or Zstd.
func (f *File) Compression() Compression { return f.kind }

// Consumed is how many bytes have been read of the file as it is stored: those
// that Read has handed out, and a few megabytes more at most.
func (f *File) Consumed() int64 { return f.raw.count.Load() }

// Close closes the file and gives back what decompressing took. Standard input
// stays open.
func (f *File) Close() error {
	if f.ahead != nil {
		f.ahead.close()
		f.ahead = nil
	}
	f.dropHead()
	if f.decoder != nil {
		f.decoder.close()
		f.decoder = nil
	}
	if f.reserved > 0 {
		_ = f.options.Reserve(-f.reserved)
		f.reserved = 0
	}
	return f.raw.close()
}

// raw is the bytes of a file as they are stored.
type raw struct {
	ctx    context.Context
	path   string
	f      *os.File
	size   int64 // of a regular file, 0 of others
	waits  bool  // a read may have to wait for whoever writes
	keep   bool  // not ours to close
	ended  bool
	count  atomic.Int64
	failed error // an error other than io.EOF
}

func (r *raw) Read(p []byte) (int, error) {
	if r.ended {
		return 0, io.EOF
	}
	if r.ctx.Err() != nil {
		r.failed = context.Cause(r.ctx)
		return 0, r.failed
	}
	if r.waits {
		if err := waitReadable(r.ctx, r.f); err != nil {
			r.failed = err
			return 0, err
		}
	}
	n, err := r.f.Read(p)
	count := r.count.Add(int64(n))
	if err != nil && err != io.EOF {
		r.failed = r.named(err, count)
		err = r.failed
	}
	// A short read that reaches the end need not be followed by one that finds
	// nothing. A file of the kernel's may give short ones, and has no size.
	r.ended = n < len(p) && r.size > 0 && count >= r.size
	return n, err
}

func (r *raw) named(err error, at int64) error {
	return withPath(fmt.Sprintf("%s: byte %d", r.path, at), err)
}

func (r *raw) close() error {
	if r.keep || r.f == nil {
		return nil
	}
	err := r.f.Close()
	r.f = nil
	return err
}
