package hashtab

import (
	"bytes"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// interner numbers the distinct values of a column of bytes, null among them.
type interner struct {
	store store[view]
	long  arena
	codes codes
	same  bool // hash all to one value
	views []view
	hash  []uint64
	miss  []int32
}

func newInterner(mem *reserved.Ledger, alloc memory.Allocator) *interner {
	return &interner{store: newStore[view](mem), long: arena{mem: mem}, codes: codes{mem: mem, alloc: alloc}, same: constantHash.Load()}
}

// find writes the number of rows from, from+1, … of arr, at most vector of them,
// and returns how many it did: all, but for an error.
func (t *interner) find(arr arrow.Array, from int, ids []int32) (int, error) {
	if dict, ok := arr.(*array.Dictionary); ok {
		return t.codes.find(t, dict, from, ids)
	}
	n := len(ids)
	if cap(t.views) < n {
		c := scratchRows(n)
		if err := t.store.mem.Reserve(int64(c-cap(t.views)) * (16 + 8 + 4)); err != nil {
			return 0, err
		}
		t.views, t.hash, t.miss = make([]view, c), make([]uint64, c), make([]int32, c)
	}
	views, hash := t.views[:n], t.hash[:n]
	data, err := loadNullableViews(views, arr, arr, from, nil)
	if err != nil {
		return 0, err
	}
	if hashViews(hash, views, data); t.same {
		clear(hash)
	}
	return t.lookUp(views, data, hash, ids)
}

// lookUp is find for values whose views and hashes are there.
func (t *interner) lookUp(views []view, data []byte, hash []uint64, ids []int32) (int, error) {
	s := &t.store
	if err := s.ensure(1); err != nil {
		return 0, err
	}
	m := t.probe(views, data, hash, ids)
	if m == 0 {
		return len(ids), nil
	}
	if err := s.ensure(m); err != nil {
		return 0, err
	}
	mask := uint64(len(s.slots) - 1)
	for _, i := range t.miss[:m] {
		h, v := hash[i], views[i]
		at := h & mask
		for {
			c := s.slots[at]
			if c == 0 {
				if isLong(v[0]) {
					place, err := t.long.put(data[v[1] : v[1]+uint64(uint32(v[0]))])
					if err != nil {
						return int(i), err
					}
					v[1] = place
				}
				ids[i] = s.add(at, h, v)
				break
			}
			if c>>32 == h>>32 && t.equal(s.keys[uint32(c)], v, data) {
				ids[i] = int32(uint32(c)) - 1
				break
			}
			at = (at + 1) & mask
		}
	}
	return len(ids), nil
}

// probe looks at the first slot of each hash, as the probe of stores does.
func (t *interner) probe(views []view, data []byte, hash []uint64, ids []int32) int {
	m := 0
	for from := 0; from < len(hash); from += probeRows {
		to := min(from+probeRows, len(hash))
		first := m
		var long [probeRows]int32
		l := 0
		m, l = probeViews(t.store.slots, t.store.keys, views[from:to], hash[from:to], ids[from:to], int32(from), t.miss, m, &long)
		for _, i := range long[:l] {
			if v := views[i]; !t.equal(t.store.keys[ids[i]+1], v, data) {
				t.miss[m] = i
				m++
			}
		}
		slices.Sort(t.miss[first:m])
	}
	return m
}

// probeRows is how many rows are probed together: their slots are loaded first, and
// then their keys, without a branch, so that the cache misses of all of them overlap.
const probeRows = 64

// probeViews is probe for a few rows, the first of which has number from. It adds those
// whose key is another to the m rows of miss. Those that are long and whose hash, length
// and prefix agree it lists in long, to be compared.
func probeViews(slots []uint64, keys, views []view, hash []uint64, ids []int32, from int32, miss []int32, m int, long *[probeRows]int32) (misses, longs int) {
	var found [probeRows]uint64
	mask := uint64(len(slots) - 1)
	for i, h := range hash {
		found[i&(probeRows-1)] = slots[h&mask]
	}
	views, ids = views[:len(hash)], ids[:len(hash)]
	l := 0
	for i, h := range hash {
		s := found[i&(probeRows-1)]
		g := uint32(s)
		v, k := &views[i], &keys[g]
		ids[i] = int32(g) - 1
		isLong := uint64(int64(inlineBytes-int32(v[0])) >> 63)
		differ := (s^h)>>32 | k[0] ^ v[0] | (k[1]^v[1])&^isLong | (uint64(g)-1)>>32
		differ = (differ | -differ) >> 63
		row := from + int32(i)
		miss[m] = row
		m += int(differ)
		long[l&(probeRows-1)] = row
		l += int(isLong &^ differ & 1)
	}
	return m, l
}

// equal compares a stored value with one of data.
func (t *interner) equal(stored, v view, data []byte) bool {
	if stored[0] != v[0] || !isLong(v[0]) {
		return stored == v
	}
	n := uint32(v[0])
	return bytes.Equal(t.long.get(stored[1], n), data[v[1]:v[1]+uint64(n)])
}

// value is the bytes of a value, valid until the next call; inline ones are
// written to buf. Null has none.
func (t *interner) value(id int32, buf *[16]byte) (b []byte, null bool) {
	v := t.store.keys[id+1]
	if v == nullView {
		return nil, true
	}
	if isLong(v[0]) {
		return t.long.get(v[1], uint32(v[0])), false
	}
	unpackView(buf, v)
	return buf[4 : 4+uint32(v[0])], false
}

func (t *interner) truncate(n int) {
	t.store.truncate(n)
	t.codes.forget()
}

func (t *interner) reset() {
	t.store.reset()
	t.long.reset()
	t.codes.forget()
}
