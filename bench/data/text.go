package data

import (
	"github.com/apache/arrow/go/v17/arrow"
)

// Half of the words of text are of the first 8,191 alone, and the rest of up to 67
// million, so that new ones come as long as a text is made. Real vocabularies have two
// such parts (R. Ferrer i Cancho, R. Solé, "Two regimes in the frequency of words",
// 2001). Of 20 million words a seventh are different, of 150 million
// an eleventh.
const (
	kernelOctaves = 13
	wordOctaves   = 26
)

// textTable is lines of about ten words. Sentences begin with a capital and end with a full
// stop, one word in twelve has a comma, and every 61st of the vocabulary ends with é.
func textTable() Table {
	return Table{
		Name: "text", About: "lines of Zipf words, a growing vocabulary", rowBytes: 51,
		Schema: arrow.NewSchema([]arrow.Field{column("text", arrow.BinaryTypes.String)}, nil),
		Text:   Layout{Lines: true},
		begin:  func(int64, uint64, uint64) filler { return fillText },
	}
}

func fillText(b *block, d *dice, _ int64, n int) {
	lines := &b.columns[0]
	text := lines.text
	left := int64(0) // words of the sentence
	for range n {
		for i := range d.between(6, 14) {
			if i > 0 {
				text = append(text, ' ')
			}
			first := left == 0
			if first {
				left = d.between(4, 19)
			}
			octaves := uint64(kernelOctaves)
			if d.oneIn(2) {
				octaves = wordOctaves
			}
			from, rank := len(text), d.rank(octaves)
			text = spell(text, rank)
			if first {
				capital(text[from:])
			}
			if rank%61 == 0 {
				text = append(text, "é"...)
			}
			left--
			switch {
			case left == 0:
				text = append(text, '.')
			case d.oneIn(12):
				text = append(text, ',')
			}
		}
		lines.text = text
		lines.end()
	}
}
