package hashtab

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// boundTextBytes is up to what size the texts that a bound table knows are kept.
const boundTextBytes = 16 << 20

// PackRows packs the keys of rows from, from+1, … to planes of stride words each, and
// writes their hashes (those of RowHashes) to hash. It returns how many rows it did: all up
// to row to, or fewer, none perhaps, where the layout of the table had to change, or with
// an error. They are packed by the layout of before the call. Nothing is inserted.
func (t *Table) PackRows(keys []arrow.Array, from, to int, planes []uint64, stride int, hash []uint64) (done int, err error) {
	if err := t.mem.Settle(); err != nil {
		return 0, err
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return 0, err
	}
	t.forgetTexts(boundTextBytes)
	layout := t.bound.layout
	for at := from; at < to; at += vector {
		n := min(vector, to-at)
		if err := t.hashBound(keys, at, hash[at-from:][:n]); err != nil {
			return at - from, err
		}
		words, err := t.pack(keys, at, n)
		if err != nil || t.bound.layout != layout {
			return at - from, err
		}
		for w := range layout.width {
			copy(planes[w*stride+at-from:][:n], words[w*t.rows:])
		}
	}
	return to - from, nil
}

// hashBound hashes rows, at most vector of them, and leaves the numbers of their texts in
// ids.
func (t *Table) hashBound(keys []arrow.Array, from int, dst []uint64) error {
	n := len(dst)
	words := t.column[:n]
	for c, arr := range keys {
		if t.texts[c] == nil {
			values, rows := arr, []int32(nil)
			if d, ok := arr.(*array.Dictionary); ok {
				values = d.Dictionary()
				rows = valueRows(t.code, values.Len(), d, from, n)
			}
			loadNullable(words, nullWord, arr, values, from, rows)
			mixWords(dst, words, c == 0)
			continue
		}
		ids := t.ids[c][:n]
		if _, err := t.texts[c].find(&t.scratch, arr, from, ids); err != nil {
			return err
		}
		if err := t.learn(c); err != nil {
			return err
		}
		known := t.bound.texts[c].known
		for i, id := range ids {
			text := &known[id]
			words[i], ids[i] = text.hash, int32(text.id)
		}
		mixHashes(dst, words, c == 0)
	}
	if t.same {
		clear(dst)
	}
	return nil
}

// forgetTexts forgets the texts of columns that hold more than so many bytes.
func (t *Table) forgetTexts(bytes int) {
	for c, values := range t.texts {
		if values != nil && values.held() > bytes {
			values.reset(0)
			t.bound.forget(t.mem, c)
		}
	}
}

// FindPacked is Find for keys that a table bound to the same Shared has packed by a layout:
// planes[w] are words w of the keys.
func (t *Table) FindPacked(planes [][]uint64, of *Layout, from, to int, group []int32) (done int, err error) {
	if err := t.mem.Settle(); err != nil {
		return 0, err
	}
	if err := t.makeRoom(min(to-from, vector)); err != nil {
		return 0, err
	}
	if of.version > t.bound.layout.version {
		if err := t.adopt(of); err != nil {
			return 0, err
		}
	}
	for at := from; at < to; at += vector {
		n := min(vector, to-at)
		words, stride := t.words, t.rows
		switch {
		case of != t.bound.layout:
			t.repackRows(planes, of, at, n)
		case of.width == 1:
			words, stride = planes[0][at:], n
		default:
			for w, plane := range planes {
				copy(t.words[w*t.rows:][:n], plane[at:])
			}
		}
		if err := t.packed.find(words, stride, group[at-from:][:n], t.miss); err != nil {
			return at - from, err
		}
	}
	return to - from, nil
}

// repackRows writes the keys of n rows, packed by an older layout, to t.words.
func (t *Table) repackRows(planes [][]uint64, of *Layout, from, n int) {
	old, row := make([]uint64, of.width), make([]uint64, t.packed.width)
	for i := range n {
		for w := range old {
			old[w] = planes[w][from+i]
		}
		repackKey(row, old, t.fields, of.fields, nil)
		for w, word := range row {
			t.words[w*t.rows+i] = word
		}
	}
}

// PackedKeys writes word w of the keys of groups from to to-1 to dst.
func (t *Table) PackedKeys(w, from, to int, dst []uint64) {
	unpack(dst[:to-from], t.packed.keys[(from+1)*t.packed.width+w:], t.packed.width, 0, ^uint64(0))
}
