package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// pageHeader is what stands before a page, of the fields that are used here.
//
// It is a Thrift struct in the compact protocol: a field is a byte with the
// distance of its number from the last one's (high four bits; 0: the number
// follows) and its type (low four), then the value; integers are zigzag varints;
// a byte 0 ends the struct.
type pageHeader struct {
	kind     int32
	rawBytes int32 // of the page without compression
	bytes    int32 // as it is stored
	crc      uint32
	hasCRC   bool

	seen     uint32 // fields of the page header, a bit each
	values   int32  // with nulls
	encoding int32
	nulls    int32 // of a data page v2
	rows     int32 // likewise

	defEncoding, repEncoding int32 // of a data page v1
	defBytes, repBytes       int32 // of a data page v2
	plain                    bool  // a data page v2 that is not compressed
	parts                    uint32
}

// Kinds of pages.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

// Encodings, as the format numbers them.
const (
	encodingPlain         = 0
	encodingOldDictionary = 2
	encodingRLE           = 3
	encodingBitPacked     = 4
	encodingDeltaInts     = 5
	encodingDeltaLengths  = 6
	encodingDeltaBytes    = 7
	encodingDictionary    = 8
	encodingSplit         = 9
)

var encodingNames = map[int32]string{
	0: "PLAIN", 2: "PLAIN_DICTIONARY", 3: "RLE", 4: "BIT_PACKED", 5: "DELTA_BINARY_PACKED",
	6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY", 8: "RLE_DICTIONARY", 9: "BYTE_STREAM_SPLIT",
}

func encodingName(e int32) string {
	if name, ok := encodingNames[e]; ok {
		return name
	}
	return fmt.Sprintf("encoding %d", e)
}

// headerMost is how long a page header may be: it may have statistics with long
// strings.
const headerMost = 16 << 20

// errShort says that the header goes on behind the bytes at hand.
var errShort = errors.New("the page header is cut off")

// Types of the compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// thriftDepth is how deep structs may be nested in what is skipped.
const thriftDepth = 32

// parsePageHeader parses the header that b begins with, and returns its length.
// The error is errShort where more bytes may make it one.
func parsePageHeader(b []byte) (h pageHeader, n int, err error) {
	r := thriftReader{b: b}
	h.parse(&r)
	if r.err != nil {
		return h, 0, r.err
	}
	return h, r.at, h.check()
}

func (h *pageHeader) parse(r *thriftReader) {
	r.fields(func(id int16, kind byte) bool {
		if id >= 1 && id <= 8 {
			h.seen |= 1 << id
		}
		switch {
		case id == 1 && kind == thriftI32:
			h.kind = r.int32()
		case id == 2 && kind == thriftI32:
			h.rawBytes = r.int32()
		case id == 3 && kind == thriftI32:
			h.bytes = r.int32()
		case id == 4 && kind == thriftI32:
			h.crc, h.hasCRC = uint32(r.int32()), true
		case id == 5 && kind == thriftStruct:
			h.parseParts(r, &h.values, &h.encoding, &h.defEncoding, &h.repEncoding)
		case id == 7 && kind == thriftStruct:
			h.parseParts(r, &h.values, &h.encoding)
		case id == 8 && kind == thriftStruct:
			h.parseParts(r, &h.values, &h.nulls, &h.rows, &h.encoding, &h.defBytes, &h.repBytes)
		default:
			return false
		}
		return true
	})
}

// parseParts parses the header of one kind of page, whose first fields are to.
func (h *pageHeader) parseParts(r *thriftReader, to ...*int32) {
	h.parts = 0
	r.fields(func(id int16, kind byte) bool {
		switch {
		case id >= 1 && int(id) <= len(to) && kind == thriftI32:
			*to[id-1] = r.int32()
			h.parts |= 1 << (id - 1)
		case id == 7 && len(to) == 6 && (kind == thriftTrue || kind == thriftFalse):
			h.plain = kind == thriftFalse
		default:
			return false
		}
		return true
	})
	if want := uint32(1)<<len(to) - 1; r.err == nil && h.parts != want {
		r.err = errors.New("a field of the page header is missing")
	}
}

