package hashtab

import (
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

// field is how a key column stands in the words of a key: as a code of a few bits.
//
//	text    the number of the value in the column's interner
//	number  value - low + 1, and 0 for null, where the values met so far span less
//	        than 63 bits; otherwise (raw) the value, and a bit for null once one came
type field struct {
	typ  arrow.DataType // as it comes out
	text bool
	flip uint64 // makes the order of the values that of their words
	most uint   // bits that a code of the type can need, 64: raw

	bits   uint
	at     place
	low    uint64
	raw    bool
	nulls  bool
	nullAt place
}

// place is where a code lies.
type place struct {
	word  int
	shift uint
}

func newField(t arrow.DataType) field {
	f := field{typ: t, text: viewed(t)}
	switch width := uint(max(widthOf(t), 0)); {
	case f.text:
		f.most = 31
	case width == 0:
	default:
		f.most = min(width+1, 64)
	}
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64,
		arrow.TIMESTAMP, arrow.DURATION, arrow.INTERVAL_MONTHS:
		f.flip = 1 << 63
	}
	return f
}

// mask is the bits of a code.
func (f *field) mask() uint64 { return 1<<f.bits - 1 }

// last is the distance of the greatest value that has a code from the least.
func (f *field) last() uint64 { return 1<<f.bits - 2 }

// span is the values of a field that have to have codes, as words in order.
type span struct {
	least, most uint64
	some        bool
	null        bool // null is among them
}

func (s *span) add(w uint64) {
	if !s.some {
		s.least, s.most, s.some = w, w, true
	}
	s.least, s.most = min(s.least, w), max(s.most, w)
}

// tightBits is up to how many bits a key has none to spare, so that it may be an
// index by itself; other keys share what is free in their words among their fields,
// so that these seldom outgrow their codes.
const tightBits = 28

// layOut gives the fields codes that hold the values of the spans, or of the texts,
// and places them in words, the widest first, so that none is cut. The codes of field
// outgrown get a bit more than before, if only to have something to spare, unless that
// takes another word; all get something with spare. It returns the number of words, and of
// bits where that is at most tightBits.
func layOut(fields []field, spans []span, texts []int, outgrown int, spare bool) (words int, tight uint) {
	order := make([]int, 0, 2*len(fields))
	need := make([]uint, 2*len(fields)) // of the codes, then of the null bits
	for i := range fields {
		f := &fields[i]
		order = append(order, i)
		switch s := spans[i]; {
		case f.text:
			need[i] = uint(bits.Len(uint(max(texts[i]-1, 0))))
		case f.raw:
			need[i] = 64
		case !s.some:
		case s.most-s.least >= 1<<63-2:
			f.raw, f.nulls, need[i] = true, s.null, 64
		default:
			need[i] = uint(bits.Len64(s.most - s.least + 1))
		}
		if f.raw && f.nulls {
			need[len(fields)+i] = 1
			order = append(order, len(fields)+i)
		}
	}
	sum := uint(0)
	for _, n := range need {
		sum += n
	}
	if f := &fields[outgrown]; !f.raw && f.bits > 0 {
		if want := min(f.bits+1, f.most, 63); want > need[outgrown] && sum-need[outgrown]+want <= 64 {
			need[outgrown] = want
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(need[b]) - int(need[a]) })
	var used []uint // bits of each word
	where := make([]int, len(need))
	total := uint(0)
	for _, i := range order {
		w := 0
		for w < len(used) && used[w]+need[i] > 64 {
			w++
		}
		if w == len(used) {
			used = append(used, 0)
		}
		where[i] = w
		used[w] += need[i]
		total += need[i]
	}
	if spare && total > tightBits {
		share(fields, need, where, used)
	}
	clear(used)
	take := func(i int) place {
		w := where[i]
		used[w] += need[i]
		return place{w, used[w] - need[i]}
	}
	for i := range fields {
		f := &fields[i]
		was := f.bits
		f.bits, f.at = need[i], take(i)
		if f.raw {
			f.low = 0
			if f.nulls {
				f.nullAt = take(len(fields) + i)
			}
		} else if !f.text && spans[i].some {
			f.centre(spans[i], was)
		}
	}
	if total > tightBits {
		total = 64
	}
	return max(len(used), 1), total
}

// share gives the bits that are free in the words to the fields that may grow.
func share(fields []field, need []uint, where []int, used []uint) {
	for more := true; more; {
		more = false
		for i := range fields {
			f := &fields[i]
			if !f.raw && need[i] < min(f.most, 63) && used[where[i]] < 64 {
				need[i]++
				used[where[i]]++
				more = true
			}
		}
	}
}

// centre chooses the least value that has a code, where codes had so many bits before.
// What the codes have to spare is on both sides, but most of it on the one to which
// the values outgrew those of before: values that rise, or fall, or spread seldom need
// a new layout, whatever their steps.
func (f *field) centre(s span, was uint) {
	least, most := s.least^f.flip, s.most^f.flip
	spare := f.last() - (most - least)
	last := uint64(1)<<was - 2
	down, up := was == 0 || least-f.low > last, was == 0 || most-f.low > last
	switch {
	case down && !up:
		f.low = least - spare/4*3
	case up && !down:
		f.low = least - spare/4
	case down || most-f.low > f.last():
		f.low = least - spare/2
	}
}
