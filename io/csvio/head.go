package csvio

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// head is what stands before the records of a file: its first line, unless it has
// none.
type head struct {
	names  []string // nil: the file has none of its own
	header string   // the line, as it is
	bytes  int      // before the first record
	none   bool     // there is no header, since the file is empty
}

// cell is a field on its own.
type cell struct {
	text   string
	quoted bool
}

// parseHead reads the head of the text of a file. short: text must go on.
func (d dialect) parseHead(text []byte, header, final bool) (h head, short bool, err error) {
	if len(text) < len(byteOrderMark) && !final {
		return h, true, nil
	}
	if bytes.HasPrefix(text, []byte("\xFF\xFE")) || bytes.HasPrefix(text, []byte("\xFE\xFF")) {
		return h, false, errors.New("this is UTF-16, but CSV is read as UTF-8: convert it first, as with iconv -f UTF-16 -t UTF-8")
	}
	at := 0
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		at = len(byteOrderMark)
	}
	h.bytes = at
	if !header {
		return h, false, nil
	}
	for at < len(text) {
		end, s := d.nextRecord(text[at:], d.first(text[at]), '\n')
		switch {
		case end < 0 && !final:
			return h, true, nil
		case end < 0 && s == inside:
			return h, false, errors.New("the header has a quote that is never closed")
		case end < 0:
			end = len(text) - at
		}
		line := text[at : at+end]
		at += end
		if d.comment != 0 && line[0] == d.comment || len(bytes.TrimRight(line, "\r\n")) == 0 {
			continue
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return h, false, errors.New("there are NUL characters in the header: this is UTF-16, or no CSV at all; CSV is read as UTF-8")
		}
		if i := bytes.IndexByte(bytes.TrimSuffix(line, []byte("\r\n")), '\r'); i >= 0 && i < len(line)-1 && bytes.IndexByte(line, d.quote) < 0 {
			return h, false, errors.New(`the header has a CR (\r) within it, as of lines that end in CR alone; lines end in LF or CR LF: convert it first, as with tr '\r' '\n'`)
		}
		cells, err := d.cells(line)
		if err != nil {
			return h, false, err
		}
		h.names, h.header, h.bytes = uniqueNames(cells), string(line), at
		return h, false, nil
	}
	h.none, h.bytes = true, at
	return h, !final, nil
}

// cells is the fields of one record, with its line end.
func (d dialect) cells(record []byte) (cells []cell, err error) {
	record = bytes.TrimSuffix(record, []byte{'\n'})
	record = bytes.TrimSuffix(record, []byte{'\r'})
	for {
		var c cell
		if d.quote != 0 && len(record) > 0 && record[0] == d.quote {
			var b strings.Builder
			i := 1
			for ; i < len(record); i++ {
				if record[i] == d.quote {
					if i+1 == len(record) || record[i+1] != d.quote {
						break
					}
					i++
				}
				b.WriteByte(record[i])
			}
			c = cell{b.String(), true}
			record = record[min(i+1, len(record)):]
			if len(record) > 0 && record[0] != d.delimiter {
				return nil, fmt.Errorf("there is text behind a closing quote: %q", clip(string(record)))
			}
		} else {
			i := bytes.IndexByte(record, d.delimiter)
			if i < 0 {
				i = len(record)
			}
			c.text, record = string(record[:i]), record[i:]
		}
		cells = append(cells, c)
		if len(record) == 0 {
			return cells, nil
		}
		record = record[1:]
	}
}

// uniqueNames is the names of columns: one that is empty (without quotes) is
// named column and its number, one that stands before it too gets _2, _3, ….
func uniqueNames(cells []cell) []string {
	names := make([]string, len(cells))
	taken := make(map[string]bool, len(cells))
	for _, c := range cells {
		taken[c.text] = true
	}
	seen := make(map[string]bool, len(cells))
	next := map[string]int{} // what the next one of a name gets behind it
	for i, c := range cells {
		name := strings.ToValidUTF8(c.text, "\uFFFD")
		if name == "" && !c.quoted {
			name = columnName(i)
		} else if !seen[name] {
			names[i], seen[name] = name, true
			continue
		}
		for base := name; seen[name] || taken[name]; next[base]++ {
			name = base + "_" + strconv.Itoa(next[base]+2)
		}
		names[i], seen[name] = name, true
	}
	return names
}

// columnName is the name of column i where nothing names it.
func columnName(i int) string { return "column" + strconv.Itoa(i+1) }

// match is where each of columns stands among names, or what is wrong.
func match(names, columns []string) ([]int32, error) {
	places := make(map[string]int32, len(names))
	for i, n := range names {
		places[n] = int32(i)
	}
	at := make([]int32, len(columns))
	var missing, others []string
	for i, c := range columns {
		place, ok := places[c]
		if at[i] = place; !ok {
			missing = append(missing, strconv.Quote(c))
		}
		delete(places, c)
	}
	for _, n := range names {
		if _, ok := places[n]; ok {
			others = append(others, strconv.Quote(n))
		}
	}
	switch {
	case len(missing) > 0 && len(others) > 0:
		return nil, fmt.Errorf("lacks the columns %s and has others, %s", strings.Join(missing, ", "), strings.Join(others, ", "))
	case len(missing) > 0:
		return nil, fmt.Errorf("lacks the columns %s", strings.Join(missing, ", "))
	case len(others) > 0:
		return nil, fmt.Errorf("has columns besides those: %s", strings.Join(others, ", "))
	}
	return at, nil
}

// clip is s, shortened to be shown.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
