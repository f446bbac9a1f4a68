package parse

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a text, and where.
type Error struct {
	Text    string // the whole text
	Offset  int    // the byte where it goes wrong; len(Text): at its end
	Problem string // found "and", expected a value
}

// Error is the place, the problem, and the line of the text that it is in, with a mark
// below the place.
func (e *Error) Error() string {
	at := min(e.Offset, len(e.Text))
	from := strings.LastIndexByte(e.Text[:at], '\n') + 1
	to := len(e.Text)
	if i := strings.IndexByte(e.Text[at:], '\n'); i >= 0 {
		to = at + i
	}
	where := fmt.Sprintf("character %d", utf8.RuneCountInString(e.Text[from:at])+1)
	if line := strings.Count(e.Text[:at], "\n") + 1; line > 1 {
		where = fmt.Sprintf("line %d, %s", line, where)
	}
	before, behind := shown(e.Text[from:at], true), shown(e.Text[at:to], false)
	return fmt.Sprintf("%s: %s\n  %s%s\n  %s^", where, e.Problem, before, behind, strings.Repeat(" ", utf8.RuneCountInString(before)))
}

// shownMost is how many characters of a line are shown on either side of the place.
const shownMost = 60

// shown is part of a line as one line of a message: its end or its beginning where it is
// long, and spaces in place of what would move the mark.
func shown(s string, end bool) string {
	r := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
	switch {
	case len(r) <= shownMost:
		return string(r)
	case end:
		return "…" + string(r[len(r)-shownMost:])
	}
	return string(r[:shownMost]) + "…"
}

// failf is an error at a byte of the text.
func failf(text string, offset int, format string, args ...any) error {
	return &Error{text, offset, fmt.Sprintf(format, args...)}
}
