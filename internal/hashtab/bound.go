package hashtab

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"

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
