package operators

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"unsafe"
)

// rowOrder compares and sorts rows by their words, those that first does not tell of. It is
// of one goroutine.
type rowOrder struct {
	joint *sortJoint

	rows         [orderBlock]unsafe.Pointer
	words, marks [orderBlock]uint64
}

func bitsOf(x uint64) int { return bits.Len64(x) }

// sort sorts ranks whose first tells of the words before word.
func (o *rowOrder) sort(ranks []rank, word int) { o.sortFrom(ranks, word, 0) }

// sortFrom is sort where, of strings that word stands for, the bytes before from are equal.
func (o *rowOrder) sortFrom(ranks []rank, word, from int) {
	sortByFirst(ranks)
	for at := 0; at < len(ranks); {
		end := at + 1
		for end < len(ranks) && ranks[end].first == ranks[at].first {
			end++
		}
		if end > at+1 {
			first := ranks[at].first
			o.refine(ranks[at:end], word, from)
			for i := range ranks[at:end] {
				ranks[at+i].first = first
			}
		}
		at = end
	}
}

// refine sorts ranks that are equal in the words before word.
func (o *rowOrder) refine(ranks []rank, word, from int) {
	for differ := false; !differ; {
		if len(ranks) <= fewRanks {
			slices.SortFunc(ranks, func(a, b rank) int { return o.compareFrom(a, b, word) })
			return
		}
		if word == len(o.joint.plan.words) {
			for i, r := range ranks {
				ranks[i].first = uint64(r.part)<<32 | uint64(r.slot)
			}
			sortByFirst(ranks)
			return
		}
		differ, word, from = o.deepen(ranks, word, from)
	}
	o.sortFrom(ranks, word, from)
}

// deepen gives ranks their word as first, and returns whether it differs, and what is next.
func (o *rowOrder) deepen(ranks []rank, word, from int) (differ bool, next, nextFrom int) {
	k := o.joint.plan.words[word]
	next = word + 1
	if o.joint.rest(k) {
		if from == 0 {
			from = textInRow
		}
		if o.deepenText(ranks, k, from) {
			next, nextFrom = word, from+8
		}
	} else {
		for at := 0; at < len(ranks); at += orderBlock {
			o.load(k, ranks[at:min(at+orderBlock, len(ranks))])
		}
	}
	for i := range ranks {
		differ = differ || ranks[i].first != ranks[0].first
	}
	return differ, next, nextFrom
}

// load gives ranks the word k of their rows as first.
func (o *rowOrder) load(k keyWord, ranks []rank) {
	j := o.joint
	for i, r := range ranks {
		o.rows[i] = unsafe.Pointer(&j.segments[r.part].rows[int(r.slot)*j.layout.stride])
	}
	words, marks := o.words[:len(ranks)], o.marks[:len(ranks)]
	j.layout.cells[j.plan.cellOf(k)].get(words, o.rows[:])
	j.layout.cells[k.column/64].get(marks, o.rows[:])
	j.plan.order(k, words, marks)
	for i, x := range words {
		ranks[i].first = x
	}
}

// deepenText gives ranks eight bytes of strings, from from on, as first, or where there are
// none left their length, and returns whether there were.
func (o *rowOrder) deepenText(ranks []rank, k keyWord, from int) (more bool) {
	flip, longest := uint64(0), 0
	if k.desc {
		flip--
	}
	for i, r := range ranks {
		text := o.text(r, k)
		longest = max(longest, len(text))
		ranks[i].first = textOrder(text[min(from, len(text)):]) ^ flip
	}
	if longest > from {
		return true
	}
	for i, r := range ranks { // equal but for zeros at the end
		ranks[i].first = uint64(len(o.text(r, k))) ^ flip
	}
	return false
}

// text is the string of a row, where it is kept; empty for a null.
func (o *rowOrder) text(r rank, k keyWord) []byte {
	mark := [1]rank{r}
	o.load(keyWord{column: k.column, part: nullPart}, mark[:])
	if mark[0].first != 0 {
		return nil
	}
	return o.joint.texts[k.column][r.part].at(int(r.slot))
}

func (o *rowOrder) compare(a, b rank) int {
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	return o.compareFrom(a, b, o.joint.word)
}

// compareFrom compares rows that are equal in the words before word.
func (o *rowOrder) compareFrom(a, b rank, word int) int {
	for _, k := range o.joint.plan.words[word:] {
		if o.joint.rest(k) {
			if c := bytes.Compare(o.text(a, k), o.text(b, k)); c != 0 {
				if k.desc {
					return -c
				}
				return c
			}
			continue
		}
		pair := [2]rank{a, b}
		o.load(k, pair[:])
		if pair[0].first != pair[1].first {
			return cmp.Compare(pair[0].first, pair[1].first)
		}
	}
	return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.slot, b.slot))
}

// cut is where the first rows of all, so many, end in each run.
func (o *rowOrder) cut(rows int) []int {
	runs := o.joint.runs
	from, to, at := make([]int, len(runs)), make([]int, len(runs)), make([]int, len(runs))
	for i, run := range runs {
		to[i] = len(run)
	}
	for {
		widest := 0
		for i := range runs {
			if to[i]-from[i] > to[widest]-from[widest] {
				widest = i
			}
		}
		if from[widest] == to[widest] {
			return from
		}
		middle := from[widest] + (to[widest]-from[widest])/2
		pivot, before := runs[widest][middle], 0
		for i, run := range runs {
			at[i], _ = slices.BinarySearchFunc(run[from[i]:to[i]], pivot, o.compare)
			at[i] += from[i]
			before += at[i]
		}
		if before < rows { // the pivot is one of the first
			copy(from, at)
			from[widest] = middle + 1
		} else {
			copy(to, at)
		}
	}
}

// runMerge gives out ranks of sorted runs in order.
type runMerge struct {
	order *rowOrder
	runs  [][]rank
}

// next is the ranks that come next, as many as there is room for and there are. It may be in
// scratch.
func (m *runMerge) next(scratch []rank) []rank {
	n := 0
	for ; n < len(scratch) && len(m.runs) > 1; n++ {
		least := 0
		for i := 1; i < len(m.runs); i++ {
			a, b := m.runs[i][0], m.runs[least][0]
			if a.first < b.first || a.first == b.first && m.order.compare(a, b) < 0 {
				least = i
			}
		}
		run := m.runs[least]
		scratch[n] = run[0]
		if m.runs[least] = run[1:]; len(run) == 1 {
			m.runs = slices.Delete(m.runs, least, least+1)
		}
	}
	if n == 0 && len(m.runs) == 1 {
		run := m.runs[0]
		more := min(len(scratch), len(run))
		if m.runs[0] = run[more:]; len(run) == more {
			m.runs = nil
		}
		return run[:more]
	}
	return scratch[:n]
}
