package rowtext

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// texts writes text, quoted and escaped by style.
type texts struct {
	look
	bare
}

func (s texts) Append(c *Cells, arr arrow.Array, from, to int) {
	if from == to {
		return
	}
	valid, d := validityOf(arr), arr.Data()
	switch arr := arr.(type) {
	case *array.String:
		offsets := arrow.Int32Traits.CastFromBytes(d.Buffers()[1].Bytes())[d.Offset():]
		appendStrings(c, s.look, valid, offsets, bytesOf(d, 2), from, to)
	case *array.LargeString:
		offsets := arrow.Int64Traits.CastFromBytes(d.Buffers()[1].Bytes())[d.Offset():]
		appendStrings(c, s.look, valid, offsets, bytesOf(d, 2), from, to)
	case *array.StringView:
		for i := from; i < to; i++ {
			if valid.null(i) {
				c.Text = append(c.Text, s.null...)
			} else {
				c.Text = appendText(c.Text, s.style, []byte(arr.Value(i)))
			}
			c.end()
		}
	}
}

func bytesOf(d arrow.ArrayData, buffer int) []byte {
	if b := d.Buffers()[buffer]; b != nil {
		return b.Bytes()
	}
	return nil
}

func appendStrings[O int32 | int64](c *Cells, as look, valid validity, offsets []O, values []byte, from, to int) {
	if as.style == CSV && !mustQuoteAny(values[offsets[from]:offsets[to]]) {
		appendClean(c, as.null, valid, offsets, values, from, to)
		return
	}
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		if valid.null(i) {
			text = append(text, as.null...)
		} else {
			text = appendText(text, as.style, values[offsets[i]:offsets[i+1]])
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

// appendClean writes CSV fields of which none has a character to quote.
func appendClean[O int32 | int64](c *Cells, null string, valid validity, offsets []O, values []byte, from, to int) {
	text, ends := c.Text, c.Ends
	for i := from; i < to; i++ {
		switch {
		case valid.null(i):
			text = append(text, null...)
		case offsets[i] == offsets[i+1]:
			text = append(text, `""`...)
		default:
			text = append(text, values[offsets[i]:offsets[i+1]]...)
		}
		ends = append(ends, len(text))
	}
	c.Text, c.Ends = text, ends
}

// mustQuoteAny looks at the values of many fields at once: four searches that
// run at the speed of memory.
func mustQuoteAny(values []byte) bool {
	return bytes.IndexByte(values, ',') >= 0 || bytes.IndexByte(values, '"') >= 0 ||
		bytes.IndexByte(values, '\n') >= 0 || bytes.IndexByte(values, '\r') >= 0
}

func appendText(b []byte, style Style, s []byte) []byte {
	switch style {
	case CSV:
		return AppendCSV(b, s)
	case JSON:
		return AppendJSON(b, s)
	}
	return AppendPlain(b, s)
}

// AppendCSV appends s as a CSV field: quoted if it is empty or has a comma, a
// quote, or a CR or LF in it, and only then.
func AppendCSV(b, s []byte) []byte {
	if len(s) > 0 && !mustQuote(s) {
		return append(b, s...)
	}
	b = append(b, '"')
	for {
		i := bytes.IndexByte(s, '"')
		if i < 0 {
			break
		}
		b = append(append(b, s[:i+1]...), '"')
		s = s[i+1:]
	}
	return append(append(b, s...), '"')
}

func mustQuote(s []byte) bool {
	for _, ch := range s {
		if ch == ',' || ch == '"' || ch == '\n' || ch == '\r' {
			return true
		}
	}
	return false
}

const hexDigits = "0123456789abcdef"

// AppendJSON appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
// Escaped are all control characters (U+0000 to U+001F, U+007F to U+009F), and
// U+2028 and U+2029: some readers of lines take U+0085 and those for a line's end.
func AppendJSON(b, s []byte) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if ch := s[i]; ch >= 0x20 && ch < 0x7F && ch != '"' && ch != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r >= 0xA0 && r != 0x2028 && r != 0x2029 && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b = append(b, s[start:i]...)
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case utf8.RuneError:
			b = append(b, "\uFFFD"...)
		default:
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		}
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// AppendPlain appends s so that it cannot steer a terminal: control characters,
// separators of lines and marks of writing direction are escaped as in Go
// source, bytes that are not UTF-8 too.
func AppendPlain(b, s []byte) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < 0x20, r == 0x7F, r == utf8.RuneError && size == 1:
			b = append(b, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		case r >= 0x80 && r < 0xA0, r == 0x061C, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F:
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return b
}

// binaries writes bytes in base64.
type binaries struct {
	look
	bare
}

func (s binaries) Append(c *Cells, arr arrow.Array, from, to int) {
	as := s.look
	if as.style == CSV {
		as.quote = "" // only what is empty is quoted, below
	}
	values := arr.(interface{ Value(i int) []byte })
	each(c, as, validityOf(arr), from, to, func(b []byte, i int) []byte {
		v := values.Value(i)
		if len(v) == 0 && as.style == CSV {
			return append(b, `""`...)
		}
		return base64.StdEncoding.AppendEncode(b, v)
	})
}
