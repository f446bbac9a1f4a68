package hashtab

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Table numbers the distinct keys of some columns: 0, 1, 2, … in the order in
// which they are met. Null is one key, NaN is one, -0 and 0 are one. It belongs to
// one goroutine.
type Table struct {
	mem    *reserved.Ledger
	alloc  memory.Allocator
	fields []field
	texts  []*interner // of the fields that are text, otherwise nil

	// A single column of text is its interner; any other keys are packed.
	single *interner
	packed store
	bound  *binding // nil: the layout is the table's own

	hashers []columnHasher
	hashes  []uint64 // of the groups that Hashes was asked for
	same    bool     // hash all to one value
	keep    int      // bytes, when it is reset

	rows    int      // that there is scratch for
	words   []uint64 // the keys of rows, plane by plane
	column  []uint64 // the values of a column
	miss    []int32
	code    []int32
	ids     [][]int32 // of the columns of text
	scratch textScratch
}

const vector = 1024 // rows between one loop and the next

// New returns an empty table for keys of the given types, which are those of
// KeyType or dictionaries of them: both may come, batch by batch. alloc serves
// the key columns that come out; all else is reserved first, and given back by
// Reset and Close.
func New(types []arrow.DataType, alloc memory.Allocator, reserve func(bytes int64) error) (*Table, error) {
	t := &Table{mem: reserved.NewLedger(reserve), alloc: alloc, same: constantHash.Load(), keep: keepBytes}
	for _, typ := range types {
		out, err := KeyType(typ)
		if err != nil {
			return nil, err
		}
		t.fields = append(t.fields, newField(out))
	}
	t.texts, t.ids = make([]*interner, len(types)), make([][]int32, len(types))
	t.hashers = make([]columnHasher, len(types))
	for i := range t.fields {
		if t.fields[i].text {
			t.texts[i] = newInterner(t.mem)
		}
	}
	if len(types) == 1 && t.fields[0].text {
		t.single = t.texts[0]
	}
	t.packed = store{mem: t.mem, width: 1, most: groupsLimit, same: t.same}
	return t, nil
}

// Len is the number of groups.
func (t *Table) Len() int {
	if t.single != nil {
		return t.single.n
	}
	return t.packed.n
}

// HeldBytes is what the table has reserved.
func (t *Table) HeldBytes() int64 { return t.mem.Held() }

// Expect says that about so many groups will come, so that room for them is made at
// once. It is a hint: where memory is refused the table grows as ever.
func (t *Table) Expect(groups int) {
	if more := min(groups, groupsLimit) - t.Len(); more <= 0 {
		return
	} else if t.single != nil {
		_ = t.single.ensure(more)
	} else {
		t.packed.expect = groups
		if t.packed.ensure(more) != nil {
			t.packed.expect = 0
		}
	}
}

// Find writes to group[i] the group of row from+i of the key columns, up to row
// to; keys not met before get the next numbers. The columns are borrowed. done is
// the number of rows that it did, all of them but for an error; the table is in
// order either way. Errors are those of reserve, a value that is too long, and
// more than 2^31 groups.
func (t *Table) Find(keys []arrow.Array, from, to int, group []int32) (done int, err error) {
	if from == to {
		return 0, nil
	}
	if len(keys) != len(t.fields) {
		return 0, fmt.Errorf("hashtab: %d key columns where there are %d", len(keys), len(t.fields))
	}
	if err := t.mem.Settle(); err != nil {
		return 0, err
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return 0, err
	}
	for at := from; at < to; {
		ids := group[at-from : min(at-from+vector, to-from)]
		n := 0
		if t.single != nil {
			n, err = t.single.find(&t.scratch, keys[0], at, ids)
		} else {
			n, err = t.findPacked(keys, at, ids)
		}
		if at += n; err != nil {
			return at - from, err
		}
	}
	return to - from, nil
}

// makeRoom makes scratch for n rows.
func (t *Table) makeRoom(n int) error {
	if t.rows >= n {
		return nil
	}
	rows := 64
	for rows < n {
		rows *= 2
	}
	rows = min(rows, vector)
	texts := 0
	for i := range t.fields {
		if t.fields[i].text {
			texts++
		}
	}
	perRow := 8 + 2*4
	if t.single == nil {
		perRow += 8*t.packed.width + 4*texts
	}
	if texts > 0 {
		perRow += textScratchBytes
	}
	if err := t.mem.Reserve(int64(rows-t.rows) * int64(perRow)); err != nil {
		return err
	}
	t.rows = rows
	t.column, t.miss, t.code = make([]uint64, rows), make([]int32, rows), make([]int32, rows)
	if texts > 0 {
		t.scratch = newTextScratch(rows, t.code)
	}
	if t.single != nil {
		return nil
	}
	t.words = make([]uint64, rows*t.packed.width)
	for i := range t.fields {
		if t.fields[i].text {
			t.ids[i] = make([]int32, rows)
		}
	}
	return nil
}

// findPacked finds at most vector rows of keys that are packed.
func (t *Table) findPacked(keys []arrow.Array, from int, group []int32) (n int, failed error) {
	n = len(group)
	for c, values := range t.texts {
		if values == nil {
			continue
		}
		done, err := values.find(&t.scratch, keys[c], from, t.ids[c][:n])
		if n = done; err != nil {
			failed = err
		}
	}
	if n == 0 {
		return 0, failed
	}
	if t.bound != nil {
		for c, values := range t.texts {
			if values == nil {
				continue
			}
			if err := t.toShared(c, t.ids[c][:n]); err != nil {
				return 0, err
			}
		}
	}
	words, err := t.pack(keys, from, n)
	if err != nil {
		return 0, err
	}
	if err := t.packed.find(words, t.rows, group[:n], t.miss); err != nil {
		return 0, err
	}
	return n, failed
}

// Truncate forgets all but the first n groups.
func (t *Table) Truncate(n int) {
	t.hashes = t.hashes[:min(n, len(t.hashes))]
	if t.single != nil {
		t.single.truncate(n)
	} else {
		t.packed.truncate(n)
	}
}

// Keep says up to how many bytes of slots and keys Reset keeps for the groups to come:
// 128 KiB unless told.
func (t *Table) Keep(bytes int) { t.keep = bytes }

// Reset forgets all groups. What a small table holds is kept for the next ones, as
// are few values of text and what is known of dictionaries where there are several
// columns.
func (t *Table) Reset() {
	t.hashes = reserved.Free(t.mem, t.hashes)
	t.packed.reset(t.keep)
	if t.bound != nil {
		t.forgetTexts(max(t.keep/4, boundTextBytes))
	} else {
		for _, values := range t.texts {
			if values != nil && (values == t.single || values.held() > t.keep/4) {
				values.reset(t.keep)
			}
		}
	}
	for i := range t.hashers {
		t.hashers[i].forget(t)
	}
}

// Close gives everything back. The table is not used any more.
func (t *Table) Close() {
	t.Reset()
	for _, values := range t.texts {
		if values != nil {
			values.codes.forget()
		}
	}
	t.mem.Close()
	*t = Table{}
}
