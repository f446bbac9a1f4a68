package textcol

import "unicode/utf8"

const replacement = "\uFFFD"

// ascii reports whether b has ASCII alone.
func ascii(b []byte) bool {
	for len(b) >= 32 {
		if (load8(b)|load8(b[8:])|load8(b[16:])|load8(b[24:]))&highs != 0 {
			return false
		}
		b = b[32:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendValid appends b with U+FFFD for each maximal subpart of a sequence that is
// not UTF-8 (Unicode Standard, section 3.9), and counts these.
func appendValid(to, b []byte) (_ []byte, sequences int64) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r != utf8.RuneError || n > 1 {
			to = append(to, b[:n]...)
		} else {
			// A longer start is one of a sequence for as long as it is not known to be wrong.
			for n < min(len(b), utf8.UTFMax-1) && !utf8.FullRune(b[:n+1]) {
				n++
			}
			to = append(to, replacement...)
			sequences++
		}
		b = b[n:]
	}
	return to, sequences
}
