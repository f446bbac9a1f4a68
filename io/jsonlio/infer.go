package jsonlio

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// column is a column, or a part of one, and what its values look like.
type column struct {
	name  string
	t     arrow.DataType
	told  bool  // the type was, or that of what it is part of
	kinds kinds // of the values of the sample
	parts []column
}

// member is the i-th member of an object.
func (c column) member(i int) column {
	if c.told {
		return column{told: true}
	}
	return c.parts[i]
}

// elem is the element of a list.
func (c column) elem() column { return c.member(0) }

// place is where a value of the sample stands.
type place struct {
	path string
	byte int64
}

// shape is what the values of the sample at one place of their rows are.
type shape struct {
	kinds   kinds
	where   [5]place // of the first of each kind
	numbers *textcol.Guess
	strings *textcol.Guess
	element *shape
	names   []string
	members map[string]*shape
}

// read looks at the value at s.at.
func (sh *shape) read(s *scanner, depth int, path string, base int64) *fault {
	c := s.peek()
	at := place{path, base + int64(s.at)}
	switch {
	case c == '"':
		v, f := s.text()
		if f != nil {
			return f
		}
		if isNotFinite(s.data[v.From&textcol.Mask : v.To]) {
			sh.saw(notFinite, at)
		} else {
			sh.saw(isString, at)
		}
		if sh.strings == nil {
			sh.strings = textcol.NewGuess(textcol.Options{})
		}
		if v.From&textcol.Mask == v.To { // the empty text is no null
			v.From, v.To = 0, 1
			sh.strings.Add([]byte{'"'}, []textcol.Field{v})
			return nil
		}
		sh.strings.Add(s.data, []textcol.Field{v})
		return nil
	case c == '-' || c-'0' <= 9:
		v, f := s.number()
		if f != nil {
			return f
		}
		sh.saw(isNumber, at)
		if sh.numbers == nil {
			sh.numbers = textcol.NewGuess(textcol.Options{})
		}
		sh.numbers.Add(s.data, []textcol.Field{v})
		return nil
	case c == 't', c == 'f':
		sh.saw(isBool, at)
	case c == '{':
		sh.saw(isObject, at)
		seen := map[string]bool{}
		return s.object(depth, func(key []byte) *fault {
			name := string(key)
			if seen[name] {
				return &fault{at: s.at, column: name, err: errDuplicate}
			}
			seen[name] = true
			return sh.member(name).read(s, depth+1, path, base)
		})
	case c == '[':
		sh.saw(isArray, at)
		if sh.element == nil {
			sh.element = &shape{}
		}
		return s.array(depth, func() *fault { return sh.element.read(s, depth+1, path, base) })
	}
	return s.skip(depth)
}

func (sh *shape) member(name string) *shape {
	m := sh.members[name]
	if m == nil {
		if sh.members == nil {
			sh.members = map[string]*shape{}
		}
		m = &shape{}
		sh.members[name] = m
		sh.names = append(sh.names, name)
	}
	return m
}

func (sh *shape) saw(k kinds, at place) {
	if sh.kinds&k == 0 {
		sh.kinds |= k
		if k == notFinite {
			k = isString
		}
		for i := range sh.where {
			if k == 1<<i && sh.where[i] == (place{}) {
				sh.where[i] = at
			}
		}
	}
}

// kindNames are what messages call the kinds.
var kindNames = [5]string{"a string", "a number", "true or false", "an object", "a list"}

// column is the narrowest type that holds all values, of the column or the part of
// one at path.
func (sh *shape) column(ctx context.Context, s *settings, top, path string) (column, error) {
	k := sh.kinds
	if k&^isNumber == notFinite && k&isNumber != 0 { // strings that are floats, among numbers
		return column{kinds: k, t: arrow.PrimitiveTypes.Float64}, nil
	}
	if k&notFinite != 0 {
		k = k&^notFinite | isString
	}
	c := column{kinds: k}
	switch k {
	case 0:
		c.t, c.kinds = arrow.BinaryTypes.String, isString
	case isString:
		if c.t = sh.strings.Type(); !isTemporal(c.t) {
			c.t = arrow.BinaryTypes.String
		}
	case isNumber:
		c.t = sh.numbers.Type()
	case isBool:
		c.t = arrow.FixedWidthTypes.Boolean
	case isArray:
		element, err := sh.element.column(ctx, s, top, path+"[]")
		if err != nil {
			return c, err
		}
		c.t, c.parts = arrow.ListOf(element.t), []column{element}
	case isObject:
		fields := make([]arrow.Field, len(sh.names))
		for i, name := range sh.names {
			m, err := sh.members[name].column(ctx, s, top, path+"."+name)
			if err != nil {
				return c, err
			}
			fields[i] = arrow.Field{Name: name, Type: m.t, Nullable: true}
			c.parts = append(c.parts, m)
		}
		c.t = arrow.StructOf(fields...)
	default:
		return c, sh.conflict(ctx, s, k, top, path)
	}
	return c, nil
}

func isTemporal(t arrow.DataType) bool {
	return t.ID() == arrow.DATE32 || t.ID() == arrow.TIMESTAMP || t.ID() == arrow.TIME64
}

// conflict is the error of values of different kinds.
func (sh *shape) conflict(ctx context.Context, s *settings, k kinds, top, path string) error {
	var seen []int
	for i := range sh.where {
		if k&(1<<i) != 0 {
			seen = append(seen, i)
		}
	}
	slices.SortStableFunc(seen, func(a, b int) int {
		if sh.where[a].path == sh.where[b].path {
			return int(min(max(sh.where[a].byte-sh.where[b].byte, -1), 1))
		}
		return 0
	})
	a, b := seen[0], seen[1]
	return fmt.Errorf("column %q: %s has %s, %s has %s: read the column as the JSON text of its values: Type(%q, arrow.BinaryTypes.String), or %s",
		path, s.lineOf(ctx, sh.where[a]), kindNames[a], s.lineOf(ctx, sh.where[b]), kindNames[b], top, badrows.Flag(top, arrow.BinaryTypes.String))
}

// columns are the columns of the sample and those whose types were told.
func (s *settings) columns(ctx context.Context, sh *shape) ([]column, error) {
	names := slices.Clone(sh.names)
	for _, name := range sortedNames(s.types) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out := make([]column, len(names))
	for i, name := range names {
		if t, ok := s.types[name]; ok {
			out[i] = column{t: t, told: true}
		} else {
			c, err := sh.members[name].column(ctx, s, name, name)
			if err != nil {
				return nil, err
			}
			out[i] = c
		}
		out[i].name = name
	}
	return out, nil
}

// readLine looks at one line, which is not empty.
func (sh *shape) readLine(s *scanner, path string, base int64) *fault {
	if s.peek() != '{' {
		return s.fault(errNoObject)
	}
	if f := sh.read(s, 0, path, base); f != nil {
		return f
	}
	if s.peek() != 0 || s.at < s.end {
		return s.fault(errBehind)
	}
	return nil
}
