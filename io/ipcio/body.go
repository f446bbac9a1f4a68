package ipcio

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// load is buffer i of the batch, decompressed, as a new reference; nil where it
// has no bytes.
func (d *decoder) load(i int) (*memory.Buffer, error) {
	off, length := d.meta.extent(i)
	if off < 0 || length < 0 || length > d.body.size() || off > d.body.size()-length {
		return nil, fmt.Errorf("damaged metadata: %d bytes from byte %d of a batch of %d bytes", length, off, d.body.size())
	}
	if length == 0 {
		return nil, nil
	}
	b, err := d.body.buffer(i, off, length)
	if err != nil || d.meta.codec == noCompression {
		return b, err
	}
	defer b.Release()
	return inflate(b, d.meta.codec, d.mem)
}

// mappedBody is a body in a mapping: its buffers are not copied.
type mappedBody struct {
	m    *mapping
	from int64
	n    int64
	mem  *claims
}

func (b *mappedBody) size() int64 { return b.n }

func (b *mappedBody) buffer(_ int, off, length int64) (*memory.Buffer, error) {
	data := b.m.data[b.from+off:][:length:length]
	if uintptr(unsafe.Pointer(&data[0]))%8 == 0 {
		b.m.retain()
		return memory.NewBufferWithAllocator(data, b.m), nil
	}
	out, err := b.mem.allocate(int(length))
	if err != nil {
		return nil, err
	}
	copy(out.Bytes(), data)
	return out, nil
}

// readBody is a body in a file that is not mapped: what is asked for is read.
type readBody struct {
	r    io.ReaderAt
	from int64
	n    int64
	mem  *claims
}

func (b *readBody) size() int64 { return b.n }

func (b *readBody) buffer(_ int, off, length int64) (*memory.Buffer, error) {
	return readGrowing(io.NewSectionReader(b.r, b.from+off, length), length, b.mem)
}

// streamBody is a body of which the buffers that are needed were read.
type streamBody struct {
	n    int64
	bufs map[int]*memory.Buffer
}

func (b *streamBody) size() int64 { return b.n }

func (b *streamBody) buffer(i int, _, _ int64) (*memory.Buffer, error) {
	b.bufs[i].Retain()
	return b.bufs[i], nil
}

func (b *streamBody) release() {
	for _, buf := range b.bufs {
		buf.Release()
	}
}

// growFrom is what is allocated on a claim of length alone.
const growFrom = 1 << 20

// readGrowing reads n bytes of r. A length that is only claimed is not allocated
// before about half of it has come.
func readGrowing(r io.Reader, n int64, mem *claims) (*memory.Buffer, error) {
	b := memory.NewResizableBuffer(mem.alloc)
	for at := int64(0); at < n; {
		to := min(n, max(2*at, growFrom))
		if err := mem.claim(to - at); err != nil {
			b.Release()
			return nil, err
		}
		b.Resize(int(to))
		got, err := io.ReadFull(r, b.Bytes()[at:to])
		if err != nil {
			b.Release()
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = fmt.Errorf("%d bytes where there should be %d: %w", at+int64(got), n, errShort)
			}
			return nil, err
		}
		at = to
	}
	return b, nil
}

// errShort is data that ends within a message or a buffer.
var errShort = errors.New("the data ends too early: it was cut off, or is damaged")
