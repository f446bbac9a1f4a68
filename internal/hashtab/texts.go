package hashtab

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Texts that are sent to be found elsewhere stand one behind another, each behind its
// length:
//
//	length(1) bytes         up to 253 bytes
//	254 length(4) bytes     longer
//	255                     null
//
// That is less than a column with offsets has, and is written at one place.
const (
	TextLong = 254 // what stands in place of a length that does not fit a byte
	TextNull = 255

	TextHead = 5 // most bytes before those of a text
)

// PutText writes a text to dst, which has room for TextHead bytes more, and returns how many
// bytes it took. The text is no longer than 2 GiB.
func PutText(dst, text []byte) int {
	if len(text) < TextLong {
		dst[0] = byte(len(text))
		return 1 + copy(dst[1:], text)
	}
	dst[0] = TextLong
	binary.LittleEndian.PutUint32(dst[1:], uint32(len(text)))
	return TextHead + copy(dst[TextHead:], text)
}

// TextStarts writes to starts where texts of data begin, the first one at from, as many as
// there are or have room. It returns how many, and where the next one begins.
func TextStarts(data []byte, from int, starts []int32) (n, next int) {
	for from < len(data) && n < len(starts) {
		starts[n] = int32(from)
		n++
		size := int(data[from])
		if size >= TextLong {
			size = longText(data, from)
		}
		from += 1 + size
	}
	return n, from
}

// longText is how many bytes follow the first of a text whose length does not stand there.
func longText(data []byte, at int) int {
	if data[at] == TextNull {
		return 0
	}
	return 4 + int(binary.LittleEndian.Uint32(data[at+1:]))
}

// FindTexts is Find for a table whose key is one column of text, of rows that begin at
// starts in data.
func (t *Table) FindTexts(data []byte, starts, group []int32) (done int, err error) {
	if t.single == nil {
		return 0, fmt.Errorf("hashtab: texts for a table of %d key columns", len(t.fields))
	}
	if err := t.mem.Settle(); err != nil {
		return 0, err
	}
	if err := t.makeRoom(min(len(starts), vector)); err != nil {
		return 0, err
	}
	for at := 0; at < len(starts); at += vector {
		rows := starts[at:min(at+vector, len(starts))]
		long := viewTexts(t.scratch.views[:len(rows)], t.scratch.hash[:len(rows)], data, rows)
		if n, err := t.single.lookUp(&t.scratch, data, long, group[at:at+len(rows)]); err != nil {
			return at + n, err
		}
	}
	return len(starts), nil
}

// viewTexts writes the views of texts and their hashes, and says whether any is long.
func viewTexts(dst []view, hash []uint64, data []byte, starts []int32) (long bool) {
	hash, starts = hash[:len(dst)], starts[:len(dst)]
	for i := range dst {
		at := int(starts[i])
		n := int(data[at])
		if n <= inlineBytes && at+13 <= len(data) {
			b, m, v := data[at+1:at+13], &masks[n], &dst[i]
			first := uint64(n) | uint64(binary.LittleEndian.Uint32(b))<<32&m[0]
			rest := binary.LittleEndian.Uint64(b[4:]) & m[1]
			v[0], v[1], hash[i] = first, rest, fold(first^seed0, rest^seed1)
			continue
		}
		switch n {
		case TextNull:
			dst[i], hash[i] = nullView, nullHash
			continue
		case TextLong:
			n = longText(data, at) - 4
			at += 4
		}
		v, err := viewAt(data, at+1, at+1+n)
		if err != nil {
			panic(fmt.Sprintf("hashtab: a text of %d bytes, of at most %d", n, math.MaxInt32))
		}
		dst[i], hash[i] = v, hashView(v, data)
		long = long || n > inlineBytes
	}
	return long
}
