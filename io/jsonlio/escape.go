package jsonlio

import "unicode/utf8"

// room makes room for n bytes behind the text.
func (s *scanner) room(n int) {
	if have := len(s.data); s.buf != nil && have+n > cap(s.data) {
		s.buf.Reserve(max(have+n, have+have/4))
		s.data = s.buf.Buf()[:have:s.buf.Cap()] // what is behind that is not moved with the buffer
	}
}

// copy puts data[from:to] behind the text.
func (s *scanner) copy(from, to int) {
	s.room(to - from)
	s.data = append(s.data, s.data[from:to]...)
}

// write puts b, which is not of data, behind the text.
func (s *scanner) write(b []byte) {
	s.room(len(b))
	s.data = append(s.data, b...)
}

// escape writes what the escape means whose character behind the backslash is at
// at, and returns how many characters it has.
func (s *scanner) escape(at int) (n int, ok bool) {
	if at >= s.end {
		return 0, false
	}
	var c byte
	switch c = s.data[at]; c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := s.hex(at + 1)
		if !ok {
			return 0, false
		}
		n = 5
		switch {
		case r >= 0xDC00 && r < 0xE000:
			r = utf8.RuneError
		case r >= 0xD800 && r < 0xDC00: // half of a pair, or U+FFFD
			high := r
			r = utf8.RuneError
			if at+n+1 < s.end && s.data[at+n] == '\\' && s.data[at+n+1] == 'u' {
				if low, ok := s.hex(at + n + 2); ok && low >= 0xDC00 && low < 0xE000 {
					r = ((high-0xD800)<<10 | (low - 0xDC00)) + 0x10000
					n += 6
				}
			}
		}
		var b [utf8.UTFMax]byte
		s.write(b[:utf8.EncodeRune(b[:], r)])
		return n, true
	default:
		return 0, false
	}
	s.write([]byte{c})
	return 1, true
}

// hex is the number of four hexadecimal digits.
func (s *scanner) hex(at int) (r rune, ok bool) {
	if at+4 > s.end {
		return 0, false
	}
	for _, c := range s.data[at : at+4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