// check finds a header that is none of a page.
func (h *pageHeader) check() error {
	field := map[int32]uint32{dataPage: 5, dictionaryPage: 7, dataPageV2: 8}[h.kind]
	switch {
	case h.seen&0b1110 != 0b1110:
		return errors.New("a field of the page header is missing")
	case field != 0 && h.seen>>field&1 == 0:
		return errors.New("the page header has not the part that its kind of page needs")
	case h.rawBytes < 0 || h.bytes < 0 || h.values < 0 || h.nulls < 0 || h.rows < 0 || h.defBytes < 0 || h.repBytes < 0:
		return errors.New("the page header has a negative length or count")
	case h.kind == dataPageV2 && (int64(h.defBytes)+int64(h.repBytes) > int64(min(h.bytes, h.rawBytes)) || h.nulls > h.values):
		return errors.New("the page header contradicts itself")
	}
	return nil
}

// thriftReader reads the compact protocol. After an error all reads give zero.
type thriftReader struct {
	b   []byte
	at  int
	err error
}

// fields calls f with each field of a struct; where f has not read it and says
// so, it is skipped.
func (r *thriftReader) fields(f func(id int16, kind byte) bool) {
	id := int16(0)
	for {
		head := r.byte()
		if r.err != nil || head == 0 {
			return
		}
		if delta := int16(head >> 4); delta != 0 {
			id += delta
		} else {
			id = int16(r.int64())
		}
		kind := head & 15
		if !f(id, kind) {
			r.skip(kind, thriftDepth)
		}
		if r.err != nil {
			return
		}
	}
}

func (r *thriftReader) byte() byte {
	if r.err != nil || r.at >= len(r.b) {
		r.fail(errShort)
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *thriftReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *thriftReader) varint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b[r.at:])
	switch {
	case n == 0:
		r.fail(errShort)
	case n < 0:
		r.fail(errors.New("a number in the page header is too long"))
	}
	r.at += max(n, 0)
	return v
}

func (r *thriftReader) int64() int64 {
	v := r.varint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *thriftReader) int32() int32 {
	v := r.int64()
	if int64(int32(v)) != v {
		r.fail(errors.New("a number in the page header is too big"))
	}
	return int32(v)
}

func (r *thriftReader) bytes(n uint64) {
	if r.err != nil {
		return
	}
	if n > uint64(len(r.b)-r.at) {
		if n > headerMost {
			r.fail(errors.New("a length in the page header is too big"))
		}
		r.fail(errShort)
		return
	}
	r.at += int(n)
}

// skip reads over a value.
func (r *thriftReader) skip(kind byte, depth int) {
	if depth == 0 {
		r.fail(errors.New("the page header is nested too deeply"))
	}
	if r.err != nil {
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		r.bytes(1)
	case thriftI16, thriftI32, thriftI64:
		r.varint()
	case thriftDouble:
		r.bytes(8)
	case thriftBinary:
		r.bytes(r.varint())
	case thriftList, thriftSet:
		head := r.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = r.varint()
		}
		for ; n > 0 && r.err == nil; n-- {
			r.skipItem(head&15, depth-1)
		}
	case thriftMap:
		n := r.varint()
		if n == 0 {
			return
		}
		kinds := r.byte()
		for ; n > 0 && r.err == nil; n-- {
			r.skipItem(kinds>>4, depth-1)
			r.skipItem(kinds&15, depth-1)
		}
	case thriftStruct:
		for {
			head := r.byte()
			if r.err != nil || head == 0 {
				return
			}
			if head>>4 == 0 {
				r.varint()
			}
			r.skip(head&15, depth-1)
		}
	default:
		r.fail(fmt.Errorf("the page header has a value of the unknown type %d", kind))
	}
}

// skipItem reads over an element of a list or map, where a boolean is a byte.
func (r *thriftReader) skipItem(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte
	}
	r.skip(kind, depth)
}
