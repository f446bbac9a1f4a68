package csvio

import (
	"bytes"
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

const (
	differentMost = 1 << 14 // values of a dictionary that is guessed
	rowsAValue    = 4       // at least, in the sample
	valuesLeast   = 64      // that say anything
)

// guesses are what the columns of some samples could be.
type guesses struct {
	types     []*textcol.Guess
	different []map[string]struct{} // values, until there are too many; nil where nobody asks
	values    []int
	odd       []oddValue // what made a column text, with an empty path where nothing did
}

func newGuesses(s *settings, columns int) *guesses {
	g := &guesses{types: make([]*textcol.Guess, columns), values: make([]int, columns), odd: make([]oddValue, columns)}
	if s.dictionaries {
		g.different = make([]map[string]struct{}, columns)
	}
	for i := range columns {
		g.types[i] = textcol.NewGuess(textcol.Options{Nulls: s.nulls, Quote: s.quote})
		if s.dictionaries {
			g.different[i] = map[string]struct{}{}
		}
	}
	return g
}

// add takes account of the rows that were seen of a file.
func (g *guesses) add(d dialect, l layout, seen look) {
	p := newParser(d, l, false)
	defer p.close()
	g.addText(p, seen.Head, seen.head.bytes, seen.Whole, seen.path, 0)
	for _, part := range seen.Parts {
		if at := p.likely(part.Text, part.Last); at >= 0 {
			g.addText(p, part.Text, at, part.Last, seen.path, part.At)
		}
	}
}

// addText looks at the rows of text[at:], which begins with a record. Records that
// are no rows say nothing. text stands at base in the file at path.
func (g *guesses) addText(p *parser, text []byte, at int, final bool, path string, base int64) {
	p.forget()
	for more := false; !more && at < len(text); {
		at, more = p.step(text, at, math.MaxInt, final)
		for c := range p.at {
			g.types[c].Add(text, p.column(c))
			if f, odd := g.types[c].Odd(); odd && g.odd[c].path == "" {
				from := f.From & textcol.Mask
				g.odd[c] = oddValue{path, string(text[from:f.To]), int64(bytes.Count(text[:from], []byte{'\n'})), base}
			}
			if g.different != nil {
				g.count(c, text, p.column(c))
			}
		}
	}
}

// likely is where a record begins in text from the middle of a file, -1 where that
// cannot be told. In which state text begins shows where one of them makes
// rows of all of it; where none does, some record may still be certain to
// begin where it does. Were text taken for rows that are none, types would be wider
// than they need to be, and nothing worse.
func (p *parser) likely(text []byte, final bool) int {
	for _, s := range []state{outside, inside, behind} {
		if at := p.secondOn(text, s); at >= 0 && p.allSound(text, at, final) {
			return at
		}
	}
	return p.certain(text)
}

// allSound reports whether text[at:] is rows.
func (p *parser) allSound(text []byte, at int, final bool) bool {
	p.forget()
	rows := 0
	for more := false; !more && at < len(text); {
		at, more = p.step(text, at, math.MaxInt, final)
		if len(p.bad) > 0 {
			return false
		}
		rows += p.rows
	}
	return rows > 0
}

// count counts different values.
func (g *guesses) count(c int, text []byte, fields []textcol.Field) {
	for _, f := range fields {
		if from := f.From & textcol.Mask; from < f.To {
			if g.values[c]++; len(g.different[c]) <= differentMost {
				g.different[c][string(text[from:f.To])] = struct{}{}
			}
		}
	}
}

// dictionary is the type of text columns of few different values.
var dictionary = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// typeOf is the type of column c.
func (g *guesses) typeOf(c int) arrow.DataType {
	t := g.types[c].Type()
	if g.different != nil && t.ID() == arrow.STRING && g.values[c] >= valuesLeast &&
		len(g.different[c]) <= min(differentMost, g.values[c]/rowsAValue) {
		return dictionary
	}
	return t
}

// secondOn is where the first record begins in text whose second byte is in state
// s, -1 where none does.
func (d dialect) secondOn(text []byte, s state) int {
	if len(text) == 0 || s == outside && text[0] == '\n' {
		return min(len(text), 1)
	}
	n, _ := d.nextRecord(text[1:], s, text[0])
	if n >= 0 {
		n++
	}
	return n
}

// certain is where a record begins in text from the middle of a file, -1 where that
// cannot be told. It follows the text from every state that it may begin in: where
// all see a record begin, one does.
func (d dialect) certain(text []byte) int {
	at := [...]int{d.secondOn(text, outside), d.secondOn(text, inside), d.secondOn(text, behind)}
	for {
		first, last := 0, 0
		for i, a := range at {
			if a < 0 {
				return -1
			}
			if a < at[first] {
				first = i
			}
			if a > at[last] {
				last = i
			}
		}
		if at[first] == at[last] {
			return at[first]
		}
		n, _ := d.nextRecord(text[at[first]:], d.first(text[at[first]]), '\n')
		if at[first] += n; n < 0 {
			return -1
		}
	}
}
