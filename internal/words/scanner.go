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
	parts      = blockBytes/64 + 1 // the last one ends the last word of the text
	pad        = 16                // what copying 16 bytes may write past a word's end
)

// Room that an [Output] must have beyond that for the text: bytes, and offsets.
const (
	SlackBytes = 4 * pad
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

	// The masks of one block and its bytes, ASCII letters in lower case.
	lowered          [parts*64 + pad]byte
	start, end, hard [parts]uint64
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

// mark is the first pass over src[from:to]: it fills lowered, start, end and
// hard, whose places count from from, and returns how many parts of 64 bytes
// they have. Where to is the end of src, the last part ends its last word.
func mark[O int32 | int64](s *Scanner, src []byte, from, to int, ends []O) int {
	n := (to - from) / 64
	if to == len(src) {
		n++
	}
	var open, carry uint64 // the part before ends within a word; in one that is hard
	var tail [64]byte
	for p := range min(n, parts) {
		at, text := from+p*64, &tail
		if at+64 <= len(src) {
			text = (*[64]byte)(src[at:])
		} else {
			for i := copy(tail[:], src[at:]); i < len(tail); i++ {
				tail[i] = ' '
			}
		}
		var rows uint64 // bit i: a row ends before byte i
		for len(ends) > 0 && int(ends[0]) < at+64 {
			rows |= 1 << (uint(int(ends[0])-at) & 63)
			ends = ends[1:]
		}

		var word, odd uint64
		if s.kind == Spaced {
			word, odd = markSpaced(text, (*[64]byte)(s.lowered[p*64:]), s.fold)
		} else {
			word, odd = markRuns(text, (*[64]byte)(s.lowered[p*64:]), s.fold)
		}
		before := word<<1 | open
		s.start[p] = word & (rows | ^before)
		s.end[p] = before & (rows | ^word)

		// A row's first byte must not join the addition to the word that ends
		// before it; what it says is said by the byte behind it.
		first := odd & rows
		var sum uint64
		sum, carry = bits.Add64(word&^rows, odd&^rows|first<<1, carry)
		s.hard[p] = sum &^ (word &^ rows)
		carry |= first >> 63
		open = word >> 63
	}
	return n
}

// gather is the second pass: it appends the words of the first n parts to out.
// It returns the place in src to go on from, and whether that is because out is
// full.
func (s *Scanner) gather(src []byte, from, size, n int, out *Output) (next int, full bool) {
	values, offsets := out.Values, out.Offsets
	count, at := out.Words, out.Bytes
	start := 0
	for p := range min(n, parts) {
		base := p * 64
		starts, ends, hard := s.start[p], s.end[p], s.hard[p]
		if start >= base { // no word is open
			start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
		}
		if hard == 0 {
			offs := (*[64]int32)(offsets[count+1:])
			k := 0
			for ends != 0 {
				length := base + bits.TrailingZeros64(ends) - start
				ends &= ends - 1
				*(*[16]byte)(values[at:]) = *(*[16]byte)(s.lowered[start&(blockBytes-1):])
				if length > 16 {
					copy(values[at+16:], s.lowered[start+16:start+length])
				}
				at += length
				offs[k&63] = int32(at)
				k++
				start, starts = base+bits.TrailingZeros64(starts), starts&(starts-1)
			}
			count += k
			continue
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
	out.Words, out.Bytes = count, at
	return from + min(start, size), false
}
