// Package words cuts UTF-8 text into words, in lower case or as they stand, and
// writes them one after another as an Arrow string column wants them: bytes and
// offsets.
//
// Text goes through in blocks of 4 KiB, each in two passes:
//
//		text     ·the·CAFÉÉ·is·   É is two bytes
//		lowered  ·the·cafÉÉ·is·   ASCII only
//		start    01000100000100   bit i: a word starts at byte i
//		end      00001000001001   bit i: a word ends before byte i
//		hard     00000000001000   the ends of words that are not plain ASCII
//
//	 1. Mark: 64 bytes become a word of each mask. The lowered bytes go to a
//	    buffer that stays in the first-level cache.
//	 2. Gather: the bits are taken one by one, some bytes of each word are copied
//	    whatever its length, and its end is noted. In a hard word, code points of
//	    two bytes are then replaced in place by a table; where that does not do,
//	    the word is done again, code point by code point.
//
// The bits of hard come from one addition: to a run of ones, which is a word,
// are added those of its own bits that make it hard, and the sum carries into the
// place behind the run, and from 64 bytes into the next 64.
//
// Both passes stand here twice: in plain Go, eight bytes to a machine word, and
// for x86-64 in AVX2 and BMI instructions, written by internal/asm/words, which
// the build tag purego leaves out. Hard words are done in Go.
//
// Words are short: a loop that finds the next word from the end of the last one
// waits for each; masks set it free. What was measured, in MB/s of one core of an
// AMD EPYC (Zen 3), the best of 160 runs over a million bytes of prose in ASCII, of
// Go source, of Spanish:
//
//	AVX2, in lower case                 2080 2460   640
//	AVX2, runs of letters               2060 1990   580
//	plain Go, in lower case              640  720   440
//	word by word, 8 bytes at a time      535  514  (447)
//	strings.Fields(strings.ToLower(s))   206   89    80
//
// The number in brackets is of a loop that left letters beyond ASCII as they were.
// Copying the hard words with the others and mending them after was slower but for
// Spanish.
package words

//go:generate go -C ../asm run ./words ../words
