package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// CanLookUp says whether the table's rows may be looked up: its key is one column of
// text.
func (t *Table) CanLookUp() bool { return t.single != nil }

// LookUp writes to group[i] the group of row from+i of the key columns, up to row to, or
// -1 where its key was not met before, and to hash[i] what RowHashes says of it. Nothing
// is inserted. The columns, plain or dictionaries, are borrowed. Errors are those of
// reserve and a value that is too long.
func (t *Table) LookUp(keys []arrow.Array, from, to int, group []int32, hash []uint64) error {
	if from == to {
		return nil
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return err
	}
	values, arr := keys[0], keys[0]
	dict, coded := arr.(*array.Dictionary)
	if coded {
		values = dict.Dictionary()
	}
	for at := from; at < to; at += vector {
		ids, hash := group[at-from:min(at-from+vector, to-from)], hash[at-from:min(at-from+vector, to-from)]
		var rows []int32
		if coded {
			rows = valueRows(t.code, values.Len(), dict, at, len(ids))
		}
		views := t.scratch.views[:len(ids)]
		data, long, err := loadNullableViews(views, hash, arr, values, at, rows)
		if err != nil {
			return err
		}
		t.single.known(views, data, hash, long, ids, t.scratch.miss)
	}
	return nil
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
