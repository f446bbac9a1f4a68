package ipcio

import (
	"encoding/binary"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// packed is a buffer as it is written: head is the length before it that a
// compressed one has.
type packed struct {
	head, data []byte
}

func (p packed) size() int64 { return int64(len(p.head) + len(p.data)) }

// packer compresses the buffers of one batch after another.
type packer struct {
	codec    Compression
	reserve  func(int64) error
	reserved int64
	bufs     []packed
	out      []byte // of the last batch
}

// pack compresses the buffers that become smaller by it. What it returns is good
// until the next call.
func (p *packer) pack(bufs [][]byte) ([]packed, error) {
	p.bufs = p.bufs[:0]
	if p.codec == None {
		for _, b := range bufs {
			p.bufs = append(p.bufs, packed{data: b})
		}
		return p.bufs, nil
	}
	// The output is never greater than the input: what is not smaller is not
	// kept. An encoder may need a little more while it works.
	most, greatest := 0, 0
	for _, b := range bufs {
		most, greatest = most+prefixBytes+len(b), max(greatest, len(b))
	}
	if most += greatest/16 + 1024; most > cap(p.out) {
		if err := p.reserve(int64(most) - p.reserved); err != nil {
			return nil, err
		}
		p.reserved = int64(most)
		p.out = make([]byte, 0, most)
	}
	p.out = p.out[:0]
	for _, b := range bufs {
		if len(b) == 0 {
			p.bufs = append(p.bufs, packed{})
			continue
		}
		at := len(p.out)
		p.out = binary.LittleEndian.AppendUint64(p.out, uint64(len(b)))
		if err := p.append(b); err != nil {
			return nil, err
		}
		if len(p.out)-at-prefixBytes < len(b) {
			p.bufs = append(p.bufs, packed{head: p.out[at:][:prefixBytes:prefixBytes], data: p.out[at+prefixBytes:]})
			continue
		}
		p.out = binary.LittleEndian.AppendUint64(p.out[:at], ^uint64(0)) // -1: not compressed
		p.bufs = append(p.bufs, packed{head: p.out[at:], data: b})
	}
	return p.bufs, nil
}

// zstdEncoder compresses whole buffers, for any number of goroutines.
var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithEncoderCRC(true), zstd.WithLowerEncoderMem(true))
})

var lz4Writers = sync.Pool{New: func() any { return lz4.NewWriter(nil) }}

// append compresses b behind what is in out.
func (p *packer) append(b []byte) error {
	if p.codec == Zstd {
		e, err := zstdEncoder()
		if err == nil {
			p.out = e.EncodeAll(b, p.out)
		}
		return err
	}
	w := lz4Writers.Get().(*lz4.Writer)
	defer lz4Writers.Put(w)
	to := appender{p.out}
	w.Reset(&to)
	if err := w.Apply(lz4.BlockSizeOption(lz4.Block256Kb)); err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	err := w.Close()
	p.out = to.b
	return err
}

// appender appends what is written to it.
type appender struct{ b []byte }

func (a *appender) Write(b []byte) (int, error) {
	a.b = append(a.b, b...)
	return len(b), nil
}

func (p *packer) close() {
	p.out, p.bufs = nil, nil
	if p.reserved > 0 {
		_ = p.reserve(-p.reserved) // giving back cannot fail
		p.reserved = 0
	}
}
