package special

import (
	"bytes"
	"encoding/binary"

	"github.com/arrowmill/arrowmill/bench/answer"
)

// lower is each byte in lower case, 0 for white space.
var lower = func() (to [256]byte) {
	for i := range to {
		to[i] = byte(i)
	}
	for c := 'A'; c <= 'Z'; c++ {
		to[c] += 'a' - 'A'
	}
	for _, c := range "\t\n\v\f\r " {
		to[c] = 0
	}
	to[0] = ' ' // which no word has
	return to
}()

// words is the number of times that each word of a text stands in it, in lower case.
func words(path string) (answer.Rows, error) {
	c := counter{table: newTable(1 << 16), word: make([]byte, 0, 64)}
	if err := pieces(path, func(b byte) bool { return lower[b] == 0 }, c.count); err != nil {
		return nil, err
	}
	return func(yield func(answer.Row, error) bool) {
		var to [1]answer.Value
		for i, n := range c.counts {
			to[0] = answer.Whole(n)
			if !yield(answer.Row{Key: string(c.table.key(i)), Values: to[:]}, nil) {
				return
			}
		}
	}, nil
}

type counter struct {
	table  *table
	counts []int64
	word   []byte
}

// count counts the words of a piece, which it writes over.
func (c *counter) count(piece []byte) {
	for i := 0; i < len(piece); {
		if lower[piece[i]] == 0 {
			i++
			continue
		}
		from, all := i, byte(0)
		for ; i < len(piece); i++ {
			b := lower[piece[i]]
			if b == 0 {
				break
			}
			piece[i] = b
			all |= b
		}
		word := piece[from:i]
		if all < 0x80 {
			c.add(word)
			continue
		}
		for _, w := range bytes.Fields(bytes.ToLower(word)) {
			c.add(append(make([]byte, 0, len(w)+slack), w...))
		}
	}
}

// add counts a word, behind which there is slack.
func (c *counter) add(word []byte) {
	open, hash := word[:cap(word)], uint64(len(word))
	at := 0
	for ; at+8 <= len(word); at += 8 {
		hash = mix(hash, binary.LittleEndian.Uint64(open[at:]))
	}
	if rest := len(word) - at; rest > 0 {
		hash = mix(hash, binary.LittleEndian.Uint64(open[at:at+8])&(1<<(8*rest)-1))
	}
	n := c.table.at(word, hash)
	if n == len(c.counts) {
		c.counts = append(c.counts, 0)
	}
	c.counts[n]++
}
