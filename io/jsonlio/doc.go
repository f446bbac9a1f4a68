// Package jsonlio writes streams as JSON lines: one JSON object a row, a row a
// line, in UTF-8, as https://jsonlines.org has it.
//
//	{"word":"the","n":12}
//
// The members stand in the order of the columns, a null one too. Integers and
// decimals are plain numbers whatever their size; who reads them into floats
// loses digits beyond 2^53. NaN and the infinities, which JSON has no numbers
// for, are the strings "NaN", "Infinity" and "-Infinity", as in protocol
// buffers. What else is no number, bool, list or struct is a string; its text is
// told by package [github.com/arrowmill/arrowmill/internal/rowtext]. Bytes of a text that are
// not UTF-8 become U+FFFD.
package jsonlio
