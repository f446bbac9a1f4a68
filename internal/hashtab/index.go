package hashtab

import (
	"fmt"
	"math"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

const (
	fewestSlots = 64
	maxGroups   = math.MaxInt32 - 1
)

// key is the words of one group.
type key interface {
	[1]uint64 | [2]uint64 | [3]uint64 | [4]uint64 | [6]uint64 | [8]uint64
}

// store is the index and the keys of the groups: an open-addressing table with
// linear probing, at most five eighths full. Everything grows at once, to room
// for the groups that the slots allow.
type store[K key] struct {
	mem    *reserved.Ledger
	slots  []uint64
	hashes []uint64 // of group g
	keys   []K      // of group g at g+1; keys[0] stands in for a free slot
	n      int
	loose  int // the group that no slot leads to, or -1
	most   int // maxGroups, but in tests
}

func newStore[K key](mem *reserved.Ledger) store[K] {
	return store[K]{mem: mem, loose: -1, most: maxGroups}
}

func (s *store[K]) bytes(slots int) int64 {
	if slots == 0 {
		return 0
	}
	var k K
	groups := int64(room(slots))
	return 8*int64(slots) + groups*8 + (groups+1)*int64(len(k))*8
}

func room(slots int) int { return slots / 8 * 5 }

// ensure makes room for more groups beyond those there are.
func (s *store[K]) ensure(more int) error {
	want := s.n + more
	if want <= room(len(s.slots)) {
		return nil
	}
	if want > s.most {
		return fmt.Errorf("hashtab: more than %d groups in one partition: use more partitions", s.most)
	}
	size := max(len(s.slots), fewestSlots)
	for room(size) < want {
		size *= 2
	}
	if err := s.mem.Reserve(s.bytes(size)); err != nil {
		return err
	}
	old := s.bytes(len(s.slots))
	hashes := make([]uint64, room(size))
	copy(hashes, s.hashes[:s.n])
	keys := make([]K, room(size)+1)
	if s.n > 0 {
		copy(keys, s.keys[:s.n+1])
	}
	s.slots, s.hashes, s.keys = make([]uint64, size), hashes, keys
	s.mem.Release(old)
	s.index()
	return nil
}

// index fills the free slots from the hashes.
func (s *store[K]) index() {
	mask := uint64(len(s.slots) - 1)
	for g, h := range s.hashes[:s.n] {
		if g == s.loose {
			continue
		}
		at := h & mask
		for s.slots[at] != 0 {
			at = (at + 1) & mask
		}
		s.slots[at] = slot(h, g)
	}
}

func slot(hash uint64, group int) uint64 { return hash>>32<<32 | uint64(group+1) }

// add appends a group whose free slot is at. There must be room.
func (s *store[K]) add(at, hash uint64, k K) int32 {
	g := s.n
	s.n++
	s.hashes[g], s.keys[g+1] = hash, k
	s.slots[at] = slot(hash, g)
	return int32(g)
}

// addLoose is the group that no slot leads to, made where it is not there.
func (s *store[K]) addLoose(hash uint64) (int32, error) {
	if s.loose < 0 {
		if err := s.ensure(1); err != nil {
			return 0, err
		}
		var k K
		s.loose = s.n
		s.n++
		s.hashes[s.loose], s.keys[s.loose+1] = hash, k
	}
	return int32(s.loose), nil
}

// truncate forgets all but the first n groups.
func (s *store[K]) truncate(n int) {
	if n >= s.n {
		return
	}
	s.n = n
	if s.loose >= n {
		s.loose = -1
	}
	clear(s.slots)
	s.index()
}

// keepBytes is up to what size a table keeps its memory when it is emptied.
const keepBytes = 128 << 10

func (s *store[K]) reset() {
	s.n, s.loose = 0, -1
	if b := s.bytes(len(s.slots)); b > keepBytes {
		s.slots, s.hashes, s.keys = nil, nil, nil
		s.mem.Release(b)
		return
	}
	clear(s.slots)
}

// probe looks at the first slot of each hash. It writes the group where the key is
// there, and lists the other rows in miss; the number of those is returned.
func probe[K key](slots []uint64, keys []K, words []K, hashes []uint64, group, miss []int32) int {
	mask := uint64(len(slots) - 1)
	words, group, miss = words[:len(hashes)], group[:len(hashes)], miss[:len(hashes)]
	m := 0
	for i, h := range hashes {
		s := slots[h&mask]
		g := uint32(s)
		group[i] = int32(g) - 1
		miss[m] = int32(i)
		if g == 0 || s>>32 != h>>32 || keys[g] != words[i] {
			m++
		}
	}
	return m
}

// find writes the group of each row, new ones where a key is not there yet. All
// rows are done or, with an error, none. Where valid is not nil rows whose bit is
// not set are left out.
func (s *store[K]) find(words []K, hashes []uint64, group, miss []int32, valid *bitmap) error {
	if err := s.ensure(1); err != nil { // so that there are slots
		return err
	}
	m := probe(s.slots, s.keys, words, hashes, group, miss)
	if m == 0 {
		return nil
	}
	if err := s.ensure(m); err != nil {
		return err
	}
	mask := uint64(len(s.slots) - 1)
	for _, i := range miss[:m] {
		if valid != nil && !valid.at(int(i)) {
			continue
		}
		h, w := hashes[i], words[i]
		at := h & mask
		for {
			c := s.slots[at]
			if c == 0 {
				group[i] = s.add(at, h, w)
				break
			}
			if c>>32 == h>>32 && s.keys[uint32(c)] == w {
				group[i] = int32(uint32(c)) - 1
				break
			}
			at = (at + 1) & mask
		}
	}
	return nil
}

// bitmap is the validity of rows from a bit on.
type bitmap struct {
	bits []byte
	from int
}

func (b *bitmap) at(i int) bool {
	i += b.from
	return b.bits[i>>3]>>(i&7)&1 != 0
}
