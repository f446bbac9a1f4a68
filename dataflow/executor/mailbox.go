package executor

import (
	"sync"

	"github.com/arrowmill/arrowmill/dataflow/batch"
)

// mailbox is a partition's queue: anyone puts items in, one worker at a time
// handles them, as a unit of work that is ready whenever something is due.
type mailbox struct {
	run    *run
	stage  *stageRun
	held   *account // shared by the mailboxes of an exchange
	handle func(w *worker, it item) error
	finish func(w *worker) error // called once, when all is handled and no more comes

	mu        sync.Mutex
	line      sequence
	scheduled bool
	closed    bool // no more comes
	finished  bool
}

// put gives it to the mailbox; split orders it where the mailbox is ordered.
func (m *mailbox) put(split int64, it item) {
	it.bytes = batch.Bytes(it.chunk.Rec)
	m.run.moved(m.held, it.bytes)
	m.mu.Lock()
	m.line.put(split, it)
	m.wake()
}

// done says that no more comes of the split.
func (m *mailbox) done(split int64) {
	m.mu.Lock()
	m.line.done(split)
	m.wake()
}

// close says that no more comes at all.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.wake()
}

// wake makes the mailbox's unit ready if there is something to do and it is not
// ready or being done already. It unlocks.
func (m *mailbox) wake() {
	due := !m.scheduled && (len(m.line.ready) > 0 || m.closed && !m.finished)
	m.scheduled = m.scheduled || due
	m.mu.Unlock()
	if due {
		m.run.sched.add(unit{stage: m.stage, split: -1, do: m.empty})
	}
}

// empty handles what is due.
func (m *mailbox) empty(w *worker) error {
	for {
		m.mu.Lock()
		it, ok := m.line.pop()
		if !ok {
			m.scheduled = false
			last := m.closed && !m.finished
			m.finished = m.finished || last
			m.mu.Unlock()
			if last {
				return m.finish(w)
			}
			return nil
		}
		m.mu.Unlock()
		err := m.handle(w, it)
		m.run.moved(m.held, -it.bytes)
		if err != nil {
			return err
		}
		if err := m.run.ctx.Err(); err != nil {
			return err
		}
	}
}

func (m *mailbox) drop() {
	m.mu.Lock()
	m.run.moved(m.held, -m.line.drop())
	m.mu.Unlock()
}
