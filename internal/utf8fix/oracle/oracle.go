// Package oracle is what tests compare the replacing of what is not UTF-8 with: slow
// and plain.
package oracle

import (
	"strings"
	"unicode/utf8"
)

// Fix is s with U+FFFD for what is not UTF-8, and how many there are: for the
// longest start of it that some ending makes one character of, or else a byte.
func Fix(s string) (string, int64) {
	var b strings.Builder
	var bad int64
	for len(s) > 0 {
		if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		n := 1
		for k := 2; k <= min(3, len(s)); k++ {
			for _, end := range []string{"\x80", "\x80\x80", "\xa0\x80", "\x90\x80\x80"} {
				if c := s[:k] + end; utf8.ValidString(c) && utf8.RuneCountInString(c) == 1 {
					n = k
				}
			}
		}
		b.WriteString("\ufffd")
		bad++
		s = s[n:]
	}
	return b.String(), bad
}
