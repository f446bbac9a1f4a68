package hashtab

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// interner numbers the distinct values of a column of bytes, null among them.
type interner struct {
	mem      *reserved.Ledger
	numbered numbered
	slots    slots
	slotted  int    // values that the slots lead to
	fixed    *fixed // nil: values may be added
	views    []view // of value i at i+1; views[0] stands in for no value
	n        int
	even     int32 // the length of all values, if there is one and none is null; else -1
	long     arena
	codes    codes
	most     int  // groupsLimit, but in tests
	same     bool // hash all to one value
}

func newInterner(mem *reserved.Ledger) *interner {
	return &interner{mem: mem, long: arena{mem: mem}, codes: codes{mem: mem}, most: groupsLimit, same: constantHash.Load()}
}

// textScratch is what finding values needs, for some rows.
type textScratch struct {
	views []view
	hash  []uint64
	miss  []int32
	code  []int32
	ask   []int32 // codes to be mapped, and what they were mapped to
	found []int32
}

const textScratchBytes = 16 + 8 + 3*4 // a row

func newTextScratch(n int, code []int32) textScratch {
	return textScratch{make([]view, n), make([]uint64, n), make([]int32, n), code, make([]int32, n), make([]int32, n)}
}

// find writes the number of rows from, from+1, … of arr, at most vector of them,
// and returns how many it did: all, but for an error.
func (t *interner) find(s *textScratch, arr arrow.Array, from int, ids []int32) (int, error) {
	if dict, ok := arr.(*array.Dictionary); ok {
		return t.codes.find(t, s, dict, from, ids)
	}
	return t.findRows(s, arr, arr, from, nil, ids)
}

// findRows is find for a plain column or for values of a dictionary by the codes in
// rows.
func (t *interner) findRows(s *textScratch, arr, values arrow.Array, from int, rows, ids []int32) (int, error) {
	if t.numbered.ids != nil {
		if data, m, ok, err := t.findNumbers(s, arr, values, from, rows, ids); err != nil {
			return 0, err
		} else if ok {
			return t.settle(s, data, ids, m)
		}
	}
	data, long, err := loadNullableViews(s.views[:len(ids)], s.hash[:len(ids)], arr, values, from, rows)
	if err != nil {
		return 0, err
	}
	return t.lookUp(s, data, long, ids)
}

// ensure makes room for more values.
func (t *interner) ensure(more int) error {
	want := t.n + more
	if want > t.most {
		return fmt.Errorf("hashtab: more than %d groups in one partition: use more partitions", t.most)
	}
	if want+1 > len(t.views) {
		views, err := grown(t.mem, t.views, want+1)
		if err != nil {
			return err
		}
		t.views = views
	}
	if t.slotted+more > room(len(t.slots.at)) {
		t.enumerate(more)
	}
	return t.slots.grow(t.mem, t.slotted+more)
}

// slotHash is what leads to a value of some hash: the lower half of that, since the
// values of a partition have much of the upper one in common.
func slotHash(h uint64) uint64 { return bits.RotateLeft64(h, 32) }

// lookUp finds the values whose views and hashes are in s; long ones, where there may
// be any, lie in data.
func (t *interner) lookUp(s *textScratch, data []byte, long bool, ids []int32) (int, error) {
	if t.slots.at == nil {
		if err := t.ensure(1); err != nil {
			return 0, err
		}
	}
	hash := s.hash[:len(ids)]
	if t.same {
		clear(hash)
	}
	return t.settle(s, data, ids, t.probe(s.views[:len(ids)], data, hash, long, ids, s.miss, 1))
}

// settle finds or adds the values of the first m rows of s.miss.
func (t *interner) settle(s *textScratch, data []byte, ids []int32, m int) (int, error) {
	views, hash, miss := s.views[:len(ids)], s.hash[:len(ids)], s.miss
	if m == 0 {
		return len(ids), nil
	}
	t.unfix()
	if err := t.ensure(m); err != nil {
		return 0, err
	}
	at, mask, shift := t.slots.at, uint64(len(t.slots.at)-1), t.slots.shift
	numbers := &t.numbered
	for _, i := range miss[:m] {
		h, v := slotHash(hash[i]), views[i]
		if len(numbers.ids) > 0 {
			if p := numbers.at(&v); p != 0 {
				if numbers.ids[p] == 0 {
					t.append(v)
					numbers.ids[p] = int32(t.n)
				}
				ids[i] = numbers.ids[p] - 1
				continue
			}
		}
		for p := h >> shift; ; p++ {
			slot := at[p&mask]
			if slot == 0 {
				if isLong(v[0]) {
					place, err := t.long.put(data[v[1] : v[1]+uint64(uint32(v[0]))])
					if err != nil {
						return int(i), err
					}
					v[1] = place
				}
				at[p&mask] = slotOf(h, t.n)
				ids[i] = int32(t.n)
				t.slotted++
				t.append(v)
				break
			}
			if slot>>32 == h>>32 && t.equal(t.views[uint32(slot)], v, data) {
				ids[i] = int32(uint32(slot)) - 1
				break
			}
		}
	}
	return len(ids), nil
}

