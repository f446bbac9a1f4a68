package ipcio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// message is the metadata of one message.
type message struct {
	kind    kind
	version int16
	header  table
	body    int64 // how many bytes follow
}

// readMessage decodes the metadata of a message.
func readMessage(b []byte) (message, error) {
	f := newFlat(b)
	t := f.root()
	m := message{kind: kind(t.int8(1, 0)), version: t.int16(0, 0), header: t.sub(2), body: t.int64(3, 0)}
	switch {
	case f.err != nil:
		return m, f.err
	case m.version != metadataV4 && m.version != metadataV5:
		return m, fmt.Errorf("the file has metadata of version %d, where 4 and 5 are read: write it again with a newer Arrow", m.version+1)
	case m.kind == kindNone || !m.header.present():
		return m, errors.New("damaged metadata: a message without a header")
	case m.kind > kindBatch:
		return m, fmt.Errorf("a message of kind %d, which is not of a table (tensors are not read)", m.kind)
	case m.body < 0:
		return m, fmt.Errorf("damaged metadata: a message of %d bytes", m.body)
	}
	return m, nil
}

// source is the bytes of a file at any place.
type source interface {
	io.ReaderAt
	bytes(off, n int64) ([]byte, error) // borrowed
	size() int64
}

// messageAt reads the metadata of the message that begins at off. end: no more
// messages. body is where its body begins.
func messageAt(s source, off int64) (m message, body int64, err error) {
	n, prefix, err := lengthAt(s, off)
	if err != nil || n == 0 {
		return message{kind: kindEnd}, off + prefix, err
	}
	b, err := s.bytes(off+prefix, n)
	if err != nil {
		return message{}, 0, err
	}
	if m, err = readMessage(b); err != nil {
		return m, 0, err
	}
	body = off + prefix + n
	if m.body > s.size()-body {
		return m, 0, fmt.Errorf("a message of %d bytes, of which %d are there: %w", m.body, s.size()-body, errShort)
	}
	return m, body, nil
}

// lengthAt is the length of the metadata at off, and how many bytes say so: 8, or
// 4 of a writer from before version 0.15.
func lengthAt(s source, off int64) (n, prefix int64, err error) {
	if off == s.size() {
		return 0, 0, nil
	}
	for prefix = 4; ; prefix += 4 {
		b, err := s.bytes(off+prefix-4, 4)
		if err != nil {
			return 0, 0, err
		}
		switch u := binary.LittleEndian.Uint32(b); {
		case u == continuation && prefix == 4:
		case u > metadataMax:
			return 0, 0, notAMessage(u)
		default:
			return int64(u), prefix, nil
		}
	}
}

func notAMessage(u uint32) error {
	return fmt.Errorf("damaged, or not Arrow IPC: metadata of %d bytes", u)
}
