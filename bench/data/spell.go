package data

// consonants and vowels make 100 syllables.
const (
	consonants = "bcdfghjklmnpqrstvwxz"
	vowels     = "aeiou"
	syllables  = len(consonants) * len(vowels)
)

// spell appends the word of a rank from 1: one syllable for the first hundred,
// two for the next ten thousand, and so on. No two ranks have one word.
func spell(b []byte, rank uint64) []byte {
	for ; rank > 0; rank /= uint64(syllables) {
		rank--
		s := rank % uint64(syllables)
		b = append(b, consonants[s/uint64(len(vowels))], vowels[s%uint64(len(vowels))])
	}
	return b
}

// capital makes the first letter of a word large.
func capital(word []byte) {
	word[0] -= 'a' - 'A'
}
