package hashtab

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/internal/plaincol"
	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Table numbers the distinct keys of some columns: 0, 1, 2, … in the order in
// which they are met. Null is one key, NaN is one, -0 and 0 are one. It belongs to
// one goroutine.
type Table struct {
	mem    *reserved.Ledger
	alloc  memory.Allocator
	fields []field
	width  int // words of a row

	// Exactly one of these numbers the groups.
	single *store[[1]uint64] // one column of up to 64 bits; the loose group is null
	values *interner         // one column of bytes; or rows of more than 8 words, as bytes
	rows   rowStore          // any other

	codes   codes       // of a single column
	columns []*interner // of the interned ones of several
	dicts   []dictWords // of the fixed ones of several

	hashers []columnHasher

	same         bool // hash all to one value
	words, hash  []uint64
	columnWords  []uint64 // of one column
	views        []view
	miss, code   []int32
	ids          [][]int32
	scratchBytes int64
}

// rowStore is a store of rows of more than one column.
type rowStore interface {
	findRows(words, hash []uint64, group, miss []int32) error
	gather(dst []uint64, groups []int32, width int)
	row(g int32) []uint64
	groupHashes() []uint64
	truncate(n int)
	reset()
}

const vector = 1024 // rows between one loop and the next

// New returns an empty table for keys of the given types, which are those of
// KeyType or dictionaries of them: both may come, batch by batch. alloc serves
// the key columns that come out; all else is reserved first, and given back by
// Reset and Close.
func New(types []arrow.DataType, alloc memory.Allocator, reserve func(bytes int64) error) (*Table, error) {
	out := make([]arrow.DataType, len(types))
	for i, t := range types {
		var err error
		if out[i], err = KeyType(t); err != nil {
			return nil, err
		}
	}
	t := &Table{mem: reserved.NewLedger(reserve), alloc: alloc, same: constantHash.Load()}
	t.codes = codes{mem: t.mem, alloc: alloc}
	t.hashers = make([]columnHasher, len(types))
	switch {
	case len(out) == 1 && isBytes(out[0]):
		t.fields = []field{{typ: out[0], bytes: true}}
		t.values = newInterner(t.mem, alloc)
		return t, nil
	case len(out) == 0:
		t.width = 1
	case len(out) == 1 && widthOf(out[0]) <= 64:
		t.fields, t.width = []field{{typ: out[0], bits: widthOf(out[0]), null: place{1, 0}}}, 1
	default:
		t.fields, t.width = layOut(out)
		t.open()
		return t, nil
	}
	s := newStore[[1]uint64](t.mem)
	t.single = &s
	return t, nil
}

// open makes what a table of several columns needs.
func (t *Table) open() {
	t.rows, t.width = newRowStore(t.width, t.mem)
	if t.rows == nil {
		t.values = newInterner(t.mem, t.alloc)
	}
	t.columns, t.dicts = make([]*interner, len(t.fields)), make([]dictWords, len(t.fields))
	t.ids = make([][]int32, len(t.fields))
	for i := range t.fields {
		if t.fields[i].bytes {
			t.columns[i] = newInterner(t.mem, t.alloc)
		}
	}
}

// Len is the number of groups.
func (t *Table) Len() int { return len(t.Hashes()) }

// Hashes are the hashes of the groups; valid until the next call that changes the
// table.
func (t *Table) Hashes() []uint64 {
	switch {
	case t.single != nil:
		return t.single.hashes[:t.single.n]
	case t.values != nil:
		return t.values.store.hashes[:t.values.store.n]
	}
	return t.rows.groupHashes()
}

// HeldBytes is what the table has reserved.
func (t *Table) HeldBytes() int64 { return t.mem.Held() }

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
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return 0, err
	}
	if len(keys) == 0 {
		g, err := t.single.addLoose(t.hashOfNull())
		if err != nil {
			return 0, err
		}
		for i := range group[:to-from] {
			group[i] = g
		}
		return to - from, nil
	}
	for at := from; at < to; {
		ids := group[at-from : min(at-from+vector, to-from)]
		n := 0
		switch {
		case t.rows != nil || t.width > 0 && t.values != nil:
			n, err = t.findRows(keys, at, ids)
		case t.values != nil:
			n, err = t.values.find(keys[0], at, ids)
		default:
			n, err = t.findSingle(keys[0], at, ids)
		}
		if at += n; err != nil {
			return at - from, err
		}
	}
	return to - from, nil
}

