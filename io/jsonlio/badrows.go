package jsonlio

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// BadRows says what is done about lines that are no rows: that are no JSON object,
// that have a key which is no column or stands there twice, or a value that is not
// of its column's type.
type BadRows = badrows.Policy

// The ways to deal with bad rows. Fail is the default.
var (
	Fail = badrows.Fail // the first one ends the run, with a *ParseError
	Skip = badrows.Skip // they are left out, counted, and reported as a warning
)

// Reject leaves bad rows out as [Skip] does, and writes their lines to the file at
// path just as they were, in source order, so that they can be mended and read
// again. The file is compressed where path ends in .gz or .zst. It appears when
// the run has succeeded, also when no row is bad, and replaces one that is there;
// a run that fails leaves that as it was. Rows in = rows out + rows rejected.
func Reject(path string) BadRows { return badrows.Reject(path) }

// ParseError is a line that is no row, and what to do about it.
type ParseError struct {
	Path   string
	Line   int64  // from 1, of the file without compression; 0: it could not be found out
	Byte   int64  // from 0, of the value or what is wrong, of the file without compression
	Column string // the column and the keys within it (a.x, l[]); empty where the line is no JSON
	Err    error

	top string // the column alone
}

// Error is path:line: what is wrong, where, and what to do.
func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	fmt.Fprintf(&b, ": byte %d: ", e.Byte)
	var wrong *typeError
	as := arrow.DataType(arrow.BinaryTypes.String)
	switch {
	case errors.As(e.Err, &wrong):
		fmt.Fprintf(&b, "column %q: %v", e.Column, e.Err)
		if as = badrows.Better(wrong.t, wrong.value); e.Column == e.top {
			fmt.Fprintf(&b, "; to read the column as %s", typetext.Format(as))
			break
		}
		as = arrow.BinaryTypes.String
		fmt.Fprintf(&b, "; to read column %q as JSON text", e.top)
	case errors.Is(e.Err, errUnknown):
		fmt.Fprintf(&b, "key %q: the lines that columns were inferred from have no such key", e.Column)
		if e.Column == e.top {
			b.WriteString("; to have it as a column")
			break
		}
		fmt.Fprintf(&b, "; to read column %q as JSON text", e.top)
	default:
		if e.Column != "" {
			fmt.Fprintf(&b, "%q: ", e.Column)
		}
		fmt.Fprintf(&b, "%v; mend the line, or have bad rows left out: --bad-rows skip, or BadRows(jsonlio.Skip)", e.Err)
		return b.String()
	}
	b.WriteString(": " + badrows.ToType(e.top, as))
	return b.String()
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }
