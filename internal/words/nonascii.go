package words

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/arrowmill/arrowmill/internal/lower"
)

// gap in a table of ASCII: the byte is part of no word.
const gap = 0x80

// patch makes what it should be of a hard word whose ASCII is so already: all of
// text but the last 8 bytes, which may be anything. It reports false, with the
// word spoilt, where that takes more than replacing two bytes by two.
func patch(text []byte, pairs *[0x800]uint16, kind Kind) bool {
	for i := 0; i < len(text)-8; {
		x := binary.LittleEndian.Uint64(text[i:])
		marks := x & high
		if kind == Runs {
			marks = odds(x)
		}
		if marks == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(marks) >> 3
		if i >= len(text)-8 {
			break // behind the word
		}
		lead, next := text[i], text[i+1]
		if lead < 0xC2 || lead >= 0xE0 || next&0xC0 != 0x80 || i+1 >= len(text)-8 {
			return false
		}
		pair := pairs[uint(lead&0x1F)<<6|uint(next&0x3F)]
		if pair == 0 {
			return false
		}
		binary.LittleEndian.PutUint16(text[i:], pair)
		i += 2
	}
	return true
}

// think appends the words of text to out code point by code point, up to the
// first ASCII byte that is part of no word, or its end, both of which end a
// word. No byte is written at or behind limit in out.Values.
//
// It returns how far it has come: with false, which says that there was no room
// for what follows, to the start of a word.
func (s *Scanner) think(text []byte, out *Output, limit int) (done int, ok bool) {
	values, ascii, pairs := out.Values[:limit], s.ascii, s.pairs
	at, wordAt := out.Bytes, out.Bytes // where the next byte goes; where the word began
	start, sigma := 0, false           // where the word begins; it has Σ in it
	i, size := 0, 0
	for ; ; i += size {
		var r rune
		inside := i < len(text)
		switch {
		case !inside:
		case at+utf8.UTFMax > limit:
			return start, false
		case text[i] < utf8.RuneSelf:
			c := ascii[text[i]]
			if inside = c != gap; !inside {
				text = text[:i]
				break
			}
			if c == '\'' && s.kind == Runs {
				r, size = '\'', 1
				break
			}
			values[at], size = c, 1
			at++
			continue
		case text[i] >= 0xC2 && text[i] < 0xE0 && i+1 < len(text) && text[i+1]&0xC0 == 0x80:
			if pair := pairs[uint(text[i]&0x1F)<<6|uint(text[i+1]&0x3F)]; pair != 0 {
				binary.LittleEndian.PutUint16(values[at:], pair)
				at, size = at+2, 2
				continue
			}
			fallthrough
		default:
			r, size = lower.Decode(text[i:])
		}

		if inside && s.part(r, text[i+size:], i > start) {
			sigma = sigma || r == 'Σ'
			at += s.encode(values[at:], r)
			continue
		}
		if i > start {
			if out.Words+1 >= len(out.Offsets) {
				return start, false
			}
			if sigma && !s.keep {
				lower.Append(values[wordAt:wordAt], text[start:i]) // σ and ς are of one length
			}
			out.Words++
			out.Offsets[out.Words] = int32(at)
			out.Bytes, wordAt, sigma = at, at, false
		}
		if i >= len(text) {
			return i, true
		}
		start = i + size
	}
}

// part reports whether r is part of a word, where inWord says that one stands
// before it, and text what stands behind it.
func (s *Scanner) part(r rune, text []byte, inWord bool) bool {
	if s.kind == Spaced {
		return !lower.Space(r)
	}
	if r == '\'' || r == '’' {
		if !inWord || len(text) == 0 {
			return false
		}
		next, _ := lower.Decode(text)
		return runPart(next)
	}
	return runPart(r)
}

// runPart reports whether r is a letter, a mark or a decimal digit.
func runPart(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// encode writes what becomes of r, σ for Σ, and returns its length.
func (s *Scanner) encode(to []byte, r rune) int {
	switch {
	case s.keep:
	case r == 'İ':
		return copy(to, "i̇")
	default:
		r = lower.Rune(r)
	}
	return utf8.EncodeRune(to, r)
}

type caseTables struct {
	ascii *[128]byte
	pairs *[0x800]uint16
}

// tables are those of a scanner.
func tables(kind Kind, keepCase bool) (*[128]byte, *[0x800]uint16) {
	t := madeTables[kind]
	if keepCase {
		t = madeTables[kind+2]
	}
	made := t()
	return made.ascii, made.pairs
}

var madeTables = [4]func() caseTables{
	sync.OnceValue(func() caseTables { return makeTables(Spaced, false) }),
	sync.OnceValue(func() caseTables { return makeTables(Runs, false) }),
	sync.OnceValue(func() caseTables { return makeTables(Spaced, true) }),
	sync.OnceValue(func() caseTables { return makeTables(Runs, true) }),
}

func makeTables(kind Kind, keepCase bool) caseTables {
	var ascii [128]byte
	var pairs [0x800]uint16
	for r := range rune(len(pairs)) {
		part, to := !lower.Space(r), r
		if kind == Runs {
			part = runPart(r) || r == '\''
		}
		if !keepCase {
			to = lower.Rune(r)
		}
		switch {
		case r < utf8.RuneSelf && part:
			ascii[r] = byte(to)
		case r < utf8.RuneSelf:
			ascii[r] = gap
		case part && (keepCase || r != 'Σ' && r != 'İ') && utf8.RuneLen(to) == 2:
			pairs[r] = binary.LittleEndian.Uint16(utf8.AppendRune(nil, to))
		}
	}
	return caseTables{&ascii, &pairs}
}
