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
//	over              f1        f2        begun    by whoever needs what lies behind
type parted struct {
	bounds []int64 // where its splits begin

	mu      sync.Mutex
	changed *sync.Cond
	head    *head
	known   map[int64]state        // in which state the text from a byte on begins
	over    map[stretch]transition // what text does
	begun   map[stretch]bool       // to be looked through, by somebody
}

// stretch is a range of bytes.
type stretch struct{ from, to int64 }

func newParted() *parted {
	p := &parted{known: make(map[int64]state), over: make(map[stretch]transition), begun: make(map[stretch]bool)}
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
		p.over[next] = t
	}
}

// looked is what look finds, called without the lock. Those who wait for it go on
// also where it panics.
func (p *parted) looked(at stretch, look func(stretch) (transition, error)) (transition, error) {
	p.begun[at] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.begun, at)
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
	for i > 0 && p.bounds[i-1] > first { // back to what is known
		if known, ok := p.known[p.bounds[i-1]]; ok {
			from, s = p.bounds[i-1], known
			break
		}
		i--
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
		case p.begun[part]:
			all = false
		default:
			return s, part, false
		}
		from = part.to
	}
	return s, next, all
}
