package csvio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/textcol"
	"github.com/arrowmill/arrowmill/internal/typetext"
	"github.com/arrowmill/arrowmill/io/file/badrows"
)

// BadRows says what is done about rows that are none: with too few or too many
// fields, with text behind a closing quote, or with a value that is not of its
// column's type. A quote that is never closed is an error whatever is said, since
// the rest of the file would be one row.
type BadRows = badrows.Policy

// The ways to deal with bad rows. Fail is the default.
var (
	Fail = badrows.Fail // the first one ends the run, with a *ParseError
	Skip = badrows.Skip // they are left out, counted, and reported as a warning
)

// Reject leaves bad rows out as [Skip] does, and writes them to the file at path
// just as they were, in source order, below the header of the first file (where
// files have one), so that they can be mended and read again. The file is
// compressed where path ends in .gz or .zst. It appears when the run has succeeded,
// also when no row is bad, and replaces one that is there; a run that fails leaves
// that as it was. Rows in = rows out + rows rejected; where a run has read enough
// before the end (a limit), those that it has read.
func Reject(path string) BadRows { return badrows.Reject(path) }

// ParseError is a row that is none, and what to do about it.
type ParseError struct {
	Path   string
	Line   int64          // where the value begins, or the row; from 1, of the file without compression
	Column string         // whose value it is; empty where the row is wrong as such
	Value  string         // the value, without its quotes
	Type   arrow.DataType // of the column, nil where the row is wrong as such
	Better arrow.DataType // that the value has; nil with Type
	Err    error          // what is wrong with the row as such; nil with Type
}

// Error is path:line: what is wrong, and what to do.
func (e *ParseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", e.Path, e.Line)
	if e.Type == nil {
		b.WriteString(e.Err.Error())
		return b.String()
	}
	fmt.Fprintf(&b, "column %q: %q is not a value of type %s", e.Column, clip(e.Value), typetext.Format(e.Type))
	fmt.Fprintf(&b, "; to read the column as %s: %s", typetext.Format(e.Better), badrows.ToType(e.Column, e.Better))
	return b.String()
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// better is the type that a column of type t should have to hold value, none that
// loses characters of it.
func better(t arrow.DataType, value string) arrow.DataType {
	if textcol.LosesZeros([]byte(value)) {
		return arrow.BinaryTypes.String
	}
	return badrows.Better(t, value)
}

// leaveOut is what to do about a row that is wrong as such.
const leaveOut = "; mend it, or have bad rows left out: --bad-rows skip, or BadRows(csvio.Skip)"

// wrongRow is what is wrong with a record of that many fields.
func wrongRow(f fault, fields, width int) error {
	switch f {
	case tooFew, tooMany:
		return fmt.Errorf("the row has %s, but there are %s"+leaveOut, count(fields, "field"), count(width, "column"))
	case behindQuote:
		return errors.New("there is text behind the quote that closes a field (inside of quotes, a quote is written twice)" + leaveOut)
	}
	return errors.New("a quote is opened here and never closed; close it, or, where quotes mean nothing in this file, say so: Quote(0)")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
