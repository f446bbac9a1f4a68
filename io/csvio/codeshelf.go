package csvio

import (
	"sync"

	"github.com/arrowmill/arrowmill/internal/textcol"
)

// columnCodes are codes of a column of the plan.
type columnCodes struct {
	column int
	codes  *textcol.Codes
}

// codeShelf keeps what the readers of a run have learnt of their columns of codes,
// from one split to the next. There is as much of it as there were readers at once.
type codeShelf struct {
	reserve func(bytes int64) error // of the run

	mu   sync.Mutex
	idle []columnCodes
	held int64 // bytes that are reserved
}

// take is codes for a column, which are given back behind the split.
func (s *codeShelf) take(column int) *textcol.Codes {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.idle) - 1; i >= 0; i-- {
		if c := s.idle[i]; c.column == column {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			s.hold(-c.codes.HeldBytes())
			return c.codes
		}
	}
	return textcol.NewCodes()
}

// give takes codes back. They are forgotten where there is no room for them.
func (s *codeShelf) give(c columnCodes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hold(c.codes.HeldBytes()) != nil {
		c.codes.Release()
		return
	}
	s.idle = append(s.idle, c)
}

// hold reserves bytes.
func (s *codeShelf) hold(bytes int64) error {
	err := s.reserve(bytes)
	if err == nil {
		s.held += bytes
	}
	return err
}

// close forgets all of them.
func (s *codeShelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.idle {
		c.codes.Release()
	}
	s.idle = nil
	_ = s.hold(-s.held) // giving back does not fail
}
