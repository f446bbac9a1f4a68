package jsonlio

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/rowtext"
	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/typetext"
)

// kinds is a set of kinds of JSON values other than null.
type kinds uint8

const (
	isString kinds = 1 << iota
	isNumber
	isBool
	isObject
	isArray
	notFinite // strings that are floats: NaN, Infinity, -Infinity
	anything  = isString | isNumber | isBool | isObject | isArray
)

// takes is the kinds of values that a column of type t takes: those that the
// sample had, or, where the type was told, those that can be one.
func (c column) takes(t arrow.DataType) kinds {
	switch {
	case c.told && isText(t):
		return anything
	case isText(t):
		return c.kinds & (isString | isNumber)
	case t.ID() == arrow.NULL:
		return 0
	case t.ID() == arrow.BOOL:
		return isBool | c.strings()
	case isNumeric(t):
		k := isNumber | c.strings()
		if arrow.IsFloating(t.ID()) {
			k |= notFinite
		}
		return k
	}
	return isString
}

// strings is isString where the type was told.
func (c column) strings() kinds {
	if c.told {
		return isString
	}
	return 0
}

func isText(t arrow.DataType) bool {
	return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING || t.ID() == arrow.DICTIONARY
}

func isNumeric(t arrow.DataType) bool {
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || arrow.IsDecimal(t.ID())
}

// leaf is the values of scalars.
type leaf struct {
	parent
	t      arrow.DataType
	takes  kinds
	values textcol.Column
	fields []textcol.Field // not yet values
	bad    []int32
}

func (l *leaf) read(s *scanner, depth int) *fault {
	var v textcol.Field
	var f *fault
	begin := s.at
	switch c := s.peek(); {
	case c == '"' && l.takes&(isString|notFinite) != 0:
		if v, f = s.text(); f == nil {
			text := s.data[v.From&textcol.Mask : v.To]
			if l.takes&isString == 0 && !isNotFinite(text) || len(text) == 0 && !isText(l.t) && l.t.ID() != arrow.BINARY && l.t.ID() != arrow.LARGE_BINARY {
				s.at = begin
				return mismatch(s, l, l.t)
			}
		}
	case (c == '-' || c-'0' <= 9) && l.takes&isNumber != 0:
		v, f = s.number()
	case c == 't' && l.takes&isBool != 0:
		v, f = s.word("true")
	case c == 'f' && l.takes&isBool != 0:
		v, f = s.word("false")
	case c == 'n':
		if _, f = s.word("null"); f == nil {
			l.null()
		}
		return f
	case (c == '{' || c == '[') && l.takes&(isObject|isArray) != 0:
		v.From = uint32(s.at)
		f = s.skip(depth)
		v.To = uint32(s.at)
	default:
		return mismatch(s, l, l.t)
	}
	if f != nil {
		return f
	}
	l.fields = append(l.fields, v)
	return nil
}

func isNotFinite(text []byte) bool {
	s := string(text)
	return s == "NaN" || s == "Infinity" || s == "-Infinity"
}

// errUnknown is a key that the sample did not show.
var errUnknown = errors.New("this key is not among the columns")

// typeError is a value that is not of its column's type.
type typeError struct {
	value string // as JSON, clipped
	t     arrow.DataType
}

func (e *typeError) Error() string {
	return fmt.Sprintf("%s is not a value of type %s", e.value, typetext.Format(e.t))
}

// mismatch is the fault of the value at s.at, which n cannot hold: what is no value
// at all, or one of another type.
func mismatch(s *scanner, n node, t arrow.DataType) *fault {
	s.space()
	begin := s.at
	if f := s.skip(0); f != nil {
		return f
	}
	return &fault{at: begin, top: n.top(), column: n.path(), err: &typeError{clip(s.data[begin:s.at]), t}}
}

// clip is text as messages show it.
func clip(text []byte) string {
	const most = 60
	more := ""
	if n := most; len(text) > n {
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text, more = text[:n], "…"
	}
	return string(rowtext.AppendPlain(nil, text)) + more
}

func (l *leaf) null()      { l.fields = append(l.fields, textcol.Field{}) }
func (l *leaf) slots() int { return l.values.Len() + len(l.fields) }

func (l *leaf) truncate(slots int) {
	l.fields = l.fields[:min(len(l.fields), max(slots-l.values.Len(), 0))]
}

func (l *leaf) flush(data []byte, told *[]badValue) {
	first := l.values.Len()
	l.bad = l.values.Append(data, l.fields, l.bad[:0])
	for _, i := range l.bad {
		*told = append(*told, badValue{l.row(first + int(i)), l.fields[i], l})
	}
	l.fields = l.fields[:0]
}

func (l *leaf) array() arrow.Array { return l.values.Array() }

func (l *leaf) heldBytes() int64 {
	return l.values.HeldBytes() + 8*int64(cap(l.fields)) + 4*int64(cap(l.bad))
}

func (l *leaf) close() { l.values.Close() }
