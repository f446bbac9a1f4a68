// Package textcol makes columns of Arrow values of fields of text: what CSV and
// JSON have in common. Finding the fields is the format's part.
//
//	data     … 1 2 , " a " " b " , 2 0 2 1 - 0 1 - 0 2 \n …
//	fields     └┬┘     └───┬───┘   └────────┬────────┘
//	           int64   text, quoted       date32
//
// # What a field may be
//
// Of a column that is not text, white space (spaces and tabs) around the value
// and quotes mean nothing.
//
//	bool             true, false, in upper or lower case
//	int8 … uint64    digits, with a sign
//	float32 float64  digits, with a sign, a point and an exponent, correctly rounded; NaN, Inf, Infinity in
//	                 upper or lower case; what is too big for the type is no value of it
//	decimal128       digits, with a sign and a point; only zeros beyond the scale
//	utf8 large_utf8  anything; what is not UTF-8 is replaced or refused (Options)
//	dictionary       as utf8; dictionary<int32, utf8> only
//	binary           base64, as package rowtext writes it; large_binary too
//	date32 date64    2021-01-02; years of other than four digits as package rowtext writes them
//	timestamp        2021-01-02, with T or a space and 03:04, seconds, a fraction of a second, an offset
//	                 (Z, +02:00, +0200, +02); only zeros beyond the unit
//	time32 time64    03:04, seconds, a fraction, from 00:00 to before 24:00
//	duration         ISO 8601 with days (of 24 hours), hours, minutes, seconds: P1DT2H30M0.5S, -PT5S
//	null             nothing but nulls
//
// A timestamp without a zone has no offset: a field with one is not of that type.
// In a timestamp with a zone a field without an offset is local time of the zone;
// one that the zone's clocks skipped or showed twice is no value. What package
// rowtext writes as CSV is taken back equal, of every type above.
//
// # Nulls
//
// An empty field is null. In a text column it is so only without quotes: "" is
// the empty text. So are the texts of Options.Nulls.
//
// A [Guess] finds the narrowest type for some fields.
package textcol

//go:generate go -C ../asm run ./textcol ../textcol
