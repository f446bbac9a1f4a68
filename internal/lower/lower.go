// Package lower turns UTF-8 text into lower case by Unicode's full mapping, as
// Python 3's str.lower does:
//
//  1. A code point maps to its simple lower case, U+0130 (İ) to the two
//     code points U+0069 U+0307. SpecialCasing.txt has no other unconditional
//     mapping to lower case that is longer than one code point.
//  2. U+03A3 (Σ) maps to final sigma U+03C2 (ς) where a cased letter stands
//     before it and none behind it, in both directions past any
//     case-ignorable code points; to U+03C3 (σ) otherwise. A code point that is
//     both cased and case-ignorable (U+02B0, U+0345) counts as the latter. This
//     is CPython's reading of Final_Sigma (Unicode, section 3.13, table 3-17).
//     golang.org/x/text/cases looks 30 code points far and counts U+02B0 as
//     cased, so that it differs.
//  3. A byte sequence that is not UTF-8 becomes U+FFFD, one for each maximal
//     subpart, as Python's decoder has it with errors="replace".
//
// The tables are package unicode's (Unicode 15). For every code point assigned
// in Unicode 14 they are those of Python 3.11; later ones may differ between
// versions of either side.
package lower

import (
	"unicode"
	"unicode/utf8"
)

const (
	sigma      = 'Σ'
	smallSigma = 'σ'
	finalSigma = 'ς'
	dottedI    = 'İ'
)

// Append appends the lower case of text to dst. text is looked at as a whole:
// what stands around it does not count. The result is UTF-8, at most three
// times as long.
func Append(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, size := Decode(text[i:])
		switch r {
		case sigma:
			dst = utf8.AppendRune(dst, Sigma(text, i))
		case dottedI:
			dst = append(dst, "i̇"...)
		default:
			dst = utf8.AppendRune(dst, Rune(r))
		}
		i += size
	}
	return dst
}

// Rune is the simple lower case of r: all that there is to it but for Σ, which
// becomes σ here, and İ, which becomes i.
func Rune(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case 0x0590 <= r && r < 0x10A0, 0x2E80 <= r && r < 0xA640, 0xABC0 <= r && r < 0xFF21:
		return r // Hebrew to Myanmar, CJK and kana, Hangul: no case
	}
	return unicode.ToLower(r)
}

// Sigma is what the Σ at text[i:] becomes: σ or ς.
func Sigma(text []byte, i int) rune {
	if casedBefore(text[:i]) && !casedBehind(text[i+len("Σ"):]) {
		return finalSigma
	}
	return smallSigma
}

func casedBefore(text []byte) bool {
	for len(text) > 0 {
		r, size := utf8.DecodeLastRune(text)
		if !CaseIgnorable(r) {
			return Cased(r)
		}
		text = text[:len(text)-size]
	}
	return false
}

func casedBehind(text []byte) bool {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if !CaseIgnorable(r) {
			return Cased(r)
		}
		text = text[size:]
	}
	return false
}

// Cased is Unicode's derived property Cased: Lowercase, Uppercase or titlecase.
func Cased(r rune) bool {
	if r < 0x80 {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.In(r, unicode.Ll, unicode.Lu, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// CaseIgnorable is Unicode's derived property Case_Ignorable: Mn, Me, Cf, Lm,
// Sk, or word break MidLetter, MidNumLet or Single_Quote, of which package
// unicode knows nothing.
func CaseIgnorable(r rune) bool {
	switch r {
	case '\'', '.', ':', '^', '`', // ASCII, Sk included
		0x00B7, 0x0387, 0x055F, 0x05F4, 0x2018, 0x2019, 0x2024, 0x2027,
		0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A:
		return true
	}
	return r >= 0x80 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

// Space is Python's str.isspace of one code point: Unicode's White_Space and
// U+001C to U+001F.
func Space(r rune) bool {
	switch {
	case r < 0x80:
		return 0x09 <= r && r <= 0x0D || 0x1C <= r && r <= 0x20
	case r < 0x1680:
		return r == 0x85 || r == 0xA0
	case r <= 0x3000:
		return r == 0x1680 || 0x2000 <= r && r <= 0x200A || r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000
	}
	return false
}

// Decode is the first code point of text, which is not empty, and its length; of
// what is not UTF-8, U+FFFD and the length of the maximal subpart, from 1 to 3.
func Decode(text []byte) (rune, int) {
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError && size == 1 {
		size = subpart(text)
	}
	return r, size
}

// subpart is the length of the longest prefix of text, which begins with no
// valid code point, that begins one; at least 1 (Unicode, section 3.9, "U+FFFD
// substitution of maximal subparts").
func subpart(text []byte) int {
	lead := text[0]
	if lead < 0xE0 || lead > 0xF4 || len(text) < 2 {
		return 1 // alone, or a lead of two whose second is wrong
	}
	from, to := byte(0x80), byte(0xBF)
	switch lead {
	case 0xE0:
		from = 0xA0
	case 0xED:
		to = 0x9F
	case 0xF0:
		from = 0x90
	case 0xF4:
		to = 0x8F
	}
	if text[1] < from || text[1] > to {
		return 1
	}
	if lead >= 0xF0 && len(text) > 2 && text[2]&0xC0 == 0x80 {
		return 3
	}
	return 2
}
