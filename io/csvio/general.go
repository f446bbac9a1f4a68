package csvio

import (
	"bytes"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// finder goes through the places of a text's structural characters one by one,
// region by region.
type finder struct {
	index []uint32
	i     int
	to    int // the end of the region that index is of
}

// refill indexes the region behind the last one. It returns false where the text
// ends.
func (p *parser) refill(f *finder, text []byte) bool {
	f.i, f.index = 0, nil
	if f.to == len(text) {
		return false
	}
	from := f.to
	f.to = min(from+p.slow, len(text))
	f.index = p.index.all(text, from, f.to, p.dialect)
	return true
}

// skip goes to the place at, which is behind all that it has given.
func (f *finder) skip(at int) {
	if at >= f.to {
		f.i, f.index, f.to = 0, nil, at
		return
	}
	for f.i < len(f.index) && int(f.index[f.i]) < at {
		f.i++
	}
}

// general is step for text of any kind.
func (p *parser) general(text []byte, from, limit int, final bool) (next int, more bool) {
	f := finder{to: from}
	stop := min(limit, from+p.slow)
	for at := from; ; at = next {
		next = at
		switch {
		case at >= limit:
			return at, !final && limit == len(text)
		case at >= stop || p.rows == p.most:
			return at, false
		}
		if f.i == len(f.index) && f.to == at {
			p.refill(&f, text)
		}
		c := text[at]
		if c == p.comment && c != 0 {
			line := bytes.IndexByte(text[at:], '\n')
			switch {
			case line >= 0:
				next = at + line + 1
			case final:
				next = len(text)
			default:
				return at, true
			}
			f.skip(next)
			continue
		}
		if p.width > 1 && (c == '\n' || c == '\r') {
			switch n, short := blank(text[at:], final); {
			case short:
				return at, true
			case n > 0:
				next = at + n
				f.skip(next)
				continue
			}
		}
		bad := badRecord{from: at}
		next, bad.fields, bad.fault, bad.quote = p.record(&f, text, at, final)
		switch {
		case next < 0:
			return at, true
		case bad.fault == sound:
			p.starts[p.rows] = uint32(at)
			p.rows++
		default:
			bad.to = next
			p.bad = append(p.bad, bad)
			if p.strict || bad.fault == neverClosed {
				return next, false
			}
		}
	}
}

// blank is the length of a line of nothing at the start of text, 0 where there is
// none. short: that cannot be told yet.
func blank(text []byte, final bool) (n int, short bool) {
	switch {
	case text[0] == '\n':
		return 1, false
	case text[0] != '\r':
		return 0, false
	case len(text) > 1 && text[1] == '\n':
		return 2, false
	case len(text) > 1:
		return 0, false
	case final:
		return 1, false
	}
	return 0, true
}

// record stores the fields of the record that begins at start as those of the
// next row, and returns where the next record begins, -1 where there is not enough
// text to tell, and what is wrong with this one.
func (p *parser) record(f *finder, text []byte, start int, final bool) (next, fields int, wrong fault, quote int) {
	n := 0
	for from := start; ; {
		var field textcol.Field
		end := -1 // of the field with its quotes: where a delimiter or a line feed stands, or the text ends
		quoted := p.quote != 0 && from < len(text) && text[from] == p.quote
		if quoted {
			closing, escaped := p.closing(f, text, from, final)
			switch {
			case closing < 0 && final:
				return len(text), n, neverClosed, from
			case closing < 0:
				return -1, 0, sound, 0
			}
			field = textcol.Field{From: uint32(from+1) | textcol.Quoted | escaped, To: uint32(closing)}
			var short bool
			if end, short = p.behindClosing(text, closing+1, final); short {
				return -1, 0, sound, 0
			}
			if end < 0 && wrong == sound {
				wrong = behindQuote
			}
			if end >= 0 {
				f.skip(end + 1)
			}
			from = closing + 1
		}
		if end < 0 {
			for {
				if f.i == len(f.index) {
					if p.refill(f, text) {
						continue
					}
					if !final {
						return -1, 0, sound, 0
					}
					end = len(text)
					break
				}
				at := int(f.index[f.i])
				f.i++
				if text[at] != p.quote || p.quote == 0 {
					end = at
					break
				}
			}
		}
		last := end == len(text) || text[end] == '\n'
		if !quoted {
			field = textcol.Field{From: uint32(from), To: uint32(end)}
			if last && end > from && text[end-1] == '\r' {
				field.To--
			}
		}
		if n < p.width {
			if c := p.slots[n]; c >= 0 {
				p.fields[int(c)*p.most+p.rows] = field
			}
		}
		n++
		if !last {
			from = end + 1
			continue
		}
		end = min(end+1, len(text))
		switch {
		case wrong != sound:
		case n < p.width:
			wrong = tooFew
		case n > p.width:
			wrong = tooMany
		}
		return end, n, wrong, 0
	}
}

// closing is the place of the quote that closes the field whose opening quote
// stands at open, -1 where the text has none or may go on with another, and the
// flag of text in which quotes are doubled.
func (p *parser) closing(f *finder, text []byte, open int, final bool) (at int, escaped uint32) {
	f.skip(open + 1)
	for least := open + 1; ; {
		if f.i == len(f.index) {
			if !p.refill(f, text) {
				return -1, 0
			}
			continue
		}
		q := int(f.index[f.i])
		f.i++
		switch {
		case q < least || text[q] != p.quote:
		case q+1 == len(text) && !final:
			return -1, 0
		case q+1 < len(text) && text[q+1] == p.quote:
			escaped, least = textcol.Escaped, q+2
		default:
			return q, escaped
		}
	}
}

// behindClosing is where the field ends whose closing quote stands before at: at
// the delimiter, the line feed or the end of the text that follows. end < 0: none
// follows at once. short: that cannot be told yet.
func (p *parser) behindClosing(text []byte, at int, final bool) (end int, short bool) {
	switch {
	case at == len(text):
		return at, !final
	case text[at] == p.delimiter || text[at] == '\n':
		return at, false
	case text[at] != '\r':
		return -1, false
	case at+1 == len(text):
		return at + 1, !final
	case text[at+1] == '\n':
		return at + 1, false
	}
	return -1, false
}
