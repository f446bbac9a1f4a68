package parquetio

import (
	"encoding/binary"
	"fmt"
)

// byteSplit recodes BYTE_STREAM_SPLIT: the first bytes of all values of a page, then
// the second ones, and so on.
//
// Parquet, encodings: "Byte Stream Split (BYTE_STREAM_SPLIT)".
type byteSplit struct {
	size   int // bytes of a value
	data   []byte
	stride int // values of the page
	at     int // of them that are read
	out    scratch
}

var _ recoder = (*byteSplit)(nil)

// page compares the page's length with its values: each byte would be another
// value's, if there were some fewer.
func (s *byteSplit) page(p *page) error {
	if int64(len(p.data)) != int64(p.present)*int64(s.size) {
		return fmt.Errorf("%d bytes for %d values of %d bytes each, split", len(p.data), p.present, s.size)
	}
	s.data, s.stride, s.at = p.data, p.present, 0
	return nil
}

func (s *byteSplit) read(n int) ([]byte, error) {
	if n > s.stride-s.at {
		return nil, errPlainEnds
	}
	out, err := s.out.room(n * s.size)
	if err != nil {
		return nil, err
	}
	switch s.size {
	case 4:
		join4(out, s.data[s.at:], s.stride)
	case 8:
		join8(out, s.data[s.at:], s.stride)
	default:
		join(out, s.data[s.at:], s.stride, s.size)
	}
	s.at += n
	return out, nil
}

func (s *byteSplit) free() { s.out.free() }

// join4 fills out with values of four bytes, stride apart in b.
func join4(out, b []byte, stride int) {
	n := len(out) / 4
	b0, b1, b2, b3 := b[:n], b[stride:][:n], b[2*stride:][:n], b[3*stride:][:n]
	for i := range b0 {
		binary.LittleEndian.PutUint32(out[4*i:], uint32(b0[i])|uint32(b1[i])<<8|uint32(b2[i])<<16|uint32(b3[i])<<24)
	}
}

// join8 is join4 of eight bytes.
func join8(out, b []byte, stride int) {
	n := len(out) / 8
	b0, b1, b2, b3 := b[:n], b[stride:][:n], b[2*stride:][:n], b[3*stride:][:n]
	b = b[4*stride:]
	b4, b5, b6, b7 := b[:n], b[stride:][:n], b[2*stride:][:n], b[3*stride:][:n]
	for i := range b0 {
		low := uint32(b0[i]) | uint32(b1[i])<<8 | uint32(b2[i])<<16 | uint32(b3[i])<<24
		high := uint32(b4[i]) | uint32(b5[i])<<8 | uint32(b6[i])<<16 | uint32(b7[i])<<24
		binary.LittleEndian.PutUint64(out[8*i:], uint64(low)|uint64(high)<<32)
	}
}

// join is join4 of size bytes.
func join(out, b []byte, stride, size int) {
	n := len(out) / size
	for k := range size {
		for i, x := range b[k*stride:][:n] {
			out[i*size+k] = x
		}
	}
}
