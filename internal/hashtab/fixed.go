package hashtab

import (
	"math/bits"
)

// fixed is the index of an interner to which nothing is added: a perfect hash (hash and
// displace: Belazzougui, Botelho and Dietzfelbinger, ESA 2009). Each value has a place of its
// own, which the hash and a factor, one for all hashes of a bucket, say:
//
//	hash ─ low bits ──► turn ─┐
//	  └─── high half ───── × ─┴─ top bits ──► id ──► view: it is the value, or there is none
//
// So a value is looked for at one place, without a branch, and what is touched for it is
// small: 2 bytes in a table of at most 2.5 times as many, and the view, beside those of
// values that are about as frequent if they were added in that order.
type fixed struct {
	turns []uint16 // by bucket; odd
	ids   []uint16 // by place: of its value, +1; of any value where it is nobody's
	shift uint
}

const (
	fixedMost   = 1<<16 - 2 // values
	fixedBucket = 8         // places for each bucket
)

// fix makes the index, if it may be.
func (t *interner) fix() {
	t.unfix()
	if t.n == 0 || t.n > fixedMost || t.same {
		return
	}
	places := max(1<<bits.Len(uint(t.n+t.n/4)), fixedBucket)
	scratch := int64(t.n)*12 + int64(places/fixedBucket)*4
	if t.mem.Reserve(scratch) != nil {
		return
	}
	defer t.mem.Release(scratch)
	f := &fixed{shift: uint(32 - bits.Len(uint(places-1)))}
	if t.mem.Reserve(f.bytes(places)) != nil {
		return
	}
	f.turns, f.ids = make([]uint16, places/fixedBucket), make([]uint16, places)
	if t.fixed = f; !f.fill(t) {
		t.unfix()
	}
}

func (f *fixed) bytes(places int) int64 { return int64(places/fixedBucket+places) * 2 }

// unfix is called before something is added or forgotten.
func (t *interner) unfix() {
	if f := t.fixed; f != nil {
		t.mem.Release(f.bytes(len(f.ids)))
		t.fixed = nil
	}
}

func (f *fixed) place(hash uint64, turn uint16) uint32 {
	return uint32(hash>>32) * uint32(turn) >> (f.shift & 31)
}

// fill finds the turns of all buckets, those with many values first. It says whether there
// are such: of values that have one hash there are none.
func (f *fixed) fill(t *interner) bool {
	mask := uint64(len(f.turns) - 1)
	hashes, order, ends := make([]uint64, t.n), make([]int32, t.n), make([]int32, len(f.turns)+1)
	for i := range hashes {
		hashes[i] = t.hash(int32(i))
		ends[hashes[i]&mask+1]++
	}
	most := int32(0)
	for b := range f.turns {
		most = max(most, ends[b+1])
		ends[b+1] += ends[b]
	}
	for i, h := range hashes { // from here on ends[b] is where bucket b ends
		b := h & mask
		order[ends[b]] = int32(i)
		ends[b]++
	}
	for size := most; size > 0; size-- {
		from := int32(0)
		for b, to := range ends[:len(f.turns)] {
			if to-from == size && !f.settle(b, order[from:to], hashes) {
				return false
			}
			from = to
		}
	}
	for b, turn := range f.turns {
		f.turns[b] = max(turn, 1)
	}
	for p, id := range f.ids {
		f.ids[p] = max(id, 1)
	}
	return true
}

// settle finds the turn of a bucket, by which its values come to free places.
func (f *fixed) settle(bucket int, values []int32, hashes []uint64) bool {
	for turn := uint16(1); ; turn += 2 {
		placed := 0
		for _, v := range values {
			id := &f.ids[f.place(hashes[v], turn)]
			if *id != 0 {
				break
			}
			*id = uint16(v + 1)
			placed++
		}
		if placed == len(values) {
			f.turns[bucket] = turn
			return true
		}
		for _, v := range values[:placed] {
			f.ids[f.place(hashes[v], turn)] = 0
		}
		if turn == 1<<16-1 {
			return false
		}
	}
}

// partShort is part of values that are not long.
func (t *interner) partShort(p *parted, views []view, hash []uint64, row int32) {
	for from := 0; from < len(views); from += probeRows {
		to := min(from+probeRows, len(views))
		partFixed(p, t.fixed, t.views, views[from:to], hash[from:to], row+int32(from))
	}
}

// partFixed parts at most probeRows rows, the first of which is number row. What it finds
// stands on the stack first: the loop has no registers left for places in p.
func partFixed(p *parted, f *fixed, keys, views []view, hash []uint64, row int32) {
	var found [probeRows]uint16
	var group, strange [probeRows]int32
	turns, ids, shift := f.turns, f.ids, f.shift&31
	for i, h := range hash {
		turn := turns[h&uint64(len(turns)-1)]
		found[i&(probeRows-1)] = ids[uint32(h>>32)*uint32(turn)>>shift]
	}
	k, u := 0, 0
	for i := range views {
		g := found[i&(probeRows-1)]
		v, key := &views[i], &keys[g]
		differ := (key[0] ^ v[0]) | (key[1] ^ v[1])
		none := int((differ | -differ) >> 63)
		group[k&(probeRows-1)] = int32(g) - 1
		strange[u&(probeRows-1)] = int32(i)
		u += none
		k += 1 - none
	}
	p.known += copy(p.group[p.known:], group[:k])
	rows, hashes := p.strange[p.unknown:][:u], p.hash[p.unknown:][:u]
	for i, r := range strange[:u] {
		rows[i], hashes[i] = row+r, hash[r]
	}
	p.unknown += u
}

// knownLong is known for a fixed index, of values some of which are long; miss is scratch.
func (t *interner) knownLong(views []view, data []byte, hash []uint64, ids, miss []int32) {
	for _, i := range miss[:findFixed(t.fixed, t.views, views, hash, ids, miss)] {
		if !t.equal(t.views[ids[i]+1], views[i], data) {
			ids[i] = -1
		}
	}
}

// findFixed writes the ids of views to ids, -1 for those that are not there. Long ones of
// the length and the first bytes of what is there it lists in long, and returns how many
// they are.
func findFixed(f *fixed, keys, views []view, hash []uint64, ids, long []int32) int {
	turns, shift := f.turns, f.shift&31
	ids, hash = ids[:len(views)], hash[:len(views)]
	for i, h := range hash {
		turn := turns[h&uint64(len(turns)-1)]
		ids[i] = int32(f.ids[uint32(h>>32)*uint32(turn)>>shift])
	}
	l := 0
	for i, id := range ids {
		v, key := &views[i], &keys[id]
		isLong := uint64(int64(inlineBytes-int32(v[0])) >> 63)
		differ := (key[0] ^ v[0]) | (key[1]^v[1])&^isLong
		none := int64(differ|-differ) >> 63
		ids[i] = (id - 1) | int32(none)
		long[l] = int32(i)
		l += int(isLong &^ uint64(none) & 1)
	}
	return l
}
