package csvio

import (
	"bytes"
	"math/bits"

	"github.com/arrowmill/arrowmill/internal/bytescan"
)

// regionBytes is how much text is looked through at once: little enough that it
// stays in the nearest caches until its columns are made.
const regionBytes = 32 << 10

// index is where in a text the structural characters of a region stand, behind one
// that stands for the end of the record before.
type index struct {
	at    [1 + regionBytes + bytescan.PositionsSlack]uint32
	masks [4 * regionBytes / bytescan.BlockBytes]uint64
	in    [regionBytes / bytescan.BlockBytes]uint64

	feeds     int  // how many line feeds there are
	carriages bool // there are CRs
	even      bool // every width-th place is a line feed and no other one, quotes aside
	rhythm    bytescan.Rhythm
	quoted    bool // there are quotes: places within them are left out,
	escaped   bool // and some are doubled
}

// find indexes the delimiters and line feeds of text[from:to] outside of quotes,
// where a record begins with from and to-from <= regionBytes. It returns how many
// there are. Behind the first quote that does not stand as it should there are none.
//
//	text      a , " x , " " y " \n     masks of 64 bytes:
//	quotes    0 0 1 0 0 1 1 0 1 0
//	within    0 0 1 1 1 0 1 1 0 0      the parity of the quotes
//	places    0 1 0 0 0 0 0 0 0 1
//
// A quote that opens must stand behind a place, or behind one that closes (they are
// one of the text then), and behind one that closes must be a place, CR LF, or one
// that opens. (The masks, and parity by a prefix sum of xor, are those of Langdale
// and Lemire, Parsing Gigabytes of JSON per Second, 2019, section 3.1.)
func (x *index) find(text []byte, from, to int, d dialect, width int) int {
	x.at[0] = uint32(from) - 1
	x.quoted, x.escaped = false, false
	region := text[from:to]
	quote := d.quote
	if quote == 0 {
		quote = '\r'
	}
	masks := x.masks[:(len(region)+bytescan.BlockBytes-1)/bytescan.BlockBytes]
	whole := len(region) / bytescan.BlockBytes
	if x.even = width <= bytescan.WidthMost; x.even {
		x.rhythm.Begin(width)
	}
	x.feeds, x.carriages = x.pairs(masks[:whole], region[:whole*bytescan.BlockBytes], d.delimiter, quote)
	if whole < len(masks) {
		var last [bytescan.BlockBytes]byte
		copy(last[:], region[whole*bytescan.BlockBytes:])
		feeds, carriages := x.pairs(masks[whole:], last[:], d.delimiter, quote)
		x.feeds, x.carriages = x.feeds+feeds, x.carriages || carriages
	}
	x.even = x.even && x.rhythm.Held()
	if d.quote == 0 || !x.carriages || bytes.IndexByte(region, d.quote) < 0 {
		return bytescan.Positions(x.at[1:], masks, uint32(from))
	}
	x.quoted = true
	sound := uint32(from + x.outside(region, d))
	n := bytescan.Positions(x.at[1:], masks, uint32(from))
	for n > 0 && x.at[n] >= sound {
		n--
	}
	return n
}

// pairs writes the masks of whole blocks, and looks whether rows are even where they may be.
func (x *index) pairs(masks []uint64, data []byte, delimiter, quote byte) (feeds int, carriages bool) {
	if x.even {
		return bytescan.Rows(masks, data, delimiter, '\n', quote, '\r', &x.rhythm)
	}
	return bytescan.Pairs(masks, data, delimiter, '\n', quote, '\r')
}

// masksOf writes the masks of the bytes of set in region, four to a block. None of set
// is 0.
func (x *index) masksOf(region []byte, set [4]byte) (all []uint64) {
	whole := len(region) / bytescan.BlockBytes
	all = x.masks[:4*((len(region)+bytescan.BlockBytes-1)/bytescan.BlockBytes)]
	bytescan.Masks(all[:4*whole], region[:whole*bytescan.BlockBytes], set)
	if 4*whole < len(all) {
		var last [bytescan.BlockBytes]byte
		copy(last[:], region[whole*bytescan.BlockBytes:])
		bytescan.Masks(all[4*whole:], last[:], set)
	}
	return all
}

// all is where delimiters, line feeds and quotes stand in text[from:to], in quotes
// or not.
func (x *index) all(text []byte, from, to int, d dialect) []uint32 {
	quote := d.quote
	if quote == 0 {
		quote = '\n'
	}
	all := x.masksOf(text[from:to], [4]byte{d.delimiter, '\n', quote, quote})
	blocks := len(all) / 4
	for b := range blocks {
		x.masks[b] = all[4*b] | all[4*b+1] | all[4*b+2]
	}
	return x.at[:bytescan.Positions(x.at[:], x.masks[:blocks], uint32(from))]
}

// outside makes the first masks those of places outside of quotes, and returns where
// the first quote stands that should not, or that no text should be behind.
func (x *index) outside(region []byte, d dialect) int {
	all := x.masksOf(region, [4]byte{d.delimiter, '\n', d.quote, '\r'})
	blocks := len(all) / 4
	in := x.in[:blocks]
	for b := range in {
		in[b] = all[4*b+2]
	}
	bytescan.InQuotes(in, in, 0)
	// What the byte before a block is, as its lowest bit: the end of a field or a
	// quote that closes; a quote that closes; a CR behind one.
	ends, closed, carriage := uint64(1), uint64(0), uint64(0)
	for b, in := range in {
		m := (*[4]uint64)(all[4*b:])
		places, feeds := (m[0]|m[1])&^in, m[1]&^in
		opening, closing := m[2]&in, m[2]&^in
		mayOpen := (places|closing)<<1 | ends
		behind := closing<<1 | closed
		behindCarriage := (behind&m[3])<<1 | carriage
		wrong := opening&^mayOpen | behind&^(places|opening|m[3]) | behindCarriage&^feeds
		x.escaped = x.escaped || opening&behind != 0
		x.masks[b] = places
		if wrong != 0 {
			clear(x.masks[b+1 : blocks])
			return b*bytescan.BlockBytes + bits.TrailingZeros64(wrong)
		}
		ends, closed, carriage = (places|closing)>>63, closing>>63, (behind&m[3])>>63
	}
	return len(region)
}
