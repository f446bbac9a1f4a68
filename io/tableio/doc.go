// Package tableio writes streams as an aligned table for a person to read.
//
//	word       n
//	----  ------
//	que    20769
//
// Numbers stand to the right, the rest to the left. Widths are those of a
// terminal: an East Asian character takes two places, a combining mark none.
// What could steer the terminal (control characters, marks of writing direction)
// is escaped as in Go source. A null is written null. How values of each type
// are written is told by package [github.com/arrowmill/arrowmill/internal/rowtext].
package tableio