// scratchRows is for how many rows scratch is made where n are needed.
func scratchRows(n int) int {
	rows := 64
	for rows < n {
		rows *= 4
	}
	return min(rows, vector)
}

// makeRoom makes scratch for n rows.
func (t *Table) makeRoom(n int) error {
	if len(t.miss) >= n {
		return nil
	}
	n = scratchRows(n)
	perRow, views := 8*(t.width+2)+8, 0
	for i := range t.fields {
		if t.fields[i].bytes {
			perRow += 4
		}
		if viewed(t.fields[i].typ) {
			views = n
		}
	}
	perRow += 16 * views / n
	want := int64(n) * int64(perRow)
	if err := t.mem.Reserve(want - t.scratchBytes); err != nil {
		return err
	}
	t.scratchBytes = want
	t.words, t.hash = make([]uint64, n*t.width), make([]uint64, n)
	t.columnWords, t.views = make([]uint64, n), make([]view, views)
	t.miss, t.code = make([]int32, n), make([]int32, n)
	for i := range t.ids {
		if t.fields[i].bytes {
			t.ids[i] = make([]int32, n)
		}
	}
	return nil
}

// findSingle finds rows of the only column, of up to 64 bits.
func (t *Table) findSingle(arr arrow.Array, from int, group []int32) (int, error) {
	if dict, ok := arr.(*array.Dictionary); ok {
		return t.codes.find(t, dict, from, group)
	}
	return t.find(arr, from, group)
}

// find is findSingle for a plain column.
func (t *Table) find(arr arrow.Array, from int, group []int32) (int, error) {
	n, f := len(group), &t.fields[0]
	valid := validity(arr, from)
	if arr.DataType().ID() == arrow.NULL {
		valid = &bitmap{bits: make([]byte, (n+7)/8)}
	} else {
		words, hash := t.words[:n], t.hash[:n]
		if f.bits == 64 && f.typ.ID() != arrow.FLOAT64 {
			first := arr.Data().Offset() + from
			words = arrow.Uint64Traits.CastFromBytes(plaincol.Cast[byte](arr.Data().Buffers()[1]))[first : first+n]
		} else {
			clear(words)
			f.pack(words, 1, n, arr, from, true)
		}
		if err := t.hashRows([]arrow.Array{arr}, from, hash); err != nil {
			return 0, err
		}
		if err := t.single.find(asKeys[[1]uint64](words), hash, group, t.miss, valid); err != nil {
			return 0, err
		}
	}
	if valid == nil {
		return n, nil
	}
	for i := range group {
		if !valid.at(i) {
			g, err := t.single.addLoose(t.hashOfNull())
			if err != nil {
				return i, err
			}
			group[i] = g
		}
	}
	return n, nil
}

// hashOfNull is the hash of null as the only key.
func (t *Table) hashOfNull() uint64 {
	if t.same || len(t.fields) == 0 {
		return 0
	}
	return fold(nullWord^seed0, seed1)
}

// Truncate forgets all but the first n groups.
func (t *Table) Truncate(n int) {
	t.codes.forget()
	switch {
	case t.single != nil:
		t.single.truncate(n)
	case t.values != nil:
		t.values.truncate(n)
	default:
		t.rows.truncate(n)
	}
}

// Reset forgets all groups and gives back what a small table does not need.
func (t *Table) Reset() {
	t.codes.forget()
	switch {
	case t.single != nil:
		t.single.reset()
	case t.values != nil:
		t.values.reset()
	default:
		t.rows.reset()
	}
	for i := range t.columns {
		if t.columns[i] != nil {
			t.columns[i].reset()
		}
		t.dicts[i].forget(t.mem)
	}
	for i := range t.hashers {
		t.hashers[i].forget(t)
	}
}

// Close gives everything back. The table is not used any more.
func (t *Table) Close() {
	t.Reset()
	t.mem.Close()
	*t = Table{}
}
