// Package csvio writes streams as comma-separated values.
//
// The form is that of RFC 4180 with LF at the ends of lines: a header with the
// column names, then a line a row. A field is quoted where it has a comma, a
// quote, a CR or an LF in it, and nowhere else. A null is an empty field, an
// empty text is "". (In a table of one column a null is written "" as well, since
// many readers skip an empty line.) How values of each type are written is
// told by package [github.com/arrowmill/arrowmill/internal/rowtext].
package csvio
