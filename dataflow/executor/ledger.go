package executor

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// ledger knows who holds how many bytes. Its total is looked up, not kept: an
// account is written by its instance alone, and summed when one has grown by
// a step since it was last summed. So the limit may be passed by a step an
// account, and nothing shared is touched where nothing grows.
type ledger struct {
	limit int64
	step  int64
	peak  atomic.Int64

	mu       sync.Mutex
	accounts []*account
}

// account is the bytes held by one instance: of its own allocator where it
// keeps what it allocates, and those it reserved.
type account struct {
	ledger   *ledger
	stage    string
	what     string
	at       int         // index in ledger.accounts; -1: closed
	pool     *batch.Pool // nil: what it allocates is not held by it
	reserved atomic.Int64
	seen     atomic.Int64 // bytes when last summed
	_        [64]byte     // accounts of two workers are not on one cache line
}

func newLedger(limit int64) *ledger {
	return &ledger{limit: limit, step: max(limit/512, 4<<10)}
}

func (l *ledger) open(stage, what string, pool *batch.Pool) *account {
	a := &account{ledger: l, stage: stage, what: what, pool: pool}
	l.mu.Lock()
	a.at = len(l.accounts)
	l.accounts = append(l.accounts, a)
	l.mu.Unlock()
	return a
}

func (a *account) close() {
	l := a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if a.at < 0 {
		return
	}
	last := len(l.accounts) - 1
	l.accounts[a.at] = l.accounts[last]
	l.accounts[a.at].at = a.at
	l.accounts = l.accounts[:last]
	a.at = -1
}

func (a *account) bytes() int64 {
	n := a.reserved.Load()
	if a.pool != nil {
		n += a.pool.LiveBytes()
	}
	return n
}

// reserve adds n to what the account holds, or fails and adds nothing: what is
// refused is at no time counted as held.
func (a *account) reserve(n int64) error {
	if n <= 0 || !a.grown(n) {
		a.reserved.Add(n)
		return nil
	}
	l := a.ledger
	l.mu.Lock()
	total := l.sum() + n
	refused := total > l.limit
	if !refused {
		a.reserved.Add(n)
	}
	l.mu.Unlock()
	if refused {
		return l.exceeded(n)
	}
	l.notePeak(total)
	a.seen.Store(a.bytes())
	return nil
}

// check fails if the account has grown by a step and all together hold more
// than the limit.
func (a *account) check() error {
	if !a.grown(0) {
		return nil
	}
	now := a.bytes()
	if total := a.ledger.total(); total > a.ledger.limit {
		return a.ledger.exceeded(0)
	}
	a.seen.Store(now)
	return nil
}

// grown reports whether the account, with n bytes more, has grown by a step since
// it was last summed.
func (a *account) grown(n int64) bool {
	now, seen := a.bytes(), a.seen.Load()
	if now < seen {
		a.seen.Store(now)
		seen = now
	}
	return now+n-seen >= a.ledger.step
}

// sum is what all accounts hold. l.mu is locked.
func (l *ledger) sum() int64 {
	var n int64
	for _, a := range l.accounts {
		n += a.bytes()
	}
	return n
}

func (l *ledger) total() int64 {
	l.mu.Lock()
	n := l.sum()
	l.mu.Unlock()
	l.notePeak(n)
	return n
}

func (l *ledger) notePeak(n int64) {
	for {
		peak := l.peak.Load()
		if n <= peak || l.peak.CompareAndSwap(peak, n) {
			return
		}
	}
}

// exceeded is the error that names who holds what, the most first.
func (l *ledger) exceeded(asked int64) error {
	held := map[dataflow.Holder]int64{}
	l.mu.Lock()
	for _, a := range l.accounts {
		held[dataflow.Holder{Stage: a.stage, What: a.what}] += a.bytes()
	}
	l.mu.Unlock()
	var holders []dataflow.Holder
	for h, n := range held {
		if h.Bytes = n; n > 0 {
			holders = append(holders, h)
		}
	}
	slices.SortFunc(holders, func(a, b dataflow.Holder) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.What, b.What))
	})
	return &dataflow.BudgetError{LimitBytes: l.limit, AskedBytes: asked, Holders: holders}
}

// newEnv is the env of an instance of s, run by w alone or, where it is nil, by
// one worker at a time. What it allocates counts as held by it if it is an
// accumulator or a sink, which keep it; what a task or a reader allocates moves
// on.
func (r *run) newEnv(s *stageRun, w *worker, holds bool) (dataflow.Env, *account, *batch.Pool) {
	stats := s.statsOf(w)
	pool := batch.NewPool(r.opts.allocator(), r.opts.poolBytes())
	held := pool
	if !holds {
		held = nil
	}
	a := r.ledger.open(s.Name, "state", held)
	return dataflow.Env{
		Alloc:      memory.Allocator(pool),
		Reserve:    a.reserve,
		Advance:    func(n int64) { stats.bytes.Add(n) },
		Warn:       func(warning dataflow.Warning) { s.warn(w, warning) },
		Shared:     s.shared,
		BatchRows:  r.opts.BatchRows,
		Partitions: 1,
		Ordered:    s.needsOrder,
	}, a, pool
}
