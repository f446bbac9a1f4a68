package csvio

import (
	"bytes"
	"slices"
	"sync"
	"unsafe"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

const (
	stepRows     = 2048 // at most, that are found before their columns are made
	stepFields   = 64 << 10
	generalBytes = 8 << 10 // looked through at once where the text is not regular
	regularLeast = 2 << 10 // of text without quotes that are worth an attempt
)

// layout is where the columns that are read stand in the records of a file.
type layout struct {
	width int     // fields of a record
	slots []int32 // of each field: which column it is, -1: none
	at    []int32 // of each column: which field it is
}

func newLayout(width int, at []int32) layout {
	l := layout{width: width, slots: make([]int32, width), at: at}
	for i := range l.slots {
		l.slots[i] = -1
	}
	for c, f := range at {
		l.slots[f] = int32(c)
	}
	return l
}

// fault is what is wrong with a record as such.
type fault uint8

const (
	sound        fault = iota
	tooFew             // fields
	tooMany            // fields
	behindQuote        // there is text behind a closing quote
	neverClosed        // the quote of a field, to the end of the file
	notOfItsType       // a value
)

// badRecord is a record that is no row.
type badRecord struct {
	fault    fault
	from, to int
	fields   int // it has
	quote    int // of neverClosed: where it is
}

// parser finds the records and fields of text: of the columns that are read, and
// no more, their places. It works in steps of up to most rows:
//
//	text ─ structurals ─► index ─┬─ regular: every width-th is a line feed ─► transposed
//	                             └─ else: one record after another ─────────► stored
//
// The fields of column c are fields[c*most : c*most+rows].
type parser struct {
	dialect
	layout
	index  index
	fields []textcol.Field
	starts [stepRows]uint32 // of the rows
	most   int              // rows of a step
	rows   int
	bad    []badRecord // among the rows
	strict bool        // a bad record ends the step

	regular, taken int // rows of the index that are known to be regular, and how many of them were rows of a step
	origin         int // where the index's region begins
}

// parsers are used again: they are large, and files may be small.
var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(d dialect, l layout, strict bool) *parser {
	p := parsers.Get().(*parser)
	p.dialect, p.layout, p.strict = d, l, strict
	p.most = max(16, min(stepRows, stepFields/max(len(l.at), 1)))
	p.fields = slices.Grow(p.fields[:0], p.most*len(l.at))[:p.most*len(l.at)]
	p.rows, p.bad = 0, p.bad[:0]
	p.forget()
	return p
}

// parserBytes is about how much memory a parser of that many columns takes.
func parserBytes(columns int) int64 {
	return int64(unsafe.Sizeof(parser{})) + 8*int64(columns)*int64(max(16, min(stepRows, stepFields/max(columns, 1))))
}

// close lets go of the parser.
func (p *parser) close() { parsers.Put(p) }

// column is the fields of column c of the rows that the step found.
func (p *parser) column(c int) []textcol.Field {
	return p.fields[c*p.most : c*p.most+p.rows]
}

// step finds the records of text[from:] that begin before limit, up to most of
// them. text[from:] begins with a record; final: with it the file ends. It returns
// where it came to, which is where a record begins, and whether it needs more text
// to go on.
func (p *parser) step(text []byte, from, limit int, final bool) (next int, more bool) {
	p.rows, p.bad = 0, p.bad[:0]
	limit = min(limit, len(text))
	if p.taken < p.regular {
		return p.transpose(text), false
	}
	if from >= limit {
		return from, !final && limit == len(text)
	}
	if p.comment == 0 {
		to, plain := min(from+regionBytes, len(text)), true
		if p.quote != 0 {
			if q := bytes.IndexByte(text[from:to], p.quote); q >= 0 {
				to, plain = from+q, false
			}
		}
		if (plain || to-from >= regularLeast) && p.findRegular(text, from, to, limit) {
			return p.transpose(text), false
		}
	}
	return p.general(text, from, limit, final)
}

// forget drops what is known of the text of the last step, since another follows.
func (p *parser) forget() { p.regular, p.taken = 0, 0 }

// findRegular indexes text[from:to], which has no quotes, and counts the records
// at its start that end in it and have as many fields as they should.
func (p *parser) findRegular(text []byte, from, to, limit int) bool {
	region := text[from:to]
	n := structurals(&p.index, region, p.delimiter)
	rows := regularRows(p.index[:n], region, p.width)
	for rows > 0 && p.rowStart(from, rows-1) >= limit {
		rows--
	}
	p.origin, p.regular, p.taken = from, rows, 0
	return rows > 0
}

// rowStart is where row r of the index begins.
func (p *parser) rowStart(origin, r int) int {
	if r == 0 {
		return origin
	}
	return origin + int(p.index[r*p.width-1]) + 1
}

// regularRows counts the rows at the start of region that have width fields each.
// More than one field has a row that is not blank.
func regularRows(index []uint16, region []byte, width int) int {
	rows := 0
	for i := width - 1; i < len(index); i += width {
		if region[index[i]] != '\n' {
			break
		}
		rows++
	}
	if rows == 0 || bytes.Count(region[:index[rows*width-1]+1], []byte{'\n'}) == rows {
		return rows
	}
	for i, at := range index[:rows*width] {
		if i%width != width-1 && region[at] == '\n' {
			return i / width
		}
	}
	return rows
}

// transpose makes the next rows of the index the rows of the step.
func (p *parser) transpose(text []byte) (next int) {
	p.rows = min(p.regular-p.taken, p.most)
	first, origin := p.taken*p.width, uint32(p.origin)
	p.taken += p.rows
	index := p.index[:p.taken*p.width]
	rowStarts(p.starts[:p.rows], index, first, p.width, origin)
	for c, f := range p.at {
		fields := p.column(c)
		if f == 0 {
			firstFields(fields, p.starts[:p.rows], index, first, p.width, origin)
		} else {
			laterFields(fields, index, first+int(f), p.width, origin)
		}
		if int(f) == p.width-1 {
			dropCarriageReturns(fields, text)
		}
	}
	return p.rowStart(p.origin, p.taken)
}

// rowStarts is where the rows begin whose first place in index is first.
func rowStarts(starts []uint32, index []uint16, first, width int, origin uint32) {
	before := origin
	if first > 0 {
		before = origin + uint32(index[first-1]) + 1
	}
	i := first + width - 1
	for r := range starts {
		starts[r] = before
		before = origin + uint32(index[i]) + 1
		i += width
	}
}

// firstFields is the first field of rows that begin at starts.
func firstFields(fields []textcol.Field, starts []uint32, index []uint16, first, width int, origin uint32) {
	i := first
	for r := range fields {
		fields[r] = textcol.Field{From: starts[r], To: origin + uint32(index[i])}
		i += width
	}
}

// laterFields is fields that stand behind another; i is the place in index of the
// first one's end.
func laterFields(fields []textcol.Field, index []uint16, i, width int, origin uint32) {
	for r := range fields {
		fields[r] = textcol.Field{From: origin + uint32(index[i-1]) + 1, To: origin + uint32(index[i])}
		i += width
	}
}

// dropCarriageReturns ends the last fields of lines before the CR of a CRLF.
func dropCarriageReturns(fields []textcol.Field, text []byte) {
	for r := range fields {
		f := &fields[r]
		if f.To > f.From && text[f.To-1] == '\r' {
			f.To--
		}
	}
}
