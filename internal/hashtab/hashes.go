package hashtab

// Hashes are the hashes of the groups; valid until the next call that changes the
// table. They are made when they are asked for, from the keys.
func (t *Table) Hashes() []uint64 {
	n, known := t.Len(), len(t.hashes)
	if n > cap(t.hashes) {
		hashes := make([]uint64, n)
		copy(hashes, t.hashes)
		t.mem.Owe(8 * int64(cap(hashes)-cap(t.hashes)))
		t.hashes = hashes
	}
	t.hashes = t.hashes[:n]
	t.HashGroups(known, n, t.hashes[known:])
	return t.hashes
}

// HashGroups writes the hashes of groups from to to-1 to dst, as Hashes but without
// keeping them.
func (t *Table) HashGroups(from, to int, dst []uint64) {
	dst = dst[:to-from]
	if t.same || len(t.fields) == 0 {
		clear(dst)
		return
	}
	var block [256]uint64
	for at := 0; at < len(dst); at += len(block) {
		part := dst[at:min(at+len(block), len(dst))]
		words := block[:len(part)]
		for c := range t.fields {
			f := &t.fields[c]
			t.codesOf(words, c, nil, from+at)
			switch {
			case f.text:
				values := t.valuesOfText(c)
				for i, id := range words {
					words[i] = values.hash(int32(id))
				}
				mixHashes(part, words, c == 0)
				continue
			case f.raw && f.nulls:
				for i := range words {
					if t.nullOf(f, from+at+i) {
						words[i] = nullWord
					}
				}
			case !f.raw:
				for i, code := range words {
					if words[i] = code + f.low - 1; code == 0 {
						words[i] = nullWord
					}
				}
			}
			mixWords(part, words, c == 0)
		}
	}
}

// codesOf writes the codes of a column of the groups, or of groups from on.
func (t *Table) codesOf(dst []uint64, c int, groups []int32, from int) {
	f, s := &t.fields[c], &t.packed
	switch {
	case t.single != nil && groups == nil:
		for i := range dst {
			dst[i] = uint64(from + i)
		}
	case t.single != nil:
		for i, g := range groups[:len(dst)] {
			dst[i] = uint64(g)
		}
	case groups == nil:
		unpack(dst, s.keys[(from+1)*s.width+f.at.word:], s.width, f.at.shift, f.mask())
	default:
		gather(dst, s.keys[s.width+f.at.word:], groups, s.width, f.at.shift, f.mask())
	}
}

func unpack(dst, keys []uint64, width int, shift uint, mask uint64) {
	for i := range dst {
		dst[i] = keys[i*width] >> (shift & 63) & mask
	}
}

func gather(dst, keys []uint64, groups []int32, width int, shift uint, mask uint64) {
	groups = groups[:len(dst)]
	for i, g := range groups {
		dst[i] = keys[int(g)*width] >> (shift & 63) & mask
	}
}

// nullOf says whether a raw column of a group is null.
func (t *Table) nullOf(f *field, group int) bool {
	return t.packed.keys[(group+1)*t.packed.width+f.nullAt.word]>>f.nullAt.shift&1 != 0
}
