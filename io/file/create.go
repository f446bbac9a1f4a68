package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// writeBytes is how much output is gathered before it is written.
const writeBytes = 256 << 10

// Output is a file being written, or a stream ([To]). It belongs to one
// goroutine at a time. Exactly one of Commit and Abort ends it; Abort after
// either does nothing.
//
//	Create ── Write… ──┬── Commit: flush, sync, close, rename, sync the folder
//	                   └── Abort: remove, close
//
// Until the rename, the bytes are in a temporary file of the same folder,
// .name.arrowmill-0.tmp, so that at path stands the old file or the whole new
// one, whenever the process or the machine ends. It is locked until it is
// renamed, so that several may write one path at once (the last to commit wins)
// and the next Create of the path can remove what a killed process left.
type Output struct {
	path     string   // as the caller named it, for errors
	target   string   // what is renamed to: path, or what it links to; empty: written in place
	inFolder bool     // of a Folder, which renames
	whole    bool     // and is on disk: the folder may be committed
	f        *os.File // nil for a stream
	buf      *bufio.Writer
	packer   io.WriteCloser // nil without compression
	held     int64
	lock     *os.File // holds the temporary file's lock from f's close to the rename
	finished bool
}

// Create begins the file at path, compressed where path ends in .gz or .zst. A
// file that is there is replaced, and its permissions kept; a new one gets 0644
// less the umask. A symbolic link stays, and what it leads to is replaced. A
// device or a pipe is written to as it is. Errors name path.
func Create(path string) (*Output, error) {
	o := &Output{path: path}
	if err := o.create(); err != nil {
		return nil, err
	}
	if err := o.pack(writeBytes, zstdWindow); err != nil {
		return nil, errors.Join(err, o.Abort())
	}
	return o, nil
}

// To is an output to w, gathered to big writes. Commit writes what is left and
// does not close w; what Abort finds written stays written.
func To(w io.Writer) *Output {
	return &Output{path: "output", buf: bufio.NewWriterSize(w, writeBytes), held: writeBytes}
}

// Memory of compressors, as measured: zstd takes its window and tables of about
// the size of a small one.
const (
	gzipPackerBytes = 1100 << 10
	zstdPackerBytes = 2300 << 10 // and the window
	zstdWindow      = 8 << 20
)

// pack makes the buffer, of gather bytes, and the compressor that the path asks
// for by its ending.
func (o *Output) pack(gather, window int) (err error) {
	o.buf, o.held = bufio.NewWriterSize(o.f, gather), int64(gather)
	switch {
	case strings.HasSuffix(o.path, ".gz"):
		o.packer = gzip.NewWriter(o.buf)
		o.held += gzipPackerBytes
	case strings.HasSuffix(o.path, ".zst"):
		o.packer, err = zstd.NewWriter(o.buf, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
		o.held += zstdPackerBytes + int64(window)
	}
	return o.named(err)
}

// HeldBytes is about how much memory the output takes until it ends.
func (o *Output) HeldBytes() int64 { return o.held }

func (o *Output) create() error {
	if o.path == "" {
		return errors.New("the path of the output is empty")
	}
	target, mode, inPlace, err := o.look()
	if err != nil {
		return err
	}
	if inPlace {
		if o.f, err = os.OpenFile(target, os.O_WRONLY, 0); err != nil {
			return withPath(o.path, err)
		}
		return nil
	}
	folder, name := filepath.Split(target)
	if folder == "" {
		folder = "."
	}
	if o.f, err = createTemporary(folder, name, makeFile); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return missing(fmt.Sprintf("%s: the folder %s does not exist: create it first", o.path, filepath.Clean(folder)))
		}
		return withPath(o.path, err)
	}
	o.target = target
	if mode != 0 {
		if err := o.f.Chmod(mode); err != nil {
			return errors.Join(withPath(o.path, err), o.Abort())
		}
	}
	return nil
}

