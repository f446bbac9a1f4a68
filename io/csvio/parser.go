package csvio

import (
	"bytes"
	"slices"
	"sync"
	"unsafe"

	"github.com/arrowmill/arrowmill/internal/bytescan"
	"github.com/arrowmill/arrowmill/internal/textcol"
)

const (
	stepRows     = 4096 // at most, that are found before their columns are made: a region's, but of the shortest rows
	stepFields   = 64 << 10
	regionLeast  = 1 << 10 // of text that is indexed at once
	generalLeast = 256     // of text whose records are gone through one by one
	generalMost  = 8 << 10
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
//	text ─ index ─┬─ regular: every width-th place is a line feed ─► transposed
//	              └─ else: one record after another ───────────────► stored
//
// The fields of column c are fields[c*most : c*most+rows].
type parser struct {
	dialect
	layout
	index  index
	fields []textcol.Field
	starts [stepRows]uint32 // of the rows, of a step that is not regular
	most   int              // rows of a step
	rows   int
	bad    []badRecord // among the rows
	strict bool        // a bad record ends the step

	regular, taken int // rows of the index that are known to be regular, and how many of them were rows of a step
	transposed     int // the place in the index before the first row of the step; -1: the step was not regular
	region         int // bytes to be indexed next: about twice as many as were regular the last time
	slow           int // bytes to be gone through one by one next: more, the less is regular
}

// parsers are used again: they are large, and files may be small.
var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(d dialect, l layout, strict bool) *parser {
	p := parsers.Get().(*parser)
	p.dialect, p.layout, p.strict = d, l, strict
	p.most = max(16, min(stepRows, stepFields/max(len(l.at), 1)))
	p.fields = slices.Grow(p.fields[:0], p.most*len(l.at))[:p.most*len(l.at)]
	p.rows, p.bad = 0, p.bad[:0]
	p.region, p.slow = regionBytes, generalLeast
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

// start is where row r of the step begins.
func (p *parser) start(r int) int {
	if p.transposed >= 0 {
		return int(p.index.at[p.transposed+r*p.width] + 1)
	}
	return int(p.starts[r])
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
	if p.findRegular(text, from, limit) {
		return p.transpose(text), false
	}
	p.transposed = -1
	next, more = p.general(text, from, limit, final)
	p.slow = min(2*p.slow, generalMost)
	return next, more
}

// forget drops what is known of the text of the last step, since another follows.
func (p *parser) forget() { p.regular, p.taken = 0, 0 }

// findRegular indexes a region of the text from from on, and counts the records
// at its start that end in it, begin before limit and are as they should be.
func (p *parser) findRegular(text []byte, from, limit int) bool {
	x := &p.index
	to := min(from+p.region, len(text))
	n := x.find(text, from, to, p.dialect, p.width)
	rows := n / p.width
	if x.quoted || !x.even {
		rows = regularRows(x.at[1:1+n], text, p.width)
	}
	if x.quoted || x.feeds > rows { // else each ends one of the rows
		rows = evenRows(x.at[1:1+rows*p.width], text, p.width)
	}
	if p.comment != 0 {
		rows = rowsBefore(x.at[:1+rows*p.width], text, p.width, p.comment)
	}
	for rows > 0 && int(x.at[(rows-1)*p.width]+1) >= limit {
		rows--
	}
	p.regular, p.taken = rows, 0
	p.learn(int(x.at[rows*p.width]+1)-from, to-from, n)
	return rows > 0
}

// learn settles how much is indexed the next time, where so many bytes of those that
// were indexed, and had n places, were regular.
func (p *parser) learn(regular, indexed, n int) {
	switch {
	case regular >= indexed/2, n < p.width && indexed == p.region: // or a row is longer than that
		p.region = min(2*p.region, regionBytes)
	default:
		p.region = max(min(2*regular, regionBytes), regionLeast)
	}
	if regular >= generalLeast {
		p.slow = generalLeast
	}
}

// regularRows counts the rows at the start for which every width-th place is a line
// feed.
func regularRows(places []uint32, text []byte, width int) int {
	rows := 0
	for i := width - 1; i < len(places); i += width {
		if text[places[i]] != '\n' {
			break
		}
		rows++
	}
	return rows
}

// evenRows counts the rows at the start without line feeds between their fields.
func evenRows(places []uint32, text []byte, width int) int {
	for i, at := range places {
		if text[at] == '\n' && i%width != width-1 {
			return i / width
		}
	}
	return len(places) / width
}

// rowsBefore counts the rows before the first one that begins with c. places[0] is
// the end of the row before.
func rowsBefore(places []uint32, text []byte, width int, c byte) int {
	rows := 0
	for i := 0; i+width < len(places) && text[places[i]+1] != c; i += width {
		rows++
	}
	return rows
}

// transpose makes the next rows of the index the rows of the step.
func (p *parser) transpose(text []byte) (next int) {
	x := &p.index
	p.rows = min(p.regular-p.taken, p.most)
	p.transposed = p.taken * p.width
	p.taken += p.rows
	places := x.at[p.transposed : p.taken*p.width+1]
	for c, f := range p.at {
		fields := p.column(c)
		pick(fields, places[f:], p.width)
		if x.carriages && int(f) == p.width-1 {
			dropCarriageReturns(fields, text)
		}
		if x.quoted {
			unquote(fields, text, p.quote, x.escaped)
		}
	}
	return int(places[len(places)-1] + 1)
}

// pick is the fields that stand between the first two of every width places.
func pick(fields []textcol.Field, places []uint32, width int) {
	if len(fields) == 0 {
		return
	}
	spans := unsafe.Slice((*[2]uint32)(unsafe.Pointer(unsafe.SliceData(fields))), len(fields))
	bytescan.Between(spans, places, width)
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

// unquote takes the quotes from around fields. escaped: some may be doubled.
func unquote(fields []textcol.Field, text []byte, quote byte, escaped bool) {
	for r := range fields {
		f := &fields[r]
		if f.From == f.To || text[f.From] != quote {
			continue
		}
		f.From, f.To = f.From+1, f.To-1
		if escaped && bytes.IndexByte(text[f.From:f.To], quote) >= 0 {
			f.From |= textcol.Escaped
		}
		f.From |= textcol.Quoted
	}
}
