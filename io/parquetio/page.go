package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// Most that a page may have, as it is stored and unpacked. Writers make pages of
// about 1 MiB, some of 20,000 rows.
const (
	storedPageMost = 256 << 20
	rawPageMost    = 256 << 20
)

// page is a page of a flat column, unpacked.
type page struct {
	kind     int32
	encoding int32
	values   int // rows, with nulls; of a dictionary: its entries
	present  int // rows that are not null, as the levels say: of BYTE_STREAM_SPLIT alone
	levels   levels
	data     []byte // good until the next page
}

// levels are the definition levels of a page: of a flat column a bit a row.
type levels struct {
	data   []byte
	packed bool // by the deprecated encoding BIT_PACKED
}

// pages reads the pages of one column chunk.
type pages struct {
	window   window
	codec    compress.Compression
	optional bool // the column has definition levels
	raw      scratch
	ahead    pageHeader // that was read, of a page that was not
	peeked   bool       // ahead is one
}

func (p *pages) close() {
	p.window.space.free()
	p.raw.free()
}

// header reads the next page's header. ok is false behind the last page.
func (p *pages) header() (h pageHeader, ok bool, err error) {
	if p.peeked {
		p.peeked = false
		return p.ahead, true, nil
	}
	for want := 64; ; want *= 4 {
		b, err := p.window.peek(want)
		if err != nil {
			return h, false, err
		}
		if len(b) == 0 {
			return h, false, nil
		}
		h, n, err := parsePageHeader(b)
		switch {
		case errors.Is(err, errShort) && want < headerMost && int64(len(b)) < p.window.left():
			continue
		case err != nil:
			return h, false, fmt.Errorf("byte %d: %w", p.window.at, err)
		}
		p.window.skip(n)
		if int64(h.bytes) > p.window.left() {
			return h, false, fmt.Errorf("byte %d: a page of %d bytes, where the column chunk has %d left", p.window.at, h.bytes, p.window.left())
		}
		if h.bytes > storedPageMost || h.rawBytes > rawPageMost {
			return h, false, fmt.Errorf("byte %d: a page of %d bytes, %d without compression: at most %d are read", p.window.at, h.bytes, h.rawBytes, rawPageMost)
		}
		return h, true, nil
	}
}

// next reads the next data page or dictionary page. ok is false behind the last.
func (p *pages) next() (out page, ok bool, err error) {
	for {
		h, ok, err := p.header()
		if err != nil || !ok {
			return page{}, false, err
		}
		at := p.window.at
		if h.kind != dataPage && h.kind != dataPageV2 && h.kind != dictionaryPage {
			p.window.pass(int(h.bytes))
			continue
		}
		if out, err = p.body(&h); err != nil {
			return page{}, false, fmt.Errorf("the page at byte %d: %w", at, err)
		}
		return out, true, nil
	}
}

// body reads and unpacks what stands behind the header.
func (p *pages) body(h *pageHeader) (page, error) {
	stored, err := p.stored(h)
	if err != nil {
		return page{}, err
	}
	out := page{kind: h.kind, encoding: h.encoding, values: int(h.values)}
	if h.kind == dataPageV2 {
		rep, def := int(h.repBytes), int(h.defBytes)
		out.levels.data = stored[rep : rep+def]
		if rep > 0 {
			return page{}, errors.New("a column that is not repeated has repetition levels")
		}
		if h.rows != h.values {
			return page{}, fmt.Errorf("%d rows and %d values of a column that is not repeated", h.rows, h.values)
		}
		codec := p.codec
		if h.plain {
			codec = compress.Codecs.Uncompressed
		}
		out.data, err = p.unpack(codec, int(h.rawBytes)-def, stored[def:])
		return out, err
	}
	if out.data, err = p.unpack(p.codec, int(h.rawBytes), stored); err != nil || h.kind == dictionaryPage || !p.optional {
		return out, err
	}
	out.levels, out.data, err = cutLevels(out.data, h)
	return out, err
}

// stored returns the page as it is in the file, its checksum compared.
func (p *pages) stored(h *pageHeader) ([]byte, error) {
	b, err := p.window.peek(int(h.bytes))
	if err != nil {
		return nil, err
	}
	if len(b) < int(h.bytes) {
		return nil, errors.New("the column chunk ends in it")
	}
	p.window.skip(len(b))
	if h.hasCRC && crc32.ChecksumIEEE(b) != h.crc {
		return nil, errors.New("its checksum is not that of its bytes: the file is damaged")
	}
	return b, nil
}

// unpack decompresses packed to raw bytes. Without compression that is packed
// itself, in the window, which stays where it is until the next page.
func (p *pages) unpack(codec compress.Compression, raw int, packed []byte) ([]byte, error) {
	if codec == compress.Codecs.Uncompressed {
		if len(packed) != raw {
			return nil, fmt.Errorf("it has %d bytes, %d are said to be there", len(packed), raw)
		}
		return packed, nil
	}
	if raw == 0 { // writers leave out what compresses nothing
		return nil, nil
	}
	if err := checkExpansion(codec, raw, packed); err != nil {
		return nil, err
	}
	b, err := p.raw.room(raw + decoderSlack)
	if err != nil {
		return nil, err
	}
	return b[:raw], unpack(codec, b[:raw:raw+decoderSlack], packed)
}

// cutLevels parts the definition levels of a data page v1 from its values.
func cutLevels(b []byte, h *pageHeader) (levels, []byte, error) {
	switch h.defEncoding {
	case encodingRLE:
		if len(b) < 4 {
			return levels{}, nil, errors.New("it is too short for its definition levels")
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n > int64(len(b)-4) {
			return levels{}, nil, fmt.Errorf("%d bytes of definition levels in a page of %d", n, len(b))
		}
		return levels{data: b[4 : 4+n]}, b[4+n:], nil
	case encodingBitPacked:
		n := (int(h.values) + 7) / 8
		if n > len(b) {
			return levels{}, nil, errors.New("it is too short for its definition levels")
		}
		return levels{data: b[:n], packed: true}, b[n:], nil
	}
	return levels{}, nil, fmt.Errorf("definition levels in the encoding %s are not supported", encodingName(h.defEncoding))
}

// verify reads all pages and checks their headers, checksums, and what they claim
// to unpack to, before the library is given them.
func (p *pages) verify() error {
	for {
		h, ok, err := p.header()
		if err != nil || !ok {
			return err
		}
		at := p.window.at
		b, err := p.stored(&h)
		if err == nil && !(h.kind == dataPageV2 && h.plain) && p.codec != compress.Codecs.Uncompressed && h.rawBytes > 0 {
			levels := 0
			if h.kind == dataPageV2 {
				levels = int(h.defBytes) + int(h.repBytes)
			}
			err = checkExpansion(p.codec, int(h.rawBytes)-levels, b[levels:])
		}
		if err != nil {
			return fmt.Errorf("the page at byte %d: %w", at, err)
		}
	}
}

// stringsMost is how many bytes of strings an array with 32-bit offsets has room for.
const stringsMost = math.MaxInt32
