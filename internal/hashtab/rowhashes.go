package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// The hash of a row goes from column to column. That of the first is fold(word) for
// a value of up to 64 bits and the hash of the bytes for any other; each further
// column's word or hash of bytes is folded in. The word of null is nullWord.
const nullWord = seed3

// nullHash is the hash of null in a column of bytes.
var nullHash = fold(nullView[0]^seed0, nullView[1]^seed1)

// RowHashes writes to dst[i] the hash of row from+i of the key columns, up to row to:
// what Hashes says of the group that Find gives to the row. Nothing is inserted. The
// columns, plain or dictionaries, are borrowed. Errors are those of reserve and a
// value that is too long.
func (t *Table) RowHashes(keys []arrow.Array, from, to int, dst []uint64) error {
	if from == to {
		return nil
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return err
	}
	for at := from; at < to; at += vector {
		if err := t.hashRows(keys, at, dst[at-from:min(at-from+vector, to-from)]); err != nil {
			return err
		}
	}
	return nil
}

// hashRows is RowHashes for at most vector rows, with room made.
func (t *Table) hashRows(keys []arrow.Array, from int, dst []uint64) error {
	if t.same || len(keys) == 0 {
		clear(dst)
		return nil
	}
	for c, arr := range keys {
		if err := t.hashers[c].hash(t, arr, from, dst, c == 0, viewed(t.fields[c].typ)); err != nil {
			return err
		}
	}
	return nil
}

// columnHasher hashes the rows of one column. It remembers the hashes of the values
// of one dictionary of bytes, the last that was short enough to be hashed whole.
type columnHasher struct {
	dict   arrow.ArrayData // retained
	hashes []uint64
}

// hash mixes the hashes of rows from, from+1, … of arr into dst, of at most vector
// rows. isViewed says that its values are bytes.
func (h *columnHasher) hash(t *Table, arr arrow.Array, from int, dst []uint64, first, isViewed bool) error {
	words := t.column[:len(dst)]
	values, rows := arr, []int32(nil)
	if dict, ok := arr.(*array.Dictionary); ok {
		values = dict.Dictionary()
		rows = valueRows(t.code, values.Len(), dict, from, len(dst))
	}
	switch {
	case !isViewed:
		loadNullable(words, nullWord, arr, values, from, rows)
		mixWords(dst, words, first)
		return nil
	case rows != nil && h.remember(t, values, arr.Len()):
		for i, k := range rows {
			words[i] = h.hashes[k]
		}
		markNulls(words, nullHash, arr, from)
	default:
		if _, _, err := loadNullableViews(t.scratch.views[:len(dst)], words, arr, values, from, rows); err != nil {
			return err
		}
	}
	mixHashes(dst, words, first)
	return nil
}

// remember hashes the values of a dictionary, if it is no longer than the column of
// so many rows, and says whether their hashes are there.
func (h *columnHasher) remember(t *Table, values arrow.Array, rows int) bool {
	dict, n := values.Data(), values.Len()
	if h.dict == dict {
		return true
	}
	if n == 0 || n > rows/2 {
		return false
	}
	h.forget(t)
	if t.mem.Reserve(int64(n)*8) != nil {
		return false
	}
	hashes := make([]uint64, n)
	for at := 0; at < n; at += len(t.scratch.views) {
		part := hashes[at:min(at+len(t.scratch.views), n)]
		if _, _, err := loadNullableViews(t.scratch.views[:len(part)], part, values, values, at, nil); err != nil { // that value need not be met
			t.mem.Release(int64(n) * 8)
			return false
		}
	}
	dict.Retain()
	h.dict, h.hashes = dict, hashes
	return true
}

func (h *columnHasher) forget(t *Table) {
	if h.dict != nil {
		h.dict.Release()
		t.mem.Release(int64(len(h.hashes)) * 8)
	}
	*h = columnHasher{}
}

// mixWords adds a column of words to the hashes that the first one begins.
func mixWords(dst, words []uint64, first bool) {
	words = words[:len(dst)]
	if first {
		for i := range dst {
			dst[i] = fold(words[i]^seed0, seed1)
		}
		return
	}
	for i, h := range dst {
		dst[i] = fold(h^words[i], seed2)
	}
}

// mixHashes is mixWords for words that are hashes.
func mixHashes(dst, hashes []uint64, first bool) {
	if first {
		copy(dst, hashes)
		return
	}
	mixWords(dst, hashes, false)
}