// append adds a value, for which there is room.
func (t *interner) append(v view) {
	if n := int32(v[0]); t.n == 0 {
		t.even = n // of null: -1
	} else if n != t.even {
		t.even = -1
	}
	t.n++
	t.views[t.n] = v
}

// probe looks at the first slot of each hash, as that of stores does. It lists in miss the
// rows that this has not told: those whose slot is another's and, where free is 1, not 0,
// those whose slot is free, which have no group yet. Their ids are -1. Where values are
// numbered it lists all that have no number.
func (t *interner) probe(views []view, data []byte, hash []uint64, long bool, ids, miss []int32, free uint64) int {
	if t.numbered.ids != nil {
		return t.numbered.probe(views, ids, miss)
	}
	m := 0
	for from := 0; from < len(hash); from += probeRows {
		to := min(from+probeRows, len(hash))
		if !long {
			m = probeShort(t.slots.at, t.slots.shift, t.views, views[from:to], hash[from:to], ids[from:to], int32(from), miss, m, free)
			continue
		}
		first := m
		var long [probeRows]int32
		l := 0
		m, l = probeViews(t.slots.at, t.slots.shift, t.views, views[from:to], hash[from:to], ids[from:to], int32(from), miss, m, free, &long)
		if l == 0 {
			continue
		}
		for _, i := range long[:l] {
			if v := views[i]; !t.equal(t.views[ids[i]+1], v, data) {
				miss[m] = i
				m++
			}
		}
		slices.Sort(miss[first:m])
	}
	return m
}

// probeShort is probeViews where no value is long.
func probeShort(slots []uint64, shift uint, keys, views []view, hash []uint64, ids []int32, from int32, miss []int32, m int, free uint64) int {
	var found [probeRows]uint32
	for i, h := range hash {
		found[i&(probeRows-1)] = uint32(slots[slotHash(h)>>(shift&63)])
	}
	views, ids = views[:len(hash)], ids[:len(hash)]
	for i := range views {
		g := found[i&(probeRows-1)]
		v, k := &views[i], &keys[g]
		ids[i] = int32(g) - 1
		differ, none := (k[0]^v[0])|(k[1]^v[1]), (uint64(g)-1)>>63
		miss[m] = from + int32(i)
		m += int((differ|-differ)>>63&^none | none&free)
	}
	return m
}

// probeViews is probe for a few rows, the first of which has number from. It adds those
// whose key is another to the m rows of miss. Those that are long and whose hash, length
// and prefix agree it lists in long, to be compared.
func probeViews(slots []uint64, shift uint, keys, views []view, hash []uint64, ids []int32, from int32, miss []int32, m int, free uint64, long *[probeRows]int32) (misses, longs int) {
	var found [probeRows]uint64
	for i, h := range hash {
		found[i&(probeRows-1)] = slots[slotHash(h)>>(shift&63)]
	}
	views, ids = views[:len(hash)], ids[:len(hash)]
	l := 0
	for i, h := range hash {
		s := found[i&(probeRows-1)]
		g := uint32(s)
		v, k := &views[i], &keys[g]
		ids[i] = int32(g) - 1
		isLong := uint64(int64(inlineBytes-int32(v[0])) >> 63)
		differ, none := (k[0]^v[0])|((k[1]^v[1])&^isLong|(s^slotHash(h))>>32&isLong), (uint64(g)-1)>>63
		differ = (differ|-differ)>>63 | none
		row := from + int32(i)
		miss[m] = row
		m += int(differ &^ (none &^ free))
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
	v := t.views[id+1]
	if v == nullView {
		return nil, true
	}
	if isLong(v[0]) {
		return t.long.get(v[1], uint32(v[0])), false
	}
	unpackView(buf, v)
	return buf[4 : 4+uint32(v[0])], false
}

// hash is the hash of a value.
func (t *interner) hash(id int32) uint64 {
	v := t.views[id+1]
	if isLong(v[0]) {
		return hashLong(t.long.get(v[1], uint32(v[0])))
	}
	return fold(v[0]^seed0, v[1]^seed1)
}

// truncate forgets all but the first n values.
func (t *interner) truncate(n int) {
	t.codes.forget()
	if n >= t.n {
		return
	}
	t.unfix()
	if x := &t.numbered; x.ids != nil {
		for i := n; i < t.n; i++ {
			x.ids[x.at(&t.views[i+1])] = 0
		}
	}
	t.n, t.slotted = n, 0
	clear(t.slots.at)
	t.fill()
}

// held is what the interner has reserved, but for dictionaries.
func (t *interner) held() int {
	return 4*len(t.numbered.ids) + 8*len(t.slots.at) + 16*cap(t.views) + int(t.long.held)
}

func (t *interner) reset(keep int) {
	if t.held()-int(t.long.held) > keep {
		t.slots.free(t.mem)
		t.numbered.ids = reserved.Free(t.mem, t.numbered.ids)
		t.views = reserved.Free(t.mem, t.views)
	}
	t.unfix()
	clear(t.slots.at)
	clear(t.numbered.ids)
	t.n, t.slotted = 0, 0
	t.long.reset()
	t.codes.forget()
}
