// Package csvio reads and writes streams as comma-separated values.
//
// # What is written
//
// The form is that of RFC 4180 with LF at the ends of lines: a header with the
// column names, then a line a row. A field is quoted where it has a comma, a
// quote, a CR or an LF in it, and nowhere else. A null is an empty field, an
// empty text is "". So a null of a table of one column is an empty line, which
// some readers skip (pandas, unless skip_blank_lines is false). How values of each
// type are written is told by package
// [github.com/arrowmill/arrowmill/internal/rowtext].
//
// # What is read
//
// What is written, and what other programs write. The rules of [Scan]:
//
//  1. A record ends with LF or CRLF; the last one may have neither. A CR elsewhere
//     is text, but in a header without quotes it is an error: lines that end in CR
//     alone would all be one. A byte-order mark at a file's start is left out, those
//     of UTF-16 are an error.
//  2. A field whose first character is a quote ends at the next quote that is not
//     doubled; delimiters and line ends in it are text. Text behind the closing
//     quote makes the row a bad one. A quote elsewhere in a field is text.
//  3. An empty line is left out where there are several columns, and is a null
//     where there is one.
//  4. An empty field without quotes is null, and so are the texts of
//     [Source.Null]. In a column of text a field in quotes is no null; of other
//     types, quotes mean nothing.
//  5. A row has as many fields as the header. One with more or fewer is a bad row.
//  6. A line that begins with the character of [Source.Comment] is left out, also
//     before the header, but not inside of quotes.
//  7. Bytes of a text column that are not UTF-8 become U+FFFD, as package textio
//     does, and are warned of. A NUL is text, in a header an error.
//  8. The first record is the header, unless [Source.Names] are given or
//     [Source.Header] says so. A name that stands there twice gets _2, _3, …; an
//     empty one is column and its number.
//  9. Every file has its own header. Columns are those of the first file, and are
//     matched by name; a file that lacks one or has another is an error. Files
//     without any byte are passed over.
//
// # Types
//
// They are inferred where [Source.Type] does not tell them: from head, middle and
// tail of the first file, and of the last one; of compressed files and streams,
// from the head. A type holds all fields of the sample without losing a character
// that matters: a column in which a zero stands before a digit (00501) is text. A
// field further on that does not fit the type is a bad row, and the error says
// which type to tell. See package
// [github.com/arrowmill/arrowmill/internal/textcol] for what fields of each type
// look like.
//
// # Bad rows
//
// [Fail] is an error, a [*ParseError] that names file, line, column and value.
// [Skip] leaves them out and warns of them, [Reject] writes them to a file.
//
// # How one file is read on all cores
//
// A split owns the records that begin in it. Whether it begins inside of quotes
// is not guessed: what a split does to "outside of quotes" and to "inside" is found
// by going from quote to quote, and the splits before are composed; see parted.go.
// What cannot be cut at any byte, compressed files and streams, is cut at records
// by one task and parsed by others.
//
// # How fast it is
//
// MB/s of one core of an EPYC (Zen 3, 2.4 GHz), files in the page cache, columns of
// text as codes (BenchmarkScan):
//
//	nine columns of 53 bytes a row, none of them read      3700
//	of those, one text and one integer                     1900
//	one text, an integer and a decimal of six digits       1400
//	four numbers                                           1400
//	all nine                                                700
//	a name and a decimal, 16 bytes a row                    880
//	quoted text with quotes and line feeds in it, as text   550
package csvio
