package operators

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
)

// Ranks are sorted by what decides first:
//
//	words of all slots   null  n      null  word      …
//	bits that differ      0    20      0     64
//	first                     └20┘         └ 44 ┘
//
// The words of a slot, each less its minimum and without the bits above its range,
// are packed to the 64 bits of first until these are full. Ranks are sorted by first
// alone, by its bytes from the highest on (the American flag sort of McIlroy, Bostic
// and McIlroy, Engineering Radix Sort, 1993). Runs with one first are sorted by the
// next word, and strings by their next 8 bytes, until nothing is equal. A slot
// is so looked at once a word, and not once a comparison.

// depth is how far some slots are known to be equal: up to word, in the strings
// of all keys before text and, where from is not 0, up to byte from of that one.
type depth struct{ word, text, from int }

// behind is the depth at which all words before word are known to be equal.
func (r *ranked) behind(d depth, word int) depth {
	d.word, d.from = word, 0
	if d.text < len(r.texts) && r.texts[d.text].behind == word {
		d.from = 8
	}
	return d
}

// pack writes the ranks of all slots, in slot order.
func (r *ranked) pack(ranks []rank) depth {
	words := r.stride
	if len(r.texts) > 0 {
		words = r.texts[0].behind // the words behind count only where the strings are equal
	}
	if len(ranks) == 0 {
		return r.behind(depth{}, 0)
	}
	least, most := slices.Clone(r.slot(0)[:words]), slices.Clone(r.slot(0)[:words])
	for i := range ranks {
		for w, x := range r.words[i*r.stride:][:words] {
			least[w], most[w] = min(least[w], x), max(most[w], x)
		}
		ranks[i] = rank{slot: int32(i)}
	}
	room, w := 64, 0
	for ; w < words; w++ {
		n := bits.Len64(most[w] - least[w])
		up, down := max(room-n, 0), max(n-room, 0)
		if n > 0 {
			r.packWord(ranks, w, least[w], up, down)
		}
		if room -= n - down; down > 0 {
			break
		}
	}
	return r.behind(depth{}, w)
}

func (r *ranked) packWord(ranks []rank, w int, least uint64, up, down int) {
	at := w
	for i := range ranks {
		ranks[i].first |= (r.words[at] - least) << up >> down
		at += r.stride
	}
}

// sortRanks puts ranks, whose slots agree as d says and which have been given
// their first from there, in order.
func (r *ranked) sortRanks(ranks []rank, d depth) {
	sortByFirst(ranks)
	for from := 0; from < len(ranks); {
		to := from + 1
		for to < len(ranks) && ranks[to].first == ranks[from].first {
			to++
		}
		if to > from+1 {
			first := ranks[from].first
			r.refine(ranks[from:to], d)
			for i := range ranks[from:to] {
				ranks[from+i].first = first
			}
		}
		from = to
	}
}

// fewRanks is a number of ranks up to which comparing them is fastest.
const fewRanks = 24

// refine sorts ranks whose slots agree as d says.
func (r *ranked) refine(ranks []rank, d depth) {
	for differ := false; !differ; {
		if len(ranks) <= fewRanks {
			slices.SortFunc(ranks, func(a, b rank) int { return r.compareFrom(a.slot, b.slot, d) })
			return
		}
		if d.word == r.stride && d.from == 0 {
			return
		}
		differ, d = r.deepen(ranks, d)
	}
	r.sortRanks(ranks, d)
}

// deepen gives ranks, whose slots agree as d says, the next word of those as first,
// and returns whether it differs, and the depth behind it.
func (r *ranked) deepen(ranks []rank, d depth) (differ bool, next depth) {
	if d.from == 0 {
		one := r.slot(ranks[0].slot)[d.word]
		for i := range ranks {
			x := r.words[int(ranks[i].slot)*r.stride+d.word]
			ranks[i].first = x
			differ = differ || x != one
		}
		return differ, r.behind(d, d.word+1)
	}
	key := r.texts[d.text]
	next = depth{d.word, d.text + 1, 0}
	if r.slot(ranks[0].slot)[key.null] != 0 {
		return false, next // all of them are null
	}
	flip, longest := uint64(0), 0
	if key.desc {
		flip--
	}
	for i := range ranks {
		text := r.text(ranks[i].slot, key)
		longest = max(longest, len(text))
		ranks[i].first = textOrder(text[min(d.from, len(text)):]) ^ flip
	}
	if longest > d.from {
		next = depth{d.word, d.text, d.from + 8}
	} else { // equal but for zeros at the end
		for i := range ranks {
			ranks[i].first = uint64(len(r.text(ranks[i].slot, key))) ^ flip
		}
	}
	for i := range ranks {
		differ = differ || ranks[i].first != ranks[0].first
	}
	return differ, next
}

func (r *ranked) text(slot int32, key textKey) []byte {
	ref := r.refs[slot]
	return r.parts[ref.part].texts[key.column].at(int(ref.row))
}

// compareFrom compares slots that agree as d says.
func (r *ranked) compareFrom(a, b int32, d depth) int {
	wa, wb := r.slot(a), r.slot(b)
	from := d.word
	for _, t := range r.texts[d.text:] {
		for i := from; i < t.behind; i++ {
			if wa[i] != wb[i] {
				return cmp.Compare(wa[i], wb[i])
			}
		}
		from = t.behind
		if wa[t.null] != 0 {
			continue
		}
		if c := bytes.Compare(r.text(a, t), r.text(b, t)); c != 0 {
			if t.desc {
				return -c
			}
			return c
		}
	}
	for i := from; i < len(wa); i++ {
		if wa[i] != wb[i] {
			return cmp.Compare(wa[i], wb[i])
		}
	}
	return 0
}

// radixLeast is a number of ranks from which distributing them pays.
const radixLeast = 256

// sortByFirst sorts by first alone, in place.
func sortByFirst(ranks []rank) {
	if len(ranks) < radixLeast {
		slices.SortFunc(ranks, func(a, b rank) int { return cmp.Compare(a.first, b.first) })
		return
	}
	differ, descents := uint64(0), 0
	for i := 1; i < len(ranks); i++ {
		differ |= ranks[i].first ^ ranks[i-1].first
		descents += one(ranks[i].first < ranks[i-1].first)
	}
	if descents == 0 {
		return
	}
	shift := max(bits.Len64(differ)-8, 0)
	var begin, end [256]int32
	for _, x := range ranks {
		end[uint8(x.first>>shift)]++
	}
	at := int32(0)
	for b, n := range end {
		begin[b], end[b] = at, at+n
		at += n
	}
	next := begin
	for b := range next {
		for next[b] < end[b] {
			x := ranks[next[b]]
			for to := uint8(x.first >> shift); int(to) != b; to = uint8(x.first >> shift) {
				x, ranks[next[to]] = ranks[next[to]], x
				next[to]++
			}
			ranks[next[b]] = x
			next[b]++
		}
	}
	if shift == 0 {
		return
	}
	for b := range begin {
		if end[b]-begin[b] > 1 {
			sortByFirst(ranks[begin[b]:end[b]])
		}
	}
}
