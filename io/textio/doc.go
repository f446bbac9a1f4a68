// Package textio reads text: [Lines], a row a line, and [Text], big pieces for
// operators that find words themselves. Both read files, folders, patterns and
// standard input, plain or compressed (see package file), and both yield valid
// UTF-8.
//
// # Who owns which bytes
//
// A big plain file is read as several splits at once, cut at any byte. The text
// is a run of segments, each with the delimiter that ends it (the last may have
// none): for Lines the delimiter is "\n", for Text any ASCII white space.
//
//	bytes    a b c \n d e \n f  g h i \n j
//	split    [0    4) [4     8) [8   12) [12 13)
//	owns     abc      de, fghi           j
//
// The rules:
//
//  1. The split [From, To) owns the segments that begin in it. A segment begins
//     at byte 0 or behind a delimiter.
//  2. So it starts at 0, or behind the first delimiter at From-1 or later, and
//     ends behind the first delimiter at To-1 or later, or at the file's end.
//  3. A split that lies inside of one segment owns nothing, and looks no further
//     than To.
//  4. A byte-order mark at a file's start is left out, and nowhere else.
//  5. A delimiter is ASCII, so that no cut parts a UTF-8 sequence, and what is not
//     UTF-8 is the same in every way to split.
package textio
