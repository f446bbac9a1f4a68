//go:build purego || !amd64

package words

func markParts(kind Kind, text, lowered []byte, parts []part, fold uint64) {
	markPartsGo(kind, text, lowered, parts, fold)
}

func gatherPlain(lowered []byte, parts []part, from, start int, values []byte, at int, offsets []int32) (next, nextStart, nextAt, words int) {
	return gatherPlainGo(lowered, parts, from, start, values, at, offsets)
}
