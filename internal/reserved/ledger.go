// Package reserved holds Go slices whose memory is reserved before it is allocated: the
// columns of state of aggregates and tables.
//
// A [Ledger] accounts for the memory of one instance; [Grow], [Empty] and [Free] are a
// column's life, [Scratch] is memory that lives from batch to batch.
package reserved

// Ledger accounts for the Go memory of one instance. It belongs to one goroutine.
//
// Memory whose size is known beforehand is reserved before it is allocated. What
// turns out to be needed in the middle of a batch is owed, and reserved by the
// next Settle, which stands before anything is folded: a batch is folded whole
// or not at all.
type Ledger struct {
	reserve    func(bytes int64) error
	held, owed int64
}

// NewLedger reserves by reserve; nil reserves nothing.
func NewLedger(reserve func(bytes int64) error) *Ledger {
	if reserve == nil {
		reserve = func(int64) error { return nil }
	}
	return &Ledger{reserve: reserve}
}

// Reserve asks for bytes before they are allocated.
func (l *Ledger) Reserve(bytes int64) error {
	if bytes == 0 {
		return nil
	}
	if err := l.reserve(bytes); err != nil {
		return err
	}
	l.held += bytes
	return nil
}

// Owe notes bytes that had to be allocated at once.
func (l *Ledger) Owe(bytes int64) { l.owed += bytes }

// Settle reserves what is owed. On an error it is still owed, and held.
func (l *Ledger) Settle() error {
	if l.owed == 0 {
		return nil
	}
	if err := l.Reserve(l.owed); err != nil {
		return err
	}
	l.owed = 0
	return nil
}

// Release gives back bytes that were reserved or owed.
func (l *Ledger) Release(bytes int64) {
	forgiven := min(bytes, l.owed)
	l.owed -= forgiven
	if bytes -= forgiven; bytes > 0 {
		l.held -= bytes
		_ = l.reserve(-bytes) // giving back does not fail
	}
}

// Close gives all back.
func (l *Ledger) Close() {
	l.owed = 0
	l.Release(l.held)
}

// Held is how many bytes are reserved.
func (l *Ledger) Held() int64 { return l.held }
