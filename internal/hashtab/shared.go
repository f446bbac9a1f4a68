package hashtab

import (
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/arrowmill/arrowmill/internal/reserved"
)

// Shared is what tables that are bound to it ([Table.Bind]) have in common, so that keys
// which one has packed are found by another as they stand:
//
//	table ──texts not met before──► numbers of the texts ◄── table
//	      ──values without a code─► layouts 0, 1, 2, …   ◄──
//
// A text has one number in all tables, and a layout says what the bits of a key mean. Both
// only grow: a layout has a code for each value that one before it had one for, so that
// keys of an older one can be packed anew without a look at their values. A table asks for
// what it does not know yet under a lock, once for each text and each layout; nothing is
// shared by row.
//
// It is safe for concurrent use.
type Shared struct {
	types []arrow.DataType

	mu      sync.Mutex
	mem     *reserved.Ledger
	texts   []*interner // of the columns that are text, otherwise nil
	scratch textScratch
	layouts []*Layout

	counts []atomic.Int64 // of texts, by column
}

// Layout is a way in which keys are packed in words. It is immutable.
type Layout struct {
	version int
	fields  []field
	width   int
	bits    uint
}

// Version numbers the layouts of a Shared from 0 on.
func (l *Layout) Version() int { return l.version }

// Width is the number of words of a key.
func (l *Layout) Width() int { return l.width }

// NewShared returns what tables for keys of the given types share. reserve is asked before
// memory is taken, one call at a time.
func NewShared(types []arrow.DataType, reserve func(bytes int64) error) (*Shared, error) {
	s := &Shared{mem: reserved.NewLedger(reserve), texts: make([]*interner, len(types)), counts: make([]atomic.Int64, len(types))}
	s.scratch = newTextScratch(1, make([]int32, 1))
	for i, typ := range types {
		out, err := KeyType(typ)
		if err != nil {
			return nil, err
		}
		s.types = append(s.types, out)
		if viewed(out) {
			s.texts[i] = newInterner(s.mem)
		}
	}
	return s, nil
}

// Layout is the one of a version, which some table has given out.
func (s *Shared) Layout(version int) *Layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layouts[version]
}

// Close gives everything back, when no table uses it any more.
func (s *Shared) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mem.Close()
	return nil
}

// number writes what is known of the values first, first+1, … of another interner of
// column c.
func (s *Shared) number(c int, of *interner, first int, known []knownText) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := s.texts[c]
	defer func() { s.counts[c].Store(int64(values.n)) }()
	var id [1]int32
	for i := range known {
		v, hash := of.views[first+i+1], of.hash(int32(first+i))
		s.scratch.hash[0] = hash
		long := isLong(v[0])
		var data []byte
		if long {
			data = of.long.get(v[1], uint32(v[0]))
			v[1] = 0
		}
		s.scratch.views[0] = v
		if _, err := values.lookUp(&s.scratch, data, long, id[:]); err != nil {
			return err
		}
		known[i] = knownText{hash, int64(id[0])}
	}
	return nil
}

// values are the texts of column c that have a number by now, to be read only.
func (s *Shared) values(c int) *interner {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.texts[c]
	if len(t.views) == 0 {
		return &interner{}
	}
	return &interner{views: t.views[:t.n+1], n: t.n, even: t.even, long: arena{chunks: slices.Clone(t.long.chunks)}}
}

// covering is a layout that has codes for the values of the spans, and for all texts below
// ends: the newest one, or a new one.
func (s *Shared) covering(spans []span, ends []int) *Layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.layouts) == 0 {
		fields := make([]field, len(s.types))
		for i, typ := range s.types {
			fields[i] = newField(typ)
		}
		return s.layOut(fields, spans, 0)
	}
	l := s.layouts[len(s.layouts)-1]
	for i := range l.fields {
		if !l.fields[i].covers(spans[i], ends[i]) {
			return s.extend(l, i, spans)
		}
	}
	return l
}

// widen is a layout newer than of, in which column outgrown has too few codes: another one
// has made it, or it has codes for the values of the spans.
func (s *Shared) widen(of *Layout, outgrown int, spans []span) *Layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	if newest := s.layouts[len(s.layouts)-1]; newest != of {
		return newest
	}
	return s.extend(of, outgrown, spans)
}

// extend makes a layout for all values that have a code and those of the spans.
func (s *Shared) extend(of *Layout, outgrown int, spans []span) *Layout {
	fields := slices.Clone(of.fields)
	for i := range fields {
		f := &fields[i]
		spans[i].null = true // for all that is known here
		if f.raw {
			f.nulls = true
		} else if !f.text && f.bits > 0 {
			spans[i].add(f.low ^ f.flip)
			spans[i].add((f.low ^ f.flip) + f.last())
		}
	}
	return s.layOut(fields, spans, outgrown)
}

// covers says whether there are codes for the values of a span, or for so many texts.
func (f *field) covers(s span, texts int) bool {
	switch low := f.low ^ f.flip; {
	case f.text:
		return bits.Len(uint(max(texts-1, 0))) <= int(f.bits)
	case f.raw:
		return f.nulls || !s.null
	default:
		return !s.some || f.bits > 0 && s.least >= low && s.most-low <= f.last()
	}
}

func (s *Shared) layOut(fields []field, spans []span, outgrown int) *Layout {
	texts := make([]int, len(fields))
	for i, values := range s.texts {
		if values != nil {
			texts[i] = values.n
		}
	}
	width, tight := layOut(fields, spans, texts, outgrown, false)
	for i := range fields {
		fields[i].clamp(spans[i])
	}
	l := &Layout{len(s.layouts), fields, width, tight}
	s.layouts = append(s.layouts, l)
	return l
}

// clamp moves what codes have to spare so that their values, in order, are a span, which a
// layout that has to have codes for all of them can start from.
func (f *field) clamp(s span) {
	if f.text || f.raw || f.bits == 0 || !s.some {
		return
	}
	low := f.low ^ f.flip
	if low > s.least { // it went below the least of all words
		low = 0
	}
	f.low = min(low, math.MaxUint64-f.last()) ^ f.flip
}
