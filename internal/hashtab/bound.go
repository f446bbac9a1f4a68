package hashtab

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// binding is what a table that is bound knows of what it shares.
type binding struct {
	shared *Shared
	layout *Layout
	texts  []boundText // by column
}

// boundText is a column of text of a bound table. The table's own interner finds values,
// for nobody else looks into it; what it does not know is asked for once.
type boundText struct {
	known  []knownText // of the values of the table's interner
	end    int         // all ids are below
	values *interner   // those of Shared, as they were when last looked at
}

// knownText is what a bound table knows of a text.
type knownText struct {
	hash uint64
	id   int64 // its number in Shared
}

// boundTextBytes is up to what size the texts that a bound table knows are kept.
const boundTextBytes = 16 << 20

// Bind makes t use the layouts of s and its numbers of texts from now on. Groups stay as
// they are. A table of a single column of text has nothing to share and is not bound. With
// an error, that of reserve, nothing has changed.
func (t *Table) Bind(s *Shared) error {
	if t.bound != nil || t.single != nil || len(t.fields) == 0 {
		return nil
	}
	t.bound = &binding{shared: s, texts: make([]boundText, len(t.fields))}
	err := t.learnGroups()
	if err != nil {
		for c := range t.texts {
			t.bound.forget(t.mem, c)
		}
		t.bound = nil
	}
	return err
}

// learnGroups asks for all that keys of the groups have to have in common with those of
// other tables, and packs them anew.
func (t *Table) learnGroups() error {
	spans, ends, known := make([]span, len(t.fields)), make([]int, len(t.fields)), make([][]knownText, len(t.fields))
	for i := range t.fields {
		switch f := &t.fields[i]; {
		case f.text:
			if err := t.learn(i); err != nil {
				return err
			}
			known[i], ends[i] = t.bound.texts[i].known, t.bound.texts[i].end
		case f.raw:
			spans[i] = span{0, math.MaxUint64, true, f.nulls}
		default:
			spans[i] = t.packed.spanOf(f)
		}
	}
	l := t.bound.shared.covering(spans, ends)
	if err := t.relay(l.fields, l.width, l.bits, known); err != nil {
		return err
	}
	t.bound.layout = l
	return nil
}

// Bound is the layout of a table that is bound, otherwise nil. It may change with each
// call that changes the table, and with PackRows.
func (t *Table) Bound() *Layout {
	if t.bound == nil {
		return nil
	}
	return t.bound.layout
}

// TextsRepeat says whether the texts of each column of the groups have met times as many
// groups as there are of them.
func (t *Table) TextsRepeat(times int) bool {
	for _, values := range t.texts {
		if values != nil && values.n*times > t.Len() {
			return false
		}
	}
	return true
}

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

// learn asks for the numbers of the texts that came last.
func (t *Table) learn(c int) error {
	of, n := &t.bound.texts[c], t.texts[c].n
	from := len(of.known)
	if from == n {
		return nil
	}
	known, err := grown(t.mem, of.known, n)
	if err != nil {
		return err
	}
	of.known = known[:from]
	if err := t.bound.shared.number(c, t.texts[c], from, known[from:n]); err != nil {
		clear(known[from:n])
		return err
	}
	of.known = known[:n]
	for _, text := range known[from:n] {
		of.end = max(of.end, int(text.id)+1)
	}
	return nil
}

// toShared replaces the numbers of texts of the table's own interner.
func (t *Table) toShared(c int, ids []int32) error {
	if err := t.learn(c); err != nil {
		return err
	}
	known := t.bound.texts[c].known
	for i, id := range ids {
		ids[i] = int32(known[id].id)
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

func (b *binding) forget(mem *reserved.Ledger, c int) {
	b.texts[c].known = reserved.Free(mem, b.texts[c].known)
}

// valuesOfText are the values of the texts that the keys have numbers of.
func (t *Table) valuesOfText(c int) *interner {
	if t.bound == nil {
		return t.texts[c]
	}
	of := &t.bound.texts[c]
	if of.values == nil || int64(of.values.n) != t.bound.shared.counts[c].Load() {
		of.values = t.bound.shared.values(c)
	}
	return of.values
}

// textsEnd is above all numbers of texts of rows to be packed.
func (t *Table) textsEnd(c int) int {
	if t.bound == nil {
		return t.texts[c].n
	}
	return t.bound.texts[c].end
}

// widenBound is widen for a table that is bound.
func (t *Table) widenBound(outgrown int, keys []arrow.Array, from, n int) error {
	spans := make([]span, len(t.fields))
	for i := range t.fields {
		if f := &t.fields[i]; !f.text {
			values, nulls := t.load(keys[i], from, n)
			spans[i].addRows(values, nulls, f.flip)
		}
	}
	return t.adopt(t.bound.shared.widen(t.bound.layout, outgrown, spans))
}

// adopt packs the keys of the groups by a newer layout.
func (t *Table) adopt(l *Layout) error {
	if err := t.relay(l.fields, l.width, l.bits, nil); err != nil {
		return err
	}
	t.bound.layout = l
	return nil
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
