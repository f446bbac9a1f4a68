package hashtab

import (
	"bytes"
	"cmp"
)

// Compare orders groups by their keys, column by column: null first, bytes and
// decimals as bytes, everything else by its bits. It depends on the values alone.
func (t *Table) Compare(a, b int32) int {
	for c := range t.fields {
		f := &t.fields[c]
		var codes [2]uint64
		t.codesOf(codes[:], c, []int32{a, b}, 0)
		if f.text {
			if d := t.valuesOfText(c).compare(int32(codes[0]), int32(codes[1])); d != 0 {
				return d
			}
			continue
		}
		var null [2]bool
		for i, g := range [2]int32{a, b} {
			if f.raw {
				null[i] = f.nulls && t.nullOf(f, int(g))
			} else if null[i] = codes[i] == 0; !null[i] {
				codes[i] += f.low - 1
			}
		}
		switch {
		case null[0] && !null[1]:
			return -1
		case null[1] && !null[0]:
			return 1
		case null[0]:
			continue
		}
		if d := cmp.Compare(codes[0], codes[1]); d != 0 {
			return d
		}
	}
	return 0
}

func (t *interner) compare(a, b int32) int {
	var bufA, bufB [16]byte
	x, nullX := t.value(a, &bufA)
	y, nullY := t.value(b, &bufB)
	switch {
	case nullX && nullY:
		return 0
	case nullX:
		return -1
	case nullY:
		return 1
	}
	return bytes.Compare(x, y)
}
