package csvio

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// state is where in a file's grammar a byte stands. The byte before it tells the
// rest: behind a delimiter or a line feed outside of quotes begins a field.
type state uint8

const (
	outside   state = iota // of quotes and comments
	inside                 // of quotes
	behind                 // a quote that closes a field, unless another follows
	commented              // in a line that begins with the comment character
	states
)

// transition is what each state becomes over a stretch of text: a function of one
// state, which composes with that of the stretch behind it.
//
// A quote opens a field only where one begins, so that the function is no mere
// count of quotes. But it is found by looking at the quotes alone, all start
// states at once.
type transition [states]state

const (
	ones     = 0x0101010101010101
	highBits = 0x8080808080808080
	lowBits  = 0x7f7f7f7f7f7f7f7f
	gather   = 0x0102040810204080 // brings the lowest bits of eight bytes together at the top
)

var unchanged = transition{outside, inside, behind, commented}

// first is the state in which a record or a comment begins whose first byte is c,
// where the byte before is taken for a line feed.
func (d dialect) first(c byte) state {
	if d.comment != 0 && c == d.comment {
		return commented
	}
	return outside
}

// over is the function of text, whose byte before is prev ('\n' where a record
// begins with text).
func (d dialect) over(text []byte, prev byte) transition {
	switch {
	case d.quote == 0:
		return transition{}
	case d.comment != 0:
		return d.overCommented(text, prev)
	}
	code, last := uint8(codeOf(unchanged)), -1 // last: place of the quote before
	quotes := ones * uint64(d.quote)
	for at := 0; at < len(text); {
		i := bytes.IndexByte(text[at:], d.quote)
		if i < 0 {
			break
		}
		// Where one quote is, others are near: by words, until four have none.
		at += i
		for empty := 0; empty < 4 && at < len(text); at += 8 {
			var set uint8
			if len(text)-at >= 8 {
				set = equal(binary.LittleEndian.Uint64(text[at:at+8]), quotes)
			} else {
				set = equal(tail(text[at:]), quotes) & (1<<(len(text)-at) - 1)
			}
			for empty++; set != 0; set &= set - 1 {
				q := at + bits.TrailingZeros8(set)
				if q > 0 {
					prev = text[q-1]
				}
				class := 0
				if prev == d.delimiter || prev == '\n' {
					class = opens
				}
				if q == last+1 {
					class |= follows
				}
				code = behindQuoteOf[code][class]
				last, empty = q, 0
			}
		}
	}
	t := transitions[code]
	if last != len(text)-1 {
		for s, now := range t {
			if now == behind {
				t[s] = outside
			}
		}
	}
	return t
}

// equal is, as the bits of a byte, which bytes of w are those of c.
func equal(w, c uint64) uint8 {
	w ^= c
	return uint8((^(w | (w&lowBits + lowBits)) & highBits >> 7) * gather >> 56)
}

// tail is the first eight bytes of p, which may have fewer, as a word.
func tail(p []byte) (w uint64) {
	for i, c := range p[:min(len(p), 8)] {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// What is before a quote.
const (
	opens   = 1 << iota // a delimiter or a line feed: it opens a field, where it is outside of quotes
	follows             // another quote, or the start of the text: it is the second of two, where it is behind one
)

// codeOf numbers the transitions that quotes make, since there are few: one table
// look-up a quote takes all start states on, with nothing to mispredict.
func codeOf(t transition) int {
	return int(t[outside] + (behind+1)*t[inside] + (behind+1)*(behind+1)*t[behind])
}

// transitions are those that codes stand for.
var transitions = func() (all [27]transition) {
	for code := range all {
		t := unchanged
		for s, rest := outside, code; s <= behind; s, rest = s+1, rest/3 {
			t[s] = state(rest % 3)
		}
		all[code] = t
	}
	return all
}()

// behindQuoteOf is what a transition becomes by one more quote.
var behindQuoteOf = func() (next [27][4]uint8) {
	for code, t := range transitions {
		for class := range 4 {
			to := t
			for s, now := range t[:commented] {
				switch {
				case now == inside:
					to[s] = behind
				case now == behind && class&follows != 0, class&opens != 0:
					to[s] = inside
				default:
					to[s] = outside
				}
			}
			next[code][class] = uint8(codeOf(to))
		}
	}
	return next
}()

// overCommented is over where lines may be comments: byte by byte.
func (d dialect) overCommented(text []byte, prev byte) transition {
	t := unchanged
	for _, c := range text {
		for s, now := range t {
			switch {
			case now == inside:
				if c == d.quote {
					t[s] = behind
				}
			case now == commented:
				if c == '\n' {
					t[s] = outside
				}
			case c == d.quote && (now == behind || prev == d.delimiter || prev == '\n'):
				t[s] = inside
			case c == d.comment && prev == '\n':
				t[s] = commented
			default:
				t[s] = outside
			}
		}
		prev = c
	}
	return t
}

// nextRecord finds the first record that begins in text or right behind it, where
// text begins in state s behind the byte prev. It returns -1 where there is none,
// and the state at the end of text.
func (d dialect) nextRecord(text []byte, s state, prev byte) (int, state) {
	for at := 0; at < len(text); {
		switch s {
		case inside:
			i := bytes.IndexByte(text[at:], d.quote)
			if i < 0 {
				return -1, s
			}
			at, s = at+i+1, behind
		case behind:
			if s = outside; text[at] == d.quote {
				at, s = at+1, inside
			}
		default:
			line := bytes.IndexByte(text[at:], '\n')
			part := text[at:]
			if line >= 0 {
				part = text[at : at+line]
			}
			q := -1
			if s == outside && d.quote != 0 {
				q = d.opening(text, at, at+len(part), prev)
			}
			switch {
			case q >= 0:
				at, s = q+1, inside
			case line >= 0:
				return at + line + 1, outside
			default:
				return -1, s
			}
		}
	}
	return -1, s
}

// opening is the place of the first quote in text[from:to], outside of quotes,
// that opens a field, -1 if there is none. prev is the byte before text.
func (d dialect) opening(text []byte, from, to int, prev byte) int {
	for at := from; at < to; {
		i := bytes.IndexByte(text[at:to], d.quote)
		if i < 0 {
			return -1
		}
		if at += i; at > 0 {
			prev = text[at-1]
		}
		if prev == d.delimiter || prev == '\n' {
			return at
		}
		at++
	}
	return -1
}
