package textio

import "bytes"

// first is the index of the first delimiter of data, -1 if there is none.
func first(k kind, data []byte) int {
	if k == lines {
		return bytes.IndexByte(data, '\n')
	}
	return firstSpace(data)
}

// lastDelimiter is the index of the last delimiter of data, -1 if there is none.
func lastDelimiter(k kind, data []byte) int {
	if k == lines {
		if bytes.IndexByte(data, '\n') < 0 { // several times as fast as going back over all of it
			return -1
		}
		return bytes.LastIndexByte(data, '\n')
	}
	return lastSpace(data)
}

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
