package jsonlio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// depthMost is how deep values may be nested in each other.
const depthMost = 512

// fault is what is wrong with a line.
type fault struct {
	at     int    // in the text
	top    string // the column, where it is known
	column string // and the keys within it
	err    error
}

var (
	errEnds      = errors.New("the line ends within a value")
	errNoObject  = errors.New("a JSON object is wanted on each line")
	errDepth     = fmt.Errorf("values are nested more than %d deep", depthMost)
	errString    = errors.New("a string has a control character that is not escaped")
	errEscape    = errors.New("a string has an escape that JSON does not know")
	errNumber    = errors.New("this is not a number as JSON writes it")
	errValue     = errors.New("this is no JSON value")
	errKey       = errors.New("a key in double quotes is wanted")
	errColon     = errors.New("a colon is wanted behind a key")
	errComma     = errors.New("a comma or the closing bracket is wanted")
	errBehind    = errors.New("something stands behind the object")
	errDuplicate = errors.New("the object has this key twice")
)

// scanner reads JSON values of text (RFC 8259), one line of which is data[at:end].
// Behind the text stands what strings with escapes mean.
//
//	data   {"a":"x\ty"}\n{"a":1}\n … │ x⇥y …
//	        at ►         end         text
type scanner struct {
	buf  *memory.Buffer // that data is in; nil: data is not the scanner's to grow in
	data []byte
	at   int
	end  int
}

// space goes on to what is not white space.
func (s *scanner) space() {
	for s.at < s.end {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek is the next character that is no white space, 0 at the end.
func (s *scanner) peek() byte {
	if s.at < s.end && s.data[s.at] > ' ' {
		return s.data[s.at]
	}
	if s.space(); s.at < s.end {
		return s.data[s.at]
	}
	return 0
}

func (s *scanner) fault(err error) *fault {
	if s.at >= s.end {
		err = errEnds
	}
	return &fault{at: s.at, err: err}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stop is the place of the first quote, backslash or control character from at on,
// end where there is none.
func (s *scanner) stop(at int) int {
	for ; at+8 <= s.end; at += 8 {
		x := binary.LittleEndian.Uint64(s.data[at:])
		quote, slash := x^'"'*ones, x^'\\'*ones
		found := ((quote-ones)&^quote | (slash-ones)&^slash | (x-' '*ones)&^x) & highs
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for at < s.end && s.data[at] != '"' && s.data[at] != '\\' && s.data[at] >= ' ' {
		at++
	}
	return at
}

// text reads the string at at, without its quotes and escapes.
func (s *scanner) text() (textcol.Field, *fault) {
	from := s.at + 1
	at := s.stop(from)
	if at < s.end && s.data[at] == '"' {
		s.at = at + 1
		return textcol.Field{From: uint32(from) | textcol.Quoted, To: uint32(at)}, nil
	}
	begin := len(s.data)
	for {
		s.copy(from, at)
		switch {
		case at >= s.end:
			s.at = s.end
			return textcol.Field{}, s.fault(errEnds)
		case s.data[at] == '"':
			s.at = at + 1
			return textcol.Field{From: uint32(begin) | textcol.Quoted, To: uint32(len(s.data))}, nil
		case s.data[at] != '\\':
			s.at = at
			return textcol.Field{}, s.fault(errString)
		}
		n, ok := s.escape(at + 1)
		if !ok {
			s.at = at
			return textcol.Field{}, s.fault(errEscape)
		}
		from = at + 1 + n
		at = s.stop(from)
	}
}

// number reads the number at at.
func (s *scanner) number() (textcol.Field, *fault) {
	from, at := s.at, s.at
	if s.data[at] == '-' {
		at++
	}
	whole := at
	at = s.digits(at)
	ok := at == whole+1 || at > whole && s.data[whole] != '0'
	if ok && at < s.end && s.data[at] == '.' {
		part := at + 1
		at = s.digits(part)
		ok = at > part
	}
	if ok && at < s.end && s.data[at]|0x20 == 'e' {
		if at++; at < s.end && (s.data[at] == '-' || s.data[at] == '+') {
			at++
		}
		part := at
		at = s.digits(part)
		ok = at > part
	}
	if !ok {
		return textcol.Field{}, s.fault(errNumber)
	}
	s.at = at
	return textcol.Field{From: uint32(from), To: uint32(at)}, nil
}

func (s *scanner) digits(at int) int {
	for at < s.end && s.data[at]-'0' <= 9 {
		at++
	}
	return at
}

// word reads the literal w at at.
func (s *scanner) word(w string) (textcol.Field, *fault) {
	if s.end-s.at < len(w) || string(s.data[s.at:s.at+len(w)]) != w {
		return textcol.Field{}, &fault{at: s.at, err: errValue}
	}
	s.at += len(w)
	return textcol.Field{From: uint32(s.at - len(w)), To: uint32(s.at)}, nil
}

// skip reads a value of any kind.
func (s *scanner) skip(depth int) *fault {
	var f *fault
	switch c := s.peek(); {
	case c == '"':
		before := len(s.data)
		_, f = s.text()
		s.data = s.data[:before]
	case c == '-' || c-'0' <= 9:
		_, f = s.number()
	case c == 't':
		_, f = s.word("true")
	case c == 'f':
		_, f = s.word("false")
	case c == 'n':
		_, f = s.word("null")
	case c == '{':
		f = s.object(depth, func([]byte) *fault { return s.skip(depth + 1) })
	case c == '[':
		f = s.array(depth, func() *fault { return s.skip(depth + 1) })
	default:
		f = s.fault(errValue)
	}
	return f
}

// object reads the object at at. member reads a value, whose key is lent.
func (s *scanner) object(depth int, member func(key []byte) *fault) *fault {
	if depth >= depthMost {
		return s.fault(errDepth)
	}
	s.at++
	if s.peek() == '}' {
		s.at++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.fault(errKey)
		}
		key, f := s.text()
		if f != nil {
			return f
		}
		if s.peek() != ':' {
			return s.fault(errColon)
		}
		s.at++
		if f := member(s.data[key.From&textcol.Mask : key.To]); f != nil {
			return f
		}
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fault(errComma)
		}
	}
}

// array reads the array at at. element reads a value.
func (s *scanner) array(depth int, element func() *fault) *fault {
	if depth >= depthMost {
		return s.fault(errDepth)
	}
	s.at++
	if s.peek() == ']' {
		s.at++
		return nil
	}
	for {
		if f := element(); f != nil {
			return f
		}
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fault(errComma)
		}
	}
}
