// Package rowtext writes Arrow columns as rows of text, for the formats that are
// text: CSV, JSON lines, and a table for a terminal.
//
// A batch is written block by block, in two steps, so that each inner loop sees
// one type and no row costs a call through an interface:
//
//	column 0 ─ loop over its values ─► Cells ┐
//	column 1 ─ loop over its values ─► Cells ├─ loop over the rows ─► lines
//	column 2 ─ loop over its values ─► Cells ┘
//
// # The text of a value
//
// The same in every format, but for quotes:
//
//	integers           decimal digits, of any size
//	floats             the fewest digits that read back as the same float, of
//	                   its own width; an exponent below 1e-6 and from 1e21 on, as
//	                   in ECMAScript and encoding/json: 1, 0.1, 1e-7, 1e+21, -0
//	NaN, infinities    NaN, Infinity, -Infinity
//	bool               true, false
//	decimal            plain digits with the type's scale: -12.30
//	timestamp          RFC 3339: 2006-01-02T15:04:05.25 of a type without a zone,
//	                   2006-01-02T15:04:05.25+02:00 in the time of the type's
//	                   zone with one (Z for UTC); no more of a fraction than there
//	                   is. Where a zone's offset has seconds, which RFC 3339
//	                   cannot say, the same instant in UTC.
//	date               2006-01-02; years beyond 9999 as they are, -0001 before 0
//	time of day        15:04:05.25
//	duration, interval ISO 8601: PT1H30M0.5S, -PT2S, P14M, P1M3DT0.5S
//	binary             base64, RFC 4648, padded
//	dictionary         by value
//	list, struct, map  JSON; a map as a list of {"key":…,"value":…}, since keys
//	                   need be neither strings nor different
package rowtext
