package csvio

import (
	"io"
	"slices"
	"sync"

	"github.com/arrowmill/arrowmill/io/file"
	"github.com/arrowmill/arrowmill/io/file/sample"
)

const headBytes = 64 << 10 // that are read at first to find the header

// parted is a file that is read as several splits. Which state each begins in is
// the composition of what the splits before do to it: whoever needs to know finds
// out what is not known yet, unless somebody else has begun to. Who looks through a
// split waits for nobody, so that all can wait for those who do.
//
//	bounds   0      8 MiB     16 MiB    24 MiB
//	known    outside  inside    ?         ?        by whoever has parsed up to there, or
//	reached           9 MiB     20 MiB             is parsing: a record begins there
//	over              f1        f2        begun    by whoever needs what lies behind
//
// So nobody looks through what is parsed already: of two neighbours, parsed at once by
// two readers, that is half of one on average.
type parted struct {
	bounds []int64 // where its splits begin

	mu      sync.Mutex
	changed *sync.Cond
	head    *head
	known   map[int64]state        // in which state the text from a byte on begins
	reached map[int64]int64        // of a split that begins there and is being parsed: where a record begins, parsed up to there
	over    map[stretch]transition // what text does
	begun   map[int64]bool         // to be looked through, by somebody, are the bytes that end there
}

// stretch is a range of bytes.
type stretch struct{ from, to int64 }

func newParted() *parted {
	p := &parted{known: make(map[int64]state), reached: make(map[int64]int64), over: make(map[stretch]transition), begun: make(map[int64]bool)}
	p.changed = sync.NewCond(&p.mu)
	return p
}

// begin finds out how the file begins.
func (p *parted) begin(s *settings, f *file.File, path string) (head, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head != nil {
		return *p.head, nil
	}
	var h head
	if _, _, err := sample.Head(io.NewSectionReader(f, 0, f.Size()), headBytes, s.headIn(path, &h)); err != nil {
		return head{}, err
	}
	p.head = &h
	return h, nil
}

// learn says in which state the text at a bound begins.
func (p *parted) learn(at int64, s state) {
	p.mu.Lock()
	p.known[at] = s
	p.mu.Unlock()
	p.changed.Broadcast()
}

// reach says that a record begins at a byte of the split that begins at bound, and that
// it is parsed up to there.
func (p *parted) reach(bound, at int64) {
	p.mu.Lock()
	p.reached[bound] = at
	p.mu.Unlock()
}

// stateAt is the state in which the text from at on begins. Records begin at first,
// which is before at. look finds out what a stretch of text does.
func (p *parted) stateAt(at, first int64, look func(stretch) (transition, error)) (state, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		s, next, all := p.compose(at, first)
		switch {
		case all:
			return s, nil
		case next.to == 0:
			p.changed.Wait()
			continue
		}
		t, err := p.looked(next, look)
		if err != nil {
			return 0, err
		}
		if _, cut := slices.BinarySearch(p.bounds, next.from); cut || next.from == first {
			p.over[next] = t
		} else { // where a record begins
			p.known[next.to] = t[outside]
		}
	}
}

// looked is what look finds, called without the lock. Those who wait for it go on
// also where it panics.
func (p *parted) looked(at stretch, look func(stretch) (transition, error)) (transition, error) {
	p.begun[at.to] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.begun, at.to)
		p.changed.Broadcast()
	}()
	return look(at)
}

// compose is the state at a byte, where all is known of the text before; else the
// first stretch that is to be looked through, none where others do.
func (p *parted) compose(at, first int64) (s state, next stretch, all bool) {
	if s, all = p.known[at]; all {
		return s, next, true
	}
	cuts, _ := slices.BinarySearch(p.bounds, at) // those before at
	from, i := first, cuts
	for ; i > 0; i-- { // back to what is known
		if record, ok := p.reached[p.bounds[i-1]]; ok {
			from = record
			break
		}
		if p.bounds[i-1] <= first {
			break
		}
		if known, ok := p.known[p.bounds[i-1]]; ok {
			from, s = p.bounds[i-1], known
			break
		}
	}
	for all = true; from < at; i++ {
		part := stretch{from, at}
		if i < cuts {
			part.to = p.bounds[i]
		}
		t, ok := p.over[part]
		switch {
		case ok:
			s = t[s]
		case p.begun[part.to]:
			all = false
		default:
			return s, part, false
		}
		from = part.to
	}
	return s, next, all
}
