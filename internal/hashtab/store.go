package hashtab

import (
	"fmt"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// store numbers keys of one width, of one or more words.
//
//	direct   a key of few bits is the place of its group+1
//	slots    any other is hashed; its hash leads to its group
//
// The words of many keys stand plane by plane (all first words, then all second
// ones), those of the groups together.
type store struct {
	mem    *reserved.Ledger
	keys   []uint64 // of group g at (g+1)*width; those at 0 stand in for no group
	width  int
	bits   uint // of a key, up to tightBits; more: 64
	direct []int32
	slots  slots
	n      int
	expect int  // groups that were said to come
	novel  bool // most of the last rows were new keys
	most   int  // groupsLimit, but in tests
	same   bool // hash all to one value
	hashed bool // index nothing directly: for tests
}

// directBytes is up to which size a direct index is taken however few groups there are.
const directBytes = 16 << 10

// indexes says whether a direct index of keys of so many bits is worth its memory:
// where it is no more than twice that of the slots in its place.
func (s *store) indexes(bits uint, groups int) bool {
	if bits > tightBits || s.hashed {
		return false
	}
	return 4<<bits <= directBytes || 4<<bits <= 2*8*slotsFor(max(groups, s.expect))
}

// index is what finds groups of keys of so many bits, n of them, empty.
func (s *store) index(bits uint, n int) (direct []int32, at slots, err error) {
	if s.indexes(bits, n) {
		if direct, err = reserved.New[int32](s.mem, 1<<bits); err == nil {
			return direct, slots{}, nil
		} else if 4<<bits <= directBytes {
			return nil, slots{}, err
		}
	}
	at, err = newSlots(s.mem, slotsFor(max(n, s.expect)))
	return nil, at, err
}

func (s *store) freeIndex() {
	s.direct = reserved.Free(s.mem, s.direct)
	s.slots.free(s.mem)
}

// ensure makes room for more groups.
func (s *store) ensure(more int) error {
	want := s.n + more
	if want > s.most {
		return fmt.Errorf("hashtab: more than %d groups in one partition: use more partitions", s.most)
	}
	if words := (max(want, s.expect) + 1) * s.width; words > len(s.keys) {
		keys, err := grown(s.mem, s.keys, words)
		if err != nil {
			return err
		}
		s.keys = keys
	}
	switch {
	case s.direct != nil || want <= room(len(s.slots.at)):
		return nil
	case s.slots.at != nil && !s.indexes(s.bits, want):
		return s.slots.grow(s.mem, want)
	}
	direct, at, err := s.index(s.bits, want)
	if err != nil {
		return err
	}
	s.freeIndex()
	s.direct, s.slots = direct, at
	s.fill(0)
	return nil
}

// grown is column with room for n elements: twice what there was while that is little,
// half as much again then, or n where memory is short.
func grown[T any](mem *reserved.Ledger, column []T, n int) ([]T, error) {
	if want := max(n, min(2*len(column), len(column)+1<<16), fewestSlots); want > n && n > cap(column) {
		if out, err := reserved.Grow(mem, column, want); err == nil {
			return out, nil
		}
	}
	return reserved.Grow(mem, column, n)
}

// fill adds the groups from one on to the index.
func (s *store) fill(from int) {
	if s.direct != nil {
		for g := from; g < s.n; g++ {
			s.direct[s.keys[g+1]] = int32(g + 1)
		}
		return
	}
	for g := from; g < s.n; g++ {
		s.slots.put(slotOf(s.hashKey(s.keys[(g+1)*s.width:(g+2)*s.width]), g))
	}
}

// hashKey is the hash of one key. It has nothing to do with that of its values.
func (s *store) hashKey(key []uint64) uint64 {
	if s.same {
		return 0
	}
	h := fold(key[0]^seed2, seed3)
	for _, w := range key[1:] {
		h = fold(h^w, seed3)
	}
	return h
}

// find writes the group of each of n keys, of which plane w begins at w*stride; new
// ones where a key is not there yet. All are done or, with an error, none. miss is
// scratch for n rows.
func (s *store) find(words []uint64, stride int, group, miss []int32) error {
	if len(s.keys) == 0 || s.direct == nil && s.slots.at == nil {
		if err := s.ensure(1); err != nil {
			return err
		}
	}
	m := len(group)
	if s.novel && s.ensure(m) == nil { // to look first at what is there is in vain
		for i := range miss[:m] {
			miss[i] = int32(i)
		}
	} else if m = s.probe(words, stride, group, miss); m > 0 {
		if err := s.ensure(m); err != nil {
			return err
		}
	}
	before := s.n
	s.insertAll(words, stride, group, miss[:m])
	s.novel = s.direct == nil && s.n-before > len(group)/4*3
	return nil
}

// insertAll finds or adds the keys of the rows listed.
func (s *store) insertAll(words []uint64, stride int, group, rows []int32) {
	switch {
	case s.direct != nil:
		for _, i := range rows {
			w := words[i]
			if s.direct[w] == 0 {
				s.n++
				s.keys[s.n] = w
				s.direct[w] = int32(s.n)
			}
			group[i] = s.direct[w] - 1
		}
	case s.width == 1:
		s.insert1(words, group, rows)
	default:
		s.insert(words, stride, group, rows)
	}
}

// probe writes the groups that the index leads to at once and lists the other rows in
// miss; their number is returned.
func (s *store) probe(words []uint64, stride int, group, miss []int32) int {
	m := 0
	for from := 0; from < len(group); from += probeRows {
		to := min(from+probeRows, len(group))
		switch {
		case s.direct != nil:
			m = probeDirect(s.direct, words[from:to], group[from:to], int32(from), miss, m)
		case s.width > 1 || s.same:
			m = s.probeWide(words[from:], stride, group[from:to], int32(from), miss, m)
		default:
			m = probe1(s.slots.at, s.slots.shift, s.keys, words[from:to], group[from:to], int32(from), miss, m)
		}
	}
	return m
}

// probeRows is how many rows are probed together: their slots are loaded first, and
// then their keys, without a branch, so that the cache misses of all of them overlap.
const probeRows = 128

func probeDirect(direct []int32, words []uint64, group []int32, from int32, miss []int32, m int) int {
	words = words[:len(group)]
	for i, w := range words {
		g := direct[w]
		group[i] = g - 1
		miss[m] = from + int32(i)
		m += int(uint32(g-1) >> 31)
	}
	return m
}

func probe1(slots []uint64, shift uint, keys, words []uint64, group []int32, from int32, miss []int32, m int) int {
	var found [probeRows]uint32
	words, group = words[:len(group)], group[:len(words)]
	for i, w := range words {
		found[i&(probeRows-1)] = uint32(slots[fold(w^seed2, seed3)>>(shift&63)])
	}
	for i, w := range words {
		g := found[i&(probeRows-1)]
		group[i] = int32(g) - 1
		differ := keys[g] ^ w
		differ = (differ|-differ)>>63 | (uint64(g)-1)>>63
		miss[m] = from + int32(i)
		m += int(differ)
	}
	return m
}

// probeWide is probe1 for keys of any number of words.
func (s *store) probeWide(words []uint64, stride int, group []int32, from int32, miss []int32, m int) int {
	var hash, differ [probeRows]uint64
	n := len(group)
	hashPlanes(hash[:n], words, stride, s.width)
	if s.same {
		clear(hash[:n])
	}
	for i, h := range hash[:n] {
		slot := s.slots.at[h>>(s.slots.shift&63)]
		g := uint32(slot)
		group[i] = int32(g) - 1
		differ[i&(probeRows-1)] = (slot^h)>>32 | (uint64(g)-1)>>63
	}
	for w := range s.width {
		plane, keys := words[w*stride:][:n], s.keys[w:]
		for i, g := range group {
			differ[i&(probeRows-1)] |= keys[int(g+1)*s.width] ^ plane[i]
		}
	}
	for i, d := range differ[:n] {
		miss[m] = from + int32(i)
		m += int((d | -d) >> 63)
	}
	return m
}

// hashPlanes is hashKey for keys in planes.
func hashPlanes(dst, words []uint64, stride, width int) {
	for i, w := range words[:len(dst)] {
		dst[i] = fold(w^seed2, seed3)
	}
	for w := 1; w < width; w++ {
		for i, x := range words[w*stride:][:len(dst)] {
			dst[i] = fold(dst[i]^x, seed3)
		}
	}
}

// insert1 finds or adds keys of one word, some of them at a time: their slots are loaded
// first, so that the cache misses of all of them overlap.
func (s *store) insert1(words []uint64, group, rows []int32) {
	at, mask, shift := s.slots.at, uint64(len(s.slots.at)-1), s.slots.shift
	var hash [probeRows]uint64
	for len(rows) > 0 {
		some := rows[:min(probeRows, len(rows))]
		rows = rows[len(some):]
		hashSome(&hash, words, some)
		if s.same {
			clear(hash[:])
		}
		fetchSlots(at, shift, hash[:len(some)])
		for k, i := range some {
			w, h := words[i], hash[k&(probeRows-1)]
			for p := h >> shift; ; p++ {
				slot := at[p&mask]
				if slot == 0 {
					s.n++
					s.keys[s.n] = w
					at[p&mask] = slotOf(h, s.n-1)
					group[i] = int32(s.n - 1)
					break
				}
				if (slot^h)>>32 == 0 && s.keys[uint32(slot)] == w {
					group[i] = int32(uint32(slot)) - 1
					break
				}
			}
		}
	}
}

func hashSome(hash *[probeRows]uint64, words []uint64, rows []int32) {
	for k, i := range rows {
		hash[k&(probeRows-1)] = fold(words[i]^seed2, seed3)
	}
}

// fetchSlots loads the slots that hashes lead to. The result keeps the loads from being
// dropped.
//
//go:noinline
func fetchSlots(at []uint64, shift uint, hash []uint64) (mixed uint64) {
	for _, h := range hash {
		mixed |= at[h>>(shift&63)]
	}
	return mixed
}

// insert is insert1 for keys of any number of words.
func (s *store) insert(words []uint64, stride int, group, rows []int32) {
	at, mask, shift, width := s.slots.at, uint64(len(s.slots.at)-1), s.slots.shift, s.width
	for _, i := range rows {
		key := s.keys[(s.n+1)*width : (s.n+2)*width] // where it will stand if it is new
		for w := range key {
			key[w] = words[w*stride+int(i)]
		}
		h := s.hashKey(key)
	search:
		for p := h >> shift; ; p++ {
			slot := at[p&mask]
			if slot == 0 {
				at[p&mask] = slotOf(h, s.n)
				group[i] = int32(s.n)
				s.n++
				break
			}
			if slot>>32 != h>>32 {
				continue
			}
			g := int(uint32(slot))
			for w, x := range s.keys[g*width : (g+1)*width] {
				if x != key[w] {
					continue search
				}
			}
			group[i] = int32(g) - 1
			break
		}
	}
}

// truncate forgets all but the first n groups.
func (s *store) truncate(n int) {
	if n >= s.n {
		return
	}
	if s.direct != nil {
		for g := n; g < s.n; g++ {
			s.direct[s.keys[g+1]] = 0
		}
		s.n = n
		return
	}
	s.n = n
	clear(s.slots.at)
	s.fill(0)
}

// keepBytes is up to what size a table keeps its memory when it is emptied, unless
// told otherwise.
const keepBytes = 128 << 10

func (s *store) reset(keep int) {
	switch {
	case 4*len(s.direct)+8*len(s.slots.at)+8*cap(s.keys) > keep:
		s.freeIndex()
		s.keys = reserved.Free(s.mem, s.keys)
	case s.direct != nil && s.n < len(s.direct)/16:
		s.truncate(0)
	default:
		clear(s.direct)
		clear(s.slots.at)
	}
	s.n, s.expect = 0, 0
}
