package textio

import "github.com/arrowmill/arrowmill/io/file/window"

// delimiters are what ends a segment.
var delimiters = [...]window.Delimiter{lines: window.LineFeed, pieces: {First: firstSpace, Last: lastSpace}}

// space is ASCII white space.
var space = [256]bool{'\t': true, '\n': true, '\v': true, '\f': true, '\r': true, ' ': true}

func firstSpace(data []byte) int {
	for i, c := range data {
		if space[c] {
			return i
		}
	}
	return -1
}

func lastSpace(data []byte) int {
	for i := len(data) - 1; i >= 0; i-- {
		if space[data[i]] {
			return i
		}
	}
	return -1
}
