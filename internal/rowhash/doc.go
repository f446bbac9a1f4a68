// Package rowhash hashes the rows of Arrow columns, a column at a time.
//
// A row's hash is built in two steps, so that how a value is stored does not
// matter:
//
//	word  = the value as 64 bits: an integer itself, a float with one NaN and one
//	        zero, the hash of a string's bytes, one mark for null
//	hash' = mix(word, hash), from column to column
//
// Invariants:
//
//  1. Rows with equal keys have equal hashes: null equals null, NaN equals NaN,
//     -0 equals 0, a dictionary's value equals the plain one, a string equals the
//     large string of the same bytes. Integers of different widths agree too.
//  2. The hash depends on the values and the seed alone: not on the batch, the
//     offset of a slice, the process or the byte order of the machine.
//  3. The order of columns matters.
//
// Different rows may share a hash: whoever groups by it compares the keys. The
// functions are not meant to withstand keys chosen to collide.
//
// The mixing is in the family of wyhash and rapidhash (Wang Yi, "Modern
// Non-Cryptographic Hash Function and Pseudorandom Number Generator", 2019): a
// 64×64→128-bit multiplication whose halves are folded. Each half is xored with
// its operand before the fold, so that an operand of zero does not blot out the
// other one.
package rowhash
