package executor

import (
	"sync"
	"sync/atomic"
	"time"
)

// helpShare is the part of the window, one in so many, from which on workers
// leave their sources to help with what is ready downstream.
const helpShare = 16

// unit is a piece of work that one worker does without waiting for another.
type unit struct {
	stage *stageRun // whose work it is: what is farther downstream goes first
	split int       // of a source, else -1
	do    func(w *worker) error
}

// scheduler hands out units. Splits are handed out in source order, those of
// the first source first.
type scheduler struct {
	mu    sync.Mutex
	wake  *sync.Cond
	ready [][]unit     // by stage index
	count atomic.Int32 // of all in ready

	sources []*stageRun // with splits not yet handed out
	next    int         // split of sources[0]

	transit func() int64 // bytes in transit
	lent    func() int64 // those of them that the caller of Start is to take
	window  int64

	workers int
	launch  func(worker int) // starts a worker
	started atomic.Int32     // how many were; 0: none may be so far
	waiting int              // workers that wait for work
	active  int              // workers that do something
	gated   []*worker        // that wait before they read on
	left    int              // workers that have left
	ended   bool

	now      func() time.Time
	noted    time.Time     // up to which the times are counted
	parallel time.Duration // that more than one worker was active
	worked   time.Duration // that workers were, added up
}

func newScheduler(workers, stages int, window int64, transit, lent func() int64) *scheduler {
	s := &scheduler{ready: make([][]unit, stages), workers: workers, window: window, transit: transit, lent: lent, now: time.Now}
	s.wake = sync.NewCond(&s.mu)
	return s
}

// begin starts as many workers as there are splits. The others are started when
// there is work for them, so that a run of little work pays for few.
func (s *scheduler) begin(launch func(worker int)) {
	splits := 0
	for _, src := range s.sources {
		splits += len(src.splits)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.launch, s.noted = launch, s.now()
	for range min(max(splits, 1), s.workers) {
		s.another()
	}
}

// another starts one more worker. s.mu is locked.
func (s *scheduler) another() {
	s.note()
	i := int(s.started.Load())
	s.started.Store(int32(i + 1))
	s.active++
	s.launch(i)
}

// note counts the time since it was last called, in which as many workers were active
// as are now: it is called before that number changes. s.mu is locked.
func (s *scheduler) note() {
	now := s.now()
	d := now.Sub(s.noted)
	if s.noted = now; s.active > 1 {
		s.parallel += d
	}
	s.worked += time.Duration(s.active) * d
}

// times are how long more than one worker was active, and the time of all added up.
func (s *scheduler) times() (parallel, worked time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.launch != nil {
		s.note()
	}
	return s.parallel, s.worked
}

// missing reports whether units are ready that nobody who was started is about to
// take: more than most, and no worker waits. s.mu is locked.
func (s *scheduler) missing(most int32) bool {
	n := int(s.started.Load())
	return s.count.Load() > most && s.waiting == 0 && n > 0 && n < s.workers && !s.ended
}

// add makes u ready to be done. One unit is left to who adds it, who most often has
// come to its own's end; gate looks again where that is not so.
func (s *scheduler) add(u unit) {
	s.mu.Lock()
	s.ready[u.stage.index] = append(s.ready[u.stage.index], u)
	s.count.Add(1)
	if s.missing(1) {
		s.another()
	}
	s.mu.Unlock()
	s.wake.Signal()
}

// end lets all workers leave.
func (s *scheduler) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.wake.Broadcast()
}

// eased is called when bytes in transit have come down to the window. It locks,
// so that no worker is between looking and waiting.
func (s *scheduler) eased() {
	s.mu.Lock()
	s.wake.Broadcast()
	s.mu.Unlock()
}

// take returns the next unit for w; false: there will be none, or, with stall,
// every worker waits and nothing is left that could wake one.
func (s *scheduler) take() (u unit, ok, stall bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note()
	s.active--
	for !s.ended {
		if u, ok := s.popReady(0); ok {
			s.active++
			if s.missing(0) {
				s.another()
			}
			return u, true, false
		}
		if len(s.sources) > 0 && (s.transit() <= s.window || s.alone() && len(s.gated) == 0) {
			s.active++
			return s.popSplit(), true, false
		}
		if len(s.sources) == 0 && s.active == 0 && len(s.gated) == 0 {
			s.ended = true
			s.wake.Broadcast()
			return unit{}, false, true
		}
		if s.alone() {
			s.wake.Broadcast() // one of the gated may go on
		}
		s.waiting++
		s.wake.Wait()
		s.waiting--
		s.note()
	}
	return unit{}, false, false
}

// leave says that a worker has left, for take gave it nothing, and reports whether it
// was the last.
func (s *scheduler) leave() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left++
	return s.left == int(s.started.Load())
}

// gate returns a unit that w is to help with before it reads more of a source,
// or nothing when it may go on. While more than the window is in transit it
// holds w up; while more than a part of it is, w helps with what is ready.
func (s *scheduler) gate(w *worker) (unit, bool) {
	held, ready := s.transit(), s.count.Load()
	s.follow(ready)
	if held <= s.window/helpShare || held <= s.window && ready == 0 {
		return unit{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held <= s.window {
		return s.popReady(0)
	}
	s.note()
	s.active--
	s.gated = append(s.gated, w)
	defer func() {
		s.note()
		for i, g := range s.gated {
			if g == w {
				s.gated = append(s.gated[:i], s.gated[i+1:]...)
				break
			}
		}
		s.active++
	}()
	for !s.ended && s.transit() > s.window {
		if u, ok := s.popReady(0); ok {
			return u, true
		}
		if s.alone() {
			if s.first() == w {
				break
			}
			s.wake.Broadcast()
		}
		s.wake.Wait()
	}
	return unit{}, false
}

// alone reports whether nothing but a worker that waits can change what is in
// transit: no worker does anything, and the caller has nothing to take.
func (s *scheduler) alone() bool { return s.active == 0 && s.lent() == 0 }

// first is the gated worker whose rows are wanted first.
func (s *scheduler) first() *worker {
	best := s.gated[0]
	for _, w := range s.gated[1:] {
		if w.rank.Compare(best.rank) < 0 {
			best = w
		}
	}
	return best
}

// popReady takes the unit farthest downstream, of stages from first on. s.mu is locked.
func (s *scheduler) popReady(first int) (unit, bool) {
	if s.count.Load() == 0 {
		return unit{}, false
	}
	for i := len(s.ready) - 1; i >= first; i-- {
		if list := s.ready[i]; len(list) > 0 {
			u := list[0]
			list[0] = unit{}
			s.ready[i] = list[1:]
			s.count.Add(-1)
			return u, true
		}
	}
	return unit{}, false
}

// relief returns a unit of the stages from first on that a worker is to help with
// while more than a part of the window is in transit.
func (s *scheduler) relief(first int) (unit, bool) {
	ready := s.count.Load()
	s.follow(ready)
	if ready == 0 || s.transit() <= s.window/helpShare {
		return unit{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.popReady(first)
}

// follow starts another worker where units are ready that nobody is about to take.
func (s *scheduler) follow(ready int32) {
	if ready > 0 && int(s.started.Load()) < s.workers {
		s.mu.Lock()
		if s.missing(0) {
			s.another()
		}
		s.mu.Unlock()
	}
}

func (s *scheduler) popSplit() unit {
	src := s.sources[0]
	u := unit{stage: src, split: s.next}
	if s.next++; s.next == len(src.splits) {
		s.sources, s.next = s.sources[1:], 0
	}
	return u
}
