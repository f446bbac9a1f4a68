package csvio

import "github.com/arrowmill/arrowmill/internal/textcol"

// quick is general for the records from text[at:] on that are as they should be and
// whole in the region of f, which is indexed: one loop, which keeps what it needs in
// registers. It stops before the first record that is not, and returns where that
// begins.
func (p *parser) quick(f *finder, text []byte, at, limit int) (next int) {
	index, i, base := f.index, f.i, f.from
	fields, slots, most, row := p.fields, p.slots, p.most, p.rows
	quote, comment := p.quote, p.comment
	for row < most && at < limit {
		if c := text[at]; c == '\n' || c == '\r' || c == comment && c != 0 {
			break
		}
		n, j, from := 0, i, at
		for {
			if j >= len(index) {
				f.i, p.rows = i, row
				return at
			}
			end := base + int(index[j])
			c := text[end]
			field := textcol.Field{From: uint32(from), To: uint32(end)}
			if c == quote && quote != 0 {
				flags := uint32(textcol.Quoted)
				closing := from
				for j++; ; j++ { // to the quote that closes
					if j+1 >= len(index) {
						f.i, p.rows = i, row
						return at
					}
					if closing = base + int(index[j]); text[closing] != quote {
						continue
					}
					if base+int(index[j+1]) != closing+1 || text[closing+1] != quote {
						break
					}
					flags = textcol.Quoted | textcol.Escaped
					j++
				}
				first := end
				j++
				end = base + int(index[j])
				c = text[end]
				if first != from || len(slots) == 1 || end != closing+1 && (c != '\n' || end != closing+2 || text[closing+1] != '\r') {
					f.i, p.rows = i, row
					return at
				}
				field = textcol.Field{From: uint32(from+1) | flags, To: uint32(closing)}
			} else if c == '\n' && end > from && text[end-1] == '\r' {
				field.To--
			}
			j++
			if n < len(slots) {
				if s := slots[n]; s >= 0 {
					fields[int(s)*most+row] = field
				}
			}
			n++
			if c == '\n' {
				at, from = end+1, at
				break
			}
			from = end + 1
		}
		if n != len(slots) {
			at = from
			break
		}
		p.starts[row] = uint32(from)
		row++
		i = j
	}
	f.i, p.rows = i, row
	return at
}
