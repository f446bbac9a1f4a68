package textcol

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/utf8fix"
)

// slack is the room behind the values that a short copy may write to.
const slack = 16

// textColumn is a column of text, or of bytes written in base64, with offsets of
// type O.
type textColumn[O int32 | int64] struct {
	core
	base64   bool
	offsets  *memory.Buffer
	values   *memory.Buffer
	used     int // bytes of values
	usedHint int
}

func (c *textColumn[O]) Append(data []byte, fields []Field, bad []int32) []int32 {
	n := len(fields)
	if n == 0 {
		return bad
	}
	width := int(unsafe.Sizeof(*new(O)))
	c.offsets = c.grow(c.offsets, c.rows*width+width, n*width, (c.hint+1)*width)
	offsets := unsafe.Slice((*O)(unsafe.Pointer(unsafe.SliceData(c.offsets.Buf()))), c.rows+n+1)[c.rows:]
	offsets[0] = O(c.used)
	fields = c.nulls.prepare(data, fields, !c.base64)
	size := fieldBytes(fields)
	c.values = c.grow(c.values, c.used, size+slack, c.usedHint)
	c.begin(bad)
	switch nulls, bads := len(c.miss.null), len(c.miss.bad); {
	case c.base64:
		c.decode(offsets, data, fields)
	case width == 4 && c.used+size > c.most:
		c.appendEach(offsets, data, fields)
	default:
		copyTexts(offsets, c.values.Buf(), data, fields, c.o.quote(), &c.miss)
		if c.o.Valid || validTexts(c.values.Buf(), offsets) {
			c.used = int(offsets[n])
			break
		}
		c.miss.null, c.miss.bad = c.miss.null[:nulls], c.miss.bad[:bads]
		c.appendEach(offsets, data, fields)
	}
	return c.end(n)
}

// fieldBytes is the size of all fields.
func fieldBytes(fields []Field) (size int) {
	for _, f := range fields {
		if from := f.From & Mask; from < f.To {
			size += int(f.To - from)
		}
	}
	return size
}

// copyTexts copies the fields to values, from offsets[0] on, and writes where they
// end to offsets. There is room for all of them, and for slack.
func copyTexts[O int32 | int64](offsets []O, values, data []byte, fields []Field, quote byte, m *misses) {
	at := int(offsets[0])
	offsets = offsets[1 : len(fields)+1]
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		switch n := to - from; {
		case f.From&Escaped != 0:
			at += halve(values[at:], data[from:to], quote)
		case uint(n-1) < slack && from+slack <= len(data):
			*(*[slack]byte)(values[at:]) = [slack]byte(data[from:])
			at += n
		case n > 0:
			at += copy(values[at:], data[from:to])
		case f.From&Quoted == 0:
			m.skip(i)
		}
		offsets[i] = O(at)
	}
}

// halve copies b with each pair of quotes made one, and returns how long that is.
func halve(to, b []byte, quote byte) (n int) {
	for {
		i := bytes.IndexByte(b, quote)
		if i < 0 {
			return n + copy(to[n:], b)
		}
		n += copy(to[n:], b[:i+1])
		if b = b[i+1:]; len(b) > 0 && b[0] == quote {
			b = b[1:]
		}
	}
}

// validTexts reports whether each of the texts is UTF-8: all of them together are,
// and none begins within a character.
func validTexts[O int32 | int64](values []byte, offsets []O) bool {
	all := values[offsets[0]:offsets[len(offsets)-1]]
	if ascii(all) {
		return true
	}
	if !utf8.Valid(all) {
		return false
	}
	for _, at := range offsets[1 : len(offsets)-1] {
		if at < offsets[len(offsets)-1] && !utf8.RuneStart(values[at]) {
			return false
		}
	}
	return true
}

// appendEach appends one field after another, where some may not be UTF-8 or not
// fit.
func (c *textColumn[O]) appendEach(offsets []O, data []byte, fields []Field) {
	var scratch, clean []byte
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		if from >= to && f.From&Quoted == 0 {
			c.miss.skip(i)
			offsets[i+1] = offsets[i]
			continue
		}
		var text []byte
		if from < to {
			text = data[from:to]
		}
		text, scratch = unescaped(text, f, c.o.quote(), scratch)
		var sequences int64
		if !c.o.Valid && !utf8.Valid(text) {
			clean, sequences = utf8fix.Append(clean[:0], text)
			text = clean
		}
		if sequences > 0 && c.o.Replaced == nil || unsafe.Sizeof(*new(O)) == 4 && c.used+len(text) > c.most {
			c.miss.refuse(i)
			text = nil
		} else if sequences > 0 {
			c.o.Replaced(i, sequences)
		}
		c.values = c.grow(c.values, c.used, len(text), 0)
		c.used += copy(c.values.Buf()[c.used:], text)
		offsets[i+1] = O(c.used)
	}
}

// unescaped is text with its quotes halved where f is escaped, in scratch then,
// which is returned to be used again.
func unescaped(text []byte, f Field, quote byte, scratch []byte) (_, _ []byte) {
	if f.From&Escaped == 0 {
		return text, scratch
	}
	if len(scratch) < len(text) {
		scratch = make([]byte, 2*len(text))
	}
	return scratch[:halve(scratch, text, quote)], scratch
}

var encoding = base64.StdEncoding.Strict()

// decode appends the bytes that fields are in base64.
func (c *textColumn[O]) decode(offsets []O, data []byte, fields []Field) {
	for i, f := range fields {
		from, to := int(f.From&Mask), int(f.To)
		switch {
		case from < to:
			text := trimmed(data[from:to])
			if unsafe.Sizeof(*new(O)) == 4 && c.used+encoding.DecodedLen(len(text)) > c.most {
				c.miss.refuse(i)
				break
			}
			n, err := encoding.Decode(c.values.Buf()[c.used:], text)
			if err != nil {
				c.miss.refuse(i)
				break
			}
			c.used += n
		case f.From&Quoted == 0:
			c.miss.skip(i)
		}
		offsets[i+1] = O(c.used)
	}
}

func (c *textColumn[O]) Array() arrow.Array {
	width := int(unsafe.Sizeof(*new(O)))
	fresh := c.offsets == nil
	offsets := c.grow(c.offsets, (c.rows+1)*width, 0, 0)
	offsets.ResizeNoShrink((c.rows + 1) * width)
	if fresh {
		clear(offsets.Bytes())
	}
	values := c.grow(c.values, c.used, 0, 0)
	values.ResizeNoShrink(c.used)
	c.offsets, c.values, c.used, c.usedHint = nil, nil, 0, c.used+slack
	return c.array(nil, offsets, values)
}

func (c *textColumn[O]) Close() {
	for _, b := range []*memory.Buffer{c.offsets, c.values} {
		if b != nil {
			b.Release()
		}
	}
	c.offsets, c.values, c.used, c.rows, c.miss.null = nil, nil, 0, 0, nil
}

// ascii reports whether b has ASCII alone.
func ascii(b []byte) bool {
	for len(b) >= 32 {
		if (load8(b)|load8(b[8:])|load8(b[16:])|load8(b[24:]))&highs != 0 {
			return false
		}
		b = b[32:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