// look finds what stands at the path: the file to be replaced, links resolved,
// and its permissions; or something that is not a file and is written in place.
func (o *Output) look() (target string, mode fs.FileMode, inPlace bool, err error) {
	info, err := os.Lstat(o.path)
	isLink := err == nil && info.Mode()&fs.ModeSymlink != 0
	if isLink {
		info, err = os.Stat(o.path)
	}
	switch {
	case err == nil && info.IsDir():
		return "", 0, false, fmt.Errorf("%s: this is a folder: name a file in it", o.path)
	case err == nil && !info.Mode().IsRegular():
		return o.path, 0, true, nil
	case errors.Is(err, fs.ErrNotExist) && isLink:
		return "", 0, false, missing(o.path + ": this symbolic link leads to nothing: remove it, or create what it leads to")
	case errors.Is(err, fs.ErrNotExist):
		if strings.HasSuffix(o.path, "/") {
			return "", 0, false, fmt.Errorf("%s: this names a folder: name a file in it", o.path)
		}
		return o.path, 0, false, nil
	case err != nil:
		return "", 0, false, withPath(o.path, err)
	}
	f, err := os.OpenFile(o.path, os.O_WRONLY, 0) // replacing needs leave to write the folder alone; ask for that of the file too
	if err != nil {
		return "", 0, false, withPath(o.path, err)
	}
	f.Close()
	target = o.path
	if isLink {
		if target, err = filepath.EvalSymlinks(o.path); err != nil {
			return "", 0, false, withPath(o.path, err)
		}
	}
	return target, info.Mode().Perm(), false, nil
}

// Write adds p.
func (o *Output) Write(p []byte) (n int, err error) {
	switch {
	case o.finished:
		return 0, fmt.Errorf("%s: written to after its end", o.path)
	case o.packer != nil:
		n, err = o.packer.Write(p)
	default:
		n, err = o.buf.Write(p)
	}
	return n, o.named(err)
}

// Flush hands on what was gathered, so that a reader of the stream sees it.
// Compressed data is gathered further by its compressor.
func (o *Output) Flush() error { return o.named(o.buf.Flush()) }

// Commit makes the file appear, whole and on disk. Where it returns an error the
// old file is as it was, save where syncing the folder failed: then the new one
// stands there, but may be lost with the machine's power.
func (o *Output) Commit() error {
	if o.finished {
		return fmt.Errorf("%s: committed after its end", o.path)
	}
	if o.packer != nil {
		if err := o.packer.Close(); err != nil {
			return o.fail(err)
		}
	}
	if err := o.buf.Flush(); err != nil {
		return o.fail(err)
	}
	if o.target == "" && !o.inFolder {
		o.finished = true
		if o.f != nil {
			return o.named(o.f.Close())
		}
		return nil
	}
	if err := o.f.Sync(); err != nil {
		return o.fail(err)
	}
	if o.inFolder {
		o.finished = true
		err := o.f.Close()
		o.whole = err == nil
		return o.named(err)
	}
	var err error
	if o.lock, err = keepLock(o.f); err != nil {
		return o.fail(err)
	}
	if err := o.f.Close(); err != nil {
		return o.fail(err)
	}
	folder, err := os.Open(filepath.Dir(o.target)) // now: behind the rename it is too late to fail
	if err != nil {
		return o.fail(err)
	}
	defer folder.Close()
	if err := os.Rename(o.f.Name(), o.target); err != nil {
		return o.fail(err)
	}
	o.finished = true
	o.unlock()
	return o.named(syncFolder(folder))
}

// Abort removes what was written. The file that was at path stays.
func (o *Output) Abort() error {
	if o.finished {
		return nil
	}
	o.finished = true
	if o.f == nil {
		return nil
	}
	if o.target == "" { // what is in a folder goes with it
		return o.named(o.f.Close())
	}
	err := os.Remove(o.f.Name()) // while it is locked: without, the name may be another's
	o.f.Close()
	o.unlock()
	if err != nil && removeClosed {
		err = os.Remove(o.f.Name())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: the temporary file %s is left: %w", o.path, o.f.Name(), err)
	}
	return nil
}

func (o *Output) unlock() {
	if o.lock != nil {
		o.lock.Close()
		o.lock = nil
	}
}

// fail ends the output for err.
func (o *Output) fail(err error) error {
	return errors.Join(o.named(err), o.Abort())
}

func (o *Output) named(err error) error {
	if err == nil {
		return nil
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		err = le.Err
	}
	return withPath("writing "+o.path, err)
}
