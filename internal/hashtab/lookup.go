package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// CanPart says whether the table's rows may be parted: its key is one column of text.
func (t *Table) CanPart() bool { return t.single != nil }

// Fix says that rows are to be parted by the groups that there are, for a while: an index
// is made that is faster than that of a table which grows. It is a hint: where there are
// too many groups or no memory all is as before, and the next group that is added ends it.
func (t *Table) Fix() {
	if t.single != nil {
		t.single.fix()
	}
}

// Part looks up rows from to to-1 of the key columns. The groups of those whose key was met
// before it writes to group, in the order of the rows, and returns their number; the others
// it lists in strange, and what RowHashes says of them in hash. All three have room for
// to-from rows. Nothing is inserted. The columns, plain or dictionaries, are borrowed.
// Errors are those of reserve and a value that is too long.
func (t *Table) Part(keys []arrow.Array, from, to int, group, strange []int32, hash []uint64) (known int, err error) {
	if from == to {
		return 0, nil
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return 0, err
	}
	values, arr := keys[0], keys[0]
	dict, coded := arr.(*array.Dictionary)
	if coded {
		values = dict.Dictionary()
	}
	p := parted{group: group[:to-from], strange: strange[:to-from], hash: hash[:to-from]}
	for at := from; at < to; at += partRows {
		n := min(partRows, to-at)
		var rows []int32
		if coded {
			rows = valueRows(t.code, values.Len(), dict, at, n)
		}
		views, hash := t.scratch.views[:n], t.scratch.hash[:n]
		data, long, err := loadNullableViews(views, hash, arr, values, at, rows)
		if err != nil {
			return 0, err
		}
		t.single.part(&p, &t.scratch, data, long, n, int32(at))
	}
	return p.known, nil
}

// partRows is how many rows are loaded and then looked up: their views are to stay in the
// first-level cache.
const partRows = 256

// parted are rows in two parts.
type parted struct {
	group, strange []int32
	hash           []uint64
	known, unknown int
}

// part looks up n rows whose views and hashes stand in s, the first of which is number row.
func (t *interner) part(p *parted, s *textScratch, data []byte, long bool, n int, row int32) {
	views, hash := s.views[:n], s.hash[:n]
	switch {
	case t.fixed == nil:
		ids := s.found[:n]
		t.known(views, data, hash, long, ids, s.miss)
		p.add(ids, hash, row)
	case !long:
		t.partShort(p, views, hash, row)
	default:
		ids := s.found[:n]
		t.knownLong(views, data, hash, ids, s.miss)
		p.add(ids, hash, row)
	}
}

// add adds rows whose groups are known, -1: there is none.
func (p *parted) add(ids []int32, hash []uint64, row int32) {
	hash = hash[:len(ids)]
	k, u := p.known, p.unknown
	for i, g := range ids {
		p.group[k] = g
		p.strange[u], p.hash[u] = row+int32(i), hash[i]
		none := int(uint32(g) >> 31)
		u += none
		k += 1 - none
	}
	p.known, p.unknown = k, u
}

// known finds the values that are there; -1 stands for others.
func (t *interner) known(views []view, data []byte, hash []uint64, long bool, ids, miss []int32) {
	if t.same {
		clear(hash)
	}
	if t.slots.at == nil {
		for i := range ids {
			ids[i] = -1
		}
		return
	}
	m := t.probe(views, data, hash, long, ids, miss, 0)
	at, mask, shift := t.slots.at, uint64(len(t.slots.at)-1), t.slots.shift
	for _, i := range miss[:m] {
		h := slotHash(hash[i])
		ids[i] = -1 // of another value so far
		for p := h >> shift; ; p++ {
			slot := at[p&mask]
			if slot == 0 {
				break
			}
			if slot>>32 == h>>32 && t.equal(t.views[uint32(slot)], views[i], data) {
				ids[i] = int32(uint32(slot)) - 1
				break
			}
		}
	}
}
