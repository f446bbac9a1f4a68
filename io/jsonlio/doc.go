// Package jsonlio reads and writes JSON lines: one JSON object a row, a row a
// line, in UTF-8, as https://jsonlines.org has it.
//
//	{"word":"the","n":12}
//
// # Writing
//
// The members stand in the order of the columns, a null one too. Integers and
// decimals are plain numbers whatever their size; who reads them into floats
// loses digits beyond 2^53. NaN and the infinities, which JSON has no numbers
// for, are the strings "NaN", "Infinity" and "-Infinity", as in protocol
// buffers. What else is no number, bool, list or struct is a string; its text is
// told by package [github.com/arrowmill/arrowmill/internal/rowtext]. Bytes of a text that are
// not UTF-8 become U+FFFD.
//
// # Reading
//
// [Scan] reads an object a line (RFC 8259). Empty lines are left out, and a
// byte-order mark at a file's start. A line may be 500 MiB long. A key that is
// missing is null. Two members of one object with the same key are an error, and so
// is a key that no column has: nothing is dropped in silence.
//
// Columns and their types are inferred from a sample: the head of some files
// (the first, the last and up to six between), and the middle and the tail of
// those that are plain; of a stream its head. Columns stand in the order in which
// their keys first appear.
//
//	values of the sample                     type
//	true, false                              bool
//	numbers                                  int64; float64 where one has a point or an exponent;
//	                                         uint64; text where these would lose digits
//	numbers, and "NaN", "Infinity" …         float64
//	strings that are all dates               date; timestamp[us], timestamp[us, UTC], time: as in CSV
//	strings                                  text, also where they are digits or true
//	lists                                    list of what the elements of all lists are together
//	objects                                  struct of the members of all objects together
//	none but null                            text
//
// Values of different kinds in one column are an error, which names a line of each;
// [Source.Type] with text takes them as their JSON text. A value or a key behind
// the sample that does not fit is a bad row ([Source.BadRows]), and its error says
// what to tell.
//
// Numbers are never read into floats on their way to integers and decimals. A string
// that is told to be a timestamp, a decimal and so on is read as a field of CSV is.
// Bytes of a text that are not UTF-8 become U+FFFD and are reported to
// dataflow.Env.Warn.
//
// Plain files are cut at any byte, since a line feed stands in no JSON value, and
// read on all cores. What is compressed, or a stream, is cut into blocks by one
// task and parsed by all.
package jsonlio
