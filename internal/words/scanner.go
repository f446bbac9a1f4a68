package words

import (
	"math/bits"
)

// Kind is what a word is.
type Kind uint8

const (
	// Spaced words are what stands between white space, as in Python's str.split().
	Spaced Kind = iota

	// Runs are runs of letters (L), marks (M) and decimal digits (Nd), and of
	// apostrophes, U+0027 and U+2019, that have one of those on both sides.
	Runs
)

const (
	blockBytes = 4096
	partsMax   = blockBytes/64 + 1 // the last one ends the last word of the text
	pad        = 32                // what copying 32 bytes may write past a word's end
)

// Room that an [Output] must have beyond that for the text: bytes, and offsets.
const (
	SlackBytes = 2 * pad
	SlackWords = 64 + 2
)

// Output is room for words, and how much of it is used.
type Output struct {
	Values  []byte  // Values[:Bytes] are the words one after another
	Offsets []int32 // word i is Values[Offsets[i]:Offsets[i+1]]; Offsets[0] == 0
	Words   int
	Bytes   int
}

// fits reports whether there is room for n bytes of text that do not grow.
func (o *Output) fits(n int) bool {
	return n <= len(o.Values)-o.Bytes-SlackBytes && n <= len(o.Offsets)-o.Words-SlackWords
}

// Scanner finds words. It holds no text from one call to the next. Not safe for
// concurrent use.
type Scanner struct {
	kind  Kind
	keep  bool
	fold  uint64         // 0x20 in each byte; 0 to keep case
	ascii *[128]byte     // what to write for a byte; gap: it is part of no word
	pairs *[0x800]uint16 // what to write for a code point of two bytes, both; 0: think

	// One block: its bytes, ASCII letters in lower case, and its masks.
	lowered [partsMax*64 + pad]byte
	parts   [partsMax]part
}

// part is the masks of 64 bytes.
type part struct {
	start uint64 // bit i: a word starts at byte i
	end   uint64 // a word ends before byte i
	hard  uint64 // and it is not plain ASCII, or there is an apostrophe in it
}

// NewScanner returns a scanner that writes words in lower case, of each word by
// itself (see package lower), or as they stand.
func NewScanner(kind Kind, keepCase bool) *Scanner {
	s := &Scanner{kind: kind, keep: keepCase, fold: 0x20 * ones}
	if keepCase {
		s.fold = 0
	}
	s.ascii, s.pairs = tables(kind, keepCase)
	return s
}

// Scan appends the words of src[from:to] to out, where to is the last of ends:
// the ends of the rows that stand one behind another there, ascending. A row's
// end ends a word; ends up to from are passed over. src is borrowed.
//
// It returns to, or less when out has no more room: the place, never within a
// word, to go on from with another output. When nothing was written then, out
// has too little room for the next word, or for the lesser of the text and a
// block of 4 KiB with the slack.
//
// What is not UTF-8 counts as U+FFFD and is written so, one for each maximal
// subpart.
func Scan[O int32 | int64](s *Scanner, src []byte, from int, ends []O, out *Output) int {
	if len(ends) == 0 {
		return from
	}
	to := int(ends[len(ends)-1])
	src = src[:to]
	for from < to {
		for int(ends[0]) <= from {
			ends = ends[1:]
		}
		size := min(blockBytes, to-from)
		if !out.fits(size) {
			return from
		}
		marked := mark(s, src, from, from+size, ends)
		next, full := s.gather(src, from, size, marked, out)
		if full {
			return next
		}
		if next == from { // one word that is longer than a block
			done, ok := s.think(src[from:int(ends[0])], out, len(out.Values)-pad)
			next += done
			if !ok {
				return next
			}
		}
		from = next
	}
	return to
}

// mark is the first pass over src[from:to]: it fills lowered and parts, whose
// places count from from, and returns how many parts of 64 bytes they have. Where
// to is the end of src, the last part ends its last word.
func mark[O int32 | int64](s *Scanner, src []byte, from, to int, ends []O) int {
	n := (to - from) / 64
	if to == len(src) {
		n++
	}
	n = min(n, len(s.parts))
	whole := min(n, (len(src)-from)/64)
	if whole > 0 {
		markParts(s.kind, src[from:], s.lowered[:], s.parts[:whole], s.fold)
	}
	if whole < n {
		var tail [64]byte
		for i := copy(tail[:], src[from+whole*64:]); i < len(tail); i++ {
			tail[i] = ' '
		}
		markParts(s.kind, tail[:], s.lowered[whole*64:], s.parts[whole:n], s.fold)
	}
	edges(s.parts[:n], from, ends)
	return n
}

// edges makes of the bytes of words and of the odd ones among them, in start and
// hard, what a part is to have. The parts begin at from.
func edges[O int32 | int64](parts []part, from int, ends []O) {
	var open, carry uint64 // the part before ends within a word; in one that is hard
	for p := range parts {
		to := from + (p+1)*64
		var rows uint64 // bit i: a row ends before byte i
		for len(ends) > 0 && int(ends[0]) < to {
			rows |= 1 << (uint(int(ends[0])-to) & 63)
			ends = ends[1:]
		}
		word, odd := parts[p].start, parts[p].hard
		before := word<<1 | open
		parts[p].start = word & (rows | ^before)
		parts[p].end = before & (rows | ^word)

		// A row's first byte must not join the addition to the word that ends
		// before it; what it says is said by the byte behind it.
		first := odd & rows
		var sum uint64
		sum, carry = bits.Add64(word&^rows, odd&^rows|first<<1, carry)
		parts[p].hard = sum &^ (word &^ rows)
		carry |= first >> 63
		open = word >> 63
	}
}

// gather is the second pass: it appends the words of the first n parts to out.
// It returns the place in src to go on from, and whether that is because out is
// full.
func (s *Scanner) gather(src []byte, from, size, n int, out *Output) (next int, full bool) {
	values, offsets := out.Values, out.Offsets
	count, at := out.Words, out.Bytes
	for p, start := 0, 0; ; p++ {
		var words int
		p, start, at, words = gatherPlain(s.lowered[:], s.parts[:n], p, start, values, at, offsets[count+1:])
		if count += words; p == n {
			out.Words, out.Bytes = count, at
			return from + min(start, size), false
		}
		base := p * 64
		starts, ends, hard := s.parts[p].start, s.parts[p].end, s.parts[p].hard
		if start >= base { // no word is open
			start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
		}
		for ends != 0 {
			end := base + bits.TrailingZeros64(ends)
			length := end - start
			*(*[16]byte)(values[at:]) = *(*[16]byte)(s.lowered[start&(blockBytes-1):])
			if length > 16 {
				copy(values[at+16:], s.lowered[start+16:end])
			}
			if hard&ends&-ends == 0 || patch(values[at:at+length+8], s.pairs, s.kind) {
				at += length
				count++
				offsets[count] = int32(at)
			} else {
				out.Words, out.Bytes = count, at
				done, ok := s.think(src[from+start:from+end], out, len(values)-(size-end)-pad)
				if !ok {
					return from + start + done, true
				}
				count, at = out.Words, out.Bytes
			}
			ends &= ends - 1
			start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
		}
	}
}
